"""What only the sales tables can get wrong: reps nobody knows, times and counts that clash."""

import numpy as np

from tools.demo.planter import earlier
from tools.demo.spoiling import add_bad, mend, moved, unknown_customer

_CONTRADICTS = "contradicting_value"
_COUNTS = ["logins", "records_touched", "lists_actioned"]


def plant(planter, frames, n):
    """Plant what is particular to assignments, use of the CRM, leads and opportunities.

    Parameters
    ----------
    planter : planter.Planter
    frames : dict of str to DataFrame
    n : int
        Number of customers.
    """

    def unknown_rep(i, text):
        return {"sales_rep_id": f"R{90 + i % 9}"}

    def backwards(i, text):
        day = text["assigned_on"]
        return {"assigned_on": moved(day, 1), "unassigned_on": moved(day, -10)}

    table = "customer_rep_assignments"
    planted = [
        ("orphan_rep", "orphan_rep", 2, unknown_rep),
        ("orphan_customer", "orphan_customer", 2, unknown_customer),
        ("ends_before_start", "ends_before_start", 3, backwards),
    ]
    add_bad(planter, table, np.arange(len(frames[table])), n, planted)

    table = "crm_usage"
    planted = [
        ("orphan_rep", "orphan_rep", 3, unknown_rep),
        ("negative_count", "negative_count", 3, lambda i, text: {_COUNTS[i % 3]: "-4"}),
    ]
    add_bad(planter, table, np.arange(len(frames[table])), n, planted)

    for table, start, end, defect in (
        ("leads", "created_at", "converted_at", "converted_before_created"),
        ("opportunities", "opened_at", "closed_at", "closed_before_opened"),
    ):
        rows = np.flatnonzero(frames[table][end].notna())

        def before(i, text, start=start, end=end):
            return {end: earlier(text[start], 30)}

        mend(planter, table, n, [(defect, _CONTRADICTS, rows, 3, before)])
    planted = [
        ("negative_amount", "negative_amount", 2, {"amount": "-500.00"}),
        ("no_rate", "no_rate", 2, {"currency": "SEK"}),
    ]
    add_bad(planter, "opportunities", np.arange(len(frames["opportunities"])), n, planted)
