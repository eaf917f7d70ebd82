"""A sample world of the demo: estates or a school, their people, bills and offers, written from a seed."""

from __future__ import annotations

import calendar
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from bot.channels.sandbox_platform import Platform, Profile, Room
from bot.channels.sandbox_skins import Skin
from bot.demo_homes import Home, Scenario, homes
from domain.ledger import EntryKind
from domain.money import parse_yuan, times_rate
from domain.plans import add_months
from domain.roles import Member
from models.accounts import Account, Community, FeeItem
from models.agreements import Offer
from models.base import Base, Database
from models.bills import Bill, LedgerEntry, Payment, transfer
from models.dialogue import Group
from models.people import Binding, Contact, Person, make_invite
from models.staff import Staff

CHANNEL = "sandbox"
PERIODS = 3
LONG_AGO = 99  # periods: paid by everybody
METHODS = ("微信", "支付宝", "银行转账", "前台")
PROPERTY_ITEM, PARKING_ITEM = "物业费", "车位费"
FIRST_PERSON, GUEST = 1001, "8001"


async def build(database: Database, platform: Platform, scenario: Scenario) -> None:
    """Write the world into an empty database and its people onto the platform."""
    rows = _Rows(scenario)
    world = scenario.told("world")
    for number, community in enumerate([*world.get("estate", ()), world["school"]], start=1):
        kind = "property" if "buildings" in community else "training"
        rows.add(Community, id=number, name=community["name"], kind=kind, pause_reason="")
        rows.communities[community["name"]] = number
    rows.fee_items(world)
    for number, home in enumerate(homes(scenario), start=1):
        rows.household(number, home)
        rows.offer(number, home)
    rows.staff_and_groups(world)
    async with database.write() as session:
        for table in sorted(rows.values, key=lambda each: Base.metadata.sorted_tables.index(each.__table__)):  # type: ignore[arg-type]
            await session.execute(insert(table), rows.values[table])
    async with database.write() as session:
        for profile in rows.profiles:
            if not profile.started and profile.account:
                account_id = rows.accounts[profile.account]
                profile.slip = await make_invite(session, account_id, Member.OWNER, scenario.starts_at)
    for profile in rows.profiles:
        platform.join(profile)
    for room in rows.rooms:
        platform.open_room(room)
    if scenario.on_wechat:
        _move_to_wechat(platform)


def _move_to_wechat(platform: Platform) -> None:
    """Residents follow the 公众号, their groups are 企微's; colleagues keep their buttons."""
    for profile in platform.profiles.values():
        if profile.kind != "staff":
            platform.wear(profile.id, Skin.WECHAT)
    for room in platform.rooms.values():
        if room.kind != "staff":
            platform.wear(room.id, Skin.WECOM)


def billed_month(scenario: Scenario) -> date:
    """The first day of the newest month that is billed when a scenario begins."""
    return (scenario.starts_at.date() - timedelta(days=5)).replace(day=1)


class _Rows:
    """The rows of every table, gathered before they are written set-wise."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.at = scenario.starts_at
        self.today = self.at.date()
        self.world = scenario.told("world")
        self.values: dict[type[Base], list[dict[str, object]]] = defaultdict(list)
        self.communities: dict[str, int] = {}
        self.accounts: dict[str, int] = {}
        self.profiles: list[Profile] = []
        self.rooms: list[Room] = []
        self._fees: dict[str, int] = {}
        self._bills = self._payments = 0

    def add(self, table: type[Base], **values: object) -> None:
        self.values[table].append(values)

    def fee_items(self, world: Mapping[str, Any]) -> None:
        """The property fee goes by rule, so that the demo can bill the next month; parking is agreed with each owner."""
        for number, estate in enumerate(world.get("estate", ()), start=1):
            self._fees[estate["name"]] = number
            self.add(
                FeeItem,
                id=number,
                community_id=self.communities[estate["name"]],
                item=PROPERTY_ITEM,
                formula="area",
                rate_yuan=Decimal(estate["rate_yuan"]),
                cycle="month",
                due_day=estate["due_day"],
                starts_on=date(self.today.year - 1, 1, 1),
            )

    def household(self, number: int, home: Home) -> None:
        estate = next((each for each in self.world.get("estate", ()) if each["name"] == home.community), None)
        self.accounts[home.code] = number
        self.add(
            Account,
            id=number,
            code=home.code,
            community_id=self.communities[home.community],
            kind=home.kind,
            building=home.building,
            address=home.address,
            payer_name=f"{home.payer}{home.title}",
            phone=home.phone,
            area_m2=home.area,
            fee_item=PROPERTY_ITEM if estate else self.world["school"]["item"],
            rate_yuan=Decimal(estate["rate_yuan"]) if estate else None,
            cycle="month" if estate else "quarter",
            grade="",
            tier=home.tier,
            traits=home.traits,
            language=home.language,
            student_name=home.pupil,
            class_name=home.class_name,
            lessons_left=home.lessons,
            created_at=self.at - timedelta(days=120),
            updated_at=self.at - timedelta(days=120),
        )
        for periods_ago, (item, period, due_on, fen, basis) in self._charges(home, estate):
            self._bill(number, home, item, period, due_on, fen, basis, periods_ago)
        self._person(number, home)

    def _charges(
        self, home: Home, estate: Mapping[str, Any] | None
    ) -> Iterator[tuple[int, tuple[str, str, date, int, str]]]:
        """What was billed: (periods ago, (item, period, due day, fen, basis)), oldest first."""
        month = billed_month(self.scenario)
        if estate is None:
            yield from self._tuition(home, month)
            return
        for ago in reversed(range(PERIODS)):
            first = add_months(month, -ago)
            due_on = first.replace(day=min(estate["due_day"], calendar.monthrange(first.year, first.month)[1]))
            assert home.area is not None
            fen = times_rate(home.area, Decimal(estate["rate_yuan"]))
            basis = f"{home.area} m² × {estate['rate_yuan']}"
            yield ago, (PROPERTY_ITEM, f"{first:%Y-%m}", due_on, fen, basis)
            if home.parking == "always" or (home.parking == "new" and ago == 0):
                yield ago, (PARKING_ITEM, f"{first:%Y-%m}", due_on, parse_yuan(estate["parking_yuan"]), "")

    def _tuition(self, home: Home, month: date) -> Iterator[tuple[int, tuple[str, str, date, int, str]]]:
        """One term: due this month, or long paid where the world is about the next one."""
        school, course = self.world["school"], self._course(home)
        paid = date.fromisoformat(school["due_on"]) if "due_on" in school else None
        due_on = paid or month.replace(day=school["due_day"])
        period = f"{due_on.year}-Q{(due_on.month + 2) // 3}"
        fen, basis = parse_yuan(course["price_yuan"]), f"{course['lessons']} 课时"
        yield LONG_AGO if paid else 0, (school["item"], period, due_on, fen, basis)

    def _course(self, home: Home) -> Mapping[str, Any]:
        found: Mapping[str, Any] = next(
            each for each in self.world["school"]["class"] if each["name"] == home.class_name
        )
        return found

    def offer(self, number: int, home: Home) -> None:
        """The next course, where the school is about to offer it."""
        terms = self.world["school"].get("offer")
        if terms is None or home.kind != "training":
            return
        course = self._course(home)
        self.add(
            Offer,
            account_id=number,
            class_name=home.class_name,
            amount_fen=parse_yuan(course["price_yuan"]),
            lessons=course["lessons"],
            subject=False,
            **{name: date.fromisoformat(day) for name, day in terms.items()},
        )

    def _bill(
        self, account_id: int, home: Home, item: str, period: str, due_on: date, fen: int, basis: str, periods_ago: int
    ) -> None:
        self._bills += 1
        issued = datetime(due_on.year, due_on.month, 1, 9, tzinfo=self.at.tzinfo)
        self.add(
            Bill,
            id=self._bills,
            account_id=account_id,
            item=item,
            period=period,
            due_on=due_on,
            fee_item_id=self._fees.get(home.community) if item == PROPERTY_ITEM else None,
            basis=basis,
            issued_at=issued,
        )
        self.add(
            LedgerEntry,
            **transfer(EntryKind.CHARGE, account_id, fen, issued.date(), issued, bill_id=self._bills, actor="import"),
        )
        if self._was_paid(home, due_on, periods_ago):
            self._pay(account_id, home, due_on, fen, period)

    def _was_paid(self, home: Home, due_on: date, periods_ago: int) -> bool:
        """Whether a household of this habit has paid a bill by now."""
        if periods_ago == LONG_AGO:
            return True
        if home.behind:
            return periods_ago >= home.behind
        luck = random.Random(f"{self.scenario.seed}/{home.code}/{due_on}").random()
        if due_on >= self.today:
            return (
                home.habit == "prompt"
                and not home.traits
                and luck < self.scenario.early / self.scenario.share["prompt"]
            )
        if periods_ago == 0:
            return home.habit == "prompt"
        if periods_ago == 1:
            return home.habit in ("prompt", "nudged") or (home.habit == "slow" and luck < 0.5) or bool(home.cast)
        return home.habit != "stuck" or luck < 0.5 or bool(home.cast)

    def _pay(self, account_id: int, home: Home, due_on: date, fen: int, period: str) -> None:
        self._payments += 1
        day = min(due_on - timedelta(days=home.random.randint(-6, 8)), self.today - timedelta(days=1))
        at = datetime(day.year, day.month, day.day, home.random.randint(9, 20), 12, tzinfo=self.at.tzinfo)
        method = home.random.choice(METHODS)
        self.add(
            Payment,
            id=self._payments,
            account_id=account_id,
            amount_fen=fen,
            paid_on=day,
            method=method,
            reference=f"{period}-{self._payments:05d}",
            recorded_at=at,
            thanked=True,
        )
        common = {"account_id": account_id, "amount_fen": fen, "on": day, "at": at, "actor": "import"}
        self.add(LedgerEntry, **transfer(EntryKind.PAYMENT, payment_id=self._payments, **common))  # type: ignore[arg-type]
        self.add(LedgerEntry, **transfer(EntryKind.ALLOCATION, bill_id=self._bills, **common))  # type: ignore[arg-type]

    def _person(self, number: int, home: Home) -> None:
        user = str(FIRST_PERSON + number - 1)
        kind = "owner" if home.kind == "property" else "parent"
        place = home.place if home.kind == "property" else f"{home.class_name.split()[0]} · {home.pupil}"
        profile = Profile(user, home.payer, kind, place, home.code, language=home.language, started=home.bound)
        profile.cast, profile.note, profile.habit = bool(home.cast), home.cast, home.habit
        profile.community, profile.seat, profile.phone_tail = home.community, home.seat, home.phone[-4:]
        self.profiles.append(profile)
        if not home.bound:
            return
        joined = self.at - timedelta(days=60)
        self.add(Person, id=number, name=home.payer, language=home.language, created_at=joined)
        self.add(Contact, person_id=number, channel=CHANNEL, user=user, chat=user, state="ok", last_heard_at=joined)
        self.add(Binding, account_id=number, person_id=number, role=Member.OWNER.value, payer=True, bound_at=joined)

    def staff_and_groups(self, world: Mapping[str, Any]) -> None:
        for member in world["staff"]:
            community = self.communities.get(member.get("community", ""))
            self.add(
                Staff,
                channel=CHANNEL,
                user=member["id"],
                chat=member["id"],
                name=member["name"],
                role=member["role"],
                community_id=community,
                active=True,
            )
            self.profiles.append(
                Profile(member["id"], member["name"], "staff", note=member["role"], started=True, cast=True)
            )
        self.profiles.append(Profile(GUEST, "陌生人", "guest", note="stranger"))
        for group in world["group"]:
            self._group(group, [member["id"] for member in world["staff"]])

    def _group(self, group: Mapping[str, Any], staff: Sequence[str]) -> None:
        audience = group.get("audience", "residents")
        self.add(
            Group,
            channel=CHANNEL,
            chat=group["id"],
            community_id=self.communities.get(group.get("community", "")),
            audience=audience,
            building="",
            class_name=group.get("class", ""),
            title=group["title"],
            state="ok",
        )
        if audience == "staff":
            self.rooms.append(Room(group["id"], group["title"], list(staff), "staff"))
            return
        lives = "/".join(filter(None, (group["community"], group.get("class")))) + "/"
        neighbours = [p for p in self.profiles if p.seat.startswith(lives) and p.started]
        talkers = {"/".join(each["place"]) for each in self.scenario.told("residents")["chatter"]}
        first = [p for p in neighbours if p.cast or p.seat in talkers]
        rest = [p for p in neighbours if p not in first]
        chosen = [*first, *rest[: max(0, group["members"] - len(first))]]
        self.rooms.append(Room(group["id"], group["title"], [*(p.id for p in chosen), *staff]))
