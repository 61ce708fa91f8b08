"""Print how much of the dirt that was planted in the demo the build found, and how much else.

    make dirt-report

Precision: of the rows that were rejected or repaired, the share that had been planted. Recall: of
the planted rows, the share that was found. Both are per table and treatment, under the right code
and key.
"""

import sys

import duckdb

from tools.paths import database_path

COMPARED = """
    with planted as (
        select treatment, table_name, coalesce(record_key, '') as record_key, code,
            sum(row_count) as rows
        from cltv_demo.demo_planted_defects
        where treatment in ('rejected', 'repaired')
        group by all
    ),
    found as (
        select 'rejected' as treatment, table_name, record_key, reason_code as code,
            count(*) as rows
        from cltv_marts.dq_rejected_rows
        group by all
        union all
        -- a row that was trimmed in two columns is one repaired row
        select 'repaired', table_name, record_key, rule_code, 1
        from cltv_marts.dq_repaired_rows
        group by all
    )
    select treatment, table_name, sum(coalesce(planted.rows, 0)), sum(coalesce(found.rows, 0)),
        sum(least(coalesce(planted.rows, 0), coalesce(found.rows, 0)))
    from planted
    full join found using (treatment, table_name, record_key, code)
    group by treatment, table_name
    order by treatment, table_name
"""


def dirt(connection):
    """Compare what was planted with what was found.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Of a build of the demo.

    Returns
    -------
    list of tuple
        Treatment, table, rows planted, rows found, rows that are both.
    """
    return connection.execute(COMPARED).fetchall()


def share(part, whole):
    """A share as a text; a dash where there is nothing to share."""
    return f"{part / whole:.1%}" if whole else "–"


def report(rows):
    """Lay the comparison out as a table.

    Parameters
    ----------
    rows : list of tuple
        From `dirt`.

    Returns
    -------
    str
    """
    lines = [
        f"{'':<10}{'table':<26}{'planted':>9}{'found':>8}{'both':>8}{'precision':>11}{'recall':>9}"
    ]
    totals = {}
    for treatment, table, planted, found, both in rows:
        lines.append(_line(treatment, table, planted, found, both))
        before = totals.get(treatment, (0, 0, 0))
        totals[treatment] = tuple(
            sum(pair) for pair in zip(before, (planted, found, both), strict=True)
        )
    lines += [_line(treatment, "all tables", *numbers) for treatment, numbers in totals.items()]
    return "\n".join(lines)


def _line(treatment, table, planted, found, both):
    return (
        f"{treatment:<10}{table:<26}{planted:>9,}{found:>8,}{both:>8,}"
        f"{share(both, found):>11}{share(both, planted):>9}"
    )


def main():
    """Print the report of the build database; 1 where something was missed or taken wrongly."""
    with duckdb.connect(str(database_path()), read_only=True) as connection:
        rows = dirt(connection)
    print(report(rows))
    return int(any(not planted == found == both for _, _, planted, found, both in rows))


if __name__ == "__main__":
    sys.exit(main())
