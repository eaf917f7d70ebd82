"""A person who wants their data erased: what the law gives and what the books keep, confirmed by a tap; an admin does it."""

from __future__ import annotations

from domain.messages import Answer
from domain.roles import Right
from handlers.errand import take_down
from handlers.household import press, settle_on
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.staff import audit

KIND = "erasure"


async def asked(turn: Turn) -> Answer | None:
    """Told first what goes, what stays and what follows: nothing is erased by a sentence."""
    if await talks_with_staff(turn):
        return None
    settle_on(turn)
    rows = (
        (press(turn, "erase_yes", "erasure.confirm", reusable=False), press(turn, "erase_no", "erasure.keep")),
        (press(turn, "person", "person.ask"),),
    )
    return Answer((turn.say("erasure.ask", *rows, hotline=turn.office.hotline),))


async def confirm(turn: Turn) -> Answer:
    """The tap: a task for those who may erase."""
    settle_on(turn)
    task, cards = await take_down(turn, KIND, turn.words("erasure.own_wish"), Right.MANAGE_STAFF)
    await audit(turn.session, turn.actor, "erasure.asked", f"account/{turn.household.id}", turn.now)
    row = (press(turn, "progress", "progress.show"),)
    done = f"task/{task.id}" if task is not None else ""
    return Answer((turn.say("erasure.passed_on", row, hotline=turn.office.hotline), *cards), done=done)


async def keep(turn: Turn) -> Answer:
    """Nothing is changed."""
    return Answer((turn.say("erasure.kept"),))
