"""`ask` and `evaluate` from outside: one JSON object a line in, the scores of a labelled file out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main

ROOT = Path(__file__).parents[2]
LABELLED = """text\tlang\tsource\tintent\tslots
物业费多少钱\tzh\tours\task_amount\t{}
明天交\tzh\tours\tpromise_to_pay\t{"date": "2026-11-24"}
电费怎么交\tzh\tours\tout_of_scope\t{}
i already paid last week\ten\tours\tclaim_paid\t{}
"""


def _ask(told: bytes, *arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask", *arguments],
        input=told,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_ask_answers_each_line_in_its_order() -> None:
    told = "\ufeff下月5号先交1200，分3期行不行\r\n\n隔壁老王欠多少\n上周交过了，开张发票\n\x00\ud83d???\n".encode(
        "utf-8", "replace"
    )
    first, second, third, last = _ask(told, "--today", "2026-11-23")
    assert set(first) == {"text", "intents", "slots"}
    assert first["text"] == "下月5号先交1200，分3期行不行"
    assert first["intents"][0]["name"] == "request_instalment"
    assert first["slots"] == {"date": "2026-12-05", "amount_fen": 120000, "instalments": 3}
    assert [each["name"] for each in second["intents"]] == ["out_of_scope"]
    assert {each["name"] for each in third["intents"]} == {"claim_paid", "request_invoice"}
    certain = [each["confidence"] for each in third["intents"]]
    assert certain == sorted(certain, reverse=True)
    assert [each["name"] for each in last["intents"]] == ["out_of_scope"]


def test_ask_counts_from_the_day_it_is_given() -> None:
    assert _ask("明天交".encode(), "--today", "2027-02-28")[0]["slots"] == {"date": "2027-03-01"}


@pytest.mark.parametrize("arguments", [("--tz", "Mars/Base"), ("--today", "2026-02-30")])
def test_ask_names_what_it_can_not_use(arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("ask", *arguments)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert arguments[1] in said.err
    assert "Traceback" not in said.err


def test_evaluate_prints_scores_calibration_and_confusions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labelled.tsv"
    file.write_text(LABELLED, "utf-8")
    assert main(("evaluate", str(file))) == 0
    said = capsys.readouterr().out
    assert "all                      1.000 (4/4)" in said
    assert "out of scope answered      0.000 (0/1)" in said
    assert "date                     1.000 (1/1)" in said
    for heading in (
        "in scope zh",
        "in scope en",
        "macro-F1",
        "surest 80 %",
        "both labels of two",
        "slots invented",
        "harmful",
    ):
        assert heading in said
    assert said.index("calibration") < said.index("worst confusions")


def test_evaluate_names_a_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labelled.tsv"
    file.write_text("多少钱\task_money\n", "utf-8")
    assert main(("evaluate", str(file))) == 2
    assert "line 1: 'ask_money' is no intent" in capsys.readouterr().err
