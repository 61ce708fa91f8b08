"""The rules of dbt-bouncer.yml, on the artifacts of the demo that was built with all its tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.python.dbt.harness import DEMO, ROOT, run_dbt


@pytest.mark.scenario("demo")
def test_the_project_keeps_its_rules(demo, tmp_path):
    shutil.copytree(demo.target, tmp_path / "target")
    (tmp_path / "crm_cltv.duckdb").symlink_to(demo.database)
    catalog = run_dbt(tmp_path, DEMO, "docs", "generate")
    assert catalog.code == 0, catalog.output
    rules = (ROOT / "dbt-bouncer.yml").read_text()
    config = tmp_path / "dbt-bouncer.yml"
    config.write_text(f"dbt_artifacts_dir: {catalog.target}\n{rules}")
    judged = subprocess.run(
        [str(Path(sys.executable).with_name("dbt-bouncer")), "run", "--config-file", str(config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout
