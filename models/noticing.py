"""What a letter to a household would say today, or why it must not be written to now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Refusal
from domain.ladder import Reason
from domain.notice import NoticeLine, Recipient, Sender
from domain.office import Office
from domain.wording import tongue
from models.accounts import Account, Community
from models.bills import BillLine, bill_lines
from models.standing import Household, households

LABELS = {"telegram": "Telegram"}
WAITS_FOR_US = (None, Reason.STAFF_TASK)  # a bill that only waits for the letter's own task


@dataclass(frozen=True)
class Prepared:
    """All that a letter needs to know of a household. `stopped`: its payer wants no messages in the chat."""

    to: Recipient
    lines: tuple[NoticeLine, ...]
    stopped: bool

    @property
    def total_fen(self) -> int:
        return sum(line.open_fen for line in self.lines)

    @property
    def bills(self) -> list[tuple[int, int]]:
        return [(line.bill_id, line.open_fen) for line in self.lines]


async def prepare(session: AsyncSession, office: Office, account: Account, today: date, now: datetime) -> Prepared:
    """Read at this moment. Raises Refusal: no telephone to ask at, all paid, all of it held, the household rests."""
    found = await prepare_all(session, office, [account], today, now)
    prepared = found[account.id]
    if isinstance(prepared, Refusal):
        raise prepared
    return prepared


async def prepare_all(
    session: AsyncSession, office: Office, accounts: Sequence[Account], today: date, now: datetime
) -> Mapping[int, Prepared | Refusal]:
    """The same for many households, in a few statements: what each letter says, or why there is none."""
    if not office.hotline:
        raise Refusal("letter.no_hotline")
    places = {community.id: community.name for community in await _communities(session, accounts)}
    ids = [account.id for account in accounts]
    lines: dict[int, list[BillLine]] = {account_id: [] for account_id in ids}
    for line in await bill_lines(session, ids, only_open=True):
        lines[line.bill.account_id].append(line)
    standings = {each.standing.account_id: each async for each in households(session, office, today, now, only=ids)}
    found: dict[int, Prepared | Refusal] = {}
    for account in accounts:
        try:
            found[account.id] = _prepared(
                office, account, places[account.community_id], lines[account.id], standings.get(account.id), today
            )
        except Refusal as no:
            found[account.id] = no
    return found


async def _communities(session: AsyncSession, accounts: Sequence[Account]) -> list[Community]:
    return [await session.get_one(Community, place) for place in {account.community_id for account in accounts}]


def _prepared(
    office: Office, account: Account, place: str, lines: Sequence[BillLine], household: Household | None, today: date
) -> Prepared:
    overdue = [line for line in lines if line.bill.due_on < today]
    if household is None or not overdue:  # an erased household has nobody to write to
        raise Refusal("letter.nothing_overdue", {"code": account.code})
    standing = household.standing
    if standing.household_hold is not None:
        raise Refusal("letter.rests", {"code": account.code, "reason": standing.household_hold.value})
    held = {bill.id: bill.held for bill in standing.bills}
    due = [line for line in overdue if held.get(line.bill.id) in WAITS_FOR_US]
    if not due:
        reason = next(filter(None, (held.get(line.bill.id) for line in overdue)))
        raise Refusal("letter.rests", {"code": account.code, "reason": reason.value})
    language = tongue(account.language or office.language)
    return Prepared(
        Recipient(account.payer_name, f"{place} {account.room}".strip(), account.kind, language),
        tuple(
            NoticeLine(
                *(line.bill.id, line.bill.item, line.bill.period, line.bill.due_on),
                *(line.billed_fen, line.received_fen),
            )
            for line in due
        ),
        standing.stopped,
    )


def sender_of(office: Office) -> Sender:
    links = {LABELS[name]: office.start_link(name, "hello") for name in LABELS if name in office.channels}
    found = {label: link for label, link in links.items() if link}
    desk = office.desk
    return Sender(office.name, office.hotline, desk.opens_at, desk.closes_at, office.letterhead, found)
