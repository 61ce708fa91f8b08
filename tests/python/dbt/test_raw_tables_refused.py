"""Raw tables that cannot be built on are refused in one line, before any model runs."""

import pytest

from tests.python.dbt.scenarios import HOSTILE_DATE

HEADER = "customer_id, email, country, acquisition_channel, created_at, updated_at, synced_at"
ORDER_HEADER = (
    "order_id, customer_id, {}status, currency, discount_amount, shipping_amount, tax_amount, "
    "prices_include_tax, total_amount{}"
)
SET_IT = "; set it with --vars or in dbt_project.yml"

# scenario → the one line; {crm} is the raw folder of the run
REFUSED = {
    "orders_without_ordered_at": "crm_cltv: table 'orders' in folder {crm} has no column "
    "'ordered_at', which is required; it has: "
    + ORDER_HEADER.format("", ", updated_at, synced_at")
    + ". Rename or add the column (docs/raw_contract.md)",
    "customers_without_customer_id": "crm_cltv: table 'customers' in folder {crm} has no column "
    "'customer_id', which is required; it has: "
    + HEADER.removeprefix("customer_id, ")
    + ". Rename or add the column (docs/raw_contract.md)",
    "orders_without_landing_time": "crm_cltv: table 'orders' in folder {crm} has neither synced_at "
    "nor updated_at, so that an order dated 2099 could not be told from a real one; add one of "
    "them or set the variable as_of_date",
    "folder_without_orders": "crm_cltv: required table 'orders' is not in folder {crm}; load it "
    "there under this name, or make a view of that name",
    "folder_with_two_files_for_a_table": "crm_cltv: folder {crm} has two files for the table "
    "'customers': customers.csv and customers.parquet; keep one",
    "optional_table_absent": "crm_cltv: table 'refunds' is switched on but not in folder {crm}; "
    "load it, or leave it out of the variable crm_tables",
    "schema_without_customers": "crm_cltv: required table 'customers' is not in schema our_crm; "
    "load it there under this name, or make a view of that name",
    "as_of_is_a_word": "crm_cltv: variable as_of_date must be a date YYYY-MM-DD, got 'yesterday'"
    + SET_IT,
    "as_of_is_hostile": "crm_cltv: variable as_of_date must be a date YYYY-MM-DD, got "
    f"'{HOSTILE_DATE}'" + SET_IT,
    "both_doors": "crm_cltv: variables raw_folder and raw_crm_schema are both set; the raw tables "
    "come from one place, so leave one empty",
    "unknown_timezone": "crm_cltv: variable business_timezone names 'Europe/Atlantis', which is no "
    "time zone; use a name such as UTC or Europe/Berlin",
}


def models_in(run):
    """Models that the run left in its database."""
    if not run.database.exists():
        return []
    return run.rows(
        "select table_name from information_schema.tables where table_schema in "
        "('cltv_staging', 'cltv_intermediate', 'cltv_marts')"
    )


def scenarios(names):
    return [pytest.param(name, marks=pytest.mark.scenario(name), id=name) for name in names]


@pytest.mark.parametrize("name", scenarios(REFUSED))
def test_the_run_stops_with_one_line_that_says_what_where_and_how_to_mend_it(name, run):
    assert run.code != 0
    assert run.messages == [REFUSED[name].format(crm=run.place / "crm")], run.output
    assert "Traceback" not in run.output


@pytest.mark.scenario("folder_absent")
def test_a_folder_that_does_not_exist_is_named_as_such(run):
    folder = run.place / "crm"
    assert run.code != 0
    assert "Traceback" not in run.output
    assert len(run.messages) == 1
    assert f"folder {folder} does not exist" in run.messages[0]
    assert "raw_folder" in run.messages[0]


@pytest.mark.scenario("unreadable_file")
def test_a_file_that_cannot_be_read_is_named(run):
    assert run.code != 0
    assert "Traceback" not in run.output
    assert len(run.messages) == 1
    assert "orders.parquet" in run.messages[0]


@pytest.mark.parametrize("name", scenarios([*REFUSED, "folder_absent", "unreadable_file"]))
def test_no_model_was_built(name, run):
    assert models_in(run) == []


@pytest.mark.scenario("as_of_without_landing_time")
def test_orders_that_never_say_when_they_landed_are_taken_with_an_as_of_date(run):
    assert run.code == 0, run.output
    assert run.one("select count(*) from cltv_marts.fct_orders") == (1,)
