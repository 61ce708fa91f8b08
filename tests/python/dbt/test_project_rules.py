"""Rules that the whole project keeps, read from its files and from the manifest of the demo."""

import csv
import re
import subprocess

import pytest
import yaml

from tests.python.dbt.harness import ROOT, raw_contract
from tools.paths import demo_file

PRIVATE = "dim_customers_private"
COMMENTS = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", flags=re.DOTALL)
MODELS = sorted((ROOT / "models").rglob("*.sql"))
SQL = [
    *MODELS,
    *sorted((ROOT / "tests").rglob("*.sql")),
    *(file for file in sorted((ROOT / "macros").rglob("*.sql")) if file.parent.name != "portable"),
]
# syntax that some engines lack, and clocks
NOT_IN_MODELS = {
    "current_date": r"\bcurrent_(date|timestamp|time)\b",
    "now()": r"\b(now|today|getdate|sysdate)\s*\(",
    "ntile": r"\bntile\b",
    "qualify": r"\bqualify\b",
    "distinct on": r"\bdistinct\s+on\b",
    "filter (": r"\bfilter\s*\(",
    "group by all": r"\b(group|order)\s+by\s+all\b",
}
# functions that differ between engines; a macro of the same name stands behind {{
ONLY_PORTABLE = {
    "try_cast": r"\btry_cast\s*\(",
    "date_diff": r"\b(date_?diff|datesub|date_sub)\s*\(",
    "to_months": r"\bto_(days|weeks|months|years)\s*\(",
    "round_even": r"\b(round_even|bround)\s*\(",
    "isodow": r"\b(isodow|weekday|dayofweek)\s*\(",
    "json_object": r"(?<!\{\{ )\bjson_object\s*\(|\bto_json\s*\(",
    "min_by": r"\b(min_by|max_by|arg_min|arg_max)\s*\(",
    "range() as a table": r"\b(from|join)\s+(range|generate_series|unnest|explode|sequence)\s*\(",
    "::": r"[\w)']::[a-z]",
}


def code(file):
    """A file's SQL without comments, in lower case."""
    return COMMENTS.sub(" ", file.read_text()).lower()


def found(pattern, files):
    return [str(file.relative_to(ROOT)) for file in files if re.search(pattern, code(file))]


def project():
    return yaml.safe_load((ROOT / "dbt_project.yml").read_text())


@pytest.fixture(scope="module")
def manifest(runs):
    return runs("demo").manifest


@pytest.fixture(scope="module")
def models(manifest):
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def marts(models):
    return [node for node in models if node["original_file_path"].startswith("models/marts/")]


def key_columns(manifest, node, test):
    return {
        other["column_name"]
        for other in manifest["nodes"].values()
        if other["resource_type"] == "test"
        and other.get("attached_node") == node["unique_id"]
        and (other.get("test_metadata") or {}).get("name") == test
    }


# ---------- files


def test_the_profile_at_the_root_is_the_one_in_profiles():
    assert (ROOT / "profiles.yml").read_bytes() == (ROOT / "profiles" / "profiles.yml").read_bytes()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_by_hash_and_name_no_host(name):
    text = (ROOT / name).read_text()
    requirements = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, flags=re.DOTALL | re.MULTILINE)
    assert requirements
    assert [one for one in requirements if "==" not in one or "--hash=sha256:" not in one] == []
    hosts = r"://|--index-url|--extra-index-url|--find-links|--trusted-host| @ "
    assert re.findall(hosts, text) == []


def test_the_smaller_lock_file_is_part_of_the_larger_one():
    def pins(name):
        return set(re.findall(r"^[a-z0-9][^ \n\\]*==[^ ;\n\\]+", (ROOT / name).read_text(), re.M))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_no_file_names_a_path_of_the_machine_it_was_made_on():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    pattern = re.compile(
        rb"(?:^|[\s\"'`=(\[:,])/(?:home|root|work|Users|private|tmp|var/folders|mnt)/[\w.-]", re.M
    )
    named = {}
    for name in filter(None, listed.stdout.decode().split("\0")):
        file = ROOT / name
        if file.is_file() and (paths := pattern.findall(file.read_bytes())):
            named[name] = paths[:3]
    assert named == {}


def test_every_variable_is_documented():
    text = (ROOT / "docs" / "variables.md").read_text()
    documented = re.findall(r"^\| `([a-z_]+)` \|", text, flags=re.MULTILINE)
    assert sorted(documented) == sorted(project()["vars"])


def test_the_documented_defaults_are_those_of_the_project():
    text = (ROOT / "docs" / "variables.md").read_text()
    documented = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|", text, flags=re.MULTILINE))
    shown = {
        name: f"`{value}`" if value != "" else "empty" for name, value in project()["vars"].items()
    }
    assert {name: value.strip() for name, value in documented.items()} == shown


def test_every_variable_is_used():
    files = [*SQL, *(ROOT / "macros").rglob("*.sql"), *ROOT.glob("*models/**/*.yml")]
    text = "\n".join(file.read_text() for file in files)
    unused = [name for name in project()["vars"] if f"'{name}'" not in text]
    assert unused == []


# ---------- portable SQL


@pytest.mark.parametrize("pattern", NOT_IN_MODELS.values(), ids=NOT_IN_MODELS)
def test_models_have_no_clock_and_no_syntax_of_one_engine(pattern):
    assert found(pattern, MODELS) == []


@pytest.mark.parametrize("pattern", ONLY_PORTABLE.values(), ids=ONLY_PORTABLE)
def test_what_differs_between_engines_stands_under_macros_portable(pattern):
    assert found(pattern, SQL) == []


def test_the_rules_see_what_they_forbid(tmp_path):
    file = tmp_path / "model.sql"
    forbidden = {**NOT_IN_MODELS, **ONLY_PORTABLE}
    file.write_text(
        "select now(), current_date, ntile(5) over (), count(*) filter (where a), x::int\n"
        "distinct on (a) qualify true group by all from range(5) try_cast(a as int)\n"
        "date_diff('day', a, b) to_months(1) round_even(a, 2) isodow(a) json_object('a', a)\n"
        "min_by(a, b)"
    )
    assert [name for name, rule in forbidden.items() if not re.search(rule, code(file))] == []
    file.write_text(
        "-- no qualify, no now()\n{# no ntile #}\nselect {{ json_object(pairs) }}, known() as a\n"
    )
    assert [name for name, rule in forbidden.items() if re.search(rule, code(file))] == []


# ---------- the contract and the demo


def test_the_raw_contract_and_the_headers_of_the_demo_are_the_same():
    contract = raw_contract()
    seeds = {}
    for table in contract:
        with demo_file(table).open(newline="") as stream:
            seeds[table] = next(csv.reader(stream))
    assert {file.stem for file in (ROOT / "seeds" / "crm").glob("*.csv")} < set(seeds)
    assert seeds == contract


def test_the_horizons_of_the_python_models_are_those_of_the_macro():
    macro = (ROOT / "macros" / "cltv" / "horizons.sql").read_text()
    written = re.search(r"macro order_horizons\(\).*?return\((\{.*?\})\)", macro, re.DOTALL).group(
        1
    )
    horizons = yaml.safe_load(written)
    described = yaml.safe_load((ROOT / "python_models" / "_python_models.yml").read_text())[
        "models"
    ]
    given = {
        model["name"]: model["config"]["meta"]["horizons"]
        for model in described
        if "horizons" in model["config"].get("meta", {})
    }
    assert "int_purchase_cell_scores" in given
    assert given == dict.fromkeys(given, horizons)


# ---------- what the manifest says


@pytest.mark.scenario("demo")
class TestTheManifest:
    def test_every_model_seed_source_and_macro_is_described(self, manifest):
        nodes = [
            *(
                node
                for node in manifest["nodes"].values()
                if node["resource_type"] in ("model", "seed", "snapshot")
            ),
            *manifest["sources"].values(),
            *manifest["exposures"].values(),
            *(
                node
                for node in manifest["macros"].values()
                if node["package_name"] == "crm_cltv"
                and not re.match(r"\w+__|materialization_", node["name"])
            ),
        ]
        undescribed = [node["unique_id"] for node in nodes if not node["description"].strip()]
        assert undescribed == []

    def test_every_column_of_every_model_is_described(self, demo, models):
        described = {
            (node["schema"], node["name"], column["name"])
            for node in models
            for column in node["columns"].values()
            if column["description"].strip()
        }
        schemas = {node["schema"] for node in models}
        names = {node["name"] for node in models}
        built = {
            (schema, table, column)
            for schema, table, column in demo.rows(
                "select table_schema, table_name, column_name from information_schema.columns"
            )
            if schema in schemas and table in names
        }
        assert built - described == set()

    def test_no_column_is_described_that_is_not_there(self, demo, models):
        built = set(
            demo.rows(
                "select table_schema, table_name, column_name from information_schema.columns"
            )
        )
        named = {
            (node["schema"], node["name"], column) for node in models for column in node["columns"]
        }
        assert named - built == set()

    def test_every_mart_has_a_contract_an_owner_and_is_public(self, marts):
        loose = [
            node["name"]
            for node in marts
            if not node["config"]["contract"]["enforced"]
            or not node["group"]
            or node["access"] != ("protected" if node["name"] == PRIVATE else "public")
            or node["config"]["materialized"] != "table"
        ]
        assert marts
        assert loose == []

    def test_every_model_of_sql_has_a_key_that_is_unique_and_never_null(self, manifest, models):
        keyless = []
        for node in models:
            # a base table holds every raw row, twins and all; what it must not lose is tested there
            if node["language"] != "sql" or node["name"].startswith("base_crm__"):
                continue
            never_null = key_columns(manifest, node, "not_null") | {
                name
                for name, column in node["columns"].items()
                if any(one["type"] == "not_null" for one in column["constraints"])
            }
            keys = key_columns(manifest, node, "unique") & never_null
            if not keys | key_columns(manifest, node, "primary_key"):
                keyless.append(node["name"])
        assert keyless == []

    def test_the_exposures_name_exactly_what_is_published(self, manifest, models):
        published = {
            node["unique_id"] for node in models if node["config"]["meta"].get("publish") is True
        }
        exposed = {
            name
            for exposure in manifest["exposures"].values()
            for name in exposure["depends_on"]["nodes"]
        }
        assert exposed == published

    def test_only_marts_are_published_and_personal_data_is_not(self, marts, models):
        published = {node["name"] for node in models if node["config"]["meta"].get("publish")}
        assert published == {node["name"] for node in marts} - {PRIVATE}

    def test_marts_do_not_read_staging_models_sideways(self, manifest, marts):
        sideways = {
            node["name"]: [name for name in node["depends_on"]["nodes"] if ".stg_crm__" in name]
            for node in marts
            if not node["name"].startswith(("dim_", "dq_"))
        }
        assert {name: found for name, found in sideways.items() if found} == {}

    def test_no_published_column_holds_personal_data(self, demo):
        text = (ROOT / "macros" / "sources" / "raw_contract.sql").read_text()
        personal = set(re.findall(r"^(\w+) [^\n]*\bpii\b", text, flags=re.MULTILINE))
        assert "email" in personal
        columns = {
            (table, column)
            for table, column in demo.rows(
                "select table_name, column_name from information_schema.columns "
                "where table_schema = 'cltv_marts'"
            )
            if table in demo.published
        }
        assert {one for one in columns if one[1] in personal} == set()

    def test_seed_columns_all_have_a_type(self, manifest):
        untyped = {}
        for node in manifest["nodes"].values():
            if node["resource_type"] == "seed":
                with (ROOT / node["original_file_path"]).open(newline="") as stream:
                    header = next(csv.reader(stream))
                if missing := set(header) - set(node["config"]["column_types"]):
                    untyped[node["name"]] = missing
        assert untyped == {}
