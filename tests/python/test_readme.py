"""The documentation is run: examples give what is shown, and reference pages are complete.

The README's SQL and Python run against a publication of the demo, built for the tests. After a
`make build`, `python tests/python/test_readme.py` writes the results of the queries into the README
again.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "blocks" not in page.parts]
TOLERANCE = 0.01  # of a number shown: fits differ in late digits from machine to machine


# ---------- reading pages


def read_blocks(text):
    """Fenced blocks in order: language, line, body, and the table right below."""
    blocks, lines = [], text.splitlines()
    number = 0
    while number < len(lines):
        opening = re.fullmatch(r"```(\w+)(.*)", lines[number])
        if not opening:
            number += 1
            continue
        end = lines.index("```", number + 1)
        below = end + 2
        stop = below
        while stop < len(lines) and lines[stop].startswith("|"):
            stop += 1
        blocks.append(
            SimpleNamespace(
                language=opening[1],
                title=opening[2].strip(),
                line=number + 1,
                body="\n".join(lines[number + 1 : end]),
                below=(below, stop),
                table=lines[below:stop],
            )
        )
        number = end + 1
    for block, following in pairwise(blocks):
        block.following = following
    return blocks


BLOCKS = read_blocks(README.read_text())


def blocks_in(language):
    found = [block for block in BLOCKS if block.language == language]
    return [pytest.param(block, id=f"line {block.line}") for block in found]


def commands():
    """Every command line of the bash blocks, without comments."""
    for block in BLOCKS:
        if block.language == "bash":
            for line in block.body.splitlines():
                command = line.split("  #")[0].strip()
                if command and not command.startswith("#"):
                    yield command, block


def table_rows(lines):
    """Cells of a Markdown table, without the ruler."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


def show(value):
    """A value as the README shows it."""
    if value is None:
        return ""
    if isinstance(value, str) or not hasattr(value, "__round__"):
        return str(value)
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def same(shown, found):
    """Equal, or numbers that differ by little."""
    try:
        left, right = (float(text.replace(",", "")) for text in (shown, found))
    except ValueError:
        return shown == found
    return abs(left - right) <= TOLERANCE * max(abs(left), abs(right), 1.0)


def same_text(shown, found):
    left, right = shown.split(), found.split()
    return len(left) == len(right) and all(map(same, left, right))


# ---------- building and publishing


def environment(folder):
    """Everything that a build writes, inside one folder."""
    return {
        **os.environ,
        "CRM_CLTV_DUCKDB_PATH": str(folder / "crm_cltv.duckdb"),
        "CRM_CLTV_EXPORTS": str(folder / "exports"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def run(command, folder):
    finished = subprocess.run(
        command, cwd=ROOT, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in finished.stdout + finished.stderr, finished.stderr
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr
    return finished.stdout


@pytest.fixture
def exports(demo):
    return demo.exports


@pytest.fixture
def published(exports):
    with duckdb.connect(str(exports / "crm_cltv.duckdb"), read_only=True) as connection:
        yield connection


# ---------- the examples


@pytest.mark.scenario("demo")
@pytest.mark.parametrize("block", blocks_in("sql"))
def test_queries_give_what_is_shown(block, published):
    result = published.execute(block.body)
    header = [column[0] for column in result.description]
    rows = [[show(value) for value in row] for row in result.fetchall()]
    assert rows
    shown_header, *shown = table_rows(block.table)
    assert shown_header == header
    assert len(shown) == len(rows)
    for left, right in zip(shown, rows, strict=True):
        assert all(map(same, left, right)), f"shown {left}, found {right}"


@pytest.mark.scenario("demo")
@pytest.mark.parametrize("block", blocks_in("python"))
def test_python_runs_beside_the_publication(block, exports, tmp_path):
    (tmp_path / "exports").symlink_to(exports.resolve())
    finished = subprocess.run(
        [sys.executable, "-c", block.body],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip()


@pytest.mark.scenario("demo")
def test_the_demo_summary_is_the_one_shown(exports):
    from tools.summary import summary

    shown = next(block.following.body for command, block in commands() if command == "make build")
    found = summary(exports, "EUR").replace(str(exports), "exports")
    assert same_text(shown, found)


def test_own_files_build_as_shown(tmp_path, monkeypatch):
    """The README's files, the README's command, the README's result."""
    files = [block for block in BLOCKS if block.language == "csv"]
    assert {block.title for block in files} == {"my_crm/customers.csv", "my_crm/orders.csv"}
    for block in files:
        file = tmp_path / block.title
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.body + "\n")
    command, block = next(item for item in commands() if "RAW=my_crm" in item[0])
    command = command.replace("RAW=my_crm", f"RAW={tmp_path / 'my_crm'}")
    recipe = [line for line in dry_run(command).splitlines() if "-m tools.build" in line]
    python, *arguments = shlex.split(recipe[-1])
    assert python == ".venv/bin/python"
    for word in shlex.split(command)[2:]:  # make hands its variables over by the environment
        name, _, value = word.partition("=")
        monkeypatch.setenv(name, value)
    output = run([sys.executable, *arguments], tmp_path)
    found = output[output.index("\n  as of") :].replace(str(tmp_path / "exports"), "exports")
    assert same_text(block.following.body, found)


# ---------- the commands


def dry_run(command):
    make, *arguments = shlex.split(command)
    if shutil.which(make) is None:
        pytest.skip("make is not installed")
    finished = subprocess.run(
        [make, "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@cache
def project_variables():
    return yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]


def check_variables(text):
    assert set(yaml.safe_load(text)) <= set(project_variables()), text


@pytest.mark.parametrize("command", sorted({command for command, _ in commands()}))
def test_commands_exist(command):
    words = shlex.split(command)
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text()
        for word in words[1:]:
            name, _, value = word.partition("=")
            kind = rf"^{name} \?=" if "=" in word else rf"^{name}:"
            assert re.search(kind, makefile, re.MULTILINE) or name == "CDNOW", word
            if name == "VARS":
                check_variables(value)
        dry_run(command)
    elif words[0] == "dbt":
        if "--vars" in words:
            check_variables(words[words.index("--vars") + 1])
        dbt = Path(sys.executable).with_name("dbt")
        subprocess.run([dbt, words[1], "--help"], capture_output=True, check=True)
    else:
        # what only makes sense in a shell of one's own
        assert words[:2] in (["git", "clone"], ["cd", "crm_cltv"], [".", ".venv/bin/activate"])


# ---------- links


def slug(heading):
    """The anchor of a heading, as code hosts make it."""
    text = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
    return text.strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), flags=re.MULTILINE)
            assert anchor in map(slug, headings), target
    for mentioned in re.findall(r"`((?:docs|macros|models|seeds|tests|tools)/[\w/.-]+)`", text):
        assert (ROOT / mentioned).exists(), mentioned


# ---------- reference pages against the code


def contract():
    """The raw contract as its macro holds it: table → (words of its header, its columns)."""
    text = (ROOT / "macros" / "sources" / "raw_contract.sql").read_text()
    tables = {}
    for line in re.search(r"set text -%}(.*?){%- endset", text, re.DOTALL)[1].splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "table":
            columns = []
            tables[words[1]] = (words[2:], columns)
        else:
            accepted = words[-1].replace("|", ", ") if "in" in words[2:] else ""
            flags = ["yes" if flag in words[2:] else "" for flag in ("required", "pii")]
            columns.append([words[0], words[1], *flags, accepted])
    return tables


def read_tables():
    """Tables that this version reads."""
    text = (ROOT / "macros" / "sources" / "crm_source.sql").read_text()
    return re.findall(r"'(\w+)'", re.search(r"macro demo_tables\(\)(.*?)endmacro", text, re.S)[1])


def sections(text, level):
    parts = re.split(rf"^{'#' * level} (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_raw_contract_page_says_what_the_macro_says():
    pages = sections((ROOT / "docs" / "raw_contract.md").read_text(), 3)
    tables = contract()
    assert set(pages) == set(tables)
    for name, (header, columns) in tables.items():
        lines = [line for line in pages[name].splitlines() if line.startswith("|")]
        assert [row[:5] for row in table_rows(lines)[1:]] == columns, name
        for word in header:
            kind, _, value = word.partition("=")
            if kind == "key":
                assert f"Key: `{value.replace(',', ', ')}`." in pages[name]
            elif kind == "event":
                assert f"Placed in time by `{value}`." in pages[name]
            else:
                assert "**The table is required.**" in pages[name]


def test_every_variable_is_described_with_its_default():
    shown = {}
    lines = (ROOT / "docs" / "variables.md").read_text().splitlines()
    for row in table_rows([line for line in lines if line.startswith("| `")]):
        if row[0].islower():
            shown[row[0].strip("`")] = row[1].strip("`")
    expected = {
        name: "empty" if value == "" else str(value) for name, value in project_variables().items()
    }
    assert shown == expected


def test_every_error_line_is_explained():
    page = (ROOT / "docs" / "errors.md").read_text()
    for file in sorted((ROOT / "macros").rglob("*.sql")):
        for call in re.findall(r"\{\{ stop\((.*)\) \}\}", file.read_text()):
            for piece in re.findall(r'"([^"]*)"', call):
                assert piece in page, f"{file.name}: {piece!r}"


@pytest.mark.scenario("demo")
def test_every_published_mart_is_in_the_readme(exports):
    shown = set(re.findall(r"`((?:dim|fct|mart|dq)_\w+)`", README.read_text()))
    assert {file.stem for file in exports.glob("*.parquet")} <= shown


# ---------- writing the results again


def update():
    """Replace the table below every query by what the query gives now."""
    found = Path(os.environ.get("CRM_CLTV_EXPORTS", ROOT / "exports"))
    lines = README.read_text().splitlines()
    with duckdb.connect(str(found / "crm_cltv.duckdb"), read_only=True) as connection:
        for block in reversed([block for block in BLOCKS if block.language == "sql"]):
            result = connection.execute(block.body)
            header = [column[0] for column in result.description]
            rows = [[show(value) for value in row] for row in result.fetchall()]
            ruler = ["---:" if re.fullmatch(r"[\d.,-]+", cell) else "---" for cell in rows[0]]
            start, stop = block.below
            lines[start:stop] = ["| " + " | ".join(row) + " |" for row in (header, ruler, *rows)]
    README.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    update()
