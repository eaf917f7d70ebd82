"""What staff write by hand is held to the same kindness as the templates: the reason is told, and a kinder wording offered."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import Refusal
from domain.lint import Finding
from domain.messages import Answer, Audience
from handlers.turn import Turn


def unkind(turn: Turn, text: str, audience: Audience, template: str = "lint.refused") -> None:
    """Refuse words that no text may say, with the reason, the place and what could be said instead."""
    found = turn.office.lint(text, audience)
    if found:
        listed = "\n".join(turn.words("lint.finding", rule=turn.words(f"lint.{f.rule}"), text=f.text) for f in found)
        raise Refusal(template, {"findings": listed, "kinder": _kinder(turn, found)})


def _kinder(turn: Turn, found: tuple[Finding, ...]) -> str:
    """Other words for the same wish, each once."""
    offered = dict.fromkeys(turn.words(f"kinder.{each.rule}") for each in found)
    return turn.words("lint.kinder", words="\n".join(offered))


def unkind_words(turn: Turn, step: str, memory: Mapping[str, str]) -> Answer | None:
    """Why these words can't go out, with another try; None when they may."""
    try:
        unkind(turn, turn.text, Audience.PRIVATE)
    except Refusal as refused:
        return Answer((turn.refusal(refused),), expect=step, memory=memory)
    return None
