"""Visits: a word the day before, a question to the visitor who has not written down how it went, and an end for each."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain import visits as rules
from domain.clock import at_local
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.wording import day_words, salutation, short_room
from models.accounts import Account
from models.base import Database
from models.outbox import Context
from models.people import contacts_of, members_of
from models.posting import post
from models.staff import Staff
from models.visits import Visit, booked_between, stale_offers

BUTTONS = (("visit_change", "visits.change"), ("visit_cancel", "visits.cancel"))
LOOK_BACK = timedelta(days=30)


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """How many households were told of tomorrow, how many visitors asked, how many appointments ended by themselves."""
    today = office.today(now)
    counts = {"told": 0, "asked": 0, "ended": 0}
    tomorrow_ends = at_local(today + timedelta(days=2), time(), office.zone)
    async with database.write() as session:
        for visit in await booked_between(session, now, tomorrow_ends):
            counts["told"] += await _tell(session, office, visit, now)
        for visit in await booked_between(session, now - LOOK_BACK, now - rules.RECORD_WITHIN):
            assert visit.starts_at is not None
            if now - visit.starts_at >= rules.LAPSES_AFTER:
                visit.state, visit.closed_at = "lapsed", now
                counts["ended"] += 1
            else:
                counts["asked"] += await _ask(session, office, visit, now)
        for visit in await stale_offers(session, now - rules.OFFERED_LASTS):
            visit.state, visit.closed_at = "lapsed", now
            counts["ended"] += 1
    return counts


async def _tell(session: AsyncSession, office: Office, visit: Visit, now: datetime) -> bool:
    """A word to the payer, who agreed on it. It is no reminder of money: it names the hour and who comes."""
    account = await session.get_one(Account, visit.account_id)
    visitor = await session.get_one(Staff, visit.staff_id)
    payer = next((person for person, bound in await members_of(session, account.id) if bound.payer), None)
    contacts = await contacts_of(session, payer.id) if payer is not None else []
    contact = next((each for each in contacts if each.channel in office.channels), None)
    if payer is None or contact is None or visit.starts_at is None:
        return False
    language = payer.language or account.language or office.language
    fields = {
        "who": salutation(account.payer_name, language),
        "room": short_room(account.room),
        "name": visitor.name,
        "at": _moment(office, visit.starts_at, language),
    }
    args = {"visit": str(visit.id)}
    row = tuple(
        Choice(office.wording.text(f"button.{name}", language), action, args, reusable=True) for name, action in BUTTONS
    )
    text = office.wording.text("visits.tomorrow", language, fields)
    opens = at_local(office.today(now), office.policy(account.kind).window_from, office.zone)
    posted = await post(
        session,
        Address(contact.channel, contact.chat),
        OutgoingMessage("visits.tomorrow", text, fields, (row,), kind=Kind.SERVICE),
        key=keys.visit_reminder(visit.id, visit.starts_at),
        now=now,
        button_user=contact.user,
        not_before=max(now, opens),
        expires_at=visit.starts_at,
        context=Context(payer.id, account.id, source=f"visit/{visit.id}", reason="visit"),
    )
    return posted.first_id is not None


async def _ask(session: AsyncSession, office: Office, visit: Visit, now: datetime) -> bool:
    """One card to the visitor: the result is a tap away."""
    visitor = await session.get_one(Staff, visit.staff_id)
    account = await session.get_one(Account, visit.account_id)
    if not visitor.active or not visitor.chat or visitor.channel not in office.channels or visit.starts_at is None:
        return False
    fields = {"code": account.code, "at": _moment(office, visit.starts_at, office.language)}
    choice = Choice(account.code[:30], "visits.result", {"visit": str(visit.id)}, reusable=True)
    text = office.wording.text("visits.record_now", office.language, fields)
    card = OutgoingMessage("visits.record_now", text, fields, ((choice,),), Audience.STAFF, Kind.STAFF_CARD)
    posted = await post(
        session,
        Address(visitor.channel, visitor.chat),
        card,
        key=keys.visit_result(visit.id),
        now=now,
        context=Context(reason="visit"),
    )
    return posted.first_id is not None


def _moment(office: Office, moment: datetime, language: str) -> str:
    local = moment.astimezone(office.zone)
    return f"{day_words(local.date(), language)} {local:%H:%M}"
