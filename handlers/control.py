"""The brakes: pause, resume, and the approval of a first run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.durations import read_duration
from domain.errors import Refusal
from domain.messages import Address, Answer, Kind, OutgoingMessage
from domain.roles import Right
from domain.runs import RunState
from domain.wording import day_words
from handlers import run as runs
from handlers.notes import at_desk, send, toward
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Community
from models.reminders import Run
from models.runtime import KILL_SWITCH, set_switch
from models.staff import Staff, audit, close_task, staff_for

COMMUNITY_PAUSE = timedelta(days=1)  # a community's pause always has an end
PAUSE_MAX = timedelta(days=31)  # a longer one is a change of policy
REASON_MAX = 200


async def pause(turn: Turn) -> Answer:
    """`/pause [2h reason]`: nothing that obeys a pause goes out; answers still do."""
    member = officer(turn, Right.PAUSE)
    try:
        span, reason = read_duration(turn.argument)
    except ValueError:
        raise Refusal("control.usage") from None
    if span is not None and span > PAUSE_MAX:
        raise Refusal("control.too_long", {"days": str(PAUSE_MAX.days)})
    reason = reason[:REASON_MAX]
    until = turn.now + span if span else None
    detail: dict[str, object] = {"until": until.isoformat() if until else "", "reason": reason}
    if member.community_id is not None:
        community = await turn.session.get_one(Community, member.community_id)
        until = until or turn.now + COMMUNITY_PAUSE
        community.paused_until, community.pause_reason = until, reason
        where, subject = community.name, f"community/{community.id}"
    else:
        await set_switch(turn.session, KILL_SWITCH, True, until=until, reason=reason, by=turn.actor)
        where, subject = turn.words("control.everything"), "switch/pause"
    await audit(turn.session, turn.actor, "pause", subject, turn.now, detail)
    fields = {"where": where, "until": moment_words(turn, until), "reason": reason or "—"}
    told = turn.say("control.paused", [turn.button("control_resume", "control.resume")], fields=fields)
    return Answer((told, *await _announced(turn, member, "control.paused_by", fields)))


async def resume(turn: Turn) -> Answer:
    """Go on: a community's pause, or the switch for all."""
    member = officer(turn, Right.PAUSE)
    if member.community_id is not None:
        community = await turn.session.get_one(Community, member.community_id)
        community.paused_until, community.pause_reason = None, ""
        where, subject = community.name, f"community/{community.id}"
    else:
        await set_switch(turn.session, KILL_SWITCH, False, until=None, reason="", by=turn.actor)
        where, subject = turn.words("control.everything"), "switch/pause"
    await audit(turn.session, turn.actor, "resume", subject, turn.now)
    told = turn.say("control.resumed", where=where)
    return Answer((told, *await _announced(turn, member, "control.resumed_by", {"where": where})))


async def _announced(
    turn: Turn, member: Staff, template: str, fields: Mapping[str, str]
) -> tuple[OutgoingMessage, ...]:
    """Every colleague it concerns hears of it: nobody wonders why nothing goes out."""
    cards: list[OutgoingMessage] = []
    for colleague in await staff_for(turn.session, member.community_id):
        if colleague.id == member.id or colleague.channel not in turn.office.channels:
            continue
        desk = at_desk(toward(turn, Address(colleague.channel, colleague.chat), turn.office.language))
        where = desk.words("control.everything") if member.community_id is None else fields["where"]
        card = desk.say(template, kind=Kind.STAFF_CARD, fields={**fields, "where": where, "name": member.name})
        cards += send(desk, card)
    return tuple(cards)


def moment_words(turn: Turn, until: datetime | None) -> str:
    if until is None:
        return turn.words("control.until_resumed")
    local = until.astimezone(turn.office.zone)
    return f"{day_words(local.date(), turn.language)} {local:%H:%M}"


async def approve_run(turn: Turn) -> Answer:
    """A manager lets a run go: the next tick carries it out."""
    run = await turn.session.get(Run, int(turn.args["run"]), with_for_update=True)
    if run is not None and run.state != RunState.AWAITING and run.drafted_by:
        return await runs.approve(turn, run)
    member = officer(turn, Right.APPROVE)
    if run is None or not looks_after(member, None):
        raise Refusal("desk.no_task")
    if run.state != "awaiting":
        raise Refusal("card.decided")
    run.state, run.decided_by = "approved", turn.actor
    await close_task(turn.session, f"run/{run.id}", turn.now, staff_id=member.id, outcome="approved")
    await audit(turn.session, turn.actor, "run.approved", f"run/{run.id}", turn.now, {"remind": run.remind})
    fields = {"remind": str(run.remind), "staff": str(run.staff)}
    return Answer((turn.say("control.run_approved", edit=True, fields=fields),))
