"""Training: enough lines, none of them in the development set, and the same bytes again."""

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
DEVELOPMENT = Path(__file__).parent / "development.tsv"


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


def test_no_development_sentence_is_trained_on() -> None:
    trained = {line.text.casefold() for line in train.read_lines(CONTENT)}
    shared = [row.text for row in read_rows(DEVELOPMENT) if row.text.casefold() in trained]
    assert shared == []


def test_an_unknown_label_is_named(tmp_path: Path) -> None:
    (tmp_path / "questions.odd.toml").write_text('[someone]\nask_money = "多少"\n', "utf-8")
    with pytest.raises(ValueError, match=r"questions\.odd\.toml, \[someone\]: no such label 'ask_money'"):
        train.read_lines(tmp_path)


def test_the_development_set_is_read_well_and_harmlessly() -> None:
    reader = Reader.load(CONTENT)
    scores = score(read_rows(DEVELOPMENT), lambda text: reader.read(text, today=date(2026, 11, 23)))
    assert scores.accuracy["all"].value >= 0.84
    assert scores.surest.value >= 0.92
    assert scores.false_accept.value <= 0.18
    assert scores.false_reject.value <= 0.06
    assert scores.slots["date"].value == 1
    assert not scores.invented
