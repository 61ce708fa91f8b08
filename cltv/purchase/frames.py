"""Tables of cells as checked arrays, and the cells of one origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cltv.cells import PurchaseCells, check_log_gap_sum, check_purchases, collapse
from cltv.frames import column, groups, text_column
from cltv.purchase.family import ALL_PATTERNS, COVARIATES

CELL_COLUMNS = ("frequency", "recency_days", "age_days", "customers")


@dataclass(frozen=True)
class CellTable:
    """A checked table of cells, rows as they came.

    Attributes
    ----------
    origin, pattern : ndarray of object, shape (n,)
        Origin and covariate pattern of each row; ``'all'`` where patterns were not asked for.
    frequency, recency, age, customers, log_gap_sum : ndarray, shape (n,)
        Times in days.
    levels : dict of str to dict of str to str
        Level by covariate of each pattern.
    """

    origin: np.ndarray
    pattern: np.ndarray
    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    customers: np.ndarray
    log_gap_sum: np.ndarray
    levels: dict[str, dict[str, str]]

    def origins(self, expected=None):
        """Find the rows of every origin.

        Parameters
        ----------
        expected : iterable of str, optional
            Origins to be listed even where they have no row.

        Returns
        -------
        list of (str, ndarray of int)
            Origin and row positions, in the order of the names.
        """
        return groups(self.origin, expected)

    def patterns(self, rows):
        """Find the rows of every covariate pattern.

        Parameters
        ----------
        rows : ndarray of int
            Positions in the table.

        Returns
        -------
        list of (str, ndarray of int)
            Pattern and those of `rows` that have it, in the order of the names.
        """
        return [(label, rows[part]) for label, part in groups(self.pattern[rows])]

    def cells(self, rows):
        """Collapse rows to cells.

        Parameters
        ----------
        rows : ndarray of int
            Positions in the table.

        Returns
        -------
        PurchaseCells
            Equal rows added up, times in days.
        """
        keys, weight, log_gap_sum = collapse(
            [self.frequency[rows], self.recency[rows], self.age[rows]],
            self.customers[rows],
            self.log_gap_sum[rows],
        )
        return PurchaseCells(*keys, weight, log_gap_sum)


def cell_table(cells, with_customers, with_patterns):
    """Check a table of cells.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, frequency, recency_days, age_days; log_gap_sum where there is one.
    with_customers : bool
        Read the column customers; 1 in each row otherwise.
    with_patterns : bool
        Read covariate_pattern, acquisition_channel and customer_type.

    Returns
    -------
    CellTable

    Raises
    ------
    ValueError
        If a column is missing or a row is impossible: names column, row (from 0) and value.
    """
    origin = text_column(cells, "origin_id", "cells")
    numbers = [column(cells, name, "cells") for name in CELL_COLUMNS[:3]]
    customers = column(cells, CELL_COLUMNS[3], "cells") if with_customers else None
    arrays = check_purchases(*numbers, customers, names=CELL_COLUMNS, whole_times=True)
    if "log_gap_sum" in cells.columns:
        gaps = column(cells, "log_gap_sum", "cells")
        gaps = check_log_gap_sum(gaps, arrays[0])
    else:
        gaps = np.zeros(len(arrays[0]))
    pattern, levels = np.full(len(origin), ALL_PATTERNS, dtype=object), {}
    if with_patterns:
        pattern, levels = _patterns(cells)
    return CellTable(origin, pattern, *arrays, gaps, levels)


def _patterns(cells):
    pattern = text_column(cells, "covariate_pattern", "cells")
    texts = [text_column(cells, name, "cells") for name in COVARIATES]
    distinct = pd.DataFrame(
        {"pattern": pattern, **dict(zip(COVARIATES, texts, strict=True))}, dtype=object
    ).drop_duplicates()
    again = distinct["pattern"].duplicated().to_numpy()
    if again.any():
        row = int(distinct.index[np.argmax(again)])
        raise ValueError(
            f"column 'covariate_pattern', row {row}: {pattern[row]!r} stands for more than one "
            f"combination of {' and '.join(COVARIATES)}"
        )
    levels = {
        key: dict(zip(COVARIATES, values, strict=True))
        for key, *values in distinct.itertuples(index=False)
    }
    return pattern, levels
