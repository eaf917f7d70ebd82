"""Bills a period from the fee rules: reads everything, then issues in short chunks what is not there yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands.context import CommandError, Desk
from domain.billing import CYCLE_MONTHS, TRAINING_MONTHS_MAX, Fee, Household, Period, charge, fees_of
from domain.metering import BilledUse, Reading, Use, earlier_in_year, use_in
from domain.tariffs import metered_charge
from models import bulk
from models.accounts import Account, FeeItem
from models.base import chunks
from models.bulk import NewBill
from models.readings import Line, WorkedOut, billed_uses, lines_of


@dataclass(frozen=True)
class Meters:
    """What a billing run knows of the meters: their lines, the use that is billed, the periods that have a bill."""

    lines: dict[Line, list[Reading]] = field(default_factory=dict)
    uses: dict[Line, list[BilledUse]] = field(default_factory=dict)
    billed: set[tuple[int, str, str]] = field(default_factory=set)  # (account id, item, period)


@dataclass
class Billed:
    """What a billing run did. `faults`: why something was not billed -> the accounts it happened to."""

    today: date
    issued: int = 0
    already_there: int = 0
    amount_fen: int = 0  # of the bills issued
    by_item: dict[str, list[NewBill]] = field(default_factory=lambda: defaultdict(list))  # the bills issued
    unused: int = 0  # meters that were read and had not moved: nothing to bill
    metered: list[tuple[str, NewBill]] = field(default_factory=list)  # (account, bill), to be shown with their readings
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


async def bill_period(desk: Desk, period: Period, community: str, *, dry_run: bool) -> Billed:
    """Issue what every account owes for a period. Running it again issues nothing twice.

    Raises CommandError when the community is unknown.
    """
    result = Billed(desk.today)
    async with desk.database.read() as session:
        communities = await bulk.communities_by_name(session)
        if community and community not in communities:
            raise CommandError(f"there is no community {community!r}: one of {', '.join(communities) or 'none yet'}")
        wanted = [communities[community].id] if community else [each.id for each in communities.values()]
        rules = rules_in_force(await bulk.fee_items(session), period.start)
        accounts = await bulk.accounts_of(session, wanted)
        meters = await _meters(session, accounts, rules, period)
    bills = [
        bill for account in accounts for bill in _bills(account, rules[account.community_id], period, meters, result)
    ]
    for chunk in chunks(bills, bulk.ROWS_PER_CHUNK):
        async with desk.database.read() as session:
            known = await bulk.known_bills(session, [(bill.account_id, bill.item, bill.period) for bill in chunk])
        new = [bill for bill in chunk if (bill.account_id, bill.item, bill.period) not in known]
        if not dry_run and new:
            async with desk.database.write() as session:
                await bulk.issue_bills(session, new, desk.today, desk.now, actor=desk.actor)
        result.issued += len(new)
        result.already_there += len(chunk) - len(new)
        result.amount_fen += sum(bill.amount_fen for bill in new)
        for bill in new:
            result.by_item[bill.item].append(bill)
    return result


def rules_in_force(items: list[FeeItem], on: date) -> dict[int, list[Fee]]:
    """Of each community and item, the version that holds on a day."""
    latest: dict[tuple[int, str], FeeItem] = {}
    for each in sorted(items, key=lambda each: each.starts_on):
        if each.starts_on <= on:
            latest[each.community_id, each.item] = each
    rules: dict[int, list[Fee]] = defaultdict(list)
    for (community_id, item), rule in sorted(latest.items()):
        rules[community_id].append(
            Fee(item, rule.formula, rule.rate_yuan, rule.cycle, rule.due_day, rule.id, tariff=rule.tariff)
        )
    return rules


async def _meters(
    session: AsyncSession, accounts: Sequence[Account], rules: dict[int, list[Fee]], period: Period
) -> Meters:
    """Read for those who have a metered fee at all."""
    asked = {
        (account.id, fee.item, str(ended))
        for account in accounts
        for fee in rules[account.community_id]
        if fee.formula == "metered" and (ended := period.ends(fee.cycle)) is not None
    }
    found = Meters()
    for chunk in chunks(sorted(asked), bulk.ROWS_PER_CHUNK):
        ids = {account_id for account_id, _, _ in chunk}
        for line, known in (await lines_of(session, ids)).items():
            found.lines[line] = [each.reading for each in known]
        found.uses.update(await billed_uses(session, ids))
        found.billed.update(await bulk.known_bills(session, chunk))
    return found


def _bills(account: Account, rules: list[Fee], period: Period, meters: Meters, result: Billed) -> list[NewBill]:
    household = Household(account.area_m2, account.fee_item, account.rate_yuan, account.cycle)
    bills: list[NewBill] = []
    for fee in fees_of(household, rules):
        if fee.formula == "metered":
            bills += _metered(account, fee, period, meters, result)
            continue
        try:
            due = charge(fee, household, period)
            if due and account.kind == "training" and CYCLE_MONTHS[fee.cycle] > TRAINING_MONTHS_MAX:
                raise ValueError(f"{fee.item}: a school may charge at most {TRAINING_MONTHS_MAX} months at once")
        except ValueError as wrong:
            result.faults[str(wrong)].append(account.code)
            continue
        if due:
            bills.append(
                NewBill(account.id, due.item, due.period, due.due_on, due.amount_fen, due.basis, due.fee_item_id)
            )
    return bills


def _metered(account: Account, fee: Fee, period: Period, meters: Meters, result: Billed) -> Iterable[NewBill]:
    """The bill of one meter, if its period is over, read and not billed yet. What is not read is told, not billed."""
    ended, line = period.ends(fee.cycle), (account.id, fee.item)
    if ended is None:
        return
    if (*line, str(ended)) in meters.billed:
        result.already_there += 1
        return
    mine, billed = meters.lines.get(line, []), meters.uses.get(line, [])
    try:
        use = use_in(mine, ended, billed, fee.item)
    except ValueError as wrong:
        result.faults[str(wrong)].append(account.code)
        return
    earlier = earlier_in_year(mine, use, ended, billed) if fee.tariff.by_year else Use(())
    due = metered_charge(fee, use, ended, earlier.thousandths)
    if due.amount_fen == 0:
        result.unused += 1
        return
    working = WorkedOut(1, fee.rate_yuan, use.stretches, earlier.stretches, fee.tariff).by_ids
    bill = NewBill(account.id, due.item, due.period, due.due_on, due.amount_fen, due.basis, due.fee_item_id, working)
    result.metered.append((account.code, bill))
    yield bill
