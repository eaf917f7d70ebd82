"""A pause that has come to its end is switched off and said aloud: nobody wonders whether reminders run again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.messages import Address, Audience, Kind, OutgoingMessage
from domain.office import Office
from models.accounts import Community
from models.base import Database
from models.outbox import Context
from models.posting import Draft, post_all
from models.runtime import KILL_SWITCH, Switch
from models.staff import audit, staff_for


async def run(database: Database, office: Office, now: datetime) -> int:
    """Returns how many pauses ended."""
    ended = 0
    async with database.write() as session:
        switch = await session.get(Switch, KILL_SWITCH, with_for_update=True)
        if switch is not None and switch.on and switch.until is not None and switch.until <= now:
            where = office.wording.text("control.everything", office.language)
            await _say(session, office, "all", None, where, switch.reason, switch.until, now)
            switch.on, switch.until = False, None
            ended += 1
        over = select(Community).where(Community.paused_until <= now).order_by(Community.id).with_for_update()
        for community in await session.scalars(over):
            assert community.paused_until is not None
            name, until = str(community.id), community.paused_until
            await _say(session, office, name, community.id, community.name, community.pause_reason, until, now)
            community.paused_until, community.pause_reason = None, ""
            ended += 1
    return ended


async def _say(
    session: AsyncSession,
    office: Office,
    name: str,
    community_id: int | None,
    where: str,
    reason: str,
    until: datetime,
    now: datetime,
) -> None:
    fields = {"where": where, "reason": reason or "—"}
    text = office.wording.text("control.over", office.language, fields)
    message = OutgoingMessage("control.over", text, fields, audience=Audience.STAFF, kind=Kind.STAFF_CARD)
    drafts = [
        Draft(
            Address(member.channel, member.chat),
            message,
            keys.pause_over(name, until, member.id),
            Context(reason="pause_over"),
        )
        for member in await staff_for(session, community_id)
        if member.channel in office.channels
    ]
    await post_all(session, drafts, now)
    await audit(session, "timetable", "pause.over", f"pause/{name}", now, {"until": until.isoformat()})
