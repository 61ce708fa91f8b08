"""The textbook formulas."""

import numpy as np
import pytest

from cltv.simple import (
    discounted_simple_value,
    expected_active_years,
    lifespan_years,
    simple_lifetime_value,
)


def test_textbook_value():
    assert simple_lifetime_value(100, 12, 3) == 3600


def test_several_customers_at_once():
    assert simple_lifetime_value([100, 50], 2, [1, 3]).tolist() == [200, 300]


def test_lifespan_is_one_over_the_loss():
    assert lifespan_years(0.75) == 4
    assert lifespan_years(0) == 1


@pytest.mark.parametrize("retention", [0, 0.3, 0.75, 0.999999999, 1])
@pytest.mark.parametrize("years", [0, 1, 3, 20])
def test_active_years_are_the_sum_of_survival(retention, years):
    total = sum(retention**k for k in range(years))
    assert expected_active_years(retention, years) == pytest.approx(total, rel=1e-9)


def test_active_years_approach_the_lifespan():
    retention = np.array([0.2, 0.6, 0.9])
    assert expected_active_years(retention, 400) == pytest.approx(lifespan_years(retention))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lifespan_years(1), "yearly_retention must be below 1"),
        (lambda: lifespan_years(-0.1), "yearly_retention must be at least 0"),
        (lambda: expected_active_years(1.1, 3), "yearly_retention must be at most 1"),
        (lambda: expected_active_years(0.5, -1), "years must be at least 0"),
        (lambda: expected_active_years(0.5, 2.5), "years must be whole"),
        (lambda: simple_lifetime_value(100, -1, 3), "orders_per_year must be at least 0"),
        (lambda: simple_lifetime_value(float("nan"), 1, 3), "average_order_value must be finite"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_margin_and_discount_by_hand():
    assert simple_lifetime_value(80, 12, 3) == 2880
    assert discounted_simple_value(960, 3, 0.1, "end_of_month") == pytest.approx(2494.92, abs=5e-3)
    assert discounted_simple_value(960, 3, 0.1) == pytest.approx(2504.85, abs=5e-3)
    # the sum of 36 payments, one by one
    paid = sum(80 * 1.1 ** (-month / 12) for month in range(1, 37))
    assert discounted_simple_value(960, 3, 0.1, "end_of_month") == pytest.approx(paid, rel=1e-12)
    assert discounted_simple_value(960, 3, 0.0) == 2880
    assert discounted_simple_value(960, 3, 0.0, "end_of_month") == 2880


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((960, -1, 0.1), "years must be at least 0"),
        ((960, 3, -1.0), "annual_rate must be above -1"),
        ((960, 3, np.nan), "annual_rate must be finite"),
        ((960, 3.3, 0.1, "end_of_month"), "whole months"),
        ((960, 3, 0.1, "yearly"), "timing must be"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        discounted_simple_value(*arguments)
