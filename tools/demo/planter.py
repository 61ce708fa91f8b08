"""The tool with which defects are planted: picks rows, changes or adds them, and keeps the list."""

import pandas as pd

from tools.demo import tables, world

REJECTED, REPAIRED, KEPT, ERASED = "rejected", "repaired", "kept", "erased"
DEFECT_COLUMNS = ["table_name", "record_key", "defect", "treatment", "code", "row_count"]
_KEYS = {
    "exchange_rates": ["rate_date", "currency"],
    "customer_rep_assignments": ["customer_id", "sales_rep_id", "assigned_on"],
    "subscription_prices": ["subscription_id", "valid_from"],
    "crm_change_arms": ["change_id", "arm"],
    "crm_change_assignments": ["change_id", "customer_id"],
    "migration_counts": ["migration_id", "side", "table_name", "measure", "column_name"],
}


class Planter:
    """Changes drawn rows as text, one defect per row.

    Parameters
    ----------
    seed : int
    connection : duckdb.DuckDBPyConnection
    frames : dict of str to DataFrame
        The drawn tables; they stay as they are.
    as_text : bool
        Whether the written columns are text, so that unreadable values can be planted.
    """

    def __init__(self, seed, connection, frames, as_text):
        self.rng = world.stream(seed, "dirt")
        self.as_text = as_text
        self.changed = {table: {} for table in frames}  # row -> text row
        self.added = {table: [] for table in frames}  # (row it stands behind, text row)
        self.defects = []
        self._connection = connection
        self._frames = frames
        self._taken = {table: set() for table in frames}

    def pick(self, table, rows, count):
        """Choose up to `count` of the given rows that carry no defect yet, ascending."""
        taken = self._taken[table]
        # more than asked for, since some may carry a defect already
        few = self.rng.choice(rows, min(count * 4 + 40, len(rows)), replace=False)
        free = [int(row) for row in few if int(row) not in taken]
        chosen = sorted(free[:count])
        taken.update(chosen)
        return chosen

    def taken(self, table):
        """Return the rows of a table that carry a defect or were the pattern of one, ascending."""
        return sorted(self._taken[table])

    def reserve(self, table, rows):
        """Keep rows out of later picks."""
        self._taken[table].update(int(row) for row in rows)

    def read(self, table, rows):
        """Return the rows as dicts of text, None for null, in the order given."""
        rows = [int(row) for row in rows]
        if not rows:
            return []
        columns = ", ".join(f"{name}::VARCHAR AS {name}" for name in tables.CONTRACT[table])
        self._connection.register("few", self._frames[table].iloc[rows])
        select = f"SELECT {columns} FROM ({tables.rows_sql(table, 'few')})"
        found = self._connection.execute(select).fetchall()
        self._connection.unregister("few")
        texts = [dict(zip(tables.CONTRACT[table], values, strict=True)) for values in found]
        return [self.changed[table].get(row, text) for row, text in zip(rows, texts, strict=True)]

    def picked(self, table, rows, count):
        """Choose as `pick` does and read the rows: a list of (row, text)."""
        chosen = self.pick(table, rows, count)
        return list(zip(chosen, self.read(table, chosen), strict=True))

    def picked_for_each(self, table, asked):
        """Choose for several (rows, count) at once, with a single read; as many lists."""
        chosen = [self.pick(table, rows, count) for rows, count in asked]
        texts = iter(self.read(table, [row for rows in chosen for row in rows]))
        return [[(row, next(texts)) for row in rows] for rows in chosen]

    def change(self, table, row, text, **values):
        """Overwrite columns of one row that was read; returns the row as it now stands."""
        self.changed[table][row] = text | values
        return self.changed[table][row]

    def add(self, table, row, text, **values):
        """Add a row behind another one; returns it."""
        self.added[table].append((row, text | values))
        return self.added[table][-1][1]

    def new_key(self, table, prefix, width):
        """Return a key that follows the last one of the table."""
        number = len(self._frames[table]) + len(self.added[table]) + 1
        return prefix + str(number).zfill(width)

    def note(self, table, text, defect, treatment, code, row_count=1):
        """Write one affected record into the list of planted defects."""
        names = _KEYS.get(table, [next(iter(tables.CONTRACT[table]))])
        key = "|".join(text[name] or "" for name in names)
        self.note_key(table, key, defect, treatment, code, row_count)

    def note_key(self, table, key, defect, treatment, code, row_count=1):
        """Write down a record whose key is already text."""
        self.defects.append((table, key, defect, treatment, code, row_count))

    def duplicate(self, table, rows, count, older):
        """Double some of the rows: identical where `older` gives nothing, else an older version.

        Parameters
        ----------
        table : str
        rows : array_like of int
            Rows to pick from.
        count : int
        older : callable
            Takes a running number and the row's text; returns the older version's values, empty
            for an identical row.
        """
        for position, (row, text) in enumerate(self.picked(table, rows, count)):
            copy = self.add(table, row, text, **older(position, text))
            same = copy == text
            defect = "identical_row" if same else "older_version"
            self.note(table, text, defect, REJECTED, "superseded_duplicate")

    def defects_frame(self):
        """Return the list of planted defects, ordered."""
        frame = pd.DataFrame(self.defects, columns=DEFECT_COLUMNS)
        return frame.sort_values(DEFECT_COLUMNS, ignore_index=True)


def earlier(text, hours):
    """Move a timestamp text so many hours back."""
    moved = pd.Timestamp(text) - pd.Timedelta(hours=hours)
    return moved.strftime("%Y-%m-%d %H:%M:%S")
