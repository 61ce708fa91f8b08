"""The demo through the one command: built, published and the same every time."""

import duckdb
import pytest

from tests.python.dbt.harness import content_hash
from tools.publish import PublishError, last_build

pytestmark = pytest.mark.scenario("demo")


def published(demo):
    """A new reader of the publication's DuckDB file."""
    return duckdb.connect(str(demo.exports / "crm_cltv.duckdb"), read_only=True)


def test_the_one_command_builds_publishes_and_sums_up(demo):
    assert "Traceback" not in demo.output
    summary = demo.output.split("Done. PASS=")[1]
    for line in ("as of", "customers", "next 12 months", "rejected rows", "marts"):
        assert f"\n  {line}" in summary
    assert f"{demo.exports}/crm_cltv.duckdb" in summary


def test_exports_holds_every_published_mart_and_one_duckdb_file(demo):
    names = set(demo.published)
    assert {file.name for file in demo.exports.iterdir()} == {
        "crm_cltv.duckdb",
        *(f"{name}.parquet" for name in names),
    }
    with published(demo) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert {name for (name,) in tables} == names


def test_personal_data_is_not_published(demo):
    assert "dim_customers_private" in {
        table for (table,) in demo.rows("select table_name from information_schema.tables")
    }
    assert not list(demo.exports.glob("*private*"))
    emails = {
        email
        for (email,) in demo.rows(
            "select email from cltv_marts.dim_customers_private where email is not null"
        )
    }
    assert emails
    with published(demo) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            rows = connection.execute(f"select cast(columns(*) as varchar) from {name}").fetchall()
            values = {value for row in rows for value in row}
            assert not values & emails, name


def test_what_is_published_is_what_was_built(demo):
    built = demo.marts()
    with published(demo) as connection:
        for name, content in built.items():
            assert content_hash(connection, name) == content, name
            parquet = f"read_parquet('{demo.exports / name}.parquet')"
            assert content_hash(connection, parquet) == content, name


def test_columns_keep_their_types_and_descriptions_in_the_published_file(demo):
    query = (
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where table_name in (select table_name from duckdb_tables()) order by all"
    )
    with published(demo) as connection:
        there = connection.execute(query).fetchall()
    built = [row for row in demo.rows(query) if row[0] in demo.published]
    assert there == built
    assert [row for row in there if not row[3]] == []


@pytest.mark.scenario("demo_again")
def test_two_builds_give_the_same_marts(demo, runs):
    again = runs("demo_again")
    assert again.code == 0, again.output
    assert demo.database != again.database
    first, second = demo.marts(), again.marts()
    assert len(first) > 15
    assert second == first


@pytest.mark.scenario("demo_again")
def test_a_build_without_its_tests_is_not_published(runs):
    with pytest.raises(PublishError, match="not a whole build"):
        last_build(runs("demo_again").target)


def test_a_build_with_its_tests_is(demo):
    invocation, relations = last_build(demo.target)
    assert invocation in str(demo.exports.resolve())
    assert set(relations) == set(demo.published)
