"""The sample files of docs/samples come in as they are, in both languages, and become bills."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.channels.program import ROOT
from tests.commands.cli import Cli

SAMPLES = ROOT / "docs" / "samples"
ENGLISH = {"accounts": "accounts", "bills": "bills", "payments": "payments", "fees": "fees", "readings": "meters"}
CHINESE = {"accounts": "住户", "bills": "账单", "payments": "收款", "fees": "收费标准", "readings": "抄表"}


@pytest.mark.parametrize("files", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_each_sample_is_taken_whole(cli: Cli, files: dict[str, str], tmp_path: Path) -> None:
    for what, name in files.items():
        result = cli("import", what, str(shutil.copy(SAMPLES / f"{name}.csv", tmp_path)))
        assert result.code == 0, result.out
        assert ", 0 rejected" in result.last
    planned = cli("bill", "generate", "--period", "2026-10", "--dry-run")
    assert planned.code == 0
    assert "51.25" in planned.out  # 12.5 × 4.10
