"""Payback as a survival curve: SQL against the library, and both against the naive share."""

import numpy as np
import pytest

from cltv.contract.cells import contract_cells
from cltv.contract.kaplan_meier import kaplan_meier
from tests.python.dbt.test_views import LEAST, WHOLE, cells

# (age, paid back): of six customers three have paid back, and two were watched for a short time
SMALL = [(5, False), (10, True), (15, False), (20, True), (40, True), (50, False)]


def curve(customers):
    """The library's curve; a customer may pay back on the first day, so that ages begin at 1."""
    ages = np.array([age for age, _ in customers])
    return kaplan_meier(contract_cells(ages + 1, np.array([paid for _, paid in customers])))


def test_the_young_are_no_failures():
    naive = np.mean([paid for _, paid in SMALL])
    assert naive == 0.5
    # 1 of 5 on day 10, 1 of 3 on day 20, 1 of 2 on day 40
    assert 1 - curve(SMALL).survival[-1] == pytest.approx(1 - 4 / 5 * 2 / 3 * 1 / 2)


def test_a_young_business_looks_worse_than_it_is():
    rng = np.random.default_rng(7)
    # two thirds pay back one day, after 200 days on average; most were won lately
    payback = np.where(rng.random(20_000) < 2 / 3, rng.exponential(200.0, 20_000), np.inf)
    watched = np.floor(730 * (1 - np.sqrt(rng.random(20_000))))
    paid = np.floor(payback) <= watched
    ages = np.where(paid, np.minimum(np.floor(payback), watched), watched).astype(int)
    survival = curve(list(zip(ages, paid, strict=True))).survival
    truth = 2 / 3 * (1 - np.exp(-366 / 200))
    assert 1 - survival[366] == pytest.approx(truth, abs=0.015)
    assert np.mean(paid & (ages <= 365)) < truth - 0.1


@pytest.mark.scenario("demo")
@pytest.mark.parametrize(
    ("scope", "member", "rows"),
    [
        ("all", "all", "true"),
        ("channel", "field_sales", "acquisition_channel = 'field_sales'"),
        ("channel", "paid_social", "acquisition_channel = 'paid_social'"),
    ],
)
def test_the_curve_of_the_demo_is_that_of_the_library(demo, scope, member, rows):
    customers = demo.rows(
        "select coalesce(payback_days, observed_days), is_paid_back "
        f"from cltv_marts.fct_customer_payback where is_paid_back is not null and {rows}"
    )
    expected = curve(customers)
    found = demo.rows(
        "select age_days, at_risk, open_share, open_share_lower_95, open_share_upper_95 "
        f"from cltv_intermediate.int_payback_survival where scope = '{scope}' "
        f"and scope_value = '{member}' order by age_days"
    )
    assert len(found) > 50
    for age, at_risk, share, lower, upper in found:
        assert at_risk == expected.at_risk[age + 1]
        assert share == pytest.approx(expected.survival[age + 1], abs=1e-11)
        if not np.isnan(expected.lower_95[age + 1]):
            assert lower == pytest.approx(expected.lower_95[age + 1], abs=1e-9)
            assert upper == pytest.approx(expected.upper_95[age + 1], abs=1e-9)


@pytest.mark.scenario("demo")
def test_the_share_by_month_is_read_off_the_daily_curve(demo):
    by_month = demo.rows(
        "select age_month, paid_back_share, naive_paid_back_share, customers_at_risk "
        "from cltv_marts.fct_payback_curve where scope = 'channel' "
        "and scope_value = 'paid_social' order by age_month"
    )
    by_day = demo.rows(
        "select age_days, open_share from cltv_intermediate.int_payback_survival "
        "where scope = 'channel' and scope_value = 'paid_social' order by age_days"
    )
    assert [month for month, *_ in by_month] == list(range(len(by_month)))
    for month, share, naive, at_risk in by_month:
        open_share = min([one for age, one in by_day if age <= month * 30.4375], default=1)
        if at_risk:
            assert share == pytest.approx(1 - open_share)
            assert share >= naive - 1e-12


@pytest.mark.scenario("demo")
@pytest.mark.parametrize("view", WHOLE)
def test_the_medians_of_a_view_are_those_of_the_library(demo, view):
    watched = {
        customer: (age, paid)
        for customer, age, paid in demo.rows(
            "select customer_key, coalesce(payback_days, observed_days), is_paid_back "
            "from cltv_marts.fct_customer_payback where is_paid_back is not null"
        )
    }
    medians = {}
    for member, customers in cells(demo, view).items():
        known = [watched[customer] for customer in customers if customer in watched]
        half = np.flatnonzero(curve(known).survival.round(12) <= 0.5) if known else []
        medians[member] = half[0] - 1 if len(half) and len(known) >= LEAST else None
    assert {*medians.values()} != {None}
    shown = dict(
        demo.rows(f"select member_id, median_payback_days from cltv_marts.mart_{view}_cltv")
    )
    assert {member: shown[member] for member in medians} == medians


@pytest.mark.scenario("demo")
def test_a_channel_or_campaign_has_one_median(demo):
    medians = demo.rows(
        "select views.median_payback_days, ratios.median_payback_days "
        "from cltv_intermediate.int_cltv_views as views "
        "inner join cltv_marts.mart_ltv_cac as ratios on views.view_name = ratios.scope "
        "and views.member_id = ratios.scope_value and ratios.horizon = 'to_date'"
    )
    assert len(medians) > 20
    assert [(one, other) for one, other in medians if one != other] == []
