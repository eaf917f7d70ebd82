"""Group posts on a stage's day: general words and totals, never anything of one household."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.policy import Stage
from models import outbox
from models.accounts import Account, Community
from models.base import Database
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.dialogue import Group
from models.posting import post

# A figure in a group needs so many households, and so many on either side of it, that nobody can be picked out
# (DESIGN §7).
HOUSEHOLDS_MIN = 20
EITHER_SIDE_MIN = 5


async def run(database: Database, office: Office, now: datetime) -> int:
    """Write the posts of today's group stages; returns how many groups."""
    today = office.today(now)
    written = 0
    async with database.read() as session:
        groups = [
            (group, community)
            for group, community in (
                await session.execute(
                    select(Group, Community)
                    .join(Community, Community.id == Group.community_id)
                    .where(Group.audience == "residents", Group.state == "ok", Group.channel.in_(office.channels))
                    .order_by(Group.id)
                )
            ).all()
        ]
    for group, community in groups:
        for stage in office.policy(community.kind, today).announcements:
            due_on = today - timedelta(days=stage.days_after_due)
            async with database.write() as session:
                written += await _announce(session, office, group, community, stage, due_on, now)
    return written


async def _announce(
    session: AsyncSession,
    office: Office,
    group: Group,
    community: Community,
    stage: Stage,
    due_on: date,
    now: datetime,
) -> bool:
    query = (
        select(Account.id, func.min(Bill.item), BILLED - RECEIVED)
        .join(Bill, Bill.account_id == Account.id)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(Account.community_id == community.id, Bill.due_on == due_on, Bill.voided_at.is_(None))
        .group_by(Account.id)
    )
    if group.building:
        query = query.where(Account.building == group.building)
    if group.class_name:
        query = query.where(Account.class_name == group.class_name)
    households = list((await session.execute(query)).all())
    unpaid = sum(1 for _, _, open_fen in households if open_fen > 0)
    if not unpaid:
        return False
    words, language = office.wording, ""
    paid = len(households) - unpaid
    tellable = len(households) >= HOUSEHOLDS_MIN and min(paid, unpaid) >= EITHER_SIDE_MIN
    fields = {
        "office": office.name,
        "item": households[0][1],
        "progress": words.text("announcement.progress", language, {"paid": str(paid)}) if tellable else "",
    }
    link = office.start_link(group.channel, "hello")
    button = (
        Choice(words.text("button.my_bill", language), url=link)
        if link
        else Choice(words.text("button.my_bill", language), "bill.show", reusable=True)
    )
    policy = office.policy(community.kind)
    today = office.today(now)
    posted = await post(
        session,
        Address(group.channel, group.chat),
        OutgoingMessage(
            stage.template,
            words.text(stage.template, language, fields),
            fields,
            ((button,),),
            Audience.GROUP,
            Kind.ANNOUNCEMENT,
        ),
        key=keys.announcement(group.id, due_on, stage.name),
        now=now,
        not_before=max(
            now,
            at_local(today, policy.window_from, office.zone) + timedelta(minutes=keys.jitter_minutes(group.chat)),
        ),
        expires_at=at_local(today, policy.window_until, office.zone),
        context=outbox.Context(stage=stage.name, reason="announcement", source=f"group/{group.id}"),
    )
    return posted.first_id is not None
