"""The published CDNOW figures, through the front door of the project."""

import os
from pathlib import Path

import pytest

from tools import validate_cdnow
from tools.paths import ROOT

DATA = Path(os.environ.get("CRM_CLTV_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
CDNOW = DATA / "cdnow_sample.parquet"


@pytest.mark.skipif(
    not CDNOW.is_file(),
    reason="cdnow_sample.parquet is not there; name its folder in CRM_CLTV_REFERENCE_DATA",
)
def test_every_published_figure_is_found_again(capsys):
    code = validate_cdnow.main([str(CDNOW)])
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert [line for line in lines if line.endswith("OFF")] == [], said.out
    assert sum(line.endswith("ok") for line in lines) == len(validate_cdnow.PUBLISHED), said.err
    assert code == 0


@pytest.mark.parametrize(
    ("file", "reason"),
    [("no_such_file.parquet", "no_such_file.parquet is not there"), ("", "no file given")],
)
def test_an_absent_file_is_skipped_with_its_reason(file, reason, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert validate_cdnow.main([file]) == 0
    assert capsys.readouterr().out == (
        f"skipped: {reason}; call make validate-cdnow CDNOW=cdnow_sample.parquet\n"
    )


def test_a_figure_that_is_off_or_missing_fails_the_validation(tmp_path, monkeypatch, capsys):
    file = tmp_path / "cdnow.parquet"
    file.touch()
    rows = [
        ("r", 1.0, 1.0, 0.1, True),
        ("alpha", 4.0, 5.0, 0.1, False),
        ("q", 3.0, None, 0.1, False),
    ]
    monkeypatch.setattr(validate_cdnow, "validate", lambda cdnow: rows)
    assert validate_cdnow.main([str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines] == ["tolerance", "ok", "OFF", "OFF"]


def test_a_build_that_fails_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    file = tmp_path / "cdnow.parquet"
    file.touch()

    def fail(cdnow):
        raise RuntimeError("what dbt said")

    monkeypatch.setattr(validate_cdnow, "validate", fail)
    assert validate_cdnow.main([str(file)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "what dbt said",
        "crm_cltv: the build on the CDNOW purchases failed",
    ]
