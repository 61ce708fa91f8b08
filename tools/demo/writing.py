"""Writes drawn and planted rows as CSV text or typed Parquet, through DuckDB."""

import pandas as pd

from tools.demo import experiments, support, tables, truth
from tools.demo import planter as planting

FORMATS = ("csv", "parquet")
_OPTIONS = {
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 250000",
}


def _copy(connection, select, path, file_format):
    target = str(path).replace("'", "''")
    connection.execute(f"COPY ({select}) TO '{target}' ({_OPTIONS[file_format]})")


def _planted_frame(table, planter):
    """Return changed and added rows as text, with the row they replace or follow."""
    rows = []
    if planter is not None:
        rows += [(row, 0, text) for row, text in planter.changed[table].items()]
        rows += [(row, 1 + i, text) for i, (row, text) in enumerate(planter.added[table])]
    names = list(tables.CONTRACT[table])
    values = [[row, rank, *(text[name] for name in names)] for row, rank, text in rows]
    frame = pd.DataFrame(values, columns=["position", "place", *names], dtype=object)
    return frame.astype({"position": "int64", "place": "int64"})


def write_table(connection, table, frame, planter, path, file_format):
    """Write one raw table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    table : str
        Name in tables.CONTRACT.
    frame : DataFrame
        Drawn rows; a column `position` is added.
    planter : planter.Planter or None
        None for a table without defects.
    path : pathlib.Path
    file_format : {'csv', 'parquet'}
        CSV keeps the rows in the order of their keys; Parquet appends the planted rows.
    """
    frame["position"] = range(len(frame))
    connection.register("frame", frame)
    connection.register("planted", _planted_frame(table, planter))
    contract = tables.CONTRACT[table]
    as_text = file_format == "csv"
    kinds = {name: "VARCHAR" if as_text else kind for name, (kind, _) in contract.items()}
    drawn = ", ".join(f"({sql})::{kinds[name]} AS {name}" for name, (_, sql) in contract.items())
    text = ", ".join(f"{name}::VARCHAR::{kind} AS {name}" for name, kind in kinds.items())
    replaced = [] if planter is None else sorted(planter.changed[table])
    where = f"WHERE position NOT IN ({', '.join(map(str, replaced))})" if replaced else ""
    if file_format == "csv":
        names = ", ".join(contract)
        select = f"""
            SELECT {names} FROM (
                SELECT position, 0 AS place, {drawn} FROM frame {where}
                UNION ALL
                SELECT position, place, {text} FROM planted
            ) ORDER BY position, place
        """
    else:
        select = f"SELECT {drawn} FROM frame {where} UNION ALL SELECT {text} FROM planted"
    _copy(connection, select, path, file_format)
    connection.unregister("frame")
    connection.unregister("planted")


def write_truth(connection, customers, bought, planter, planted, folder, file_format):
    """Write the planted parameters, customers' futures, defects and costs.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    customers : customers.Customers
    bought : purchases.Purchases
    planter : planter.Planter or None
    planted : list of (channel, measure, value)
    folder : pathlib.Path
    file_format : {'csv', 'parquet'}
    """
    defects = pd.DataFrame(columns=planting.DEFECT_COLUMNS, dtype=object)
    if planter is not None:
        defects = planter.defects_frame()
    # an empty key is written as nothing, not as a quoted empty text
    texts = ", ".join(
        f"nullif({name}::VARCHAR, '') AS {name}" for name in planting.DEFECT_COLUMNS[:-1]
    )
    selects = {
        "demo_truth_processes": (truth.processes_frame(), "SELECT * FROM frame"),
        "demo_truth_customers": (truth.customers_frame(customers, bought), truth.CUSTOMERS_SQL),
        "demo_planted_defects": (
            defects,
            f"SELECT {texts}, row_count::INTEGER AS row_count FROM frame",
        ),
        "demo_truth_economics": (truth.economics_frame(planted), "SELECT * FROM frame"),
    }
    _copy_all(connection, selects, folder, file_format)


def write_crm_truth(connection, known, erased, folder, file_format):
    """Write the planted effects, the support relation and the state of every consent.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    known : crm.Crm
    erased : list of int
        Customers whose data are erased: they have no consents any more.
    folder : pathlib.Path
    file_format : {'csv', 'parquet'}
    """
    consents = known.consents.truth
    consents = consents[~consents["customer"].isin([customer + 1 for customer in erased])]
    selects = {
        "demo_truth_crm_changes": (
            truth.changes_frame(experiments.truth_rows(known.changes)),
            truth.CHANGES_SQL,
        ),
        "demo_truth_support": (
            truth.support_frame(support.truth_rows(known.tickets)),
            "SELECT * FROM frame",
        ),
        "demo_truth_consents": (consents, truth.CONSENTS_SQL),
    }
    _copy_all(connection, selects, folder, file_format)


def _copy_all(connection, selects, folder, file_format):
    for name, (frame, select) in selects.items():
        connection.register("frame", frame)
        _copy(connection, select, folder / f"{name}.{file_format}", file_format)
        connection.unregister("frame")
