"""Small and odd folders are built without an error, and the marts say what they cannot say."""

import pytest

from tests.python.dbt.scenarios import AS_OF, trade

SMALL = [
    "one_order",
    "one_day",
    "empty_customers",
    "empty_orders",
    "forty_customers",
    "trade_csv",
    "trade_as_of",
]
DATES = "('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE')"


def count(run, model, condition="true"):
    return run.one(f"select count(*) from cltv_marts.{model} where {condition}")[0]


def statuses(run):
    return run.rows(
        "select prediction_status, prediction_reason, count(*) from cltv_marts.fct_customer_cltv "
        "group by all order by all"
    )


def capability(run, name):
    return run.one(
        f"select status, reason from cltv_marts.mart_capabilities where capability = '{name}'"
    )


def reconciled(run, table):
    """Raw, accepted, rejected and later rows of a table."""
    return run.one(
        "select raw_rows, accepted_rows, rejected_rows, rows_after_as_of "
        f"from cltv_marts.dq_row_reconciliation where table_name = '{table}'"
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.scenario(name), id=name) for name in SMALL]
)
def test_the_build_passes_with_all_its_tests(name, run):
    assert run.code == 0, run.output
    # the one warning says that nothing could be predicted, or not be graded
    assert " ERROR=0 SKIP=0 " in run.output
    assert "Traceback" not in run.output


@pytest.mark.scenario("one_order")
class TestOneCustomerWithOneOrder:
    def test_everything_known_is_shown(self, run):
        assert run.rows("select order_id, net_revenue::double from cltv_marts.fct_orders") == [
            ("O1", pytest.approx(8.40))  # 10.00 with 1.60 of tax in it
        ]
        assert run.one(
            "select frequency, realised_net_revenue::double, historical_net_revenue_next_12m > 0 "
            "from cltv_marts.fct_customer_cltv"
        ) == (0, pytest.approx(8.40), True)

    def test_nothing_is_predicted_and_the_reason_is_given(self, run):
        ((status, reason, customers),) = statuses(run)
        assert (status, customers) == ("not_predicted", 1)
        assert reason
        assert count(run, "fct_customer_cltv", "probability_alive is not null") == 0

    def test_the_apostrophe_in_the_path_of_the_folder_does_no_harm(self, run):
        assert (run.place / "the firm's CRM").is_dir()
        assert reconciled(run, "orders") == (1, 1, 0, 0)


@pytest.mark.scenario("forty_customers")
class TestTooFewCustomersForAModel:
    def test_the_prediction_is_refused_with_its_reason_and_a_warning(self, run):
        assert statuses(run) == [("not_predicted", "too_few_customers", 40)]
        assert " WARN=1 " in run.output
        assert "warn_when_predictions_are_refused" in run.output

    def test_no_probabilistic_column_holds_a_number(self, run):
        columns = run.rows(
            "select column_name from information_schema.columns "
            "where table_name = 'fct_customer_cltv' and (column_name like 'probabilistic_%' "
            "or column_name like 'expected_order%' or column_name like 'probability_%' "
            "or column_name like '%next_12m_p__' or column_name like 'prediction_grade')"
        )
        assert len(columns) > 30
        for (column,) in columns:
            assert count(run, "fct_customer_cltv", f"{column} is not null") == 0, column

    def test_the_other_methods_stand(self, run):
        for method in ("historical", "cohort"):
            column = f"{method}_net_revenue_next_12m"
            assert count(run, "fct_customer_cltv", f"{column} is not null") == 40, method
        # the textbook product needs two years of orders, whatever becomes of the prediction
        reasons = run.rows("select retention_reason from cltv_intermediate.int_yearly_retention")
        assert reasons == [("history_under_two_years",)]


@pytest.mark.scenario("one_day")
class TestAllOrdersOnOneDay:
    def test_they_are_one_purchase_day_for_each_customer(self, run):
        assert count(run, "fct_orders") == 120
        assert run.one(
            "select count(*), max(frequency), max(recency_days) "
            "from cltv_marts.fct_purchase_frequency"
        ) == (80, 0, 0)

    def test_nothing_is_predicted_and_the_reason_is_given(self, run):
        assert [(status, bool(reason)) for status, reason, _ in statuses(run)] == [
            ("not_predicted", True)
        ]
        assert count(run, "fct_customer_cltv", "expected_orders_12m is not null") == 0

    def test_no_cohort_has_grown_yet_so_that_its_method_knows_nothing(self, run):
        assert count(run, "fct_customer_cltv", "cohort_net_revenue_next_12m is not null") == 0
        status, reason = capability(run, "cohort_cltv")
        assert status == "off"
        assert "no growth is known" in reason


@pytest.mark.scenario("empty_customers")
class TestCustomersWithoutRows:
    def test_the_order_of_a_guest_is_kept(self, run):
        assert run.rows("select order_id, is_guest from cltv_marts.fct_orders") == [("O1", True)]

    def test_the_order_of_a_customer_is_rejected_as_an_orphan(self, run):
        assert run.rows("select record_key, reason_code from cltv_marts.dq_rejected_rows") == [
            ("O2", "orphan_customer")
        ]

    def test_the_marts_of_customers_are_empty(self, run):
        for model in ("dim_customers", "fct_customer_cltv", "fct_purchase_frequency"):
            assert count(run, model) == 0, model


@pytest.mark.scenario("empty_orders")
class TestOrdersWithoutRows:
    def test_the_customers_are_there_without_value(self, run):
        assert run.rows(
            "select customer_key, realised_net_revenue, probabilistic_net_revenue_next_12m "
            "from cltv_marts.fct_customer_cltv order by customer_key"
        ) == [("C1", 0, None), ("C2", 0, None)]

    def test_the_reason_is_that_nobody_has_bought(self, run):
        assert statuses(run) == [("no_purchase", "no_purchase_up_to_as_of_date", 2)]

    def test_the_marts_of_orders_are_empty(self, run):
        for model in ("fct_orders", "fct_order_lines", "fct_cohort_retention", "fct_cohort_value"):
            assert count(run, model) == 0, model


@pytest.mark.scenario("trade_csv")
class TestTwoTablesOfOrdinaryTrade:
    def test_every_raw_row_is_accounted_for(self, run):
        customers, orders = trade()
        assert reconciled(run, "customers") == (len(customers), len(customers), 0, 0)
        assert reconciled(run, "orders") == (len(orders), len(orders) - 1, 1, 0)
        assert reconciled(run, "refunds") == (0, 0, 0, 0)

    def test_customers_who_bought_are_predicted(self, run):
        predicted = {status: customers for status, _, customers in statuses(run)}
        assert predicted.get("predicted", 0) >= 69

    def test_the_margin_is_unknown_without_costs_rather_than_that_of_the_demo(self, run):
        assert (
            count(run, "fct_orders", "is_sale and net_revenue > 0 and gross_margin is not null")
            == 0
        )


@pytest.mark.scenario("trade_csv")
@pytest.mark.scenario("trade_parquet")
def test_texts_and_native_types_give_the_same_marts(runs):
    texts, native = runs("trade_csv"), runs("trade_parquet")
    assert native.code == 0, native.output
    assert texts.marts() == native.marts()


@pytest.mark.scenario("trade_as_of")
class TestAnAsOfDateInThePast:
    def test_later_orders_are_counted_and_not_used(self, run):
        _, orders = trade()
        known = [row for row in orders if row["updated_at"][:10] <= AS_OF]
        rejected = sum(row["customer_id"] == "C999" for row in known)
        assert reconciled(run, "orders") == (
            len(orders),
            len(known) - rejected,
            rejected,
            len(orders) - len(known),
        )
        assert count(run, "fct_orders") == len(known) - rejected

    def test_no_date_in_any_published_mart_lies_behind_it(self, run):
        later = []
        for name, relation in run.published.items():
            # calendars reach to the end of what they cover, forecasts look ahead
            if name in {"dim_dates", "fct_revenue_forecast"}:
                continue
            columns = run.rows(
                "select column_name from information_schema.columns where table_name = "
                f"'{name}' and table_schema = 'cltv_marts' and data_type in {DATES}"
            )
            for (column,) in columns:
                (newest,) = run.one(f"select max(cast({column} as date)) from {relation}")
                if newest is not None and str(newest) > AS_OF:
                    later.append((name, column, str(newest)))
        assert later == []


@pytest.mark.scenario("trade_as_of")
@pytest.mark.scenario("trade_cut")
def test_the_past_is_seen_as_it_was_seen_then(runs):
    looking_back, then = runs("trade_as_of"), runs("trade_cut")
    assert then.code == 0, then.output
    # what came in since is counted there, and rightly differs
    now_marts, then_marts = looking_back.marts(), then.marts()
    for counting_raw_rows in ("dq_row_reconciliation", "mart_revenue_reconciliation"):
        now_marts.pop(counting_raw_rows), then_marts.pop(counting_raw_rows)
    assert now_marts == then_marts


@pytest.mark.scenario("berlin_clock")
class TestTheClock:
    def test_offsets_are_moved_to_utc_and_the_business_timezone_decides_the_day(self, run):
        assert run.code == 0, run.output
        days = run.rows(
            "select order_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'), ordered_on::varchar "
            "from cltv_staging.stg_crm__orders order by order_id"
        )
        assert days == [
            ("O1", "2024-06-01 23:30:00", "2024-06-02"),
            ("O2", "2024-06-01 21:30:00", "2024-06-01"),
            ("O3", "2024-06-02 01:30:00", "2024-06-02"),
            ("O4", "2024-12-31 23:30:00", "2025-01-01"),
            ("O6", "2024-06-01 21:59:59", "2024-06-01"),
            ("O7", "2024-06-01 22:00:00", "2024-06-02"),
        ]

    def test_an_order_dated_2099_is_rejected_and_does_not_move_the_clock(self, run):
        assert run.rows("select record_key, reason_code from cltv_marts.dq_rejected_rows") == [
            ("O5", "future_date")
        ]
        assert run.one("select cast(as_of_date as varchar) from cltv_staging.base_crm__as_of") == (
            "2025-01-01",
        )
