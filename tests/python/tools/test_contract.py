"""The macros in Python: the same contract, the same lines."""

import duckdb
import pytest

from tools.contract import Macros, StopError, built_tables, project_variables, raw_contract


def test_the_contract_is_that_of_the_macro():
    contract = raw_contract()
    assert contract["orders"]["required"] and not contract["refunds"]["required"]
    assert contract["orders"]["key"] == ["order_id"]
    assert contract["orders"]["event"] == "ordered_at"
    status = next(one for one in contract["orders"]["columns"] if one["name"] == "status")
    assert status["accepted"] == ["pending", "completed", "cancelled", "returned", "test"]
    assert set(built_tables()) <= set(contract)


def test_the_names_that_the_macro_knows_are_those_of_the_project():
    assert sorted(Macros().known_variables()) == sorted(project_variables())


def test_macros_answer_for_the_variables_given():
    assert Macros({"as_of_date": "2024-02-29"}).as_of_variable() == "2024-02-29"
    with pytest.raises(StopError, match=r"^variable as_of_date must be a date YYYY-MM-DD, got 'x'"):
        Macros({"as_of_date": "x"}).as_of_variable()


def test_sql_of_a_macro_runs_on_the_connection():
    with duckdb.connect() as connection:
        macros = Macros(connection=connection)
        moment = macros.cast_text("'2024-03-01T01:00:00+02:00'", "timestamp")
        assert str(macros.run_query(f"select {moment}")[0][0]) == "2024-02-29 23:00:00"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("order", "orders"),
        ("Orders", "orders"),
        ("customer", "customers"),
        ("orderlines", "order_lines"),
        ("invoices", ""),
        ("", ""),
    ],
)
def test_the_closest_name_is_found_or_none(name, meant):
    assert Macros().closest_name(name, built_tables()) == meant


def test_an_unknown_macro_is_an_attribute_error():
    with pytest.raises(AttributeError):
        Macros().no_such_macro()
