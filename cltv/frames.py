"""Between tables and arrays: columns with clear errors, groups in a fixed order."""

from __future__ import annotations

import numpy as np
import pandas as pd


def column(frame, name, table):
    """Return a numeric column as floats, missing values as NaN.

    Parameters
    ----------
    frame : pandas.DataFrame
        Input table.
    name, table : str
        Column, and what to call the table in an error.

    Returns
    -------
    ndarray, shape (n,)
        Of float; of object where the column holds no numbers, for the caller's check to name.

    Raises
    ------
    ValueError
        If the column is missing.
    """
    values = _present(frame, name, table)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return values.to_numpy(dtype=object)


def number_column(frame, name, table):
    """Return a column as floats, missing values as NaN.

    Parameters
    ----------
    frame : pandas.DataFrame
        Input table.
    name, table : str
        Column, and what to call the table in an error.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    ValueError
        If the column is missing, or holds a value that is no number: names the row and the value.
    """
    values = column(frame, name, table)
    if values.dtype != object:
        return values
    numbers = np.full(len(values), np.nan)
    for row in np.flatnonzero(~pd.isna(values)):
        try:
            numbers[row] = float(values[row])
        except (TypeError, ValueError, OverflowError):
            shown = repr(values[row])[:60]
            raise ValueError(
                f"{table}: column {name!r}, row {row}: {shown} is not a number"
            ) from None
    return numbers


def text_column(frame, name, table):
    """Return a text column as an array of str.

    Parameters
    ----------
    frame : pandas.DataFrame
        Input table.
    name, table : str
        Column, and what to call the table in an error.

    Returns
    -------
    ndarray of object, shape (n,)

    Raises
    ------
    ValueError
        If the column is missing, or holds a missing value.
    """
    values = _present(frame, name, table)
    missing = values.isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise ValueError(f"{table}: column {name!r}, row {row}: is missing")
    codes, texts = pd.factorize(values)
    return np.array([str(text) for text in texts], dtype=object)[codes]


def groups(labels, expected=None):
    """Return every label with the rows that carry it, in the order of the labels.

    Parameters
    ----------
    labels : ndarray of object, shape (n,)
        Label of each row.
    expected : sequence, optional
        Further labels, which get no rows if they do not occur.

    Returns
    -------
    list of (label, ndarray of int)
        Row positions ascending within each label.
    """
    codes, found = pd.factorize(labels, sort=False)
    order = np.argsort(codes, kind="stable")
    bounds = np.cumsum(np.bincount(codes, minlength=len(found)))[:-1]
    rows = dict(zip(found, np.split(order, bounds), strict=True)) if len(found) else {}
    for label in expected if expected is not None else ():
        rows.setdefault(label, np.empty(0, dtype=np.intp))
    return sorted(rows.items(), key=lambda item: item[0])


def frame_of_rows(rows, columns):
    """Build a typed table from tuples.

    Parameters
    ----------
    rows : list of tuple
        In the order of `columns`.
    columns : dict of str to str
        pandas type by column name.

    Returns
    -------
    pandas.DataFrame
        With all columns and types even where there are no rows.
    """
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame(
        {
            name: pd.Series(list(items), dtype=dtype)
            for (name, dtype), items in zip(columns.items(), values, strict=True)
        }
    )


def _present(frame, name, table):
    if name not in frame.columns:
        raise ValueError(f"{table}: column {name!r} is missing; found {', '.join(frame.columns)}")
    return frame[name]
