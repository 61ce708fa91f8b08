"""The family of purchase models: names, what an ensemble is made of, fits read back from rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cltv.frames import number_column, text_column
from cltv.purchase.bg_nbd import BGNBD
from cltv.purchase.interface import PurchaseModel
from cltv.purchase.mbg_cnbd_k import MBGCNBDk
from cltv.purchase.mbg_nbd import MBGNBD
from cltv.purchase.pareto_nbd import ParetoNBD

MODELS = {model.name: model for model in (BGNBD(), MBGNBD(), ParetoNBD(), MBGCNBDk())}
"""Every purchase model by its name in tables."""

BY_GROUP = "_by_group"
"""Ending of the names of fits whose parameters differ by group of customers."""

ENSEMBLES = ("ensemble", "ensemble" + BY_GROUP)

COVARIATES = ("acquisition_channel", "customer_type")
"""Columns of the cells that may shift parameters."""

ALL_PATTERNS = "all"
"""Covariate pattern of predictions that do not differ by group."""

FITTED, SAME_AS_MBG = "fitted", "same_as_mbg_nbd"

DAYS_PER_YEAR = 365.0
"""The year of the horizons: 12 months are 365 days."""

DROPOUT_PARAMETERS = {
    "bg_nbd": ("a", "b"),
    "mbg_nbd": ("a", "b"),
    "pareto_nbd": ("s", "beta"),
    "mbg_cnbd_k": ("a", "b"),
}
"""Parameters that say how customers leave."""

EFFECT_PARAMETERS = {
    "bg_nbd": ("alpha", "a"),
    "mbg_nbd": ("alpha", "a"),
    "pareto_nbd": ("alpha", "beta"),
}
"""Parameters that groups of customers may shift: one of the purchase rate, one of dropout."""


@dataclass(frozen=True)
class FittedModel:
    """One usable fit, read back from its rows.

    Attributes
    ----------
    name : str
        As in the table, for example ``'bg_nbd_by_group'``.
    model : PurchaseModel
    params : ndarray, shape (k,)
        In the order of the model's parameter names; times in `unit`.
    unit : float
        Days per time unit.
    note : str
        Note of the status.
    effects : dict of (str, str, str) to float
        Shift of a log-parameter by (parameter, covariate, level).
    """

    name: str
    model: PurchaseModel
    params: np.ndarray
    unit: float
    note: str = FITTED
    effects: Mapping[tuple[str, str, str], float] = field(default_factory=dict)

    def params_for(self, levels):
        """Return the parameters of customers with these levels.

        Parameters
        ----------
        levels : mapping of str to str
            Level by covariate; levels that were not fitted shift nothing.

        Returns
        -------
        ndarray, shape (k,)
            In the order of the model's parameter names; times in `unit`.
        """
        shift = np.zeros(len(self.params))
        for position, name in enumerate(self.model.parameter_names):
            shift[position] = sum(
                self.effects.get((name, covariate, level), 0.0)
                for covariate, level in levels.items()
            )
        return self.params * np.exp(shift)


def effect_name(parameter, covariate, level):
    """Name an effect in a table of fits.

    Parameters
    ----------
    parameter : str
        Name of the parameter that is shifted.
    covariate, level : str
        Column of the cells and its value, whose customers are shifted.

    Returns
    -------
    str
        For example ``'alpha[acquisition_channel=email]'``.
    """
    return f"{parameter}[{covariate}={level}]"


def read_fits(fits):
    """Read the usable fits back from a table of fits.

    Parameters
    ----------
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`.

    Returns
    -------
    dict of str to dict of str to FittedModel
        By origin, then by name of the model. Fits with another status than 1 are left out.

    Raises
    ------
    ValueError
        If a column is missing, an estimate is no number, or a fit names an unknown model or lacks a
        parameter.
    """
    origin = text_column(fits, "origin_id", "fits")
    model, name, kind = (text_column(fits, key, "fits") for key in ("model_name", "name", "kind"))
    estimate = number_column(fits, "estimate", "fits")
    note = fits["note"].to_numpy(dtype=object) if "note" in fits.columns else [None] * len(fits)
    found = {}
    for row in zip(origin, model, kind, name, estimate, note, strict=True):
        found.setdefault(row[:2], {})[row[2:4]] = (float(row[4]), row[5])
    usable = {}
    for (origin_id, model_name), rows in found.items():
        if model_name in ENSEMBLES or rows.get(("status", "fit_status"), (0.0,))[0] != 1.0:
            continue
        fitted = _fitted(origin_id, model_name, rows)
        usable.setdefault(origin_id, {})[model_name] = fitted
    return usable


def members(ensemble, fitted):
    """Return the models that an ensemble is the mean of.

    Parameters
    ----------
    ensemble : str
        One of `ENSEMBLES`, or the name of a single model, which is then its own only member.
    fitted : mapping of str to FittedModel
        The usable fits of one origin.

    Returns
    -------
    list of FittedModel
        In the order of the family; empty where none is usable.
    """
    if ensemble not in ENSEMBLES:
        return [fitted[ensemble]] if ensemble in fitted else []
    ending = ensemble.removeprefix("ensemble")
    chosen = [fitted[name + ending] for name in MODELS if name + ending in fitted]
    # without regularity MBG/CNBD-k is MBG/NBD, which would count twice
    doubled = "mbg_nbd" in fitted
    return [one for one in chosen if not (doubled and one.note == SAME_AS_MBG)]


def _fitted(origin_id, model_name, rows):
    base = model_name.removesuffix(BY_GROUP)
    if base not in MODELS:
        raise ValueError(f"fits: unknown purchase model {model_name!r}")
    if ("diagnostic", "time_unit_days") not in rows:
        raise ValueError(f"fits: {model_name} of {origin_id} has no time_unit_days")
    model = model_for(base, rows.get(("diagnostic", "k"), (1.0,))[0])
    params = {name: value[0] for (kind, name), value in rows.items() if kind == "parameter"}
    effects = {}
    for (kind, name), value in rows.items():
        if kind == "effect":
            parameter, _, rest = name.removesuffix("]").partition("[")
            covariate, _, level = rest.partition("=")
            effects[parameter, covariate, level] = value[0]
    return FittedModel(
        name=model_name,
        model=model,
        params=model.parameter_vector(params),
        unit=rows["diagnostic", "time_unit_days"][0],
        note=rows["status", "fit_status"][1] or FITTED,
        effects=effects,
    )


def model_for(name, k=1):
    """Return the model of this name.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    k : int
        Regularity of MBG/CNBD-k, 1 to 12; other models do not read it.

    Returns
    -------
    PurchaseModel
        MBG/NBD for MBG/CNBD-k at k = 1, which is the same model.

    Raises
    ------
    KeyError
        If there is no model of this name.
    ValueError
        If k is not a whole number from 1 to 12.
    """
    if name == MBGCNBDk.name:
        return MODELS["mbg_nbd"] if k == 1 else MBGCNBDk(k)
    return MODELS[name]
