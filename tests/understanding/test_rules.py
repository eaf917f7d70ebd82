"""The rules: prepared from rules.toml, and searched only where they may be found."""

import re
import tomllib
from pathlib import Path

import pytest

from understanding.reader import Eyes
from understanding.rules import Rules, prepare, prepared_path
from understanding.scoring import read_rows

CONTENT = Path(__file__).parents[2] / "content"
RULES = CONTENT / "understanding" / "rules.toml"
SENTENCES = [Path(__file__).parent / name for name in ("development.tsv", "held_out.tsv", "others.tsv")]


def test_the_prepared_rules_are_those_of_the_file(tmp_path: Path) -> None:
    copy = tmp_path / RULES.name
    copy.write_bytes(RULES.read_bytes())
    prepare(copy)
    assert prepared_path(copy).read_bytes() == prepared_path(RULES).read_bytes(), "run python -m understanding.train"


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: path.stem)
def test_rules_speak_as_if_each_were_searched(path: Path) -> None:
    eyes = Eyes.load(CONTENT)
    entries = tomllib.loads(RULES.read_text("utf-8"))["rule"]
    for row in read_rows(path):
        text = eyes.speller.plain(row.text)
        spoken = [
            (entry["label"], float(entry["strength"]))
            for entry in entries
            if re.search(entry["pattern"], text) and not (entry.get("unless") and re.search(entry["unless"], text))
        ]
        assert eyes.rules.hints(text) == dict(sorted(spoken, key=lambda each: each[1])), text


RULE = """
[[rule]]
label = "opt_out"
strength = 3
pattern = '''{}'''
"""


def test_changed_rules_are_read_without_being_prepared(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULE.format("别发了|不要.{0,3}发"), "utf-8")
    prepare(path)
    path.write_text(RULE.format("停了|[停别]+发") + RULE.format(r"\d{4}").replace("3", "-1"), "utf-8")
    rules = Rules.load(path)
    assert rules.hints("别发了") == {"opt_out": 3}
    assert rules.hints("2026") == {"opt_out": -1}
    assert rules.hints("2026停了") == {"opt_out": 3}
    assert rules.hints("好的") == {}


def test_a_wrong_pattern_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULE.format("停了|(别发"), "utf-8")
    with pytest.raises(ValueError, match=r"rules\.toml: the rule for opt_out is wrong: missing \)"):
        Rules.load(path)
