"""The brakes: pause, resume, and the approval of a first run."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from domain.errors import Refusal
from domain.messages import Answer
from domain.roles import Right
from domain.wording import day_words
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Community
from models.reminders import Run
from models.runtime import KILL_SWITCH, set_switch
from models.staff import audit, close_task

SPAN = re.compile(r"(\d{1,3})\s*(m|min|分钟|h|小时|d|天)\b|(\d{1,3})\s*(分钟|小时|天)", re.IGNORECASE)
MINUTES = {"m": 1, "min": 1, "分钟": 1, "h": 60, "小时": 60, "d": 1440, "天": 1440}
COMMUNITY_PAUSE = timedelta(days=1)  # a community's pause always has an end
REASON_MAX = 200


async def pause(turn: Turn) -> Answer:
    """`/pause [2h reason]`: nothing that obeys a pause goes out; answers still do."""
    member = officer(turn, Right.PAUSE)
    span, reason = read_span(turn.argument)
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
    return Answer((turn.say("control.paused", [turn.button("control_resume", "control.resume")], fields=fields),))


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
    return Answer((turn.say("control.resumed", where=where),))


def read_span(text: str) -> tuple[timedelta | None, str]:
    """`2h 检修` → two hours and the reason; without a length the pause has no end. Raises Refusal for a length of 0."""
    found = SPAN.match(text.strip())
    if found is None:
        if text.strip()[:1].isdigit():  # a length that isn't one must not become a pause without an end
            raise Refusal("control.usage")
        return None, text.strip()[:REASON_MAX]
    number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
    minutes = int(number) * MINUTES[unit.lower()]
    if minutes == 0:
        raise Refusal("control.usage")
    return timedelta(minutes=minutes), text.strip()[found.end() :].strip()[:REASON_MAX]


def moment_words(turn: Turn, until: datetime | None) -> str:
    if until is None:
        return turn.words("control.until_resumed")
    local = until.astimezone(turn.office.zone)
    return f"{day_words(local.date(), turn.language)} {local:%H:%M}"


async def approve_run(turn: Turn) -> Answer:
    """A manager lets the first run go: the next tick carries it out."""
    member = officer(turn, Right.APPROVE)
    run = await turn.session.get(Run, int(turn.args["run"]), with_for_update=True)
    if run is None or not looks_after(member, None):
        raise Refusal("desk.no_task")
    if run.state != "awaiting":
        raise Refusal("card.decided")
    run.state, run.decided_by = "approved", turn.actor
    await close_task(turn.session, f"run/{run.id}", turn.now, staff_id=member.id, outcome="approved")
    await audit(turn.session, turn.actor, "run.approved", f"run/{run.id}", turn.now, {"remind": run.remind})
    fields = {"remind": str(run.remind), "staff": str(run.staff)}
    return Answer((turn.say("control.run_approved", edit=True, fields=fields),))
