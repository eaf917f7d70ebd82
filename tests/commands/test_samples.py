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

PUPILS = {"en": ("pupils", "offers"), "zh": ("学员", "续班邀约")}


@pytest.mark.parametrize("files", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_each_sample_is_taken_whole(cli: Cli, files: dict[str, str], tmp_path: Path) -> None:
    for what, name in files.items():
        result = cli("import", what, str(shutil.copy(SAMPLES / f"{name}.csv", tmp_path)))
        assert result.code == 0, result.out
        assert ", 0 rejected" in result.last
    planned = cli("bill", "generate", "--period", "2026-10", "--dry-run")
    assert planned.code == 0
    assert "51.25" in planned.out  # 12.5 × 4.10
    assert "(2026: 335 + 40): 15 × 2.61 + 25 × 2.83 = 109.90" in planned.out
    assert "0 × 2.61, ≥ 8.00 = 8.00" in planned.out


@pytest.mark.parametrize("files", PUPILS.values(), ids=PUPILS.keys())
def test_a_schools_samples_are_taken_whole(cli: Cli, files: tuple[str, str], tmp_path: Path) -> None:
    """Pupils by the accounts' import, then what is offered to them; a class left blank is the pupil's own."""
    for what, name in zip(("accounts", "offers"), files, strict=True):
        result = cli("import", what, str(shutil.copy(SAMPLES / f"{name}.csv", tmp_path)))
        assert result.code == 0, result.err
        assert result.last.startswith("3 accepted, 0 rejected")
    [(kinds,)] = cli.rows("select count(*) from accounts where kind = 'training' and lessons_left > 0")
    classes = {name for (name,) in cli.rows("select class_name from offers")}
    assert (kinds, len(classes)) == (3, 2)


def test_every_sample_is_named_in_the_page_on_imports() -> None:
    page = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    assert [each.name for each in SAMPLES.iterdir() if f"(samples/{each.name})" not in page] == []
