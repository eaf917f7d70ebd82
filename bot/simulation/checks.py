"""What must hold of a simulated day: looked up in the rows and on the platform, without asking the gate.

The rules of DESIGN §5 and §7 stand here a second time, on purpose: one table would agree with itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.simulation.estate import CHANNEL
from domain.clock import at_local, local_date, local_time
from models.accounts import Account
from models.agreements import Hold, Offer
from models.bills import BILLED, RECEIVED, LedgerEntry
from models.dialogue import Group
from models.inbox import Inbox, InboxState
from models.outbox import CLAIMABLE, Outbox, State, lane_of
from models.people import Person
from models.reminders import Reminder, ReminderBill

MONEY = frozenset({"reminder", "promise", "offer", "broadcast"})  # private, about money
PRIVATE = MONEY | {"courtesy"}
IN_WINDOW = PRIVATE | {"announcement"}
AWAKE = IN_WINDOW | {"receipt", "service"}
PUSHED = tuple(sorted(AWAKE))
CAPPED = frozenset(
    {"reminder", "offer", "broadcast", "courtesy"}
)  # those that the caps stop; a promise's reminder only counts
SPACED = frozenset({"reminder", "offer"})  # days lie between any two of them
OBEY_PAUSE = IN_WINDOW
CAPS = ((1, 1), (7, 3), (30, 6))  # days, messages
SPACING_DAYS = 3
FESTIVALS = {2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26)}
STUCK_AFTER = timedelta(days=4)


@dataclass(frozen=True)
class Break:
    """Something that must never happen, on one day."""

    day: str
    rule: str
    detail: str

    def to_json(self) -> dict[str, str]:
        return {"day": self.day, "rule": self.rule, "detail": self.detail}


@dataclass(frozen=True)
class Paused:
    """A time in which nothing about money may go out; `community_id` None: everything was switched off."""

    since: datetime
    until: datetime
    community_id: int | None


@dataclass(frozen=True)
class Sent:
    """One message that went out today, with what it was about."""

    id: int
    kind: str
    chat: str
    text: str
    at: datetime
    person_id: int | None
    source: str
    accounts: tuple[int, ...]
    bills: tuple[int, ...]


class Checks:
    """Looks at one day after the other; remembers whom was written to in the last month."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._contacts: dict[tuple[str, int], list[date]] = defaultdict(list)
        self._reminded: dict[tuple[str, int], date] = {}
        self.contacts = 0
        self.sent: Counter[str] = Counter()  # by kind
        self.pauses: list[Paused] = []

    async def look(self, session: AsyncSession, day: date, received: Sequence[tuple[str, str]]) -> list[Break]:
        """Everything wrong with this day. `received`: (chat, text) of all that came out on the platform."""
        begin, end = at_local(day, time(0), self._zone), at_local(day + timedelta(days=1), time(0), self._zone)
        sent = await _sent(session, begin, end)
        found = [(rule, f"outbox {each.id}") for each in sent for rule in self._hours_and_days(each)]
        found += await self._pauses(session, sent)
        found += await self._people(session, sent)
        found += await self._bills(session, sent)
        found += await self._offers(session, sent)
        found += list(self._caps(sent, day))
        found += list(await _twice_or_lost(session, sent, received, end))
        self.sent.update(each.kind for each in sent)
        self.contacts += sum(each.kind in MONEY for each in sent)
        return [Break(day.isoformat(), rule, detail) for rule, detail in found]

    def _hours_and_days(self, sent: Sent) -> Iterator[str]:
        clock, day = local_time(sent.at, self._zone), local_date(sent.at, self._zone)
        if not time(8) <= clock < time(22):
            yield "in quiet hours"
        elif sent.kind in IN_WINDOW and not time(9) <= clock < time(20):
            yield "outside the window"
        first = FESTIVALS.get(day.year)
        if first and sent.kind in IN_WINDOW and first - timedelta(days=1) <= day <= first + timedelta(days=2):
            yield "on a festival"

    async def _pauses(self, session: AsyncSession, sent: Sequence[Sent]) -> list[tuple[str, str]]:
        """Nothing about money in a place that was paused, nor anywhere while everything was."""
        about = [
            (each, {pause.community_id for pause in self.pauses if pause.since < each.at < pause.until})
            for each in sent
            if each.kind in OBEY_PAUSE | {"service"}
        ]
        about = [(each, paused) for each, paused in about if paused]
        if not about:
            return []
        accounts = {account for each, _ in about for account in each.accounts}
        chats = {each.chat for each, _ in about}
        homes = await session.execute(select(Account.id, Account.community_id).where(Account.id.in_(accounts)))
        community_of = dict(homes.all())
        groups = await session.execute(select(Group.chat, Group.community_id).where(Group.chat.in_(chats)))
        group_of = dict(groups.all())
        found = []
        for each, paused in about:
            own = {community_of[account] for account in each.accounts} | {group_of.get(each.chat)} - {None}
            if None in paused:
                found.append(("while everything was paused", f"outbox {each.id}"))
            elif each.kind in OBEY_PAUSE and own & paused:
                found.append(("while the community was paused", f"outbox {each.id}"))
        return found

    async def _people(self, session: AsyncSession, sent: Sequence[Sent]) -> list[tuple[str, str]]:
        """Nobody who said stop, nobody in hardship or with an open complaint; no courtesy while anything rests."""
        about = [each for each in sent if each.kind in PRIVATE]
        ids = {each.person_id for each in about if each.person_id is not None}
        stops = await session.execute(
            select(Person.id, Person.stopped_at).where(Person.id.in_(ids), Person.stopped_at.is_not(None))
        )
        stopped = {row.id: row.stopped_at for row in stops}
        accounts = {account for each in about for account in each.accounts}
        held = list(
            await session.execute(
                select(Hold.account_id, Hold.bill_id, Hold.created_at, Hold.released_at).where(
                    Hold.account_id.in_(accounts)
                )
            )
        )
        found = []
        for each in about:
            at = stopped.get(each.person_id or 0)
            if at is not None and at < each.at:
                found.append(("after a stop", f"outbox {each.id}"))
            live = [hold for hold in held if hold[2] < each.at and (hold[3] is None or hold[3] > each.at)]
            silent = {account for account, bill, _, _ in live if bill is None}
            if each.accounts and set(each.accounts) <= silent:
                found.append(("during a hardship or complaint", f"outbox {each.id}"))
            if each.kind == "courtesy" and {hold[0] for hold in live} & set(each.accounts):
                found.append(("while something of the household rests", f"outbox {each.id}"))
        return found

    async def _bills(self, session: AsyncSession, sent: Sequence[Sent]) -> list[tuple[str, str]]:
        """Of each reminder at least one bill must have been open and free at that moment."""
        found = []
        about: dict[datetime, list[Sent]] = defaultdict(list)
        for each in sent:
            if each.kind in ("reminder", "promise") and each.bills:
                about[each.at].append(each)
        for at, together in sorted(about.items()):
            bills = {bill for each in together for bill in each.bills}
            open_then = set(
                await session.scalars(
                    select(LedgerEntry.bill_id)
                    .where(LedgerEntry.bill_id.in_(bills), LedgerEntry.recorded_at < at)
                    .group_by(LedgerEntry.bill_id)
                    .having(BILLED - RECEIVED > 0)
                )
            )
            live = or_(Hold.released_at.is_(None), Hold.released_at > at)
            holds = await session.execute(
                select(Hold.bill_id, Hold.source).where(Hold.bill_id.in_(bills), Hold.created_at < at, live)
            )
            held = [(bill, source) for bill, source in holds]
            for each in together:
                still_open = open_then & set(each.bills)
                if not still_open:
                    found.append(("after payment", f"outbox {each.id}"))
                elif not still_open - {bill for bill, source in held if source != each.source}:
                    found.append(("during a promise, plan, claim or dispute", f"outbox {each.id}"))
        return found

    async def _offers(self, session: AsyncSession, sent: Sequence[Sent]) -> list[tuple[str, str]]:
        """Whoever has answered about a course, or can't any more, hears no more of it."""
        about = {each.id: int(each.source.partition("/")[2]) for each in sent if each.kind == "offer"}
        rows = await session.scalars(select(Offer).where(Offer.id.in_(about.values())))
        offers = {offer.id: offer for offer in rows}
        found = []
        for each in sent:
            offer = offers.get(about.get(each.id, 0))
            if offer is None:
                continue
            if offer.answered_at is not None and offer.answered_at < each.at and offer.reserved_until is None:
                found.append(("after an answer", f"outbox {each.id}"))
            if not offer.opens_on <= local_date(each.at, self._zone) <= offer.closes_on:
                found.append(("outside of the offer's days", f"outbox {each.id}"))
        return found

    def _caps(self, sent: Sequence[Sent], day: date) -> Iterator[tuple[str, str]]:
        posts: Counter[str] = Counter()
        for each in sorted(sent, key=lambda one: (one.at, one.id)):
            if each.kind == "announcement":
                posts[each.chat] += 1
                if posts[each.chat] > 1:
                    yield "over the group's cap", f"outbox {each.id}"
            if each.kind not in PRIVATE:
                continue
            subjects = [("account", account) for account in each.accounts]
            subjects += [("person", each.person_id)] if each.person_id is not None else []
            for subject in subjects:
                mine = self._contacts[subject] = [d for d in self._contacts[subject] if (day - d).days < 30]
                over = any(sum((day - d).days < days for d in mine) >= most for days, most in CAPS)
                if over and each.kind in CAPPED:
                    yield "over the caps", f"outbox {each.id} to {subject[0]} {subject[1]}"
                mine.append(day)
            for subject in subjects if each.kind in SPACED else ():
                last = self._reminded.get(subject)
                if last is not None and 0 < (day - last).days < SPACING_DAYS:
                    yield "too soon after the last", f"outbox {each.id}"
                self._reminded[subject] = day


async def _sent(session: AsyncSession, begin: datetime, end: datetime) -> list[Sent]:
    rows = list(
        await session.scalars(
            select(Outbox)
            .where(Outbox.lane == lane_of(CHANNEL), Outbox.sent_at >= begin, Outbox.sent_at < end)
            .where(Outbox.kind.in_(PUSHED), Outbox.state == State.SENT)
            .order_by(Outbox.id)
        )
    )
    ids = [row.id for row in rows]
    accounts: dict[int, set[int]] = defaultdict(set)
    bills: dict[int, set[int]] = defaultdict(set)
    for outbox_id, account_id, bill_id in await session.execute(
        select(Reminder.outbox_id, Reminder.account_id, ReminderBill.bill_id)
        .join(ReminderBill, ReminderBill.reminder_id == Reminder.id)
        .where(Reminder.outbox_id.in_(ids))
    ):
        accounts[outbox_id or 0].add(account_id)
        bills[outbox_id or 0].add(bill_id)
    sources = {row.source for row in rows if row.kind == "promise"}
    held: dict[str, set[int]] = defaultdict(set)
    for source, held_bill in await session.execute(
        select(Hold.source, Hold.bill_id).where(Hold.source.in_(sources), Hold.bill_id.is_not(None))
    ):
        held[source].add(held_bill or 0)
    return [
        Sent(
            row.id,
            row.kind,
            row.chat,
            row.text,
            row.sent_at or begin,
            row.person_id,
            row.source,
            tuple(sorted(accounts[row.id] | ({row.account_id} if row.account_id else set()))),
            tuple(sorted(bills[row.id] if row.kind == "reminder" else held[row.source])),
        )
        for row in rows
    ]


async def _twice_or_lost(
    session: AsyncSession, sent: Sequence[Sent], received: Sequence[tuple[str, str]], end: datetime
) -> list[tuple[str, str]]:
    """What the rows say was sent came out once; nothing waits for ever, nothing that people wrote was left."""
    wanted, came = Counter((each.chat, each.text) for each in sent), Counter(received)
    found = []
    for (chat, text), number in sorted(wanted.items()):
        if came[chat, text] > number:
            found.append(("came out twice", f"chat {chat}"))
        elif came[chat, text] < number:
            found.append(("never came out", f"chat {chat}"))
    stuck = await session.scalar(
        select(func.count())
        .select_from(Outbox)
        .where(Outbox.state.in_((*CLAIMABLE, State.SENDING)), Outbox.not_before < end - STUCK_AFTER)
    )
    if stuck:
        found.append(("waits and is never sent", f"{stuck} messages"))
    bad = await session.scalar(select(func.count()).select_from(Inbox).where(Inbox.state != InboxState.DONE))
    if bad:
        found.append(("written and not answered", f"{bad} messages"))
    return found
