"""Purchase models on tables: fit every model to every origin, or say why not."""

from __future__ import annotations

import numpy as np

from cltv.cells import weighted_total
from cltv.fit_rows import COLUMNS, rows_of_effects, rows_of_fit, rows_of_status
from cltv.frames import frame_of_rows
from cltv.maximum_likelihood import ERRORS
from cltv.purchase.covariates import designs, fit_groups
from cltv.purchase.family import (
    BY_GROUP,
    EFFECT_PARAMETERS,
    ENSEMBLES,
    FITTED,
    MODELS,
    SAME_AS_MBG,
)
from cltv.purchase.fitting import fit_cells
from cltv.purchase.frames import cell_table
from cltv.purchase.identification import dropout_is_identified
from cltv.purchase.mbg_cnbd_k import MBGCNBDk, fit_cnbd_k

VALUE_BASIS = "purchases"
CURRENT_ORIGIN = "now"


def fit_purchase_models(
    cells,
    models=tuple(MODELS),
    method="map",
    time_unit_days=7.0,
    minimum_customers=50,
    minimum_repeaters=10,
    minimum_days=90,
    maximum_silence_days=180,
    by_group=True,
    origins=None,
    errors="auto",
):
    """Fit purchase models to the cells of every origin; refuse with a reason, never by an error.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id (str), frequency, recency_days, age_days, customers (whole numbers), and, for
        MBG/CNBD-k, log_gap_sum (sum over the cell's customers of ln(gap in days)). With
        `by_group` also covariate_pattern, acquisition_channel, customer_type (str). Rows may come
        in any order; equal cells are added up.
    models : sequence of str
        Keys of `cltv.purchase.MODELS`; the members of the ensemble.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.
    time_unit_days : float
        Unit of the reported time parameters: 7 gives weeks. The fit itself knows no unit.
    minimum_customers, minimum_repeaters : int
        Below these a fit is refused.
    minimum_days : float
        The oldest customer must be at least this old.
    maximum_silence_days : float
        Somebody must have bought within this many days before the origin.
    by_group : bool
        Fit each model also with parameters that differ by acquisition channel and customer type
        (see `cltv.purchase.covariates`), as ``<model>_by_group``.
    origins : sequence of str, optional
        Origins that must have a status even where they have no cells; those in `cells` by default.
    errors : {'auto', 'sandwich', 'bootstrap'}
        Where standard errors come from. 'auto' refits with random weights for the origin 'now' up
        to 40,000 cells, and takes the sandwich, which agrees closely, everywhere else.

    Returns
    -------
    pandas.DataFrame
        Columns of `cltv.fit_rows.COLUMNS`, with value_basis 'purchases'. For every origin and
        model one row of kind 'status' (name 'fit_status', estimate 1 if usable, and a note), rows
        of kind 'diagnostic', 'parameter' and, by group, 'effect': the shift of a log-parameter,
        for example ``alpha[acquisition_channel=email]``. Notes: fitted, same_as_mbg_nbd (usable,
        but no member of the ensemble: no regularity was found), or no_customers,
        too_few_customers, no_time_observed, history_too_short, no_recent_order,
        too_few_repeaters, not_converged, dropout_not_identified (parameters are shown, but not to
        be used), one_group_only, no_model_by_group. For the models 'ensemble' and, by group,
        'ensemble_by_group' a status (1 if there is at least one usable member, else the first
        member's reason) and the number of 'members'.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible (names column, row and value), or an option
        is unknown.
    """
    chosen = _chosen_models(models)
    _check_options(method, time_unit_days, errors)
    if MBGCNBDk.name in chosen and "log_gap_sum" not in cells.columns:
        raise ValueError(f"cells: column 'log_gap_sum' is missing, which {MBGCNBDk.name} needs")
    table = cell_table(cells, with_customers=True, with_patterns=by_group)
    rows = []
    for origin_id, members in table.origins(origins):
        part = table.cells(members).scaled(float(time_unit_days))
        known = _known(part, float(time_unit_days))
        reason = _refusal(
            part, known, minimum_customers, minimum_repeaters, minimum_days, maximum_silence_days
        )
        groups = {}
        if by_group and not reason:
            groups = {
                pattern: table.cells(positions).scaled(float(time_unit_days))
                for pattern, positions in table.patterns(members)
            }
        origin = _Origin(origin_id, part, known, reason, method, _errors(errors, origin_id))
        rows += origin.rows(chosen, by_group, groups, table.levels)
    return frame_of_rows(rows, COLUMNS)


class _Origin:
    """The fits of one origin."""

    def __init__(self, origin_id, cells, known, reason, method, errors):
        self.origin_id, self.cells, self.known, self.reason = origin_id, cells, known, reason
        self.method, self.errors = method, errors

    def rows(self, models, by_group, groups, levels):
        rows, notes, fits = [], {}, {}
        for name in models:
            fits[name], notes[name], new = self._pooled(name)
            rows += new
        rows += self._ensemble(ENSEMBLES[0], list(notes.values()), "mbg_nbd" in notes)
        if not by_group:
            return rows
        layout = designs(groups, levels) if groups else None
        notes_by_group = {}
        for name in models:
            if name in EFFECT_PARAMETERS:
                note, new = self._by_group(name, fits[name], notes[name], layout)
                notes_by_group[name] = note
                rows += new
        return rows + self._ensemble(ENSEMBLES[1], list(notes_by_group.values()), False)

    def _pooled(self, name):
        """Fit one model to all customers; return the fit, the note of its status and the rows."""
        if self.reason:
            return None, self.reason, self._refused(name, self.reason)
        known = self.known
        if name == MBGCNBDk.name:
            fit = fit_cnbd_k(self.cells, self.method)
            known = known | {"k": float(fit.model.k)}
            if self.errors != "sandwich":
                fit = fit_cells(fit.model, self.cells, self.method, self.errors)
        else:
            fit = fit_cells(MODELS[name], self.cells, self.method, self.errors)
        note = fit_note(fit)
        return fit, note, rows_of_fit(self.origin_id, name, VALUE_BASIS, fit, known, note)

    def _by_group(self, name, pooled, note, layout):
        if note != FITTED:
            return note, self._refused(name + BY_GROUP, note)
        if layout.width == 0:
            return "one_group_only", self._refused(name + BY_GROUP, "one_group_only")
        fit, effects, spread = fit_groups(pooled, layout, self.method)
        note = fit_note(fit)
        known = self.known | {f"effect_sd_{key}": value for key, value in spread.items()}
        rows = rows_of_fit(self.origin_id, name + BY_GROUP, VALUE_BASIS, fit, known, note)
        if fit.converged:
            rows += rows_of_effects(self.origin_id, name + BY_GROUP, VALUE_BASIS, effects)
        return note, rows

    def _ensemble(self, name, notes, doubled):
        usable = [note for note in notes if note == FITTED or (note == SAME_AS_MBG and not doubled)]
        reason = FITTED if usable else notes[0] if notes else "no_model_by_group"
        known = self.known | {"members": float(len(usable))}
        return rows_of_status(self.origin_id, name, VALUE_BASIS, reason, known)

    def _refused(self, name, reason):
        return rows_of_status(self.origin_id, name, VALUE_BASIS, reason, self.known)


def fit_note(fit):
    """Note of the status of a fit that was carried out.

    Parameters
    ----------
    fit : PurchaseFit

    Returns
    -------
    str
        'fitted', 'same_as_mbg_nbd', 'not_converged' or 'dropout_not_identified'.
    """
    if not (fit.converged and np.isfinite(list(fit.params.values())).all()):
        return "not_converged"
    if not dropout_is_identified(fit):
        return "dropout_not_identified"
    return SAME_AS_MBG if getattr(fit.model, "k", None) == 1 else FITTED


def _known(cells, time_unit_days):
    customers = float(cells.weight.sum())
    nothing = float("nan")
    age = float(weighted_total(cells.weight, cells.age)) / customers if customers else nothing
    return {
        "customers": customers,
        "repeaters": float(cells.weight[cells.frequency > 0].sum()),
        "repeat_purchases": float(weighted_total(cells.weight, cells.frequency)),
        "cells": float(len(cells)),
        "mean_age": age,
        "time_unit_days": time_unit_days,
        "history_days": round(float(cells.age.max()) * time_unit_days, 6) if customers else nothing,
        "silence_days": round(float((cells.age - cells.recency).min()) * time_unit_days, 6)
        if customers
        else nothing,
    }


def _refusal(
    cells, known, minimum_customers, minimum_repeaters, minimum_days, maximum_silence_days
):
    if not known["customers"]:
        return "no_customers"
    if known["customers"] < minimum_customers:
        return "too_few_customers"
    if not cells.age.max() > 0:
        return "no_time_observed"
    if known["history_days"] < minimum_days:
        return "history_too_short"
    if known["silence_days"] > maximum_silence_days:
        return "no_recent_order"
    # a fit without a single repeat purchase does not exist, whatever the minimum
    if known["repeaters"] < max(minimum_repeaters, 1):
        return "too_few_repeaters"
    return None


def _chosen_models(models):
    if isinstance(models, str):
        models = (models,)
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise ValueError(f"unknown purchase model {unknown[0]!r}; known: {', '.join(MODELS)}")
    return [name for name in MODELS if name in models]


def _check_options(method, time_unit_days, errors):
    if method not in ("map", "mle"):
        raise ValueError(f"method must be 'map' or 'mle', got {method!r}")
    if not (np.isfinite(time_unit_days) and time_unit_days > 0):
        raise ValueError(f"time_unit_days must be above 0, got {time_unit_days!r}")
    if errors not in ("auto", *ERRORS):
        raise ValueError(f"errors must be one of auto, {', '.join(ERRORS)}, got {errors!r}")


def _errors(errors, origin_id):
    """Return what `fit_cells` is told: a back-test has no use for the refits of twelve origins."""
    if errors != "auto":
        return errors
    return "auto" if origin_id == CURRENT_ORIGIN else "sandwich"
