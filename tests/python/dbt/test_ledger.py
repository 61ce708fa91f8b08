"""The ledger of published predictions keeps nobody whom the raw tables do not know any more."""

import pytest

pytestmark = pytest.mark.scenario("ledger")


def statuses(run, customer_key):
    """What became of the raw rows of a customer."""
    rows = run.rows(
        "select row_status from cltv_staging.base_crm__customers "
        f"where customer_id = '{customer_key}' order by 1"
    )
    return [status for (status,) in rows]


def test_the_raw_rows_are_such_as_the_test_is_about(run):
    assert run.code == 0, run.output
    assert {f"C{number}": statuses(run, f"C{number}") for number in range(1, 7)} == {
        "C1": ["accepted"],
        "C2": ["erased"],
        "C3": ["erased", "rejected"],
        "C4": [],
        "C5": ["after_as_of"],
        "C6": ["accepted", "rejected"],
    }


def test_whoever_was_erased_or_is_there_no_more_is_taken_out(run):
    kept = run.rows("select log_id from cltv_history.log_predictions order by as_of_date, log_id")
    assert [log_id for (log_id,) in kept] == [
        "2025-05-31|C1",
        "2025-05-31|C5",
        "2025-05-31|C6",
        "2025-06-30|C1",
    ]


def test_what_is_kept_is_what_was_published(run):
    rows = run.rows(
        "select distinct expected_orders_12m, expected_net_revenue_12m, purchase_model "
        "from cltv_history.log_predictions"
    )
    assert rows == [(9, 90, "ensemble")]
