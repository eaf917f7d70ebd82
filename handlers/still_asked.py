"""A day was asked for and something else was asked back: that is answered first, and the day is offered again in one line."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from domain.messages import Answer, Audience, OutgoingMessage
from handlers import promise
from handlers.hardship import HARD_TIMES
from handlers.household import tone_of
from handlers.renewal import again
from handlers.turn import Turn
from handlers.visits import resident as at_home
from models.dialogue import Dialogue

# Steps that ask for a day, and the question once more.
DAYS: Mapping[str, Callable[[Turn, Mapping[str, str]], Awaitable[OutgoingMessage | None]]] = {
    promise.STEP: promise.still_open,
    at_home.STEP: at_home.still_open,
    "renewal.next": again.still_open,
}


async def with_the_day(turn: Turn, asked: Dialogue | None, answer: Answer) -> Answer:
    """The answer to a question, and under it the day that we had asked for before; not where the answer asks something itself."""
    mine = [n for n, message in enumerate(answer.messages) if message.to is None]
    if asked is None or asked.step not in DAYS or answer.expect is not None or not mine:
        return answer
    if turn.message.audience is not Audience.PRIVATE or turn.account is None or turn.account.id != asked.account_id:
        return answer
    memory = json.loads(asked.memory)
    question = None if HARD_TIMES & tone_of(turn) else await DAYS[asked.step](turn, memory)
    if question is None:
        return answer
    last = answer.messages[mine[-1]]
    both = replace(last, text=f"{last.text}\n{question.text}", choices=(*last.choices, *question.choices))
    messages = (*answer.messages[: mine[-1]], both, *answer.messages[mine[-1] + 1 :])
    return replace(answer, messages=messages, expect=asked.step, memory=memory)
