"""Instalment plans: a word before each part, done when all is paid, to a person when a part stays open."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.ladder import Reason
from domain.messages import OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.plans import GRACE_DAYS, Part, first_unpaid
from domain.wording import day_words
from jobs.agreed import Agreed, Word, close, hand_over, look_at, say, worded
from models.accounts import Account
from models.agreements import Plan, plan_parts_of, plan_received_fen
from models.base import Database
from models.people import Person

AHEAD_DAYS = 3  # the word before a part


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Look at every active plan; returns how many parts were reminded of, plans done and plans broken."""

    async def look(session: AsyncSession, plan: Agreed) -> str:
        assert isinstance(plan, Plan)
        return await _look(session, office, plan, office.today(now), now)

    return {"reminded": 0, "done": 0, "broken": 0} | await look_at(database, Plan, "active", look)


async def _look(session: AsyncSession, office: Office, plan: Plan, today: date, now: datetime) -> str:
    source = f"plan/{plan.id}"
    account = await session.get_one(Account, plan.account_id)
    waiting = await _waiting(session, plan)
    if waiting is None:
        await close(session, plan, "done", source, now)
        return "done"
    part, open_fen = waiting
    grace_until = part.due_on + timedelta(days=GRACE_DAYS)
    if today > grace_until:
        await close(session, plan, "broken", source, now)
        fields = {"number": str(part.number), "total": yuan(open_fen)}
        summary = office.wording.text("task.plan_broken", office.language, fields)
        key = keys.task("plan-broken", str(plan.id))
        await hand_over(session, office, account, "plan_broken", key, summary, source, now)
        return "broken"
    person = await session.get(Person, plan.person_id) if plan.person_id else None
    if person is None or today < part.due_on - timedelta(days=AHEAD_DAYS):
        return ""
    moment = "ahead" if today <= part.due_on else "late"
    word = Word(
        worded_now(office, account, person, moment, part, open_fen),
        keys.plan_part(plan.id, part.number, moment),
        source,
        "plan",
        Reason.ON_PLAN,
        today,
        part.due_on if moment == "ahead" else grace_until,
    )
    return "reminded" if await say(session, office, account, person, word, now) else ""


async def _waiting(session: AsyncSession, plan: Plan) -> tuple[Part, int] | None:
    """The earliest part not fully paid and what is open of it."""
    parts = [Part(p.number, p.due_on, p.amount_fen) for p in await plan_parts_of(session, plan.id)]
    return first_unpaid(parts, await plan_received_fen(session, plan))


def worded_now(
    office: Office, account: Account, person: Person, moment: str, part: Part, open_fen: int
) -> OutgoingMessage:
    """`moment`: `ahead` of the part's day, or `late`."""

    def fields(language: str) -> dict[str, str]:
        return {"number": str(part.number), "amount": yuan(open_fen), "due": day_words(part.due_on, language)}

    return worded(office, account, person, f"plan.{moment}", fields)


async def anew(session: AsyncSession, office: Office, plan_id: int, number: int, moment: str) -> OutgoingMessage | None:
    """The word about a part with the figures of this moment; None when that part is paid meanwhile."""
    plan = await session.get(Plan, plan_id)
    person = await session.get(Person, plan.person_id) if plan is not None and plan.person_id else None
    waiting = await _waiting(session, plan) if plan is not None and plan.state == "active" else None
    if plan is None or person is None or waiting is None or waiting[0].number != number:
        return None
    account = await session.get_one(Account, plan.account_id)
    return worded_now(office, account, person, moment, *waiting)
