"""Customers who may buy once per opportunity: a yearly gift, a monthly box, a season's ticket."""

from cltv.discrete.bg_bb import (
    BGBB,
    OpportunityCells,
    OpportunityFit,
    fit_bg_bb,
    opportunity_cells,
)

__all__ = ["BGBB", "OpportunityCells", "OpportunityFit", "fit_bg_bb", "opportunity_cells"]
