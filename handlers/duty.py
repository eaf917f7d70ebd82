"""值班: who is on duty gets new work; who rests gets none, and what they had not begun goes to those who are there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.roles import Right
from domain.wording import day_words
from handlers.scopes import has, looks_after, officer
from handlers.turn import Turn
from models.queue import colleagues, in_hand, share, shares
from models.staff import Staff, audit

DAYS_OFFERED = (1, 3, 7)  # of rest, today included
DAYS_MAX = 120
COLLEAGUES_SHOWN = 12


async def show(turn: Turn) -> Answer:
    """One's own duty; a manager sees who rests and may set a colleague's."""
    member, whose = officer(turn, Right.TASKS), await _whose(turn, turn.args)
    about = {"staff": str(whose.id)}
    days = [turn.today + timedelta(days=n - 1) for n in DAYS_OFFERED]
    rows = [
        [Choice(_until_label(turn, day), "duty.off", about | {"date": day.isoformat()}, reusable=True) for day in days]
    ]
    resting = last_day_of_rest(turn, whose.off_until)
    if resting:
        rows.append([turn.button("duty_back", "duty.back", staff=str(whose.id))])
    lines = []
    if has(turn, Right.APPROVE):
        others = [each for each in await colleagues(turn.session, member.community_id) if each.id != whose.id]
        lines = [
            turn.words("duty.line", name=each.name, day=day)
            for each in others
            if (day := last_day_of_rest(turn, each.off_until))
        ]
        names = [
            Choice(each.name[:30], "duty.show", {"staff": str(each.id)}, reusable=True)
            for each in others[:COLLEAGUES_SHOWN]
        ]
        rows += [names[n : n + 3] for n in range(0, len(names), 3)]
    fields = {"name": whose.name, "day": resting}
    text = turn.words("duty.resting" if resting else "duty.on", **fields)
    told = turn.say("duty.shown", *rows, lines="\n".join([text, *lines]))
    return Answer((told,), expect="duty.day", memory=about)


def last_day_of_rest(turn: Turn, off_until: datetime | None) -> str:
    """In words; empty for who is on duty."""
    if off_until is None or off_until <= turn.now:
        return ""
    return day_words(off_until.astimezone(turn.office.zone).date() - timedelta(days=1), turn.language)


def _until_label(turn: Turn, day: date) -> str:
    return turn.words("duty.until_label", day=day_words(day, turn.language))


async def _whose(turn: Turn, about: Mapping[str, str]) -> Staff:
    """One's own, or a colleague's where a manager of theirs asks."""
    member = officer(turn, Right.TASKS)
    number = about.get("staff")
    if number is None or int(number) == member.id:
        return member
    officer(turn, Right.APPROVE)
    other = await turn.session.get(Staff, int(number))
    ours = member.community_id is None or (other is not None and looks_after(member, other.community_id))
    if other is None or not other.active or not ours:
        raise Refusal("team.no_member", {"number": number})
    return other


async def off(turn: Turn) -> Answer:
    """The last day of rest, by button."""
    return await _off(turn, await _whose(turn, turn.args), date.fromisoformat(turn.args["date"]))


async def day_typed(turn: Turn) -> Answer | None:
    """The last day of rest, in words."""
    day = turn.reading.slots.day if turn.reading is not None else None
    return None if day is None else await _off(turn, await _whose(turn, turn.memory), day)


async def _off(turn: Turn, whose: Staff, last: date) -> Answer:
    """No new work until then. What they had not begun goes to colleagues at once; what they have in hand stays theirs."""
    if not turn.today <= last <= turn.today + timedelta(days=DAYS_MAX):
        raise Refusal("desk.day_out_of_range", {"days": str(DAYS_MAX)})
    whose.off_until = at_local(last + timedelta(days=1), time(), turn.office.zone)
    await turn.session.flush()
    moved = await share(turn.session, await shares(turn.session, None, turn.now, only=whose.id))
    detail = {"until": last.isoformat(), "moved": moved}
    await audit(turn.session, turn.actor, "duty.off", f"staff/{whose.id}", turn.now, detail)
    left = await in_hand(turn.session, whose.id)
    fields = {"name": whose.name, "day": day_words(last, turn.language), "moved": str(moved), "left": str(left)}
    row = [turn.button("duty_back", "duty.back", staff=str(whose.id))]
    return Answer((turn.say("duty.off", row, fields=fields),))


async def back(turn: Turn) -> Answer:
    """On duty again: new work comes as before; what went to colleagues stays with them."""
    whose = await _whose(turn, turn.args)
    whose.off_until = None
    await audit(turn.session, turn.actor, "duty.on", f"staff/{whose.id}", turn.now)
    row = [turn.button("desk_tasks", "desk.tasks", reusable=True)]
    return Answer((turn.say("duty.back", row, name=whose.name),))
