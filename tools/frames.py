"""Typed hand-over between dbt relations and the frames of `cltv`.

Python models read a small table with `read_frame` and give one back with `typed_frame`: a plain
data frame would lose dates and decimals on the way, and an empty or all-null column would lose its
type altogether.
"""


def read_frame(relation, order_by):
    """Read a relation into a frame with lower-case columns and a fixed order of rows.

    Parameters
    ----------
    relation : relation of the engine
        What `dbt.ref` returns: has `df` (DuckDB), `toPandas` (Spark) or `to_pandas`.
    order_by : list of str
        Columns that order the rows completely; sums of floats then do not change from run to run.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    TypeError
        The relation offers none of the three conversions.
    """
    for conversion in ("df", "toPandas", "to_pandas"):
        if hasattr(relation, conversion):
            frame = getattr(relation, conversion)()
            break
    else:
        raise TypeError(f"cannot read a frame from {type(relation).__name__}")
    frame.columns = [str(column).lower() for column in frame.columns]
    return frame.sort_values(order_by, kind="stable").reset_index(drop=True)


def typed_frame(session, frame, columns):
    """Hand a frame back with the column order and SQL types given.

    Parameters
    ----------
    session : database session of the Python model
        On DuckDB a cursor; on Spark the frame is returned as a Spark frame with the same types.
    frame : pandas.DataFrame
        Must have every column named.
    columns : dict of str to str
        Column → SQL type, in the order of the table.

    Returns
    -------
    relation of the engine

    Raises
    ------
    ValueError
        Names the columns that the frame lacks.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"model output lacks columns {missing}; it has {list(frame.columns)}")
    # a copy: frames that are slices of another one have been handed over wrongly
    handed = frame.loc[:, list(columns)].reset_index(drop=True).copy()
    casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
    if hasattr(session, "createDataFrame"):
        session.createDataFrame(handed).createOrReplaceTempView("handed_frame")
        return session.sql(f"select {casts} from handed_frame".replace('"', "`"))
    # DuckDB finds `handed` in this scope by its name
    return session.sql(f"select {casts} from handed")
