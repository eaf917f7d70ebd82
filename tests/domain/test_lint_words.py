"""The words of the kindness check: what their files may hold, and complaints that name the file, the line and the cure."""

from __future__ import annotations

import pytest

from domain.lint import hold_words_to_their_examples, lint
from domain.lint_words import CONTENT, RULES, SENTENCE, Words, read_words, words
from domain.policy import PolicyError

SENTENCES = "\n".join(f"{name} = 'zzz'" for name in SENTENCE["en"])
WHOLE = f"""\
[lists]
supply = '''
water|power
# hot water is heating
gas
'''

[occasions]
works = 'repair'

[sentence]
{SENTENCES}

[pupil]
child = 'lazy'
home = 'they'

[[forbidden]]
rule = "utilities"
stops = "We cut the gas."
passes = "A repair cuts the water."
words = '''
cut (?:the|
  your) {{supply}}
no {{supply}}
'''
needs = 'we'
unless = '{{works}}|scheduled'

[[forbidden]]
rule = "pressure"
across = true
stops = "Now! Now!"
words = '(?:now){{2}}'
"""


def read(text: str) -> Words:
    return read_words(text, "lint.en.toml", "en")


def test_lines_are_alternatives_and_an_indented_line_goes_on() -> None:
    known = read(WHOLE)
    (ban,) = known.bans
    assert ban.pattern.pattern == "cut (?:the|your) (?:water|power|gas)|no (?:water|power|gas)"
    assert [each and each.pattern for each in (ban.needs, ban.unless)] == ["we", "repair|scheduled"]
    assert (ban.rule, ban.stops, ban.passes) == ("utilities", "We cut the gas.", "A repair cuts the water.")
    (across,) = known.across
    assert (across.rule, across.pattern.pattern, across.needs, across.unless) == ("pressure", "(?:now){2}", None, None)
    assert known["asks"].pattern == "zzz"


def test_an_excuse_is_firm_where_it_names_an_occasion() -> None:
    assert [ban.firm for ban in read(WHOLE).bans] == [True]
    assert [ban.firm for ban in read(WHOLE.replace("{works}|", "{supply}|")).bans] == [False]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('rule = "utilities"', 'rule = "utility"', "lint.en.toml:26: forbidden 1: rule = 'utility' is not one of util"),
        (
            "your) {supply}",
            "your) {suply}",
            "lint.en.toml:29: forbidden 1: words: no list above is called {suply}: there are",
        ),
        ("gas\n", "{works}\n", "lint.en.toml:2: [lists]: supply: no list above is called {works}: there are "),
        ("needs =", "need =", "lint.en.toml:34: forbidden 1: unknown key need: it has rule, stops, passes, words"),
        ('stops = "Now! Now!"\n', "", "lint.en.toml:37: forbidden 2: stops is missing"),
        ("needs = 'we'", "needs = 1", "lint.en.toml:34: forbidden 1: needs = 1 must be of type str"),
        ("works = 'repair'", "supply = 'repair'", "lint.en.toml:9: [occasions]: supply is a list already: choose"),
        ("asks = 'zzz'\n", "", "lint.en.toml:11: [sentence]: asks is missing"),
        ("asks =", "answers = ''\nasks =", "lint.en.toml:17: [sentence]: unknown key answers: the program asks for "),
        ("[lists]", "[list]", "lint.en.toml:29: forbidden 1: words: no list above is called {supply}: there are works"),
        ("[lists]", "a = 1\n[lists]", "lint.en.toml:1: unknown key a: the tables are [lists], [occasions], [sent"),
        ("across = true", "across = 1", "lint.en.toml:39: forbidden 2: across = 1 must be of type bool"),
        ("'we'", "'we", "lint.en.toml: "),
    ],
)
def test_a_fault_is_told_with_its_place_and_the_cure(old: str, new: str, complaint: str) -> None:
    assert WHOLE.count(old) >= 1
    with pytest.raises(PolicyError) as refused:
        read(WHOLE.replace(old, new, 1))
    assert str(refused.value).startswith(complaint)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "  your)",
            "  your",
            "lint.en.toml:29: forbidden 1: words: missing ), unterminated subpattern near 'cut (?:th",
        ),
        ("needs = 'we'", "needs = 'we|'", "lint.en.toml:34: forbidden 1: needs: empty words are found in every text: "),
        ("|scheduled", "|sched[uled", "lint.en.toml:35: forbidden 1: unless: unterminated character set near "),
        ("asks = 'zzz'", "asks = '*'", "lint.en.toml:17: [sentence]: asks: nothing to repeat near '*': close what"),
        ("(?:now){2}", "", "lint.en.toml:41: forbidden 2: words: empty words are found in every text: take out the |"),
    ],
)
def test_what_is_no_pattern_shows_when_it_is_made_ready(old: str, new: str, complaint: str) -> None:
    assert WHOLE.count(old) == 1
    known = read(WHOLE.replace(old, new))
    with pytest.raises(PolicyError) as refused:
        known.compile()
    assert str(refused.value).startswith(complaint)


def test_the_words_that_ship_hold_to_their_examples() -> None:
    hold_words_to_their_examples()
    for language in ("zh", "en"):
        assert {ban.rule for ban in words(language).bans} == set(RULES)


@pytest.mark.parametrize(
    ("line", "other", "complaint"),
    [
        (
            'stops = "最后一次',
            "stops = '祝您愉快'",
            "stops: '祝您愉快' is not stopped by these words: correct one of the two",
        ),
        ("passes = ", "passes = '不交钱就停您家的水'", "passes: '不交钱就停您家的水' is stopped, pressure: "),
    ],
)
def test_an_example_that_no_longer_holds_is_told(
    monkeypatch: pytest.MonkeyPatch, line: str, other: str, complaint: str
) -> None:
    lines = (CONTENT / "lint.zh.toml").read_text(encoding="utf-8").splitlines()
    number = next(number for number, each in enumerate(lines, start=1) if each.startswith(line))
    lines[number - 1] = other
    changed = {"zh": read_words("\n".join(lines), "lint.zh.toml", "zh"), "en": words("en")}
    monkeypatch.setattr("domain.lint.words", changed.__getitem__)
    with pytest.raises(PolicyError) as refused:
        hold_words_to_their_examples()
    assert str(refused.value).startswith(f"lint.zh.toml:{number}: forbidden ")
    assert complaint in str(refused.value)


def test_no_rule_is_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {"zh": read(WHOLE), "en": words("en")}
    monkeypatch.setattr("domain.lint.words", changed.__getitem__)
    with pytest.raises(PolicyError, match=r"lint\.zh\.toml: nothing is forbidden by the rule access: put it back"):
        hold_words_to_their_examples()


def test_each_language_is_looked_at_in_its_own_words() -> None:
    assert {found.rule for found in lint("不交费就停您家的水 or we call the police")} >= {"utilities", "authority"}
