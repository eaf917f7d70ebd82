"""Training: enough lines, none of them in the sets that measure, and the same bytes again."""

import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from understanding import train
from understanding.reader import Reader
from understanding.reading import INTENTS, OUT_OF_SCOPE
from understanding.scoring import read_rows, score

CONTENT = Path(__file__).parents[2] / "content"
DEVELOPMENT = Path(__file__).parent / "development.tsv"  # looked at while lines and rules were written
HELD_OUT = Path(__file__).parent / "held_out.tsv"  # written later; only a few slots and rules were mended after it


def test_the_weights_are_what_training_makes(tmp_path: Path) -> None:
    copy = tmp_path / "content"
    shutil.copytree(CONTENT, copy, ignore=shutil.ignore_patterns("weights.bin"))
    train.main(copy)
    assert (copy / "understanding" / "weights.bin").read_bytes() == (
        CONTENT / "understanding" / "weights.bin"
    ).read_bytes(), "the lines or rules changed: run python -m understanding.train"


def test_every_label_is_widely_spoken() -> None:
    counts = Counter(train.scope(label) for line in train.read_lines(CONTENT) for label in line.labels)
    assert set(counts) == set(INTENTS)
    assert counts.pop(OUT_OF_SCOPE) >= 1000
    assert min(counts.values()) >= 100


def _sets() -> list[Path]:
    return [DEVELOPMENT, HELD_OUT]


def test_no_sentence_to_measure_by_is_trained_on() -> None:
    trained = {line.text.casefold() for line in train.read_lines(CONTENT)}
    shared = [row.text for path in _sets() for row in read_rows(path) if row.text.casefold() in trained]
    assert shared == []


def test_an_unknown_label_is_named(tmp_path: Path) -> None:
    (tmp_path / "questions.odd.toml").write_text('[someone]\nask_money = "多少"\n', "utf-8")
    with pytest.raises(ValueError, match=r"questions\.odd\.toml, \[someone\]: no such label 'ask_money'"):
        train.read_lines(tmp_path)


@pytest.mark.parametrize("path", _sets(), ids=lambda path: path.stem)
def test_sentences_are_read_well_and_harmlessly(path: Path) -> None:
    reader = Reader.load(CONTENT)
    scores = score(read_rows(path), lambda text: reader.read(text, today=date(2026, 11, 23)))
    assert scores.accuracy["all"].value >= 0.9
    assert scores.surest.value >= 0.96
    assert scores.false_accept.value <= 0.1
    assert scores.false_reject.value <= 0.05
    assert scores.slots["date"].value == 1
    assert not scores.invented
