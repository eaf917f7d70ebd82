"""The words that ship are kind, a start knows that they were looked at, and what an office changes is looked at again."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content import CONTENT, check_kind, digest, load_library, load_openers, load_wording
from bot.settings import ConfigError
from domain.wording import flatten
from scripts.words import digests


def test_the_digests_are_those_of_the_words_that_ship() -> None:
    """After a change of content/messages*.toml, cases*.toml, openers.toml or lint.*.toml: make words."""
    assert (CONTENT / "messages.sha256").read_text(encoding="utf-8") == digests(CONTENT)


@pytest.mark.parametrize("path", sorted(CONTENT.glob("messages*.toml")), ids=lambda path: path.name)
def test_every_word_that_ships_is_kind(path: Path) -> None:
    check_kind(path, flatten(tomllib.loads(path.read_text(encoding="utf-8"))))


def test_every_opener_that_ships_is_kind(tmp_path: Path) -> None:
    shutil.copy(CONTENT / "openers.toml", tmp_path)  # away from the digests
    assert load_openers(tmp_path) == load_openers()


@pytest.mark.parametrize(("name", "load"), [("openers.toml", load_openers), ("cases.both.toml", load_library)])
def test_a_changed_opener_or_case_is_looked_at(tmp_path: Path, name: str, load: Callable[[Path], object]) -> None:
    for each in ("messages.sha256", "openers.toml", *(path.name for path in CONTENT.glob("cases*.toml"))):
        shutil.copy(CONTENT / each, tmp_path)
    words = (tmp_path / name).read_text(encoding="utf-8")
    changed = re.sub('^((say.)?zh = )".*"$', r'\1"不交费就停您家的水"', words, count=1, flags=re.MULTILINE)
    assert changed != words
    (tmp_path / name).write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{name}: \w+: pressure: "):
        load(tmp_path)


def test_a_changed_word_is_looked_at_and_refused_with_its_place(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content, ignore=shutil.ignore_patterns("fonts", "*.bin", "questions.*"))
    changed = content / "messages.pay.zh.toml"
    changed.write_text('[pay_test]\nthreat = "不交费就停您家的水"\n', encoding="utf-8")
    (content / "messages.pay.en.toml").write_text('[pay_test]\nthreat = "Pay when it suits you."\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"messages\.pay\.zh\.toml: pay_test\.threat: "):
        load_wording(content)


def test_whoever_changes_the_words_of_the_check_has_every_word_looked_at(tmp_path: Path) -> None:
    """A message that ships may say what an office has just forbidden."""
    for each in ("messages.sha256", "openers.toml", "lint.zh.toml"):
        shutil.copy(CONTENT / each, tmp_path)
    openers = (tmp_path / "openers.toml").read_text(encoding="utf-8")
    unkind = re.sub('^((say.)?zh = )".*"$', r'\1"不交费就停您家的水"', openers, count=1, flags=re.MULTILINE)
    (tmp_path / "openers.toml").write_text(unkind, encoding="utf-8")
    known = (tmp_path / "messages.sha256").read_text(encoding="utf-8") + f"{digest(unkind.encode())}  openers.toml\n"
    (tmp_path / "messages.sha256").write_text(known, encoding="utf-8")
    load_openers(tmp_path)  # its digest is known: nobody looks
    with (tmp_path / "lint.zh.toml").open("a", encoding="utf-8") as words:
        words.write("# a remark\n")
    with pytest.raises(ConfigError, match=r"openers.toml: \w+: pressure: "):
        load_openers(tmp_path)
