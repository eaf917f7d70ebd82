"""What happens between planning and sending, where mistakes would show: payments, stops, pauses, outages, busy days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update

from bot.app import App
from bot.simulation.checks import Checks, Paused
from bot.simulation.estate import CHANNEL, FESTIVAL_EVES, PLACES, WORDS, Resident
from bot.simulation.people import People, luck
from domain.clock import at_local, local_date
from domain.messages import Address, Audience, Kind, OutgoingMessage
from models.accounts import Community
from models.bills import BILLED, RECEIVED, LedgerEntry
from models.bulk import NewBill, issue_bills
from models.outbox import CLAIMABLE, Context, Outbox
from models.people import Person
from models.posting import Draft, post_all
from models.runtime import KILL_SWITCH, set_switch

PROMISED_DAYS = 4
FRIENDLY = -7  # days after the due day, of the shipped ladder's stage
SOME = 12  # people of those whom the office writes to today
EACH_DAY = 2  # waiting messages that something happens to
# What happens to messages about to go, by their kind: one thing after the other, so that each comes up however small
# the estate is. Nothing happens at "". `stop` is said in the chat; the one elsewhere leaves the message to the gate.
CHANGES: Mapping[Kind, tuple[str, ...]] = {
    Kind.PROMISE: ("night", "stop_elsewhere", "pause", "crowd", "pay"),
    Kind.OFFER: ("decline", "pause", "crowd", "stop_elsewhere", "struggle", "", "night", "complain", "", "stop", ""),
    Kind.REMINDER: (
        *("pay", "night", "stop_elsewhere", "promise", "pause", "dispute", "crowd", "complain", "stop", "struggle"),
    ),
}
FOR_ALL = ("night", "pause")  # they stand in the way of all messages: one of them a day
Settle = Callable[..., Awaitable[None]]


def _is_out_till_night(day: date) -> bool:
    """What waits all day could go out at half past ten in the evening."""
    return day.toordinal() % 18 == 4 and day + timedelta(days=1) not in FESTIVAL_EVES


def _to_a_bad_day(day: date) -> int:
    """In how many days something stands in the way of a promise's reminder."""
    bad = (n for n in range(2, 9) if (on := day + timedelta(days=n)) in FESTIVAL_EVES or _is_out_till_night(on))
    return next(bad, PROMISED_DAYS)


class Incidents:
    """Every day has some, chosen by the day's own dice."""

    def __init__(self, app: App, people: People, checks: Checks, seed: int) -> None:
        self._app, self._people, self._checks, self._seed = app, people, checks, seed
        self._outage: tuple[datetime, datetime] | None = None
        self._to_come = {kind: list(changes) for kind, changes in CHANGES.items()}

    def offline(self, now: datetime) -> bool:
        """Whether nothing can be delivered at present."""
        return self._outage is not None and self._outage[0] <= now < self._outage[1]

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return at_local(day, time(hour, minute), self._app.office.zone)

    async def morning(self, day: date) -> None:
        """At eight: outages, and what the office itself sends today."""
        eve = day + timedelta(days=1) in FESTIVAL_EVES
        if day.toordinal() % 9 == 4 or eve:
            late = _is_out_till_night(day)
            self._outage = (self._at(day, 9), self._at(day, 22) if late else self._at(day + timedelta(days=1), 8, 30))
        if eve:
            await self._bill_before_the_festival(day)
        if day.toordinal() % 5 == 0 or day in FESTIVAL_EVES:
            await self._broadcast(day, Kind.BROADCAST, self._at(day, 9 if day.toordinal() % 2 else 12))
        if day.toordinal() % 10 == 7:
            await self._broadcast(day, Kind.BROADCAST, self._at(day, 21), self._some(day))
        if day.toordinal() % 7 == 3 or day in FESTIVAL_EVES:
            at = self._at(day, 21 if day.toordinal() % 2 else 12)
            await self._broadcast(day, Kind.COURTESY, at, self._some(day))
        if day.toordinal() % 8 == 1:
            await self._broadcast(day, Kind.SERVICE, self._at(day, 22, 15))
            await self._post(day, self._at(day, 9), 1)
            await self._post(day, self._at(day, 9), 2)
            await self._post(day, self._at(day, 21), 3)
        if day in FESTIVAL_EVES:
            await self._post(day, self._at(day, 9), 4)
        for who in luck(self._seed, day).sample(self._residents, k=min(2, len(self._residents))):
            if luck(self._seed, f"{day}/{who.code}").random() < 0.4:
                self._people.plan(who, self._at(day, 22, 30), "pay")  # late in the evening: thanks wait for the morning

    @property
    def _residents(self) -> list[Resident]:
        return list(self._people.by_user.values())

    def _some(self, day: date, place: int = 0) -> list[Resident]:
        """A few people, of one place or of all."""
        found = [who for who in self._residents if who.bound and place in (0, who.community_id)]
        return luck(self._seed, f"{day}/some").sample(found, k=min(SOME, len(found)))

    async def after_planning(self, day: date, settle: Settle) -> None:
        """At nine, before anything of the day has gone out."""
        now = self._at(day, 9)
        if any(-1 <= (day - eve).days <= 2 for eve in FESTIVAL_EVES):
            return  # what waits shall wait in the festival
        for kind in CHANGES:
            for who in await self._waiting(kind, day):
                if await self._happens(kind, who, now):
                    return
                await settle()
        if day.toordinal() % 3 == 0:
            for who in await self._owing(day):  # late in the evening: thanks wait for the morning
                self._people.plan(who, self._at(day, 22, 30), "pay")
        if day.toordinal() % 2:
            for who in await self._owing(day):
                days = _to_a_bad_day(day)
                self._people.promise(who, now, days, days + 1)
                await settle()
                await self._broadcast(day, Kind.COURTESY, self._at(day, 12), [who])  # their bill rests by then
        if day.toordinal() % 11 == 3:
            await self._pause_community(
                day.toordinal() // 11 % len(PLACES) + 1, now, self._at(day + timedelta(days=1), 8)
            )
        if day.toordinal() % 29 == 7:
            await self._pause_all(now, self._at(day + timedelta(days=1), 7))
            await self._broadcast(day, Kind.SERVICE, now + timedelta(minutes=30))

    async def _waiting(self, kind: Kind, day: date) -> list[Resident]:
        """Some of those to whom a message of this kind is about to go."""
        async with self._app.database.read() as session:
            chats = list(
                await session.scalars(
                    select(Outbox.chat)
                    .where(Outbox.kind == kind.value, Outbox.state.in_(CLAIMABLE), Outbox.not_before > self._at(day, 9))
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

    async def _happens(self, kind: Kind, who: Resident, now: datetime) -> bool:
        """The next thing to a message of this kind that is about to go; True: it is one for everybody."""
        to_come = self._to_come[kind]
        what = next(each for each in to_come if each not in FOR_ALL or not self._in_the_way(now))
        to_come.remove(what)
        to_come.append(what)
        day = local_date(now, self._app.office.zone)
        if what == "night":
            self._outage = (now, self._at(day, 22))
        elif what == "pause":
            await self._pause_community(who.community_id, now, self._at(day + timedelta(days=1), 8))
        elif what == "crowd":
            hours = (12,) if kind is Kind.PROMISE else (9, 12)
            for hour in hours:
                await self._broadcast(day, Kind.BROADCAST, self._at(day, hour), [who])
        elif what == "stop_elsewhere":
            await self._stop_elsewhere(who, now)
        elif what == "pay":
            self._people.plan(who, now, "pay")
        elif what == "promise":
            self._people.promise(who, now, PROMISED_DAYS, PROMISED_DAYS)
        elif what:
            getattr(self._people, what)(who, now)
        return what in FOR_ALL

    def _in_the_way(self, now: datetime) -> bool:
        """Something for everybody happens already."""
        return self.offline(now) or any(each.since <= now < each.until for each in self._checks.pauses)

    async def _stop_elsewhere(self, who: Resident, now: datetime) -> None:
        """A stop that another worker writes down while the message is being planned: nobody takes the message back."""
        who.busy_until = now + timedelta(days=40)
        self._people.plan(who, now + timedelta(days=25), "say", WORDS["resident"]["resume"])
        async with self._app.database.write() as session:
            await session.execute(update(Person).where(Person.id == who.number).values(stopped_at=now))

    async def _pause_community(self, number: int, now: datetime, until: datetime) -> None:
        async with self._app.database.write() as session:
            community = await session.get_one(Community, number)
            community.paused_until, community.pause_reason = until, WORDS["office"]["pause"]
        self._checks.pauses.append(Paused(now, until, number))
        day, later = local_date(now, self._app.office.zone), now + timedelta(hours=1)
        here = self._some(day, number)
        await self._broadcast(day, Kind.BROADCAST, later, here[::2])
        await self._broadcast(day, Kind.COURTESY, later, here[1::2])
        await self._post(day, later, 5, number)

    async def _pause_all(self, now: datetime, until: datetime) -> None:
        async with self._app.database.write() as session:
            await set_switch(session, KILL_SWITCH, True, until=until, reason=WORDS["office"]["pause"], by="simulation")
        self._checks.pauses.append(Paused(now, until, None))

    async def _bill_before_the_festival(self, day: date) -> None:
        """A small bill for every second household; its first reminder is due today."""
        due_on = day - timedelta(days=FRIENDLY)
        homes = [who for who in self._residents if who.kind == "property"][::2]
        bills = [NewBill(who.number, WORDS["small_fee"], f"{day:%Y-%m}", due_on, 5000) for who in homes]
        async with self._app.database.write() as session:
            await issue_bills(session, bills, day, self._app.clock.now(), actor="simulation")

    async def _broadcast(self, day: date, kind: Kind, at: datetime, people: Sequence[Resident] = ()) -> None:
        """To everyone of one place, or these, whatever they have said: the gate has the last word."""
        place = day.toordinal() % len(PLACES) + 1
        people = people or [who for who in self._residents if who.community_id == place]
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
            if who.bound
        ]
        await self._write(drafts)

    async def _post(self, day: date, at: datetime, number: int, place: int = 0) -> None:
        group = f"g{place or day.toordinal() % len(PLACES) + 1}"
        text = WORDS["office"]["post"].format(day=f"{day:%m-%d}", number=number)
        message = OutgoingMessage("simulation.post", text, {}, (), Audience.GROUP, Kind.ANNOUNCEMENT)
        key = f"simulation/post/{day}/{number}/{group}"
        context = Context(source="simulation")
        await self._write([Draft(Address(CHANNEL, group), message, key, context, not_before=at)])

    async def _write(self, drafts: Sequence[Draft]) -> None:
        async with self._app.database.write() as session:
            await post_all(session, drafts, self._app.clock.now())
