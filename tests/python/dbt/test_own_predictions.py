"""A model of the user's own is shown and back-tested, or refused in one clear line."""

import pytest


@pytest.mark.scenario("own_model")
class TestAModelOfTheUsersOwn:
    def test_the_build_passes(self, run):
        assert run.code == 0, run.output

    def test_it_is_shown_for_those_it_speaks_of_and_is_no_number_for_nobody(self, run):
        rows = run.rows(
            "select frequency = 1, own_net_revenue_next_12m, count(*) "
            "from cltv_marts.fct_customer_cltv where frequency is not null group by all order by 1"
        )
        assert [(once, money) for once, money, _ in rows] == [(False, None), (True, 100)]
        assert all(customers > 10 for *_, customers in rows)

    def test_it_is_back_tested_on_the_same_customers_as_all_others(self, run):
        figures = run.rows(
            "select model_name, count(distinct origin_id), sum(customers), sum(estimate) "
            "from cltv_marts.fct_cltv_backtest where scope = 'all' and metric = 'actual_value' "
            "and model_name in ('our_model', 'run_rate') group by model_name order by model_name"
        )
        (ours, *own_figures), (theirs, *rule_figures) = figures
        assert (ours, theirs) == ("our_model", "run_rate")
        assert own_figures == pytest.approx(rule_figures)
        assert own_figures[0] > 1

    def test_its_total_is_what_it_said(self, run):
        expected = run.rows(
            "select origin_id, 100 * count(*) from cltv_intermediate.int_purchase_histories "
            "where frequency = 1 and origin_id like 'backtest%' group by 1 order by 1"
        )
        found = run.rows(
            "select origin_id, estimate from cltv_marts.fct_cltv_backtest where scope = 'all' "
            "and metric = 'predicted_value' and model_name = 'our_model' order by 1"
        )
        assert found == expected


@pytest.mark.scenario("own_model_without_a_column")
def test_a_missing_column_is_one_clear_line(run):
    assert run.code == 1
    assert run.messages == [
        "crm_cltv: model our_model, named by the variable own_prediction_model, has no column "
        "expected_net_revenue; it must return origin_id, customer_key, expected_net_revenue"
    ]
    assert "Traceback" not in run.output
