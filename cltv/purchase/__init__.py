"""Purchase models on tables: fit every origin at once, score its cells, say how sure that is."""

from cltv.purchase.bg_nbd import BGNBD
from cltv.purchase.family import MODELS
from cltv.purchase.fitting import PurchaseFit, draw_parameters, fit_purchase_model
from cltv.purchase.interface import PurchaseModel
from cltv.purchase.intervals import predictive_distribution, purchase_cell_intervals
from cltv.purchase.mbg_cnbd_k import MBGCNBDk
from cltv.purchase.mbg_nbd import MBGNBD
from cltv.purchase.pareto_nbd import ParetoNBD
from cltv.purchase.scores import score_purchase_cells
from cltv.purchase.tables import fit_purchase_models

__all__ = [
    "BGNBD",
    "MBGNBD",
    "MODELS",
    "MBGCNBDk",
    "ParetoNBD",
    "PurchaseFit",
    "PurchaseModel",
    "draw_parameters",
    "fit_purchase_model",
    "fit_purchase_models",
    "predictive_distribution",
    "purchase_cell_intervals",
    "score_purchase_cells",
]
