# The two commands: `make build` and `make test`. Both set up everything they need from Python >= 3.11 alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DBT_PROFILES_DIR := profiles
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1

# your own tables: make build RAW=folder, or make build RAW_SCHEMA=schema
RAW ?=
RAW_SCHEMA ?=
AS_OF ?=
VARS ?=
# through the environment: a shell would take the quotes out of VARS
export RAW RAW_SCHEMA AS_OF VARS

.PHONY: help build check-raw test lint rules unit docs publish demo-data dirt-report validate-cdnow benchmark lock clean

help:
	@echo "make build           build everything, test it, publish it, and say what came out"
	@echo "make check-raw RAW=folder   your own tables against the raw contract, in seconds and without a build"
	@echo "make test            everything that must pass before a change lands"
	@echo "make docs            lineage and data dictionary in one HTML page"
	@echo "make demo-data       generate the demo CRM again"
	@echo "make dirt-report     how much of the demo's planted dirt was found, and how much else"
	@echo "make validate-cdnow CDNOW=file.parquet   the published CDNOW figures, through the front door"
	@echo "make benchmark       how long, and how much memory, for 1M customers"

# ---------- set-up: once, and again only when a lock file changes

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("crm_cltv needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; set it with: make build PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.lock | $(VENV)/python.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@

# ---------- the job

build: $(VENV)/run.stamp
	@$(BIN)/python -m tools.build

check-raw: $(VENV)/run.stamp
	@$(BIN)/python -m tools.check_raw

publish: $(VENV)/run.stamp
	@$(BIN)/python -m tools.publish

docs: $(VENV)/run.stamp
	$(BIN)/dbt docs generate --static
	@echo "open target/static_index.html"

demo-data: $(VENV)/run.stamp
	$(BIN)/python -m tools.generate_demo

dirt-report: $(VENV)/run.stamp
	@$(BIN)/python -m tools.dirt_report

validate-cdnow: $(VENV)/run.stamp
	@$(BIN)/python -m tools.validate_cdnow "$(CDNOW)"

benchmark: $(VENV)/run.stamp
	$(BIN)/python benchmarks/scale.py --customers 1000000

# ---------- what must pass

test: lint unit

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 0 --nocolor --disable-progress-bar models tests

# one of pytest's tests, so that it judges the demo that is built there anyway with all data and unit tests
rules: $(VENV)/dev.stamp
	$(BIN)/python -m pytest tests/python/dbt/test_bouncer.py

unit: $(VENV)/dev.stamp
	$(BIN)/python -m pytest

# ---------- upkeep

UV_FLAGS := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras --quiet

# the larger set is resolved first, so that both files agree
lock:
	$(PYTHON) -m pip install --quiet uv
	$(PYTHON) -m uv pip compile pyproject.toml --extra dev $(UV_FLAGS) --output-file requirements-dev.lock
	$(PYTHON) -m uv pip compile pyproject.toml --constraint requirements-dev.lock $(UV_FLAGS) --output-file requirements.lock

clean:
	rm -rf target logs crm_cltv.duckdb crm_cltv.duckdb.wal
