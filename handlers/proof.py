"""How a letter reached its household: handed over, registered mail, letter box; with what shows it, kept for good."""

from __future__ import annotations

import json
from datetime import date, timedelta

from domain import keys
from domain.clock import at_local
from domain.messages import Answer, Attachment, Choice
from domain.notice import asked_again_on
from domain.roles import Right
from domain.wording import day_words
from handlers.desk import begin
from handlers.letter import found, summary
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import Account
from models.letters import Delivery, Letter, Means, Stage
from models.sent_files import want_file
from models.staff import LIVE, StaffTask, audit, open_task

DAYS_BACK = (0, 1, 2, 5)
DETAIL_MAX = 200
PICTURES = ("photo", "document")
NEEDS_WORDS = (Means.REGISTERED,)  # the mail's number; a photo alone shows too little


async def means(turn: Turn) -> Answer:
    """On which day was it?"""
    letter, _ = await found(turn, Stage.ISSUED, Stage.DELIVERED)
    chosen = Means(turn.args["means"])
    issued_on = turn.office.today(letter.issued_at or turn.now)
    days = [day for back in DAYS_BACK if (day := turn.today - timedelta(days=back)) >= issued_on]
    row = [
        Choice(
            day_words(day, turn.language),
            "letter.day",
            {"letter": str(letter.id), "means": chosen, "on": day.isoformat()},
        )
        for day in days
    ]
    return Answer((turn.say("letter.which_day", row),))


async def day(turn: Turn) -> Answer:
    """What shows it: a name, a mail's number, a picture."""
    letter, _ = await found(turn, Stage.ISSUED, Stage.DELIVERED)
    memory = {"letter": str(letter.id), "means": Means(turn.args["means"]).value, "on": turn.args["on"]}
    return Answer((turn.say(f"letter.proof_{memory['means']}"),), expect="letter.proof", memory=memory)


async def proof(turn: Turn) -> Answer | None:
    """Written down once and for good; the task is done, and somebody looks again after the letter's own day."""
    file = turn.message.attachment
    if file is not None and file.kind not in PICTURES:
        return _ask_again(turn, "picture")
    if file is None and not turn.text:
        return None
    letter, account = await found(turn, Stage.ISSUED, Stage.DELIVERED)
    chosen, on = Means(turn.memory["means"]), date.fromisoformat(turn.memory["on"])
    if chosen in NEEDS_WORDS and not turn.text:
        return _ask_again(turn, "number")
    member = officer(turn, Right.TASKS)
    delivery = Delivery(
        letter_id=letter.id,
        means=chosen,
        on_date=on,
        detail=turn.text[:DETAIL_MAX],
        file=_kept(turn, file),
        staff_id=member.id,
        at=turn.now,
    )
    turn.session.add(delivery)
    await turn.session.flush()
    if file is not None:
        await want_file(turn.session, account.id, f"letter/{letter.id}", turn.message.channel, file, turn.now)
    first = letter.state == Stage.ISSUED
    letter.state = Stage.DELIVERED
    detail = {"letter": letter.id, "means": chosen.value, "on": on.isoformat()}
    await audit(turn.session, turn.actor, "letter.delivered", f"account/{account.id}", turn.now, detail)
    again = await _look_again(turn, letter, account, on) if first else None
    if first:
        await _close(turn, letter)
    fields = await summary(turn, letter, account)
    fields["again"] = day_words(again, turn.language) if again else ""
    row = [
        turn.button("desk_tasks", "desk.tasks", reusable=True),
        turn.button("desk_account", "account.show", reusable=True, code=account.code),
    ]
    return Answer((turn.say("letter.delivered" if again else "letter.delivered_again", row, fields=fields),))


def _ask_again(turn: Turn, missing: str) -> Answer:
    return Answer((turn.say(f"letter.proof_{missing}"),), expect="letter.proof", memory=turn.memory)


def _kept(turn: Turn, file: Attachment | None) -> str:
    if file is None:
        return ""
    kept = {"channel": turn.message.channel, "kind": file.kind, "file_id": file.file_id, "name": file.name}
    return json.dumps(kept, ensure_ascii=False)


async def _close(turn: Turn, letter: Letter) -> None:
    """The ladder's task is done; what comes next is the policy's business."""
    task = await turn.session.get(StaffTask, letter.task_id) if letter.task_id else None
    if task is None or task.state not in LIVE:
        return
    begin(turn, task)
    task.state, task.outcome, task.closed_at, task.touched_at = "done", "delivered", turn.now, turn.now
    await audit(turn.session, turn.actor, "task.done", f"task/{task.id}", turn.now, {"outcome": "delivered"})


async def _look_again(turn: Turn, letter: Letter, account: Account, on: date) -> date:
    """The day that the letter names is a real one: somebody looks after it."""
    again = asked_again_on(letter.pay_by, on)
    fields = await summary(turn, letter, account)
    task = await open_task(
        turn.session,
        key=keys.task("letter_answer", str(letter.id)),
        kind="follow_up",
        account=account,
        summary=turn.office.wording.text("letter.look_again", turn.office.language, fields),
        at=turn.now,
        due_at=at_local(again, turn.office.desk.closes_at, turn.office.zone),
        source=f"letter/{letter.id}",
    )
    if task is not None:
        task.state, task.assignee_id, task.touched_at = "taken", officer(turn, Right.TASKS).id, turn.now
    return again
