"""The harness lets runs share what dbt has read of the project; here is why it may."""

import pytest

from tests.python.dbt.harness import BARE_FOLDER, DEMO, FOLDER, READ_LATER, project_for, run_dbt

# what a run adds to a node, and when it was read
ADDED = {"compiled", "compiled_code", "compiled_path", "extra_ctes", "extra_ctes_injected"}
ADDED |= {"build_path", "created_at", "index", "depends_on"}


def as_read(manifest):
    """What the project is to dbt before anything runs."""
    read = {
        kind: {
            name: {field: value for field, value in node.items() if field not in ADDED}
            for name, node in manifest[kind].items()
        }
        for kind in ("nodes", "sources", "exposures", "unit_tests")
    }
    return read | {"disabled": set(manifest["disabled"]), "parents": manifest["parent_map"]}


@pytest.mark.scenario("one_order")
def test_variables_that_are_looked_up_later_do_not_change_what_is_read(run, tmp_path):
    variables = {"raw_folder": "another folder", "crm_tables": [], **READ_LATER}
    with_them = run_dbt(tmp_path, None, "parse", **variables)
    assert with_them.code == 0, with_them.output
    assert as_read(with_them.manifest) == as_read(run.manifest)


@pytest.mark.scenario("one_order")
@pytest.mark.scenario("empty_orders")
def test_what_is_shared_is_what_dbt_reads_for_itself(runs):
    assert as_read(runs("empty_orders").manifest) == as_read(runs("one_order").manifest)


@pytest.mark.parametrize(
    ("variables", "project"),
    [
        ({}, DEMO),
        ({"raw_folder": "x", "crm_tables": "all"}, FOLDER),
        ({"raw_folder": "x", "crm_tables": [], "as_of_date": "2024-03-31"}, BARE_FOLDER),
        ({"raw_folder": "x", "crm_tables": ["refunds"]}, None),
        ({"raw_folder": "x", "crm_tables": [], "raw_crm_schema": "y"}, None),
        ({"as_of_date": "2024-03-31"}, None),
    ],
    ids=str,
)
def test_only_runs_with_the_same_decisive_variables_share(variables, project):
    assert project_for(variables) == project


@pytest.mark.scenario("one_order")
@pytest.mark.scenario("hostile_files")
def test_the_decisive_variables_do_change_it(runs):
    """Else the tests above could not fail."""
    assert as_read(runs("hostile_files").manifest) != as_read(runs("one_order").manifest)
