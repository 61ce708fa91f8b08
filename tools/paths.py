"""Where things are: the project's root, its database, and its publication."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def database_path():
    """Path of the database that dbt writes, as the profile has it."""
    return Path(os.environ.get("CRM_CLTV_DUCKDB_PATH", ROOT / "crm_cltv.duckdb"))


def target_path():
    """Folder with dbt's artifacts of the last run."""
    return Path(os.environ.get("DBT_TARGET_PATH", ROOT / "target"))


def exports_path():
    """Where the publication is read from: a link that always names one whole publication."""
    return Path(os.environ.get("CRM_CLTV_EXPORTS", ROOT / "exports"))


def demo_file(table):
    """Where the bundled demo keeps a raw table: its CRM, or its own numbers beside it."""
    crm = ROOT / "seeds" / "crm" / f"{table}.csv"
    return crm if crm.exists() else ROOT / "seeds" / "demo" / f"{table}.csv"
