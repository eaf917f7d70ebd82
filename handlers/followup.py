"""What staff write down about a household, and what they will come back to on a day."""

from __future__ import annotations

from datetime import date, timedelta

from domain import keys
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.roles import Right
from domain.wording import day_words
from handlers.desk import POSTPONE_DAYS_MAX
from handlers.labels import note_line
from handlers.scopes import household_of, looks_after, officer
from handlers.turn import Turn
from models.accounts import Account, by_code
from models.notes import Note, notes_of
from models.staff import audit, open_task

NOTE_MAX = 1000
COMMAND_WORDS = ("备注", "note", "/note")
NOTES_SHOWN = 10
DAYS_OFFERED = (1, 3, 7, 14)


async def notes(turn: Turn) -> Answer:
    """The latest notes on a household, each with who and when."""
    account = await household_of(turn, turn.args["code"], Right.READ)
    lines = [note_line(turn, note, name) for note, name in await notes_of(turn.session, account.id, NOTES_SHOWN)]
    await audit(turn.session, turn.actor, "account.notes", f"account/{account.id}", turn.now)
    row = [turn.button("account_back", "account.show", reusable=True, code=account.code)]
    if turn.args.get("may_add"):
        row.insert(0, turn.button("note_add", "note.add", reusable=True, code=account.code))
    template = "note.list" if lines else "note.none"
    return Answer((turn.say(template, row, code=account.code, lines="\n".join(lines)),))


async def add(turn: Turn) -> Answer:
    account = await household_of(turn, turn.args["code"], Right.TASKS)
    return Answer((turn.say("note.write", code=account.code),), expect="note.words", memory={"code": account.code})


async def words(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    account = await household_of(turn, turn.memory["code"], Right.TASKS)
    return await noted_elsewhere(turn, account.id, turn.text) or await _note(turn, account, turn.text)


async def command(turn: Turn) -> Answer:
    """`/note CODE text`; without the text it is asked for, without a code the way to write it is told."""
    officer(turn, Right.TASKS)
    code, _, text = turn.argument.partition(" ")
    if not code:
        return Answer((turn.say("note.usage"),))
    account = await household_of(turn, code, Right.TASKS)
    if text.strip():
        return await _note(turn, account, text.strip())
    return Answer((turn.say("note.write", code=account.code),), expect="note.words", memory={"code": account.code})


async def noted_elsewhere(turn: Turn, here_id: int, text: str) -> Answer | None:
    """A line that begins with another household's code, typed where one about `here_id` is awaited: it is that one's.

    None: it names no other household that this member looks after.
    """
    code, _, rest = without_command(text).partition(" ")
    account = await by_code(turn.session, code[:64]) if rest.strip() else None
    if account is None or account.id == here_id or account.erased_at is not None:
        return None
    if not looks_after(officer(turn, Right.TASKS), account.community_id):
        return None
    here = await turn.session.get_one(Account, here_id)
    return await _note(turn, account, rest.strip(), "note.added_elsewhere", here=here.code)


def without_command(text: str) -> str:
    """The line without the word that a note's command begins with."""
    word, _, rest = text.strip().partition(" ")
    return rest.strip() if word.lower() in COMMAND_WORDS and rest.strip() else text.strip()


async def _note(turn: Turn, account: Account, text: str, template: str = "note.added", **fields: str) -> Answer:
    member = officer(turn, Right.TASKS)
    turn.session.add(Note(account_id=account.id, staff_id=member.id, text=text[:NOTE_MAX], at=turn.now))
    await audit(turn.session, turn.actor, "note.added", f"account/{account.id}", turn.now)
    row = [
        turn.button("followup", "followup.start", reusable=True, code=account.code),
        turn.button("account_back", "account.show", reusable=True, code=account.code),
    ]
    return Answer((turn.say(template, row, code=account.code, fields=fields),))


# coming back to it


async def start(turn: Turn) -> Answer:
    """On which day?"""
    account = await household_of(turn, turn.args["code"], Right.TASKS)
    days = [turn.today + timedelta(days=n) for n in DAYS_OFFERED]
    buttons = [
        Choice(day_words(day, turn.language), "followup.day", {"code": account.code, "date": day.isoformat()})
        for day in days
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    question = turn.say("followup.which_day", *rows, code=account.code)
    return Answer((question,), expect="followup.date", memory={"code": account.code})


async def day_chosen(turn: Turn) -> Answer:
    return await _about(turn, turn.args["code"], date.fromisoformat(turn.args["date"]))


async def day_typed(turn: Turn) -> Answer | None:
    day = turn.reading.slots.day if turn.reading is not None else None
    return None if day is None else await _about(turn, turn.memory["code"], day)


async def _about(turn: Turn, code: str, day: date) -> Answer:
    """What is to be done then: one line."""
    account = await household_of(turn, code, Right.TASKS)
    if not turn.today < day <= turn.today + timedelta(days=POSTPONE_DAYS_MAX):
        raise Refusal("desk.day_out_of_range", {"days": str(POSTPONE_DAYS_MAX)})
    memory = {"code": account.code, "date": day.isoformat()}
    question = turn.say("followup.about", day=day_words(day, turn.language))
    return Answer((question,), expect="followup.words", memory=memory)


async def about_typed(turn: Turn) -> Answer | None:
    """Written down as a task of the one who writes; it stays until it is closed."""
    if not turn.text:
        return None
    account = await household_of(turn, turn.memory["code"], Right.TASKS)
    member, day = officer(turn, Right.TASKS), date.fromisoformat(turn.memory["date"])
    task = await open_task(
        turn.session,
        key=keys.task("follow_up", str(turn.inbox_id)),
        kind="follow_up",
        account=account,
        summary=turn.text[:NOTE_MAX],
        at=turn.now,
        due_at=at_local(day, turn.office.desk.closes_at, turn.office.zone),
        source=f"followup/{account.id}",
    )
    assert task is not None
    task.state, task.assignee_id, task.touched_at = "taken", member.id, turn.now
    await audit(turn.session, turn.actor, "task.follow_up", f"task/{task.id}", turn.now, {"on": day.isoformat()})
    row = [turn.button("desk_open", "desk.task", reusable=True, task=str(task.id))]
    return Answer((turn.say("followup.noted", row, code=account.code, day=day_words(day, turn.language)),))
