"""Raw tables that are damaged on purpose, made from the contract: a new table brings its own cases.

Every table gets healthy rows first. Then either single rows of it are damaged, one damage per row,
so that one run of the project proves many cases, or the whole file is.
"""

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import duckdb

from tests.python.dbt.harness import NO_UNIT_TESTS, dbt
from tests.python.dbt.scenarios import scenario
from tools.contract import built_tables, raw_contract

TABLES = built_tables()
CONTRACT = {table: raw_contract()[table] for table in TABLES}
HEALTHY = 3
CUSTOMERS = 120  # rows of tables whose key names a customer need one each
DATES = ("date", "timestamp")
NUMBERS = ("integer", "number", "money", "price", "quantity", "rate")
LATE = ("valid_to", "ended_on", "unassigned_on", "active_to", "left_on", "expires_at")
HOSTILE_TEXT = "say \"no\", firm's; 1\n2\t{{ x }} '); drop table orders; -- Ünï 😀"

BAD_DATES = ["31.12.2024", "12/31/2024", "20241231", "31-Dec-2024", "24-12-31", "2024-02-30"]
BAD_NUMBERS = ["1,234.50", "1.234,50", "1 234.50", "1'234.50", "12,5", "12 EUR", "NaN", "infinity"]
GOOD_MOMENTS = {
    "2024-03-01": "2024-03-01 00:00:00",
    "2024-03-01T10:00:00": "2024-03-01 10:00:00",
    "2024-03-01T10:00:00Z": "2024-03-01 10:00:00",
    "2024-03-01T10:00:00+01:00": "2024-03-01 09:00:00",
    "2024-03-01 10:00:00.123456": "2024-03-01 10:00:00.123456",
    "2024-03-01 10:00:00-0500": "2024-03-01 15:00:00",
    " 2024-03-01 10:00:00 ": "2024-03-01 10:00:00",
    "2024/03/01 10:00:00": "2024-03-01 10:00:00",
}


# ---------- healthy rows


@cache
def parent(name):
    """The table whose key a column names, if that has one column."""
    return next((table for table in TABLES if CONTRACT[table]["key"] == [name]), None)


def healthy_value(table, column, number):
    """A text for a column of row `number` that every check lets pass."""
    name, kind = column["name"], column["type"]
    key = CONTRACT[table]["key"]
    if key == [name]:
        return f"{table}-{number}"
    if name in ("deleted_at", "cancelled_at"):
        return ""
    if name == "customer_id":
        if table == "erasure_requests":
            return "nobody"  # the rows of whom it names would be gone
        return f"customers-{number if name in key else 1}"
    if parent(name):
        return f"{parent(name)}-1"
    if name == "currency":
        return "USD" if name in key else "EUR"
    if name == "score_scale":
        return "0-10"
    if column["accepted"]:
        return column["accepted"][0]
    if kind in DATES:
        if name in key:
            return str(date(2023, 1, 1) + timedelta(days=number))
        day = {"synced_at": "2024-06-01"}.get(name, "2024-12-31" if name in LATE else "2024-03-01")
        return day if kind == "date" else f"{day} 10:00:00"
    if kind in NUMBERS:
        # with a point, so that a damaged row with a comma is one that differs
        usual = {"integer": "1", "rate": "0.90"}.get(kind, "1.00")
        return "1000.00" if name == "total_amount" else usual
    return {"boolean": "true"}.get(kind, f"{name} {number}")


def healthy_row(table, number):
    return {
        column["name"]: healthy_value(table, column, number)
        for column in CONTRACT[table]["columns"]
    }


def healthy_rows(table):
    count = CUSTOMERS if table == "customers" else HEALTHY
    return [healthy_row(table, number) for number in range(1, count + 1)]


def key_text(table, row):
    return "|".join(row[name] for name in CONTRACT[table]["key"])


# ---------- damaged rows


@dataclass(frozen=True)
class RowCase:
    """A damaged row, and what must become of it."""

    table: str
    damage: str
    column: str
    value: str
    becomes: str  # accepted, a reason for rejection, or a rule of repair
    rows: tuple
    reads: str = ""  # what an accepted value reads as

    def __str__(self):
        return f"{self.table}-{self.damage}-{self.column}-{self.value!r:.24}"

    @property
    def key(self):
        return key_text(self.table, self.rows[0])


def columns_of(table, kinds, required):
    """Columns of some types; those of the key last, the landing time never."""
    contract = CONTRACT[table]
    found = [
        column
        for column in contract["columns"]
        if column["type"] in kinds
        and column["required"] == required
        and column["name"] not in ("synced_at", *LATE)
    ]
    return sorted(found, key=lambda column: column["name"] in contract["key"])


def row_cases():
    cases = []
    for table in TABLES:
        contract = CONTRACT[table]
        numbers = iter(range(HEALTHY + 1 if table != "customers" else CUSTOMERS + 1, 10**6))

        def add(damage, column, value, becomes, copies=1, reads="", table=table, numbers=numbers):
            # keys that name a customer need one who is there
            number = next(numbers)
            row = {**healthy_row(table, number), column: value}
            cases.append(RowCase(table, damage, column, value, becomes, (row,) * copies, reads))

        for damage, kinds, values in (
            ("bad date", DATES, BAD_DATES),
            ("bad number", NUMBERS, BAD_NUMBERS),
        ):
            for required, becomes in ((True, "bad_value"), (False, "unreadable_optional_value")):
                for column in columns_of(table, kinds, required)[:1]:
                    for value in values:
                        add(damage, column["name"], value, becomes)
        for column in columns_of(table, ("boolean",), False)[:1]:
            add("bad boolean", column["name"], "perhaps", "unreadable_optional_value")
        for column in [one for one in contract["columns"] if one["name"] == contract["event"]]:
            if column["type"] == "timestamp" and column["name"] not in contract["key"]:
                for value, reads in GOOD_MOMENTS.items():
                    if table != "refunds":  # a refund may not be dated before its order
                        add("good date", column["name"], value, "accepted", reads=reads)
                add("too early", column["name"], "1970-01-01 00:00:00", "implausible_date")
                add("too late", column["name"], "2099-01-01 00:00:00", "future_date")
        add("blank key", contract["key"][0], "  ", "missing_key")
        blank = [one for one in contract["columns"] if one["required"]]
        for column in [one for one in blank if one["name"] not in contract["key"]][:1]:
            add("blank", column["name"], "NULL", "missing_value")
        for column in [one for one in contract["columns"] if one["accepted"]][:1]:
            if column["name"] not in contract["key"]:
                add("unknown value", column["name"], "whatever", "unknown_value")
        last = contract["columns"][-1]["name"]
        add("twice the same", last, healthy_row(table, 1)[last], "superseded_duplicate", copies=2)
        free = [
            column["name"]
            for column in contract["columns"]
            if column["type"] == "text"
            and not column["required"]
            and not column["accepted"]
            and not parent(column["name"])
            and column["name"] not in ("currency", "score_scale", "email")
        ]
        for name in free[:1]:
            add("hostile text", name, HOSTILE_TEXT, "accepted", reads=HOSTILE_TEXT)
    return cases


ROW_CASES = row_cases()


def rows_with_damage(table):
    return [
        *healthy_rows(table),
        *(row for case in ROW_CASES if case.table == table for row in case.rows),
    ]


# ---------- files that are unusual, and read all the same


def csv_text(table, rows, delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\n"):
    stream = io.StringIO()
    names = [column["name"] for column in CONTRACT[table]["columns"]]
    writer = csv.DictWriter(stream, names, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def parquet_types(table):
    types = {"text": "varchar", "integer": "bigint", "number": "double", "price": "decimal(9, 4)"}
    types |= {"money": "double", "quantity": "integer", "rate": "decimal(12, 6)"}
    return {
        column["name"]: types.get(column["type"], column["type"])
        for column in CONTRACT[table]["columns"]
    }


def write_parquet_file(file, table, rows, types):
    names = list(types)
    with duckdb.connect() as connection:
        connection.execute(f"create table given ({', '.join(f'{name} varchar' for name in names)})")
        if rows:
            places = ", ".join("?" for _ in names)
            connection.executemany(
                f"insert into given values ({places})",
                [[row[name] for name in names] for row in rows],
            )
        casts = ", ".join(f"cast(nullif({name}, '') as {types[name]}) as {name}" for name in names)
        path = str(file).replace("'", "''")
        connection.execute(f"copy (select {casts} from given) to '{path}' (format parquet)")


def plain(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows).encode())


def with_bom(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows).encode("utf-8-sig"))


def with_crlf(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows, end="\r\n").encode())


def without_last_line_end(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows).encode().rstrip())


def with_semicolons(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows, ";").encode())


def with_tabs(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows, "\t").encode())


def with_bars(folder, table, rows):
    (folder / f"{table}.csv").write_bytes(csv_text(table, rows, "|").encode())


def all_quoted(folder, table, rows):
    text = csv_text(table, rows, quoting=csv.QUOTE_ALL)
    (folder / f"{table}.csv").write_bytes(text.encode())


def compressed(folder, table, rows):
    (folder / f"{table}.csv.gz").write_bytes(gzip.compress(csv_text(table, rows).encode()))


def shouting_suffix(folder, table, rows):
    (folder / f"{table}.CSV").write_bytes(csv_text(table, rows).encode())


def shouting_header(folder, table, rows):
    header, body = csv_text(table, rows).split("\n", 1)
    header = header.upper().replace(",", " , ")
    (folder / f"{table}.csv").write_bytes(f"{header}\n{body}".encode())


def native_types(folder, table, rows):
    write_parquet_file(folder / f"{table}.parquet", table, rows, parquet_types(table))


def parquet_of_texts(folder, table, rows):
    types = dict.fromkeys(parquet_types(table), "varchar")
    write_parquet_file(folder / f"{table}.PARQUET", table, rows, types)


def with_a_long_field(folder, table, rows):
    """A field of ten million characters in a column that the contract does not know."""
    header, *lines = csv_text(table, rows).splitlines()
    lines = [
        f'{line},"{"x" * 10_000_000 if number == 0 else ""}"' for number, line in enumerate(lines)
    ]
    (folder / f"{table}.csv").write_bytes("\n".join([f"{header},remark", *lines]).encode())


def with_unknown_columns(folder, table, rows):
    lines = csv_text(table, rows).splitlines()
    lines = [f"{line},{'Größe,' if number == 0 else 'x,y'}" for number, line in enumerate(lines)]
    (folder / f"{table}.csv").write_bytes("\n".join(lines).encode())


DIALECTS = [
    plain, with_bom, with_crlf, without_last_line_end, with_semicolons, with_tabs, with_bars,
    all_quoted, compressed, shouting_suffix, shouting_header, native_types, parquet_of_texts,
    with_a_long_field, with_unknown_columns,
]  # fmt: skip


# ---------- files that nobody can read


def required_column(table):
    return next(column["name"] for column in CONTRACT[table]["columns"] if column["required"])


def lines_of(table):
    return csv_text(table, healthy_rows(table)).splitlines()


def write_lines(folder, table, lines, end="\n"):
    (folder / f"{table}.csv").write_bytes(end.join([*lines, ""]).encode())


def nothing_in_it(folder, table):
    (folder / f"{table}.csv").touch()
    return (
        "file {folder}/{table}.csv is empty; export it again, with the columns' names in its first "
        "line, or take it away"
    )


NO_NAMES = (
    "the first line of file {folder}/{table}.csv names no column of the table '{table}'; it must "
    "name the columns, in UTF-8, with a comma, semicolon, tab or bar between them "
    "(docs/raw_contract.md)"
)


def no_header(folder, table):
    write_lines(folder, table, ["7,8,9", "7,8,9"])
    return NO_NAMES


def odd_separator(folder, table):
    header = lines_of(table)[0].replace(",", "^") + "^x"
    write_lines(folder, table, [header])
    return NO_NAMES


def a_title_above(folder, table):
    write_lines(folder, table, ["Report of March", *lines_of(table)])
    return NO_NAMES


def required_column_absent(folder, table):
    names = [name for name in lines_of(table)[0].split(",") if name != required_column(table)]
    write_lines(folder, table, [",".join([*names, "x"])])
    return (
        "table '{table}' in folder {folder} has no column '{required}', which is required; it has: "
        + ", ".join([*names, "x"])
        + ". Rename or add the column (docs/raw_contract.md)"
    )


def a_column_twice(folder, table):
    write_lines(
        folder, table, [f"{line},{required_column(table).upper()}" for line in lines_of(table)]
    )
    return (
        "file {folder}/{table}.csv names the column '{REQUIRED}' twice; rename or remove one of "
        "the two"
    )


def a_field_too_many(folder, table):
    lines = lines_of(table)
    lines[2] += ",1"
    write_lines(folder, table, lines)
    return (
        "line 3 of file {folder}/{table}.csv has more fields than the first line has names; put "
        "double quotes around a field that holds the separator"
    )


def a_line_cut_short(folder, table):
    write_lines(folder, table, [*lines_of(table)[:3], "1"])
    return (
        "line 4 of file {folder}/{table}.csv has fewer fields than the first line has names; give "
        "every line all its fields, and close every double quote"
    )


def a_quote_left_open(folder, table):
    lines = lines_of(table)
    lines[2] = '"' + lines[2]
    write_lines(folder, table, lines)
    return (
        "line 3 of file {folder}/{table}.csv opens a double quote and does not close it; close it, "
        "or write it twice where it is part of the text"
    )


def latin_1(folder, table):
    lines = [line.encode() for line in lines_of(table)]
    lines[3] = b"\xe9" + lines[3]
    (folder / f"{table}.csv").write_bytes(b"\n".join(lines))
    return "line 4 of file {folder}/{table}.csv is not UTF-8; export the file again as UTF-8"


def utf_16(folder, table):
    (folder / f"{table}.csv").write_bytes("\n".join(lines_of(table)).encode("utf-16"))
    return "file {folder}/{table}.csv is not UTF-8 text; export it again as UTF-8"


def two_kinds_of_line_ends(folder, table):
    lines = lines_of(table)
    text = "\r\n".join(lines[:2]) + "\r\n" + "\n".join(lines[2:]) + "\n"
    (folder / f"{table}.csv").write_bytes(text.encode())
    return (
        "file {folder}/{table}.csv ends its lines in two ways, with and without a carriage return; "
        "save it with one of them"
    )


def a_line_without_end(folder, table):
    names = lines_of(table)[0]
    commas = "," * names.count(",")
    write_lines(folder, table, [names, '"' + "x" * 17_000_000 + '"' + commas])
    return (
        "line 2 of file {folder}/{table}.csv is longer than 16 MB; close every double quote, and "
        "leave out texts of that length"
    )


def not_compressed(folder, table):
    (folder / f"{table}.csv.gz").write_text("\n".join(lines_of(table)))
    return (
        "file {folder}/{table}.csv.gz is not compressed as its name says; name it {table}.csv, or "
        "compress it again"
    )


NO_PARQUET = "file {folder}/{table}.parquet cannot be read as Parquet; export it again"


def no_parquet(folder, table):
    (folder / f"{table}.parquet").write_text("this is no Parquet file")
    return NO_PARQUET


def an_empty_parquet(folder, table):
    (folder / f"{table}.parquet").touch()
    return NO_PARQUET


def a_parquet_cut_short(folder, table):
    native_types(folder, table, healthy_rows(table))
    file = folder / f"{table}.parquet"
    file.write_bytes(file.read_bytes()[:-7])
    return NO_PARQUET


def a_directory(folder, table):
    (folder / f"{table}.csv").mkdir()
    (folder / f"{table}.csv" / "part-0.csv").write_text("x\n")
    return (
        "{folder}/{table}.csv is a directory; the table '{table}' must be one file of that name, "
        "so write its parts into one"
    )


def two_files(folder, table):
    write_lines(folder, table, lines_of(table))
    native_types(folder, table, healthy_rows(table))
    return (
        "folder {folder} has two files for the table '{table}': {table}.csv and {table}.parquet; "
        "keep one"
    )


def no_file(folder, table):
    if CONTRACT[table]["required"]:
        return (
            "required table '{table}' is not in folder {folder}; load it there under this name, or "
            "make a view of that name"
        )
    return (
        "table '{table}' is switched on but not in folder {folder}; load it, or leave it out of "
        "the variable crm_tables"
    )


def a_type_that_cannot_be(folder, table):
    """The first column that is no text holds lists."""
    types = parquet_types(table)
    column = next(one for one in CONTRACT[table]["columns"] if one["type"] != "text")
    rows = [{**row, column["name"]: "[1]"} for row in healthy_rows(table)]
    write_parquet_file(
        folder / f"{table}.parquet", table, rows, {**types, column["name"]: "integer[]"}
    )
    return (
        f"column '{column['name']}' of table '{{table}}' in folder {{folder}} is of type "
        f"INTEGER[], which cannot become {column['type']}; export it as {column['type']} or as "
        "text (docs/raw_contract.md)"
    )


def a_moment_for_an_amount(folder, table):
    """Number where a date is wanted, or a date where a number is: whatever the table has."""
    types = parquet_types(table)
    column = next(one for one in CONTRACT[table]["columns"] if one["type"] in DATES + NUMBERS)
    other, value = ("bigint", "7") if column["type"] in DATES else ("timestamp", "2024-01-01")
    rows = [{**row, column["name"]: value} for row in healthy_rows(table)]
    types = {**types, column["name"]: other}
    write_parquet_file(folder / f"{table}.parquet", table, rows, types)
    return (
        f"column '{column['name']}' of table '{{table}}' in folder {{folder}} is of type "
        f"{other.upper()}, which cannot become {column['type']}; export it as {column['type']} or "
        "as text (docs/raw_contract.md)"
    )


FILE_DAMAGES = [
    nothing_in_it, no_header, odd_separator, a_title_above, required_column_absent, a_column_twice,
    a_field_too_many, a_line_cut_short, a_quote_left_open, latin_1, utf_16, two_kinds_of_line_ends,
    a_line_without_end, not_compressed, no_parquet, an_empty_parquet, a_parquet_cut_short,
    a_directory, two_files, no_file, a_type_that_cannot_be, a_moment_for_an_amount,
]  # fmt: skip


# megabytes each: for one table it is enough
HEAVY = (a_line_without_end, with_a_long_field)


def each_table(functions):
    """All functions with tables: each function for at least nine, each table with its share.

    The code does not know one table from another; with many tables, taking turns keeps it short.
    """
    turns = -(-len(TABLES) // 9)
    return [
        (function, table)
        for number, function in enumerate(functions)
        for place, table in enumerate(TABLES)
        if (table == "orders" if function in HEAVY else (number + place) % turns == 0)
    ]


def damaged_folder(folder, table, damage):
    """A folder whose tables are healthy but for one; returns the line that must be said."""
    folder.mkdir(parents=True)
    for other in {"customers", "orders", table} - {table}:
        plain(folder, other, healthy_rows(other))
    required = required_column(table)
    return damage(folder, table).format(
        folder=folder, table=table, required=required, REQUIRED=required.upper()
    )


# ---------- the two runs that prove all cases that must give a right result

SELECTED = (
    *("--select", "path:seeds/reference"),
    *("+dq_row_reconciliation", "+dq_rejected_rows", "+dq_repaired_rows"),
    # tests that read other models as well have nothing to read here
    *("--indirect-selection", "cautious"),
)


@scenario
def hostile_rows(place):
    folder = place / "crm"
    folder.mkdir()
    for table in TABLES:
        all_quoted(folder, table, rows_with_damage(table))
    variables = {"raw_folder": str(folder), "crm_tables": "all"}
    return dbt(place, "build", *NO_UNIT_TESTS, *SELECTED, **variables)


@scenario
def hostile_files(place):
    """Every table in another dialect; the folder has an apostrophe and a space in its name."""
    folder = place / "the firm's CRM"
    folder.mkdir()
    for number, table in enumerate(TABLES):
        DIALECTS[1 + number % (len(DIALECTS) - 1)](folder, table, healthy_rows(table))
    variables = {"raw_folder": str(folder), "crm_tables": "all"}
    return dbt(place, "build", *NO_UNIT_TESTS, *SELECTED, **variables)
