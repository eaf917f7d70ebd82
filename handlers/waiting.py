"""Who waits for a person, who asked first first, with the clock of each."""

from __future__ import annotations

from domain.messages import Answer, Choice
from domain.roles import Right
from domain.wording import salutation, short_room
from handlers.labels import span_words
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import Account
from models.dialogue import Takeover
from models.queue import waiting
from models.staff import StaffTask, audit

SHOWN = 8


async def queue(turn: Turn) -> Answer:
    """One tap takes a chat over."""
    member = officer(turn, Right.TASKS)
    found = await waiting(turn.session, member.community_id)
    if not found:
        row = [turn.button("desk_tasks", "desk.tasks", reusable=True)]
        return Answer((turn.say("waiting.nobody", row),))
    for _, account, _ in found[:SHOWN]:
        if account is not None:
            await audit(turn.session, turn.actor, "account.waiting", f"account/{account.id}", turn.now)
    lines, buttons = [], []
    for place, (takeover, account, task) in enumerate(found[:SHOWN], start=1):
        lines.append(_line(turn, place, takeover, account, task))
        label = turn.words("waiting.take", number=str(place), code=account.code if account else "").strip()
        buttons.append(Choice(label[:30], "person.take", {"takeover": str(takeover.id)}, reusable=True))
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    rows.append([turn.button("waiting_again", "waiting.queue", reusable=True)])
    late = sum(task.due_at < turn.now for _, _, task in found)
    fields = {"number": str(len(found)), "late": str(late), "lines": "\n".join(lines)}
    return Answer((turn.say("waiting.queue", *rows, edit=turn.message.choice is not None, fields=fields),))


def _line(turn: Turn, place: int, takeover: Takeover, account: Account | None, task: StaffTask) -> str:
    late = task.due_at < turn.now
    who = turn.words("person.unknown")
    if account is not None:
        who = f"{short_room(account.room)} {salutation(account.payer_name, turn.language)} ({account.code})"
    fields = {
        "number": str(place),
        "who": who,
        "waited": span_words(turn, turn.now - takeover.asked_at),
        "clock": span_words(turn, abs(task.due_at - turn.now)),
    }
    return turn.words("waiting.late" if late else "waiting.line", **fields)
