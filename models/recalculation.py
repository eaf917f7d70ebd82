"""A bill worked out anew after a reading was corrected: the difference is an entry, the bill and its period stay one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import read_period
from domain.errors import Refusal
from domain.metering import between
from models.bills import Bill, lock_account
from models.corrections import adjust_bill
from models.readings import WorkedOut, add_stretches, lines_of, worked_out
from models.staff import audit


@dataclass(frozen=True)
class Anew:
    """What a bill's use came to and comes to, in fen. What else was corrected on the bill stays as it is."""

    was_fen: int
    now_fen: int
    basis: str
    working: WorkedOut
    anew: WorkedOut

    @property
    def by_fen(self) -> int:
        return self.now_fen - self.was_fen

    @property
    def same_use(self) -> bool:
        """Its own readings are what they were; at the most the year's use before it, which its tiers count, is another one."""
        return self.anew.stretches == self.working.stretches

    @property
    def same(self) -> bool:
        return self.same_use and self.anew.earlier == self.working.earlier


async def worked_out_anew(session: AsyncSession, bill_id: int) -> Anew:
    """From the readings as they stand now, between the same two places. Nothing is changed.

    Raises Refusal: no such bill, void, not of a meter, or a reading is gone.
    """
    bill = await session.get(Bill, bill_id)
    if bill is None:
        raise Refusal("correction.no_bill", {"bill": str(bill_id)})
    if bill.voided_at is not None:
        raise Refusal("correction.voided_before", {"bill": str(bill_id)})
    working = await worked_out(session, bill_id)
    if working is None:
        raise Refusal("reading.no_meter", {"bill": str(bill_id)})
    line = [each.reading for each in (await lines_of(session, [bill.account_id])).get((bill.account_id, bill.item), [])]
    opening, closing = working.stretches[0][0].place, working.stretches[-1][1].place
    try:
        use = between(line, opening, closing)
        earlier = between(line, working.earlier[0][0].place, opening).stretches if working.earlier else ()
    except ValueError:
        raise Refusal("reading.gone", {"bill": str(bill_id)}) from None
    anew = replace(working, edition=working.edition + 1, stretches=use.stretches, earlier=earlier)
    was, now = (each.priced(read_period(bill.period)) for each in (working, anew))
    return Anew(was.amount_fen, now.amount_fen, now.basis, working, anew)


async def recalculate_bill(
    session: AsyncSession, bill_id: int, why: str, on: date, at: datetime, *, actor: str
) -> Anew:
    """Charge or take back the difference by an entry, and write down what the bill is worked out from now.

    Raises Refusal as `worked_out_anew` and `adjust_bill` do, and when nothing is different.
    """
    bill = await session.get(Bill, bill_id)
    if bill is not None:
        await lock_account(session, bill.account_id)
        await session.refresh(bill)
    anew = await worked_out_anew(session, bill_id)
    if bill is None or anew.same:
        raise Refusal("correction.nothing", {"bill": str(bill_id)})
    edition = anew.anew.edition
    if anew.by_fen:
        reason = f"{why} ({bill.basis} → {anew.basis}, {edition})"
        await adjust_bill(session, bill_id, anew.by_fen, reason, on, at, actor=actor)
    await add_stretches(session, {bill_id: anew.anew.by_ids}, edition=edition)
    detail = {"before": bill.basis, "basis": anew.basis, "by_fen": anew.by_fen}
    bill.basis = anew.basis
    await session.flush()
    await audit(session, actor, "bill.recalculate", f"bill/{bill_id}", at, detail)
    return anew
