"""What a text may not say to an audience: threats, shaming, pressure, insults, and in a group any household's data.

`lint(text, audience)` is asked for templates and for every free text of staff. The words are in content/lint.*.toml: domain/lint_words.py
reads them, domain/lint_evasions.py knows their disguises, domain/lint_household.py a household's data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.lint_evasions import disguised, hold_disguises_to_their_examples
from domain.lint_household import hold_signs_to_their_examples, household_data
from domain.lint_text import Sentence, plain, sentences, squeezed
from domain.lint_words import RULES, SENTENCE, Ban, Words, words
from domain.messages import Audience
from domain.policy import PolicyError


@dataclass(frozen=True)
class Finding:
    """One forbidden thing. `rule` is its name, `text` the words that showed it."""

    rule: str
    text: str


def lint(text: str, audience: Audience | str = Audience.PRIVATE) -> tuple[Finding, ...]:
    """Everything forbidden in a text for this audience, each rule once; an empty tuple when it may be sent."""
    spelled = plain(text)
    zh, en = words("zh"), words("en")
    found: dict[str, str] = {}
    for rule, said in (
        *_said(spelled, zh.bans, en.bans),
        *disguised(spelled),
        *_across(spelled, (*zh.across, *en.across)),
    ):
        found.setdefault(rule, said)
    if _CHAIN.search(spelled):
        found.setdefault("pressure", "!!!")
    if audience == Audience.GROUP:
        for rule, said in household_data(spelled):
            found.setdefault(rule, said)
    return tuple(Finding(rule, said) for rule, said in found.items())


# The signs themselves: "Now!!!"
_CHAIN = re.compile(r"!(?:\s*[!?]){2,}|\?(?:\s*[!?]){3,}")


def _said(spelled: str, zh_bans: Iterable[Ban], en_bans: Iterable[Ban]) -> Iterator[tuple[str, str]]:
    """(rule, the words) of what each sentence of a plain text says, as often as it is said."""
    zh, en = words("zh"), words("en")
    about_fraud = _either("fraud", spelled) and not _either("own_threat", spelled)
    notice = "" if _either("money_missing", spelled) else spelled
    for sentence in sentences(spelled):
        yield from _chinese(sentence, zh, zh_bans, notice, about_fraud)
        yield from _english(sentence, en, en_bans, notice, about_fraud)


def _either(name: str, spelled: str) -> bool:
    """Whether a text says so in Chinese or in English."""
    return bool(words("zh")[name].search(spelled) or words("en")[name].search(spelled))


def _across(spelled: str, bans: Iterable[Ban]) -> Iterator[tuple[str, str]]:
    """What is cut to pieces by its own signs, as in "Now! At once! Pay!"."""
    for ban in bans:
        if (hit := ban.pattern.search(squeezed(spelled))) is not None:
            yield ban.rule, hit[0]


# "Don't let a small sum spoil your credit record" is no denial.
_STERN = frozenset({"authority", "exposure", "child"})
# What a warning of fraud has no reason to quote.
_NEVER_FRAUD = frozenset({"insult", "no_refund", "blame"})


def _harmless(zh: Words, sentence: Sentence, start: int, end: int, rule: str, about_fraud: bool) -> bool:
    """Whether the sentence denies, asks, warns of fraud or reports what it seems to threaten."""
    before, after = sentence.zh[:start], sentence.zh[end:]
    if about_fraud and rule not in _NEVER_FRAUD:
        return True
    if not zh["unless"].search(sentence.zh):
        found = zh["negated"].search(before)
        # "We won't … because you have not paid": the reason is denied as well.
        if found and not zh["hostile_gap"].search(zh["reason"].sub("", found["gap"])):
            return True
        if rule not in _STERN and (near := zh["negated_near"].search(before)) and not zh["hostile_gap"].search(near[0]):
            return True
        if rule == "loan" and zh["forbids"].search(before):
            return True
        if zh["afterwards"].search(after):
            return True
    if sentence.question and zh["asks"].search(sentence.zh) and not zh["taunts"].search(sentence.zh):
        return rule not in {"insult"}
    return bool(zh["reports"].search(before)) and not zh["duns"].search(sentence.zh)


def _chinese(
    sentence: Sentence, zh: Words, bans: Iterable[Ban], notice: str, about_fraud: bool
) -> Iterator[tuple[str, str]]:
    for ban in bans:
        for hit in ban.pattern.finditer(sentence.zh):
            if _applies(ban, zh, sentence.zh, notice) and not _harmless(
                zh, sentence, hit.start(), hit.end(), ban.rule, about_fraud
            ):
                yield ban.rule, hit[0]
                break


def _applies(ban: Ban, language: Words, text: str, notice: str) -> bool:
    """`notice` is the whole text when nothing in it speaks of unpaid money: its works then explain each sentence."""
    if ban.unless is not None:
        if ban.firm:
            if not language["money_missing"].search(text) and ban.unless.search(text + notice):
                return False
        elif ban.unless.search(text):
            return False
    return ban.needs is None or bool(ban.needs.search(text))


BLAME_GAP_WORDS = 2  # "we can't clean the stairs thanks to you" denies no blame


def _english(
    sentence: Sentence, en: Words, bans: Iterable[Ban], notice: str, about_fraud: bool
) -> Iterator[tuple[str, str]]:
    text = sentence.en
    if not re.search("[a-z]{2}", text):
        return
    for ban in bans:
        for hit in ban.pattern.finditer(text):
            if not _applies(ban, en, text, notice) or (about_fraud and ban.rule not in _NEVER_FRAUD):
                continue
            if sentence.question and ban.rule != "insult" and en["asks"].search(text) and not en["taunts"].search(text):
                continue
            negated = None if en["unless"].search(text) else en["negated"].search(text[: hit.start()])
            blames = ban.rule == "blame" and negated is not None and negated["gap"].count(" ") > BLAME_GAP_WORDS
            if negated and not blames and not en["hostile_gap"].search(negated["gap"]):
                continue
            yield ban.rule, hit[0]
            break


def hold_words_to_their_examples() -> None:
    """Look at content/lint.*.toml as a whole. Raises PolicyError: what is no pattern, an empty rule, a failing example."""
    hold_disguises_to_their_examples()
    hold_signs_to_their_examples()
    for language in SENTENCE:
        known = words(language)
        known.compile()
        if lacking := [rule for rule in RULES if rule not in {ban.rule for ban in known.bans}]:
            raise PolicyError(
                f"content/lint.{language}.toml: nothing is forbidden by the rule {lacking[0]}: put it back"
            )
        for ban in (*known.bans, *known.across):
            if not any(_by(ban, language)):
                raise ban.row.wrong(
                    f"stops: {ban.stops!r} is not stopped by these words: correct one of the two", "stops"
                )
            if found := lint(ban.passes):
                shown = f"{found[0].rule}: {found[0].text!r}"
                raise ban.row.wrong(f"passes: {ban.passes!r} is stopped, {shown}: excuse it with unless", "passes")


def _by(ban: Ban, language: str) -> Iterator[tuple[str, str]]:
    """What this ban by itself finds in its example."""
    spelled = plain(ban.stops)
    if ban.across:
        return _across(spelled, (ban,))
    return _said(spelled, *(((ban,), ()) if language == "zh" else ((), (ban,))))
