"""How well predictions did on the past: measures, baselines, grades, drift, a challenger.

Everything works on weighted rows (a row stands for `customers` customers) and knows no database.
"""

from cltv.evaluation.tables import evaluate_orders

__all__ = ["evaluate_orders"]
