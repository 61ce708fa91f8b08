"""What a build says at its end."""

import duckdb
import pytest

from tools.summary import summary


@pytest.fixture
def said(tmp_path):
    """The summary of a publication whose back-test has these origins: (predicted, actual)."""

    def said(*origins, model="ensemble", measure="orders"):
        with duckdb.connect(str(tmp_path / "crm_cltv.duckdb")) as connection:
            connection.execute(
                f"create table fct_customer_cltv as select '{model}' as purchase_model, 'B' as "
                "prediction_grade, 'finds some' as grade_reason, 'predicted' as "
                "prediction_status, null as prediction_reason, date '2024-01-01' as "
                "first_purchased_on, date '2024-06-30' as as_of_date, 10.00 as "
                "realised_net_revenue, 5.00 as probabilistic_net_revenue_next_12m"
            )
            connection.execute("create table dq_rejected_rows (reason_code varchar)")
            connection.execute(
                "create table dq_row_reconciliation as select 0 as rejected_rows, 9 as raw_rows"
            )
            connection.execute(
                "create table fct_cltv_backtest "
                "(model_name varchar, scope varchar, metric varchar, estimate double)"
            )
            for predicted, actual in origins:
                shown = "ensemble_by_group" if model.endswith("_by_group") else "ensemble"
                for scope, name, factor in (
                    ("all", shown, 1),
                    ("channel", shown, 9),
                    ("all", "run_rate", 9),
                ):
                    connection.executemany(
                        "insert into fct_cltv_backtest values (?, ?, ?, ?)",
                        [
                            (name, scope, f"predicted_{measure}", factor * predicted),
                            (name, scope, f"actual_{measure}", actual),
                        ],
                    )
        return summary(tmp_path, "EUR")

    return said


@pytest.mark.parametrize(("measure", "unit"), [("orders", "orders"), ("value", "net revenue")])
@pytest.mark.parametrize(
    ("origins", "words"),
    [
        # 100 + 58 of 100 that came
        ([(90, 50), (68, 50)], "58 % too high"),
        ([(40, 50), (30, 50)], "30 % too low"),
        # off by half at each, and right together
        ([(25, 50), (75, 50)], None),
        ([(109, 100)], None),
        ([(0, 100)], "100 % too low"),
        ([(3, 0)], None),
        ([], None),
    ],
)
def test_totals_that_were_far_off_are_warned_of(said, origins, words, measure, unit):
    lines = said(*origins, measure=measure).splitlines()
    found = [line for line in lines if line.startswith("  warning ")]
    if words is None:
        assert found == []
    else:
        assert len(found) == 1
        assert f"its totals were {words} in the back-test, in {unit} (" in found[0]


def test_a_single_model_is_back_tested_as_an_ensemble_of_one(said):
    assert "58 % too high" in said((158, 100), model="pareto_nbd_by_group")


def test_the_limit_is_that_of_grade_a(said, tmp_path, monkeypatch):
    seeds = tmp_path / "seeds" / "reference"
    seeds.mkdir(parents=True)
    (seeds / "prediction_grades.csv").write_text("grade,maximum_absolute_bias\nA,0.6\nB,\n")
    monkeypatch.setattr("tools.summary.ROOT", tmp_path)
    assert "warning" not in said((158, 100))
