"""MBG/NBD: customers may leave after each purchase, the first one included.

Source: Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of models for
customer base analysis", International Journal of Research in Marketing 24(3).
"""

from __future__ import annotations

from cltv.purchase.beta_geometric import BetaGeometric


class MBGNBD(BetaGeometric):
    """The MBG/NBD model; parameters r, alpha, a, b."""

    name = "mbg_nbd"
    early_chances = 1
