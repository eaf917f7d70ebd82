"""What staff write by hand is held to the same kindness as the templates."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import Refusal
from domain.lint import lint
from domain.messages import Answer, Audience
from handlers.turn import Turn


def unkind(turn: Turn, text: str, audience: Audience) -> None:
    """Refuse words that no text may say, with the reason and the place."""
    found = lint(text, audience)
    if found:
        listed = "\n".join(
            turn.words("lint.finding", rule=turn.words(f"lint.{each.rule}"), text=each.text) for each in found
        )
        raise Refusal("lint.refused", {"findings": listed})


def unkind_words(turn: Turn, step: str, memory: Mapping[str, str]) -> Answer | None:
    """Why these words can't go out, with another try; None when they may."""
    try:
        unkind(turn, turn.text, Audience.PRIVATE)
    except Refusal as refused:
        return Answer((turn.refusal(refused),), expect=step, memory=memory)
    return None
