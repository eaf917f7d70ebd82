"""The seeded estate of a simulation: two estates and a school, their people, and how each of them pays."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from bot.channels.sandbox_platform import Platform, Profile, Room
from bot.demo_homes import raw
from domain.roles import Member
from models.accounts import Account, Community, FeeItem
from models.base import Database, chunks
from models.dialogue import Group
from models.people import Binding, Contact, Person
from models.staff import Staff

CHANNEL = "sandbox"
FIRST_PERSON = 10_000
MANAGER, COLLECTOR = "101", "102"
ROWS_PER_INSERT = 500
DUE_DAY = 20
# (name, kind, cycle, households in a hundred, fee item, formula, rate)
PLACES = (
    ("长风苑", "property", "month", 40, "物业费", "area", Decimal("2.80")),
    ("梧桐里", "property", "quarter", 40, "物业费", "area", Decimal("2.60")),
    ("启明书院", "training", "quarter", 20, "学费", "fixed", Decimal(1200)),
)
# How people pay, out of a hundred. School families come of the same kinds.
HABITS = (
    ("on_time", 38),
    ("late", 16),
    ("forgetful", 12),
    ("promises", 6),
    ("breaks_promises", 4),
    ("instalments", 4),
    ("disputes", 4),
    ("complains", 3),
    ("hardship", 2),
    ("stops", 3),
    ("unbound", 5),
    ("auto_pay", 3),
)
TIERS = "ABCD"
# The school's next courses: each family is offered one every so many days.
OFFER_EVERY_DAYS = 10
OFFER_OPEN_DAYS = 9
OPEN_AHEAD = (
    7,
    1,
)  # days before a festival: the last word about the one and the first about the other would fall into it
FESTIVAL_EVES = (date(2027, 2, 5), date(2028, 1, 25))  # the first of the days on which nobody is reminded
WORDS = raw("simulation")


@dataclass
class Resident:
    """One payer of the simulation. `asked`: how often reminders came since the last payment."""

    number: int
    code: str
    kind: str
    community_id: int
    habit: str
    dice: random.Random
    asked: int = 0
    awaits: list[str] = field(default_factory=list)  # words of buttons they would press next
    busy_until: datetime | None = None  # until then they have said what they had to say
    decided_until: datetime | None = None  # until then they have said what they think of the next course

    @property
    def user(self) -> str:
        return str(FIRST_PERSON + self.number)

    @property
    def bound(self) -> bool:
        return self.habit != "unbound"


def residents(accounts: int, seed: int) -> list[Resident]:
    """The same people for the same seed, whatever else happens."""
    found: list[Resident] = []
    habits = [habit for habit, share in HABITS for _ in range(share)]
    places = [n for n, place in enumerate(PLACES, start=1) for _ in range(place[3])]
    dice = random.Random(f"estate/{seed}")
    dice.shuffle(habits)
    for n in range(accounts):
        place = places[n * 7 % len(places)]
        habit = habits[n % len(habits)]
        code = f"S{n + 1:05d}"
        found.append(Resident(n + 1, code, PLACES[place - 1][1], place, habit, random.Random(f"{seed}/{code}")))
    return found


async def build(database: Database, platform: Platform, people: list[Resident], at: datetime) -> None:
    """Write the estate into an empty database and its people onto the platform."""
    first_day = at.date() - timedelta(days=400)
    async with database.write() as session:
        for number, (name, kind, cycle, _, item, formula, rate) in enumerate(PLACES, start=1):
            session.add(Community(id=number, name=name, kind=kind, pause_reason=""))
            fee = {"item": item, "formula": formula, "rate_yuan": rate, "cycle": cycle, "due_day": DUE_DAY}
            session.add(FeeItem(community_id=number, starts_on=first_day, **fee))
        for user, role in ((MANAGER, "manager"), (COLLECTOR, "collector")):
            session.add(
                Staff(channel=CHANNEL, user=user, chat=user, name=f"{WORDS['colleague']}{user}", role=role, active=True)
            )
        await session.flush()
        for number, (name, *_) in enumerate(PLACES, start=1):
            session.add(
                Group(
                    channel=CHANNEL,
                    chat=f"g{number}",
                    community_id=number,
                    audience="residents",
                    title=name,
                    state="ok",
                )
            )
    for user in (MANAGER, COLLECTOR):
        platform.join(Profile(user, f"{WORDS['colleague']}{user}", "staff", started=True))
    for number, (name, *_) in enumerate(PLACES, start=1):
        members = [each.user for each in people if each.community_id == number and each.bound]
        platform.open_room(Room(f"g{number}", name, [MANAGER, *members]))
    for each in people:
        platform.join(Profile(each.user, _name(each), "owner", account=each.code, started=each.bound))
    for table, rows in _rows(people, at):
        for some in chunks(rows, ROWS_PER_INSERT):
            async with database.write() as session:
                await session.execute(insert(table), some)


def offers(people: list[Resident], day: date) -> list[dict[str, Any]]:
    """The courses that open on this day, as rows: a family here and there, so that every day has some.

    Before a festival all open together, a week ahead and on its last day: what is written of them would fall into it.
    """
    ahead = min((abs((eve - day).days) for eve in FESTIVAL_EVES if eve > day), default=OFFER_EVERY_DAYS)
    together = ahead < OFFER_EVERY_DAYS
    return [
        {
            "account_id": each.number,
            "class_name": WORDS["next_class"],
            "opens_on": day,
            "closes_on": day + timedelta(days=OFFER_OPEN_DAYS),
            "amount_fen": 198_000,
            "lessons": 20,
            "covers_from": day + timedelta(days=20),
            "covers_until": day + timedelta(days=80),
            "subject": True,
        }
        for each in people
        if each.kind == "training"
        and (ahead in OPEN_AHEAD if together else (day.toordinal() + 3 * each.number) % OFFER_EVERY_DAYS == 0)
    ]


def _name(resident: Resident) -> str:
    names: list[str] = WORDS["family_names"]
    return names[resident.number % len(names)] + str(WORDS["given_name"])


def _rows(people: list[Resident], at: datetime) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    bound = [each for each in people if each.bound]
    yield Account, [_account(each, at) for each in people]
    yield Person, [{"id": each.number, "name": _name(each), "language": "zh", "created_at": at} for each in bound]
    yield (
        Contact,
        [
            {"id": n, "person_id": n, "channel": CHANNEL, "user": each.user, "chat": each.user, "state": "ok"}
            for each in bound
            for n in [each.number]
        ],
    )
    yield (
        Binding,
        [
            {"id": n, "account_id": n, "person_id": n, "role": Member.OWNER.value, "payer": True, "bound_at": at}
            for each in bound
            for n in [each.number]
        ],
    )


def _account(resident: Resident, at: datetime) -> dict[str, Any]:
    number, training = resident.number, resident.kind == "training"
    return {
        "id": number,
        "code": resident.code,
        "community_id": resident.community_id,
        "kind": resident.kind,
        "building": "" if training else f"{number % 9 + 1}栋",
        "address": "" if training else f"{number % 30 + 1}{number % 4 + 1:02d}",
        "class_name": "数学三年级" if training else "",
        "payer_name": _name(resident),
        "area_m2": None if training else Decimal(60 + number % 80),
        "cycle": PLACES[resident.community_id - 1][2],
        "tier": TIERS[number // len(PLACES) % len(TIERS)] if training else "",
        "traits": "auto_pay" if resident.habit == "auto_pay" else "",
        "created_at": at,
        "updated_at": at,
    }
