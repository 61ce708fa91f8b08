"""Contracts by how long they have lasted and whether they were lost: all that a fit sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cltv.cells import _check_weights, _numbers, _refuse, _same_length, collapse, thin

NAMES = ("tenure", "is_lost", "weight")


@dataclass(frozen=True)
class ContractCells:
    """Distinct (tenure, is_lost) with weights, sorted by these two.

    Attributes
    ----------
    tenure : ndarray, shape (n,)
        Whole renewal periods. Of a lost contract the renewal at which it was lost, >= 1; of any
        other the number of renewals that it has been seen to survive, >= 0.
    is_lost : ndarray of bool, shape (n,)
        Lost, or else still there when it was last seen (censored).
    weight : ndarray, shape (n,)
        Contracts in each cell.
    """

    tenure: np.ndarray
    is_lost: np.ndarray
    weight: np.ndarray

    def __len__(self):
        """Return the number of distinct cells."""
        return len(self.tenure)

    @property
    def contracts(self):
        """Contracts in all cells."""
        return float(self.weight.sum())

    @property
    def lost(self):
        """Contracts that were lost."""
        return float(self.weight[self.is_lost].sum())

    @property
    def renewals(self):
        """Renewals that fell due, one per contract and period at risk."""
        return float((self.weight * self.tenure).sum())

    def sample(self, rows):
        """Return fewer cells that stand for all, without randomness.

        Parameters
        ----------
        rows : int
            At most this many cells are kept.

        Returns
        -------
        ContractCells
            Weighted by the draws that hit a cell (see `cltv.cells.thin`).
        """
        kept, weight = thin(self.weight, rows)
        return ContractCells(self.tenure[kept], self.is_lost[kept], weight)


def contract_cells(tenure, is_lost, weight=None, names=NAMES):
    """Check contracts or cells of contracts and collapse them.

    Parameters
    ----------
    tenure : array_like, shape (n,)
        Whole periods, see `ContractCells`.
    is_lost : array_like, shape (n,)
        True (1) or False (0).
    weight : array_like, shape (n,), optional
        Contracts per row, > 0; 1 each by default.
    names : tuple of 3 str
        What to call the columns in an error.

    Returns
    -------
    ContractCells

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    t_name, lost_name, w_name = names
    t, lost = _same_length((_numbers(tenure, t_name), _numbers(is_lost, lost_name)), names[:2])
    w = np.ones(len(t)) if weight is None else _numbers(weight, w_name)
    _same_length((t, w), (t_name, w_name))
    _refuse(~np.isfinite(t), t_name, t, "is not a finite number")
    _refuse(t < 0, t_name, t, "is negative")
    _refuse(t != np.floor(t), t_name, t, "is not a whole number")
    _refuse((lost != 0) & (lost != 1), lost_name, lost, "is neither 0 nor 1")
    _refuse((lost == 1) & (t < 1), t_name, t, f"must be at least 1 where {lost_name} is 1")
    _check_weights(w, w_name, whole=False)
    (t, lost), w = collapse((t, lost), w)
    return ContractCells(t, lost == 1, w)
