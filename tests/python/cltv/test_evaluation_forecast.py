"""The forecast of the coming months against simulation, closed forms and hand-computed bands."""

import numpy as np
import pandas as pd
import pytest

from cltv.evaluation import order_forecast, seasonal_index, total_band
from cltv.evaluation.seasons import conserved
from cltv.purchase.family import MODELS

BG = {"r": 0.8, "alpha": 12.0, "a": 0.7, "b": 2.5}
NOW, THEN = "now", "backtest_2024-06-30"


def fits(origins=(NOW, THEN)):
    rows = []
    for origin in origins:
        rows += [(origin, "bg_nbd", name, "parameter", value, None) for name, value in BG.items()]
        rows += [
            (origin, "bg_nbd", "time_unit_days", "diagnostic", 7.0, None),
            (origin, "bg_nbd", "fit_status", "status", 1.0, "fitted"),
        ]
    columns = ["origin_id", "model_name", "name", "kind", "estimate", "note"]
    return pd.DataFrame(rows, columns=columns)


def cells(origin=NOW):
    return pd.DataFrame(
        {
            "origin_id": origin,
            "model_name": "ensemble",
            "covariate_pattern": "all",
            "acquisition_channel": "all",
            "customer_type": "all",
            "frequency": [0, 3, 1],
            "recency_days": [0, 200, 30],
            "age_days": [400, 300, 100],
            "customers": [50, 20, 30],
            "new_customers": [0, 20, 30],
            "order_value_net_revenue": [50 * 40.0, 20 * 80.0, 30 * 50.0],
        }
    )


def origins(date="2025-06-30"):
    return pd.DataFrame(
        {
            "origin_id": [NOW, THEN],
            "origin_kind": ["now", "backtest"],
            "origin_date": pd.to_datetime([date, "2024-06-30"]),
            "horizon_days": [365, 365],
        }
    )


def values(origin=NOW):
    return pd.DataFrame(
        {
            "origin_id": [origin],
            "value_basis": ["net_revenue"],
            "first_order_value": [70.0],
            "repeat_order_value": [45.0],
        }
    )


def history(months=0, repeat=100.0):
    start = pd.date_range("2022-01-01", periods=months, freq="MS")
    return pd.DataFrame({"month_start": start, "first_orders": 10.0, "repeat_orders": repeat})


def outcomes(rows=()):
    return pd.DataFrame(rows, columns=["origin_id", "forecast_source", "orders", "net_revenue"])


def forecast(**changes):
    arguments = {
        "cells": cells(),
        "fits": fits(),
        "origins": origins(),
        "order_values": values(),
        "history": history(),
        "outcomes": outcomes(),
    }
    return order_forecast(**(arguments | changes))


def series(table, source, measure):
    rows = table[(table.forecast_source == source) & (table.measure == measure)]
    return rows[rows.month_index <= 36].set_index("month_index").expected


class TestExistingCustomers:
    def test_twelve_months_sum_to_the_expectation_of_a_year(self):
        model, table = MODELS["bg_nbd"], cells()
        year = model.expected_purchases(
            BG, table.frequency, table.recency_days / 7, table.age_days / 7, 365 / 7
        )
        orders = series(forecast(), "existing_customers", "orders")
        assert orders.loc[1:12].sum() == pytest.approx(float(table.customers @ year), rel=1e-12)
        revenue = series(forecast(), "existing_customers", "net_revenue")
        expected = float(table.order_value_net_revenue @ year)
        assert revenue.loc[1:12].sum() == pytest.approx(expected, rel=1e-12)

    def test_what_is_left_of_the_month_is_a_row_of_its_own(self):
        table = forecast(origins=origins("2025-06-20"))
        first = table[
            (table.measure == "orders") & (table.forecast_source == "existing_customers")
        ].iloc[0]
        assert (first.month_index, str(first.starts_on)[:10], str(first.ends_on)[:10]) == (
            *(0, "2025-06-21"),
            "2025-06-30",
        )
        assert series(forecast(), "existing_customers", "orders").index[0] == 1

    def test_a_simulated_base_buys_as_foreseen(self):
        # customers are drawn with their histories: nothing of the library's formulas in it
        rng = np.random.default_rng(7)
        n, age, ahead = 60_000, 52.0, 52.0
        rate = rng.gamma(BG["r"], 1 / BG["alpha"], n)
        leaves = rng.beta(BG["a"], BG["b"], n)
        clock = np.zeros(n)
        alive = np.ones(n, dtype=bool)
        frequency, recency, later = np.zeros(n, int), np.zeros(n), np.zeros(n, int)
        while True:
            clock = np.where(alive, clock + rng.exponential(1, n) / rate, np.inf)
            before, after = clock <= age, (clock > age) & (clock <= age + ahead)
            if not (before | after).any():
                break
            frequency += before
            recency = np.where(before, clock, recency)
            later += after
            alive &= (before | after) & (rng.random(n) > leaves)
        base = pd.DataFrame(
            {
                "frequency": frequency,
                "recency_days": np.where(frequency > 0, np.maximum(np.round(recency * 7), 1), 0),
                "age_days": 364,
            }
        )
        base = base.groupby(list(base.columns)).size().reset_index(name="customers")
        base = base.assign(
            origin_id=NOW,
            model_name="ensemble",
            covariate_pattern="all",
            acquisition_channel="all",
            customer_type="all",
            new_customers=base.customers,
        )
        table = forecast(cells=base)
        foreseen = series(table, "existing_customers", "orders").loc[1:12].sum() * 364 / 365
        assert foreseen == pytest.approx(later.sum(), rel=0.02)


class TestNewCustomers:
    def test_they_come_at_the_rate_of_the_last_year(self):
        first = series(forecast(), "new_customers", "first_orders")
        assert first.loc[1:12].sum() == pytest.approx(50.0)
        assert first.loc[1] == pytest.approx(50 * 31 / 365)

    def test_a_business_younger_than_a_year_is_read_by_its_own_days(self):
        young = cells().assign(
            age_days=[99, 90, 80], recency_days=[0, 60, 30], new_customers=[50, 20, 30]
        )
        first = series(forecast(cells=young), "new_customers", "first_orders")
        assert first.loc[1] == pytest.approx(100 * 31 / 100)

    def test_their_later_orders_are_the_sum_over_arrival_days(self):
        orders = series(forecast(), "new_customers", "orders")
        first = series(forecast(), "new_customers", "first_orders")
        model = MODELS["bg_nbd"]
        days = np.arange(365)
        expected = 50 / 365 * model.expected_purchases_new_customer(BG, days / 7).sum()
        assert (orders - first).loc[1:12].sum() == pytest.approx(expected, rel=1e-5)

    def test_first_and_later_orders_have_values_of_their_own(self):
        table = forecast()
        first = series(table, "new_customers", "first_orders")
        orders = series(table, "new_customers", "orders")
        revenue = series(table, "new_customers", "net_revenue")
        np.testing.assert_allclose(revenue, 70 * first + 45 * (orders - first))

    def test_where_nobody_has_come_back_a_later_order_is_worth_a_first_one(self):
        alone = values().assign(repeat_order_value=np.nan)
        table = forecast(order_values=alone)
        orders = series(table, "new_customers", "orders")
        np.testing.assert_allclose(series(table, "new_customers", "net_revenue"), 70 * orders)

    def test_what_comes_after_three_years_is_worth_what_each_cohort_brings_then(self):
        table = forecast(annual_discount_rate=0.2)
        row = table[(table.month_index == 37) & (table.measure == "orders")].iloc[0]
        # by brute force: every day's arrivals, every later week for fifty years
        model, delta = MODELS["bg_nbd"], np.log(1.2) / 365
        edge = (pd.Timestamp("2028-06-30") - pd.Timestamp("2025-06-30")).days
        arrivals = np.arange(edge) + 0.5
        steps = edge + 7.0 * np.arange(52 * 47 + 1)
        ages = steps[None, :] - arrivals[:, None]
        bought = model.expected_purchases_new_customer(BG, ages.ravel() / 7).reshape(ages.shape)
        worth = np.exp(-delta * (steps[:-1] + steps[1:]) / 2)
        expected = 50 / 365 * (np.diff(bought, axis=1) @ worth).sum()
        assert row.present_value == pytest.approx(expected, rel=5e-3)

    def test_without_discounting_there_is_no_value_without_end(self):
        table = forecast(annual_discount_rate=0.0)
        assert table[table.month_index == 37].present_value.isna().sum() >= 2


class TestSums:
    def test_both_sources_add_up(self):
        table = forecast()
        for measure in ("orders", "net_revenue"):
            parts = [series(table, s, measure) for s in ("existing_customers", "new_customers")]
            np.testing.assert_allclose(series(table, "all_customers", measure), sum(parts))

    def test_present_values_count_a_month_in_its_middle(self):
        rows = forecast(annual_discount_rate=0.1)
        row = rows[(rows.measure == "orders") & (rows.month_index == 1)].iloc[0]
        assert row.present_value == pytest.approx(row.expected * 1.1 ** (-15.5 / 365))

    def test_a_season_moves_orders_within_a_year_and_keeps_its_sum(self):
        factor = np.tile([0.8, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1.5, 1.7], 3)
        flat = series(forecast(), "existing_customers", "orders")
        table = forecast(history=history(36, 1000 * factor))
        moved = series(table, "existing_customers", "orders")
        for year in (slice(1, 12), slice(13, 24), slice(25, 36)):
            assert moved.loc[year].sum() == pytest.approx(flat.loc[year].sum())
        assert moved.loc[6] / flat.loc[6] > 1.5  # December
        assert moved.loc[7] / flat.loc[7] < 0.9  # January


class TestBand:
    def past(self, dates):
        ids = [f"backtest_{date}" for date in dates]
        table = pd.concat([cells(), *(cells(one) for one in ids)], ignore_index=True)
        frame = pd.DataFrame(
            {
                "origin_id": [NOW, *ids],
                "origin_kind": ["now", *["backtest"] * len(ids)],
                "origin_date": pd.to_datetime(["2025-06-30", *dates]),
                "horizon_days": 365,
            }
        )
        prices = pd.concat([values(), *(values(one) for one in ids)], ignore_index=True)
        return ids, {
            "cells": table,
            "origins": frame,
            "order_values": prices,
            "fits": fits([NOW, *ids]),
        }

    def test_it_is_that_of_actual_over_expected_totals(self):
        dates = ["2021-06-30", "2022-06-30", "2023-06-30", "2024-06-30"]
        ids, given = self.past(dates)
        actual = [40.0, 44.0, 38.0, 47.0]
        seen = [
            (one, "existing_customers", count, 0.0) for one, count in zip(ids, actual, strict=True)
        ]
        table = forecast(**given, outcomes=outcomes(seen))
        year = series(table[table.origin_id == NOW], "existing_customers", "orders").loc[1:12].sum()
        days = pd.to_datetime(dates).to_numpy().astype("datetime64[D]").astype(int)
        band = total_band(actual, [year] * 4, days, 365)
        row = table[
            (table.origin_id == NOW) & (table.forecast_source == "existing_customers")
        ].iloc[0]
        assert (row.ratio_lower, row.ratio_upper) == pytest.approx((band.lower, band.upper))
        past = table[(table.origin_id == ids[1]) & (table.forecast_source == "existing_customers")]
        assert past.set_index("measure").actual["orders"] == 44.0

    def test_without_past_origins_there_is_none(self):
        assert set(forecast().band_reason) == {"no_back_test"}

    def test_two_origins_are_too_few(self):
        ids, given = self.past(["2023-06-30", "2024-06-30"])
        seen = [(one, "existing_customers", 40.0, 1.0) for one in ids]
        table = forecast(**given, outcomes=outcomes(seen))
        rows = table[(table.origin_id == NOW) & (table.forecast_source == "existing_customers")]
        assert set(rows.band_reason) == {"too_few_origins"}


class TestNothingToForesee:
    def test_without_a_usable_fit_there_are_no_rows(self):
        refused = fits().assign(
            estimate=lambda table: np.where(table.name == "fit_status", 0.0, table.estimate)
        )
        table = forecast(fits=refused)
        assert len(table) == 0
        assert list(table.columns)[:3] == ["origin_id", "forecast_source", "month_index"]

    def test_without_cells_there_are_no_rows(self):
        assert len(forecast(cells=cells().head(0))) == 0

    def test_a_gap_between_months_is_an_error(self):
        with pytest.raises(ValueError, match="without gap"):
            forecast(history=history(30).drop(index=4))


class TestSeasonalIndex:
    def test_planted_factors_are_found_beside_growth(self):
        planted = np.array([0.85, 0.85, 0.9, 0.9, 0.95, 0.9, 0.85, 0.85, 0.95, 0.9, 1.5, 1.6])
        rng = np.random.default_rng(3)
        months = np.arange(48)
        counts = rng.poisson((800 + 15 * months) * planted[months % 12])
        index = seasonal_index(1, counts)
        np.testing.assert_allclose(index, planted / planted.mean(), atol=0.07)
        assert index.mean() == pytest.approx(1.0)

    def test_chance_alone_makes_no_season(self):
        rng = np.random.default_rng(5)
        found = np.array([seasonal_index(1, rng.poisson(20, 36)) for _ in range(50)])
        raw = np.array([rng.poisson(20, 36).reshape(3, 12).mean(axis=0) / 20 for _ in range(50)])
        assert (found - 1).std() < 0.5 * (raw - 1).std()

    def test_less_than_two_years_have_none(self):
        counts = np.tile([1.0] * 11 + [9.0], 2)[:23]
        np.testing.assert_array_equal(seasonal_index(1, counts), np.ones(12))
        assert seasonal_index(1, np.tile([50.0] * 11 + [400.0], 2))[11] > 1.5

    def test_the_first_month_says_where_the_year_begins(self):
        counts = np.tile([100.0] * 11 + [300.0], 3)
        assert np.argmax(seasonal_index(5, counts)) == 3  # the twelfth month from May is April

    @pytest.mark.parametrize("counts", [[-1.0] * 24, [np.nan] * 24, [[1.0]]])
    def test_impossible_counts_are_an_error(self, counts):
        with pytest.raises(ValueError, match="counts"):
            seasonal_index(1, counts)

    def test_impossible_months_are_an_error(self):
        with pytest.raises(ValueError, match="first_month"):
            seasonal_index(13, [1.0] * 24)

    def test_conserved_keeps_the_sum(self):
        spread = conserved([10.0, 20.0, 30.0], [1.0, 2.0, 0.5])
        assert spread.sum() == pytest.approx(60.0)
        np.testing.assert_allclose(spread, np.array([10.0, 40.0, 15.0]) * 60 / 65)
