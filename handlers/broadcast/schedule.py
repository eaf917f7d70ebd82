"""When it goes out and until when it may: by a button or in words, never inside the night or a festival."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from domain.broadcasts import AHEAD_MAX, OPEN, clock_words
from domain.clock import at_local
from domain.durations import read_duration
from domain.errors import Refusal
from domain.messages import Answer, Choice
from handlers.broadcast import review
from handlers.broadcast.drafts import allowed_from, begins, description, own_draft, touch
from handlers.broadcast.steering import reopened
from handlers.turn import Turn
from models.runtime import Broadcast

USUAL_HOURS = (time(9, 30), time(15), time(18, 30))
UNNAMED_HOUR = time(10)  # for "on Friday"
LIVES = (timedelta(hours=12), timedelta(days=1), timedelta(days=7))
SHOWN = 4
AFTERWARDS = frozenset({"", "后", "之后", "以后", "later", "from now"})


async def when(turn: Turn) -> Answer:
    """Ask for the moment, and offer the next usual ones."""
    broadcast = await own_draft(turn, None, *OPEN)
    return await _ask_when(turn, broadcast, "broadcast.which_moment")


async def _ask_when(turn: Turn, broadcast: Broadcast, template: str, **fields: str) -> Answer:
    moments: list[datetime] = []
    for days in range(5):
        day = turn.today + timedelta(days=days)
        for hour in USUAL_HOURS:
            at = at_local(day, hour, turn.office.zone)
            if at > turn.now + timedelta(minutes=15) and (await allowed_from(turn, broadcast, at))[1] is None:
                moments.append(at)
    rows = [[_at(turn, broadcast, "moment", at)] for at in moments[:SHOWN]]
    if broadcast.send_at is not None:
        now = {"broadcast": str(broadcast.id), "rev": str(broadcast.revision), "at": ""}
        rows.append([Choice(turn.words("broadcast.at_once"), "broadcast.moment", now, reusable=True)])
    text = turn.say(template, *rows, fields=fields)
    return Answer((text,), expect="broadcast.moment", memory={"broadcast": str(broadcast.id)})


def _at(turn: Turn, broadcast: Broadcast, action: str, at: datetime) -> Choice:
    args = {"broadcast": str(broadcast.id), "rev": str(broadcast.revision), "at": at.isoformat()}
    return Choice(clock_words(turn.office, at, turn.language), f"broadcast.{action}", args, reusable=True)


async def moment_chosen(turn: Turn) -> Answer:
    broadcast = await own_draft(turn, None, *OPEN)
    at = datetime.fromisoformat(turn.args["at"]) if turn.args["at"] else None
    return await _send_at(turn, broadcast, at)


async def moment_typed(turn: Turn) -> Answer | None:
    """ "明天 10:00", "周五下午三点", "in 2 hours". What names no time is asked again."""
    if not turn.text or turn.text.startswith("/"):
        return None
    broadcast = await own_draft(turn, turn.memory["broadcast"], *OPEN)
    at = said_moment(turn)
    if at is None:
        return await _ask_when(turn, broadcast, "broadcast.what_moment")
    return await _send_at(turn, broadcast, at)


def said_moment(turn: Turn) -> datetime | None:
    """A span from now, or the day and the hour that the reader found; an hour alone is the next one to come."""
    if (delay := _delay(turn.text)) is not None:
        return turn.now + delay
    slots = turn.reading.slots if turn.reading is not None else None
    if slots is None or (slots.day is None and slots.hour is None):
        return None
    hour = slots.hour or UNNAMED_HOUR
    at = at_local(slots.day or turn.today, hour, turn.office.zone)
    if slots.day is None and at <= turn.now:
        at = at_local(turn.today + timedelta(days=1), hour, turn.office.zone)
    return at


def _delay(text: str) -> timedelta | None:
    """ "两小时后", "in 2 hours": all that is said."""
    try:
        span, rest = read_duration(text.lower().removeprefix("in "))
    except ValueError:
        return None
    return span if rest.lower() in AFTERWARDS else None


async def _send_at(turn: Turn, broadcast: Broadcast, at: datetime | None) -> Answer:
    """Set it, or say why not and when the next moment is."""
    if at is not None:
        if at <= turn.now:
            return await _ask_when(turn, broadcast, "broadcast.moment_past", at=_words(turn, at))
        if at > turn.now + AHEAD_MAX:
            return await _ask_when(turn, broadcast, "broadcast.moment_far", days=str(AHEAD_MAX.days))
        allowed, reason = await allowed_from(turn, broadcast, at)
        if reason is not None:
            fields = {
                "at": _words(turn, at),
                "why": turn.words(f"broadcast.shut_{reason}"),
                "next": _words(turn, allowed),
            }
            row = [_at(turn, broadcast, "moment", allowed)]
            text = turn.say("broadcast.moment_shut", row, fields=fields)
            return Answer((text,), expect="broadcast.moment", memory={"broadcast": str(broadcast.id)})
    await reopened(turn, broadcast)
    broadcast.send_at = at
    if broadcast.expires_at is not None and at is not None and broadcast.expires_at <= at:
        broadcast.expires_at = None
    touch(turn, broadcast)
    return await review.show(turn, broadcast)


async def until(turn: Turn) -> Answer:
    """Ask until when it is worth anything: what has not gone out by then never will."""
    broadcast = await own_draft(turn)
    starts, _ = await begins(turn, broadcast)
    rows = [[_at(turn, broadcast, "expiry", starts + life)] for life in LIVES]
    text = turn.say("broadcast.which_expiry", *rows, fields=await description(turn, broadcast))
    return Answer((text,), expect="broadcast.expiry", memory={"broadcast": str(broadcast.id)})


async def expiry_chosen(turn: Turn) -> Answer:
    return await _expires_at(turn, await own_draft(turn), datetime.fromisoformat(turn.args["at"]))


async def expiry_typed(turn: Turn) -> Answer | None:
    if not turn.text or turn.text.startswith("/"):
        return None
    broadcast = await own_draft(turn, turn.memory["broadcast"])
    at = said_moment(turn)
    if at is None:
        row = turn.say("broadcast.what_moment")
        return Answer((row,), expect="broadcast.expiry", memory={"broadcast": str(broadcast.id)})
    return await _expires_at(turn, broadcast, at)


async def _expires_at(turn: Turn, broadcast: Broadcast, at: datetime) -> Answer:
    starts, _ = await begins(turn, broadcast)
    if at <= starts:
        raise Refusal("broadcast.expiry_early", {"at": _words(turn, at), "starts": _words(turn, starts)})
    broadcast.expires_at = at
    touch(turn, broadcast)
    return await review.show(turn, broadcast)


def _words(turn: Turn, at: datetime) -> str:
    return clock_words(turn.office, at, turn.language)
