"""Once it is decided: it begins, waits for its hour, pauses, goes on, ends, is taken back, tries again with those it missed."""

from __future__ import annotations

from dataclasses import replace

from domain.broadcasts import LIFE, OPEN, Progress, Stage, progress_card
from domain.errors import Refusal
from domain.messages import EDITING, Answer, Choice, Kind, OutgoingMessage
from domain.roles import Right
from handlers.broadcast import review
from handlers.broadcast.drafts import (
    begins,
    description,
    find,
    own_draft,
    press,
    refuse_stale,
    stage_words,
    still_own,
    touch,
)
from handlers.labels import label
from handlers.scopes import has, looks_after, officer
from handlers.turn import Turn
from models.broadcasts import expand, failures, go_on, halt, of_author, progress, send_again, withdraw
from models.runtime import Broadcast
from models.staff import audit, close_task

FAILURES_SHOWN = 20
LISTED = 8
TEXT_SHOWN = 24


async def begin(turn: Turn, broadcast: Broadcast) -> Answer:
    """Write the first rows at once, or keep it for its hour; the job carries on and shows how far it is."""
    starts, _ = await begins(turn, broadcast)
    broadcast.expires_at = broadcast.expires_at or starts + LIFE
    later = broadcast.send_at is not None and broadcast.send_at > turn.now
    broadcast.state, broadcast.changed_at = (Stage.SCHEDULED if later else Stage.RUNNING), turn.now
    subject, outcome = _subject(broadcast), "scheduled" if later else "started"
    await close_task(turn.session, subject, turn.now, staff_id=_staff_id(turn), outcome="approved")
    detail = {"total": broadcast.total, "kind": broadcast.kind}
    await audit(turn.session, turn.actor, f"broadcast.{outcome}", subject, turn.now, detail)
    if later:
        return Answer((replace(await _waiting(turn, broadcast), edit=True),))
    await expand(turn.session, turn.office, broadcast, turn.now)
    return await _shown(turn, broadcast)


async def _waiting(turn: Turn, broadcast: Broadcast) -> OutgoingMessage:
    """What waits for its hour or for a colleague, and what can still be done about it."""
    names = ("edit", "when", "drop") if broadcast.state == Stage.SCHEDULED else ("edit", "drop")
    row = [press(turn, name, broadcast) for name in names]
    fields = {**await description(turn, broadcast), "number": str(broadcast.total)}
    return turn.say(f"broadcast.is_{broadcast.state}", row, fields=fields)


async def _shown(turn: Turn, broadcast: Broadcast) -> Answer:
    """How far it is, in the message whose button was pressed: from now on that is the one the job keeps up to date."""
    so_far = await progress(turn.session, broadcast)
    card = _card(turn, broadcast, so_far)
    here = (turn.message.channel, turn.message.chat) == (broadcast.channel, broadcast.chat)
    if here and turn.message.message_id and broadcast.channel in EDITING:
        broadcast.progress_message_id = turn.message.message_id
        broadcast.shown, broadcast.shown_at = so_far.mark(broadcast.state), turn.now
    return Answer((replace(card, edit=True),))


def _card(turn: Turn, broadcast: Broadcast, so_far: Progress) -> OutgoingMessage:
    card = progress_card(turn.office, broadcast.id, Stage(broadcast.state), so_far, broadcast.finished_at or turn.now)
    return replace(card, kind=Kind.REPLY, audience=turn.message.audience)


def _subject(broadcast: Broadcast) -> str:
    return f"broadcast/{broadcast.id}"


def _staff_id(turn: Turn) -> int | None:
    return turn.staff.id if turn.staff else None


# before it goes


async def edit(turn: Turn) -> Answer:
    """Back to a draft: the same words and people, to be changed, confirmed and approved anew."""
    broadcast = await own_draft(turn, None, *OPEN)
    await reopened(turn, broadcast)
    touch(turn, broadcast)
    return await review.show(turn, broadcast)


async def reopened(turn: Turn, broadcast: Broadcast) -> None:
    """What waited for approval or for its hour is a draft again."""
    if broadcast.state == Stage.DRAFT:
        return
    broadcast.state = Stage.DRAFT
    await close_task(turn.session, _subject(broadcast), turn.now, staff_id=_staff_id(turn), outcome="changed")
    await audit(turn.session, turn.actor, "broadcast.reopened", _subject(broadcast), turn.now)


async def drop(turn: Turn) -> Answer:
    """Thrown away before anything went out."""
    broadcast = await own_draft(turn, None, *OPEN)
    await end(turn, broadcast, "dropped")
    return Answer((turn.say("broadcast.dropped", edit=True),))


async def end(turn: Turn, broadcast: Broadcast, outcome: str) -> None:
    broadcast.state, broadcast.finished_at, broadcast.changed_at = Stage.CANCELLED, turn.now, turn.now
    await close_task(turn.session, _subject(broadcast), turn.now, staff_id=_staff_id(turn), outcome=outcome)
    await audit(turn.session, turn.actor, f"broadcast.{outcome}", _subject(broadcast), turn.now)


# while it runs, and after


async def _steered(turn: Turn, *stages: Stage) -> Broadcast:
    """The author's own, or one that a manager of its community may steer; in one of these stages."""
    member = officer(turn, Right.BROADCAST)
    broadcast = await find(turn, turn.args["broadcast"])
    steers = has(turn, Right.APPROVE) and broadcast is not None and looks_after(member, broadcast.community_id)
    if broadcast is None or not (steers or still_own(turn, broadcast)):
        raise Refusal("button.not_yours")
    refuse_stale(turn, broadcast, *stages)
    return broadcast


async def pause(turn: Turn) -> Answer:
    broadcast = await _steered(turn, Stage.RUNNING)
    await _pause(turn, broadcast)
    return await _shown(turn, broadcast)


async def _pause(turn: Turn, broadcast: Broadcast) -> None:
    broadcast.state = Stage.PAUSED
    await halt(turn.session, broadcast.id)
    await audit(turn.session, turn.actor, "broadcast.paused", _subject(broadcast), turn.now)


async def resume(turn: Turn) -> Answer:
    broadcast = await _steered(turn, Stage.PAUSED)
    if broadcast.expires_at is not None and broadcast.expires_at <= turn.now:
        raise Refusal("broadcast.too_late")
    broadcast.state = Stage.RUNNING
    await go_on(turn.session, broadcast.id, turn.now)
    await audit(turn.session, turn.actor, "broadcast.resumed", _subject(broadcast), turn.now)
    return await _shown(turn, broadcast)


async def cancel(turn: Turn) -> Answer:
    """What has not gone out never will; what has, has."""
    broadcast = await _steered(turn, Stage.RUNNING, Stage.PAUSED)
    await withdraw(turn.session, broadcast.id)
    await end(turn, broadcast, "cancelled")
    return await _shown(turn, broadcast)


async def undo(turn: Turn) -> Answer:
    """Nothing more goes out from this tap on; the second tap takes back what did."""
    broadcast = await _steered(turn, Stage.RUNNING, Stage.PAUSED, Stage.DONE, Stage.CANCELLED)
    if broadcast.state == Stage.RUNNING:
        await _pause(turn, broadcast)
    so_far = await progress(turn.session, broadcast)
    row = [turn.button("broadcast_undo_sure", "broadcast.undo_sure", broadcast=str(broadcast.id))]
    if broadcast.state == Stage.PAUSED:
        row.append(turn.button("broadcast_resume", "broadcast.resume", reusable=True, broadcast=str(broadcast.id)))
    return Answer((turn.say("broadcast.undo_ask", row, number=str(so_far.sent + so_far.unknown)),))


async def undo_sure(turn: Turn) -> Answer:
    """Delete what the platforms still let us delete; the job tells honestly what stays, and why."""
    broadcast = await _steered(turn, Stage.PAUSED, Stage.DONE, Stage.CANCELLED)
    await withdraw(turn.session, broadcast.id)
    broadcast.state, broadcast.changed_at, broadcast.finished_at = Stage.UNDOING, turn.now, None
    await audit(turn.session, turn.actor, "broadcast.undone", _subject(broadcast), turn.now)
    return await _shown(turn, broadcast)


async def again(turn: Turn) -> Answer:
    """Once more to those whom it certainly did not reach."""
    broadcast = await _steered(turn, Stage.DONE)
    if broadcast.expires_at is not None and broadcast.expires_at <= turn.now:
        raise Refusal("broadcast.too_late")
    number = await send_again(turn.session, broadcast.id, turn.now)
    if not number:
        raise Refusal("broadcast.none_failed")
    broadcast.state, broadcast.finished_at = Stage.RUNNING, None
    await audit(turn.session, turn.actor, "broadcast.again", _subject(broadcast), turn.now, {"number": number})
    return await _shown(turn, broadcast)


async def failed(turn: Turn) -> Answer:
    """Whom it did not reach for certain, and why."""
    broadcast = await _steered(turn, Stage.RUNNING, Stage.PAUSED, Stage.DONE, Stage.CANCELLED, Stage.UNDONE)
    rows = await failures(turn.session, broadcast.id, FAILURES_SHOWN)
    lines = "\n".join(
        turn.words("broadcast.failure", code=code, state=label(turn, "state", state), why=_reason(turn, reason))
        for code, state, reason in rows
    )
    return Answer((turn.say("broadcast.failures", lines=lines or "—"),))


def _reason(turn: Turn, reason: str) -> str:
    return turn.words(f"missed.{reason}") if turn.office.wording.has(f"missed.{reason}") else label(turn, "why", reason)


async def listing(turn: Turn) -> Answer:
    """One's own broadcasts: what waits, runs, or ended lately."""
    member = officer(turn, Right.BROADCAST)
    found = await of_author(turn.session, member.id, LISTED)
    lines = "\n".join(
        turn.words("broadcast.listed", rank=str(n), state=stage_words(turn, each), text=each.text[:TEXT_SHOWN])
        for n, each in enumerate(found, start=1)
    )
    buttons = [
        Choice(f"{n}", "broadcast.show", {"broadcast": str(each.id)}, reusable=True)
        for n, each in enumerate(found, start=1)
    ]
    shown = [buttons[n : n + 4] for n in range(0, len(buttons), 4)]
    return Answer((turn.say("broadcast.list", *shown, lines=lines or "—"),))


async def show(turn: Turn) -> Answer:
    """One broadcast as it stands now."""
    broadcast = await _steered(turn, *Stage)
    if broadcast.state == Stage.DRAFT:
        return await review.show(turn, broadcast)
    if broadcast.state in (Stage.SCHEDULED, Stage.WAITING):
        return Answer((await _waiting(turn, broadcast),))
    return Answer((_card(turn, broadcast, await progress(turn.session, broadcast)),))
