"""The second look: unkind texts without a forbidden word are stopped, kind texts with one pass, and the reason is shown."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.content import CONTENT
from domain.lint import lint
from domain.messages import Audience
from understanding import train_tone
from understanding.tone import LABELS, Tone

HELD = Path(__file__).parent / "tone_held_out.tsv"  # rule, audience, text; nothing of it is trained on


@pytest.fixture(scope="module")
def tone() -> Tone:
    return Tone.load(CONTENT)


def held_out() -> list[tuple[str, str, str]]:
    lines = HELD.read_text(encoding="utf-8").splitlines()
    return [(rule, audience, text) for rule, audience, text in (line.split("\t") for line in lines)]


def test_it_hears_more_than_the_words_and_takes_offence_less_often(tone: Tone) -> None:
    """On lines that neither look was made for, both shares must be better than those of the words alone."""
    unkind = [(audience, text) for rule, audience, text in held_out() if rule != "kind"]
    kind = [(audience, text) for rule, audience, text in held_out() if rule == "kind"]
    assert len(unkind) >= 100
    assert len(kind) >= 90
    stopped = sum(bool(tone.lint(text, audience)) for audience, text in unkind)
    stopped_by_words = sum(bool(lint(text, audience)) for audience, text in unkind)
    offended = sum(bool(tone.lint(text, audience)) for audience, text in kind)
    assert stopped > stopped_by_words
    assert stopped / len(unkind) >= STOPPED_AT_LEAST
    assert offended / len(kind) <= OFFENDED_AT_MOST


# As measured; a change that lets them fall has made it worse.
STOPPED_AT_LEAST = 0.9
OFFENDED_AT_MOST = 0.05


def test_a_threat_without_a_forbidden_word_is_stopped_and_its_words_are_shown(tone: Tone) -> None:
    text = "您好。账先放着也行,就是以后回家得自己翻墙了。谢谢。"
    assert lint(text) == ()
    found = tone.lint(text)
    assert [each.rule for each in found] == ["access"]
    assert found[0].text in text


def test_household_data_is_found_whatever_the_tone(tone: Tone) -> None:
    kindly = "谢谢大家支持!3栋1201的王女士11月物业费286.40元,不着急,祝您一家平安。"
    assert "household_data" in {each.rule for each in tone.lint(kindly, Audience.GROUP)}
    assert tone.lint(kindly, Audience.PRIVATE) == ()


def test_kind_words_around_it_do_not_hide_a_threat(tone: Tone) -> None:
    threat = "不交费就停您家的水。"
    for before, after in (
        ("", ""),
        ("祝您和家人平安健康,工作顺利。", "感谢您一直以来的支持!"),
        ("您好。" * 20, "谢谢。" * 20),
    ):
        assert "utilities" in {each.rule for each in tone.lint(before + threat + after)}


@pytest.mark.parametrize(
    "text",
    [
        "Big game Sunday! The clubhouse screen is on from 5, bring chili.",
        "Gate remotes bought before 2019 may stop working after the frequency change on Monday. Bring yours in and we'll swap it free.",
        "Dear Mr. Lim, your conservancy charges of $84.50 for June have been received with thanks.",
    ],
)
def test_a_sentence_is_heard_beside_the_others_that_explain_it(tone: Tone, text: str) -> None:
    assert tone.lint(text) == ()


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            "pressure",
            "Morning all! The plants in the lobby are new. Flat 12 had better pay or the gate won't know them. Coffee on Sunday!",
        ),
        ("exposure", "您好。祝您愉快。欠费的话gongshi mingdan见。谢谢您的支持，天气冷注意保暖。"),
    ],
)
def test_one_sentence_is_enough_where_it_is_sure(tone: Tone, rule: str, text: str) -> None:
    assert rule in {each.rule for each in tone.lint(text)}


def test_a_forbidden_word_is_evidence_and_no_verdict(tone: Tone) -> None:
    text = "The police ask everybody to lock bicycles. The court's office opens at nine, should you want to ask there."
    assert {each.rule for each in lint(text)} == {"authority"}
    assert tone.lint(text) == ()


def test_the_weights_are_what_training_makes(tmp_path: Path) -> None:
    copy = tmp_path / "content"
    shutil.copytree(CONTENT, copy, ignore=shutil.ignore_patterns("tone.bin"))
    train_tone.main(copy)
    trained = (copy / "understanding" / "tone.bin").read_bytes()
    assert trained == (CONTENT / "understanding" / "tone.bin").read_bytes(), "run python -m understanding.train_tone"


def test_no_text_to_measure_by_is_trained_on() -> None:
    taught = {text.casefold() for _, text in train_tone.read_lines(CONTENT)}
    assert [text for _, _, text in held_out() if text.casefold() in taught] == []


def test_nothing_and_very_much_are_weighed_as_well(tone: Tone) -> None:
    assert tone.lint("") == ()
    assert tone.lint("。。。\n") == ()
    assert tone.lint("您好,账单出来了,方便时看看。" * 2000) == ()


def test_every_rule_has_its_words_and_lines_in_both_languages(tone: Tone) -> None:
    assert tone.model.labels == LABELS
    for language in ("zh", "en"):
        words = tomllib.loads((CONTENT / f"messages.staff.{language}.toml").read_text(encoding="utf-8"))
        assert set(LABELS) - {"kind"} <= words["lint"].keys()
        assert set(LABELS) - {"kind"} <= words["kinder"].keys()


def test_the_command_hears_the_tone_as_well() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "bot", "lint"],
        input="您好,账单出来了,方便时看看。\n账先放着也行,就是以后回家得自己翻墙了。\n".encode(),
        capture_output=True,
        check=False,
    )
    lines = asked.stdout.decode().splitlines()
    assert asked.returncode == 1
    assert lines[0] == '{"ok": true, "findings": []}'
    assert '"rule": "access"' in lines[1]


@pytest.mark.parametrize(
    ("bare", "framed"),
    [
        ("账先放着也行,就是以后回家得自己翻墙了。", "尊敬的王女士：您好。账先放着也行,就是以后回家得自己翻墙了。谢谢您的配合！祝您生活愉快。"),
        ("It gets cold without heating, doesn't it.", "Dear Mr Lee, it gets cold without heating, doesn't it. Many thanks, kind regards"),
    ],
)  # fmt: skip
def test_a_greeting_and_thanks_make_a_threat_no_kinder(tone: Tone, bare: str, framed: str) -> None:
    assert tone.lint(bare)
    assert tone.lint(framed)


def test_a_text_that_is_nothing_but_courtesy_passes(tone: Tone) -> None:
    for text in ("您好！", "谢谢您的理解和支持！", "Good morning everyone! Thank you all.", "Kind regards"):
        assert tone.lint(text) == ()
