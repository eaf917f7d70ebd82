"""The scores, computed by hand on a handful of rows."""

from datetime import date
from pathlib import Path

import pytest

from understanding.reading import Guess, Reading, Slots
from understanding.scoring import BadFile, read_rows, report, score

FILE = """text\tlang\tsource\tintent\tslots
多少钱\tzh\tours\task_amount\t{}
交了1200\tzh\tours\tclaim_paid\t{"amount_fen": 120000}
明天交\tzh\tpeople\tpromise_to_pay\t{"date": "2026-11-24"}
电费\tzh\tpeople\tout_of_scope\t{}
paid, receipt please\ten\tpeople\tclaim_paid+request_invoice\t{}
别发了\tzh\tpeople\topt_out|complain_refuse\t{}
"""
ANSWERS = {
    "多少钱": (("ask_amount", 0.9),),
    "交了1200": (("promise_to_pay", 0.6),),
    "明天交": (("promise_to_pay", 0.8),),
    "电费": (("ask_amount", 0.5),),
    "paid, receipt please": (("request_invoice", 0.7), ("claim_paid", 0.6)),
    "别发了": (("complain_refuse", 0.95),),
}
SLOTS = {"交了1200": Slots(amount_fen=120000, instalments=2), "明天交": Slots(date=date(2026, 11, 25))}


def _read(text: str) -> Reading:
    return Reading(text, tuple(Guess(*pair) for pair in ANSWERS[text]), SLOTS.get(text, Slots()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.tsv"
    path.write_text(FILE, "utf-8")
    return path


def test_scores(file: Path) -> None:
    scores = score(read_rows(file), _read)
    assert scores.accuracy["all"].value == pytest.approx(4 / 6)
    assert scores.accuracy["in scope"].value == pytest.approx(4 / 5)
    assert scores.accuracy["in scope en"].value == 1
    assert scores.accuracy["source people"].value == pytest.approx(3 / 4)
    assert scores.false_accept.value == 1
    assert scores.false_reject.value == 0
    assert scores.both_labels.value == 1
    assert scores.slots["amount_fen"].value == 1
    assert scores.slots["date"].value == 0
    assert scores.invented == {"instalments": 1}
    assert scores.harm == {"claim_paid answered as promise_to_pay": 1}
    assert scores.surest.total == 5
    assert scores.confusions == {("claim_paid", "promise_to_pay"): 1, ("out_of_scope", "ask_amount"): 1}
    # ask_amount 2/3, claim_paid 0, promise 2/3, out_of_scope 0, complain_refuse 1 (the label given where several are right)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0 + 2 / 3 + 0 + 1) / 5)


def test_a_file_needs_no_header(tmp_path: Path) -> None:
    path = tmp_path / "bare.tsv"
    path.write_text(
        '明天交\tpromise_to_pay\t{"date": "2026-11-24"}\n电费\tout_of_scope\nit’s paid\tclaim_paid\n', "utf-8"
    )
    rows = read_rows(path)
    assert [(row.lang, row.intents) for row in rows] == [
        ("zh", ("promise_to_pay",)),
        ("zh", ("out_of_scope",)),
        ("en", ("claim_paid",)),
    ]
    assert rows[0].slots == {"date": "2026-11-24"}


def test_the_report_shows_every_figure(file: Path) -> None:
    text = report(score(read_rows(file), _read))
    for part in ("intent accuracy", "macro-F1", "surest 80 %", "calibration", "claim_paid → promise_to_pay: 1"):
        assert part in text


def test_columns_come_in_any_order_or_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "any.tsv"
    path.write_text("intent\ttext\nopt_out\t退订\n", "utf-8")
    (row,) = read_rows(path)
    assert (row.text, row.intents, row.lang, row.slots) == ("退订", ("opt_out",), "zh", {})
    path.write_text("stop\ten\tours\topt_out\t{}\n", "utf-8")
    (row,) = read_rows(path)
    assert (row.text, row.lang, row.intents) == ("stop", "en", ("opt_out",))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("多少钱\tzh\tx\task_money\t{}", "line 1: 'ask_money' is no intent"),
        ("多少钱\tzh\tx\task_amount\t{oops", "line 1: slots are not JSON"),
        ("多少钱", "line 1: needs a text and an intent"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(BadFile, match=says):
        read_rows(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="can't be read"):
        read_rows(tmp_path / "none.tsv")
