"""No figure hangs on the order of rows.

Every table of the demo is copied with its rows shuffled, and every SQL model is run on the copies:
what comes out must be what the build made, to the last digit. A sum of doubles fails here, and a
row that is picked among equals.
"""

import duckdb
import pytest

pytestmark = pytest.mark.scenario("demo")


def compiled(demo, node):
    return (demo.target / "compiled" / "crm_cltv" / node["original_file_path"]).read_text()


def sql_models(demo, materialized):
    return [
        node
        for node in demo.manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["language"] == "sql"
        and node["config"]["materialized"] == materialized
    ]


@pytest.fixture
def shuffled(demo, tmp_path):
    """The demo with the rows of every table in another order; `built` is the original."""
    copy = tmp_path / "crm_cltv.duckdb"
    with duckdb.connect(str(copy)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{demo.database}' as built (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'built'"
        ).fetchall()
        views = sql_models(demo, "view")
        for schema in {schema for schema, _ in tables} | {node["schema"] for node in views}:
            connection.execute(f"create schema if not exists {schema}")
        connection.execute("select setseed(0.5)")
        for schema, table in tables:
            connection.execute(
                f"create table {schema}.{table} as "
                f"select * from built.{schema}.{table} order by random()"
            )
        names = {node["unique_id"] for node in views}
        while views:
            # a view comes after those that it reads
            ready = [n for n in views if not names & set(n["depends_on"]["nodes"])]
            for node in ready:
                connection.execute(
                    f"create view {node['schema']}.{node['alias']} as {compiled(demo, node)}"
                )
                names.remove(node["unique_id"])
            views = [node for node in views if node not in ready]
        yield connection


def test_the_order_of_rows_changes_nothing(demo, shuffled):
    models = sql_models(demo, "table")
    assert len(models) > 100
    changed = []
    for node in models:
        built = f"built.{node['schema']}.{node['alias']}"
        types = shuffled.execute(f"describe {built}").fetchall()
        columns = ", ".join(
            f'cast(cast("{name}" as {kind}) as varchar)' for name, kind, *_ in types
        )
        shuffled.execute(f"create or replace temp table again as {compiled(demo, node)}")
        (rows,) = shuffled.execute(
            f"""
            select count(*) from (
                (select {columns} from again except all select {columns} from {built})
                union all
                (select {columns} from {built} except all select {columns} from again)
            )
            """
        ).fetchone()
        if rows:
            changed.append(f"{node['name']}: {rows} rows")
    assert not changed
