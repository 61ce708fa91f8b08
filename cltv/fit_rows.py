"""Fits as rows: parameters, diagnostics and exactly one status per origin, basis and model."""

from __future__ import annotations

import math

COLUMNS = {
    "origin_id": "str",
    "model_name": "str",
    "value_basis": "str",
    "name": "str",
    "kind": "str",
    "estimate": "float64",
    "standard_error": "float64",
    "lower_95": "float64",
    "upper_95": "float64",
    "note": "object",
}
"""Columns of every fit table and their pandas types; `note` holds str or None."""

USABLE = ("fitted", "same_as_mbg_nbd")
"""Notes of a status of 1."""

_NAN = float("nan")


def rows_of_fit(origin_id, model_name, value_basis, fit, diagnostics, note="fitted"):
    """Rows of a fit that was carried out, be it usable or not.

    Parameters
    ----------
    origin_id, model_name, value_basis : str
        Key of the fit.
    fit : PurchaseFit or SpendFit
        Has params, standard_error, lower_95, upper_95, converged, iterations, log_likelihood,
        condition_number and boundary.
    diagnostics : dict of str to float
        Further figures, known before the fit.
    note : str
        Note of the status, and whether the fit is usable: one of `USABLE` or a reason.

    Returns
    -------
    list of tuple
        In the order of `COLUMNS`; no parameter rows where the search did not converge.
    """
    found = fit.converged and all(math.isfinite(value) for value in fit.params.values())
    key = (origin_id, model_name, value_basis)
    rows = [_status(key, note if found else "not_converged")]
    if found:
        rows += [
            (
                *key,
                name,
                "parameter",
                estimate,
                fit.standard_error[name],
                fit.lower_95[name],
                fit.upper_95[name],
                None,
            )
            for name, estimate in fit.params.items()
        ]
    rows += _diagnostics(key, diagnostics)
    rows += _diagnostics(
        key,
        {
            "log_likelihood": fit.log_likelihood,
            "iterations": fit.iterations,
            "condition_number": fit.condition_number,
        },
    )
    rows.append(
        _row(key, "on_boundary", "diagnostic", float(fit.boundary is not None), fit.boundary)
    )
    return rows


def rows_of_status(origin_id, model_name, value_basis, reason, diagnostics):
    """Rows of a status alone: the reason of a refusal, and the figures that explain it.

    Parameters
    ----------
    origin_id, model_name, value_basis : str
        Key of the fit.
    reason : str
        Reason code, for example ``'too_few_customers'``; usable if one of `USABLE`.
    diagnostics : dict of str to float
        What is known without a fit.

    Returns
    -------
    list of tuple
        In the order of `COLUMNS`.
    """
    key = (origin_id, model_name, value_basis)
    return [_status(key, reason), *_diagnostics(key, diagnostics)]


def rows_of_effects(origin_id, model_name, value_basis, effects):
    """Rows of the shifts of log-parameters by group.

    Parameters
    ----------
    origin_id, model_name, value_basis : str
        Key of the fit.
    effects : dict of str to tuple of 4 float
        Estimate, standard error, lower and upper 95 % bound by name.

    Returns
    -------
    list of tuple
        In the order of `COLUMNS`.
    """
    key = (origin_id, model_name, value_basis)
    return [(*key, name, "effect", *figures, None) for name, figures in effects.items()]


def _status(key, reason):
    return _row(key, "fit_status", "status", float(reason in USABLE), reason)


def _diagnostics(key, values):
    return [
        # an infinite figure would break the readers of a table: it is missing, with a reason
        _row(key, name, "diagnostic", float(value), None)
        if not math.isinf(value)
        else _row(key, name, "diagnostic", _NAN, "infinite")
        for name, value in values.items()
    ]


def _row(key, name, kind, estimate, note):
    return (*key, name, kind, estimate, _NAN, _NAN, _NAN, note)
