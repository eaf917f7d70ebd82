"""What staff write by hand is held to the same kindness as the templates."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import Refusal
from domain.messages import Answer, Audience
from handlers.account import unkind
from handlers.turn import Turn


def unkind_words(turn: Turn, step: str, memory: Mapping[str, str]) -> Answer | None:
    """Why these words can't go out, with another try; None when they may."""
    try:
        unkind(turn, turn.text, Audience.PRIVATE)
    except Refusal as refused:
        return Answer((turn.refusal(refused),), expect=step, memory=memory)
    return None
