"""What happens between planning and sending, where mistakes would show: payments, stops, pauses, outages, busy days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from bot.app import App
from bot.simulation.checks import Checks, Paused
from bot.simulation.estate import CHANNEL, PLACES, WORDS, Resident
from bot.simulation.people import People, luck
from domain.clock import at_local
from domain.messages import Address, Audience, Kind, OutgoingMessage
from models.accounts import Community
from models.bills import BILLED, RECEIVED, LedgerEntry
from models.outbox import CLAIMABLE, Context, Outbox
from models.posting import Draft, post_all
from models.runtime import KILL_SWITCH, set_switch

PROMISED_DAYS = 4
EACH_DAY = 2  # waiting messages that something happens to
FESTIVALS = (date(2027, 2, 5), date(2028, 1, 25))  # eves
CHANGES = ("pay", "stop", "promise", "dispute", "complain", "struggle")
OFFER_CHANGES = ("decline", "stop", "complain", "struggle")
Settle = Callable[..., Awaitable[None]]


def _is_out_till_night(day: date) -> bool:
    """What waits all day could go out at half past ten in the evening."""
    return day.toordinal() % 18 == 4 and day + timedelta(days=1) not in FESTIVALS


def _to_a_bad_day(day: date) -> int:
    """In how many days something stands in the way of a promise's reminder."""
    bad = (n for n in range(2, 9) if (on := day + timedelta(days=n)) in FESTIVALS or _is_out_till_night(on))
    return next(bad, PROMISED_DAYS)


class Incidents:
    """Every day has some, chosen by the day's own dice."""

    def __init__(self, app: App, people: People, checks: Checks, seed: int) -> None:
        self._app, self._people, self._checks, self._seed = app, people, checks, seed
        self._outage: tuple[datetime, datetime] | None = None
        self._count = 0
        self._offers = 0

    def offline(self, now: datetime) -> bool:
        """Whether nothing can be delivered at present."""
        return self._outage is not None and self._outage[0] <= now < self._outage[1]

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return at_local(day, time(hour, minute), self._app.office.zone)

    async def morning(self, day: date) -> None:
        """At eight: outages, and what the office itself sends today."""
        if day.toordinal() % 9 == 4 or day + timedelta(days=1) in FESTIVALS:
            late = _is_out_till_night(day)
            self._outage = (self._at(day, 9), self._at(day, 22) if late else self._at(day + timedelta(days=1), 8, 30))
        if day.toordinal() % 5 == 0 or day in FESTIVALS:
            await self._broadcast(day, Kind.BROADCAST, self._at(day, 9 if day.toordinal() % 2 else 12))
        if day.toordinal() % 8 == 1:
            await self._broadcast(day, Kind.SERVICE, self._at(day, 22, 15))
            await self._post(day, self._at(day, 9), 1)
            await self._post(day, self._at(day, 9), 2)
            await self._post(day, self._at(day, 21), 3)
        if day in FESTIVALS:
            await self._post(day, self._at(day, 9), 4)
        for who in luck(self._seed, day).sample(self._residents, k=min(2, len(self._residents))):
            if luck(self._seed, f"{day}/{who.code}").random() < 0.4:
                self._people.plan(who, self._at(day, 22, 30), "pay")  # late in the evening: thanks wait for the morning

    @property
    def _residents(self) -> list[Resident]:
        return list(self._people.by_user.values())

    async def after_planning(self, day: date, settle: Settle) -> None:
        """At nine, before anything of the day has gone out."""
        now = self._at(day, 9)
        for kind in (Kind.REMINDER, Kind.PROMISE):
            for who in await self._waiting(kind, day):
                self._happens(who, now)
                await settle()
        for who in await self._waiting(Kind.OFFER, day):
            self._offered(who, now)
            await settle()
        if day.toordinal() % 3 == 0:
            for who in await self._owing(day):  # late in the evening: thanks wait for the morning
                self._people.plan(who, self._at(day, 22, 30), "pay")
        if day.toordinal() % 2:
            for who in await self._owing(day):
                days = _to_a_bad_day(day)
                self._people.promise(who, now, days, days + 1)
                await settle()
        if day.toordinal() % 11 == 3:
            await self._pause_community(
                day.toordinal() // 11 % len(PLACES) + 1, now, self._at(day + timedelta(days=1), 8)
            )
        if day.toordinal() % 29 == 7:
            await self._pause_all(now, self._at(day + timedelta(days=1), 7))
        if day.toordinal() % 29 == 7:
            await self._broadcast(day, Kind.SERVICE, now + timedelta(minutes=30))

    async def _waiting(self, kind: Kind, day: date) -> list[Resident]:
        """Some of those to whom a message of this kind is about to go."""
        async with self._app.database.read() as session:
            chats = list(
                await session.scalars(
                    select(Outbox.chat)
                    .where(Outbox.kind == kind.value, Outbox.state.in_(CLAIMABLE))
                    .order_by(Outbox.id)
                )
            )
        people = [self._people.by_user[chat] for chat in dict.fromkeys(chats) if chat in self._people.by_user]
        return luck(self._seed, f"{day}/{kind}").sample(people, k=min(EACH_DAY, len(people)))

    async def _owing(self, day: date) -> list[Resident]:
        """One who owes and has said nothing lately."""
        async with self._app.database.read() as session:
            rows = await session.scalars(
                select(LedgerEntry.account_id)
                .where(LedgerEntry.bill_id.is_not(None))
                .group_by(LedgerEntry.account_id)
                .having(BILLED - RECEIVED > 0)
                .order_by(LedgerEntry.account_id)
            )
            ids = set(rows)
        free = [
            who
            for who in self._residents
            if who.number in ids and who.bound and (who.busy_until is None or who.busy_until < self._at(day, 9))
        ]
        return luck(self._seed, f"{day}/promise").sample(free, k=min(1, len(free)))

    def _happens(self, who: Resident, now: datetime) -> None:
        """One thing after the other, so that each comes up however small the estate is."""
        what = CHANGES[self._count % len(CHANGES)]
        self._count += 1
        if what == "pay":
            self._people.plan(who, now, "pay")
        elif what == "promise":
            self._people.promise(who, now, PROMISED_DAYS, PROMISED_DAYS)
        elif what == "stop":
            self._people.stop(who, now)
        elif what == "dispute":
            self._people.dispute(who, now)
        elif what == "complain":
            self._people.complain(who, now)
        else:
            self._people.struggle(who, now)

    def _offered(self, who: Resident, now: datetime) -> None:
        """Of the courses about to be offered every second meets a change, one after the other."""
        change, undisturbed = divmod(self._offers, 2)
        self._offers += 1
        if undisturbed:
            return
        what = OFFER_CHANGES[change % len(OFFER_CHANGES)]
        if what == "decline":
            self._people.decline(who, now)
        elif what == "stop":
            self._people.stop(who, now)
        elif what == "complain":
            self._people.complain(who, now)
        else:
            self._people.struggle(who, now)

    async def _pause_community(self, number: int, now: datetime, until: datetime) -> None:
        async with self._app.database.write() as session:
            community = await session.get_one(Community, number)
            community.paused_until, community.pause_reason = until, WORDS["office"]["pause"]
        self._checks.pauses.append(Paused(now, until, number))

    async def _pause_all(self, now: datetime, until: datetime) -> None:
        async with self._app.database.write() as session:
            await set_switch(session, KILL_SWITCH, True, until=until, reason=WORDS["office"]["pause"], by="simulation")
        self._checks.pauses.append(Paused(now, until, None))

    async def _broadcast(self, day: date, kind: Kind, at: datetime) -> None:
        """To everyone of one place, whatever they have said: the gate has the last word."""
        place = day.toordinal() % len(PLACES) + 1
        people = [who for who in self._residents if who.bound and who.community_id == place]
        text = WORDS["office"][kind.value].format(day=f"{day:%m-%d}")
        drafts = [
            Draft(
                Address(CHANNEL, who.user),
                OutgoingMessage(f"simulation.{kind}", text, {}, (), Audience.PRIVATE, kind),
                f"simulation/{kind}/{at:%Y%m%dT%H%M}/{who.user}",
                Context(person_id=who.number, account_id=who.number, source="simulation"),
                not_before=at,
                expires_at=at + timedelta(days=2),
            )
            for who in people
        ]
        await self._write(drafts)

    async def _post(self, day: date, at: datetime, number: int) -> None:
        group = f"g{day.toordinal() % len(PLACES) + 1}"
        text = WORDS["office"]["post"].format(day=f"{day:%m-%d}", number=number)
        message = OutgoingMessage("simulation.post", text, {}, (), Audience.GROUP, Kind.ANNOUNCEMENT)
        key = f"simulation/post/{day}/{number}/{group}"
        context = Context(source="simulation")
        await self._write([Draft(Address(CHANNEL, group), message, key, context, not_before=at)])

    async def _write(self, drafts: Sequence[Draft]) -> None:
        async with self._app.database.write() as session:
            await post_all(session, drafts, self._app.clock.now())
