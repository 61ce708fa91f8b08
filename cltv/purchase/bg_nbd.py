"""BG/NBD: customers may leave after each repeat purchase, never after the first.

Source: Fader, Hardie & Lee (2005), "Counting your customers the easy way: an alternative to the
Pareto/NBD model", Marketing Science 24(2).
"""

from __future__ import annotations

from cltv.purchase.beta_geometric import BetaGeometric


class BGNBD(BetaGeometric):
    """The BG/NBD model; parameters r, alpha, a, b.

    Every one-time buyer counts as alive: a probability of being alive from this model is no score
    for "buys again", use `probability_active`.
    """

    name = "bg_nbd"
    early_chances = 0
