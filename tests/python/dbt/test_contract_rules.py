"""The numbers that the contract models hand to Python are those of the SQL beside them."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]


def _models():
    page = yaml.safe_load((ROOT / "python_models" / "_contract_models.yml").read_text())
    return {model["name"]: model for model in page["models"]}


def test_curves_reach_as_far_as_the_longest_horizon():
    macro = (ROOT / "macros" / "cltv" / "contracts.sql").read_text()
    horizons = yaml.safe_load(re.search(r"return\((\{.*?\})\)", macro)[1])
    meta = _models()["int_contract_survival"]["config"]["meta"]
    assert meta["horizon_months"] == max(horizons.values())


def test_minima_are_those_that_the_documentation_states():
    meta = _models()["int_contract_model_fits"]["config"]["meta"]
    blocks = (ROOT / "docs" / "blocks" / "columns.md").read_text()
    assert f"`too_few_contracts` (below {meta['minimum_contracts']})" in blocks
    assert f"`too_few_lost_contracts` (below {meta['minimum_lost']})" in blocks
    decision = (ROOT / "docs" / "decisions" / "0019-contracts.md").read_text()
    assert f"{meta['minimum_contracts']} contracts and {meta['minimum_lost']} losses" in decision
