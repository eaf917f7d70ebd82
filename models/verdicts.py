"""What the policy asks for on a day, for each household: the one answer behind the plan and every preview of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.ladder import Decision, HandToStaff, OpenBill, Reason, Remind, Wait, days_behind, decide, policy_for
from domain.office import Office
from domain.policy import Policy, within
from models.reminders import Run
from models.standing import Household, Payer, households


@dataclass(frozen=True, slots=True)
class Row:
    """One household's line in `preview` and `tick`."""

    account: str
    decision: str  # remind | staff | wait
    stage: str | None
    channel: str | None
    reason: str
    at: str  # ISO, local

    def to_json(self) -> dict[str, str | None]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A household with what was decided about it and when that takes effect."""

    household: Household
    policy: Policy
    decision: Decision
    at: datetime

    def row(self, office: Office) -> Row:
        decision = self.decision
        stage = decision.stage.name if decision.stage else None
        at = self.at.astimezone(office.zone).isoformat(timespec="seconds")
        code = self.household.standing.code
        match decision:
            case Remind(channel=channel):
                return Row(code, "remind", stage, channel, Reason.DUE.value, at)
            case HandToStaff():
                return Row(code, "staff", stage, None, Reason.DUE.value, at)
            case Wait(reason=reason):
                return Row(code, "wait", stage, None, reason.value, at)

    @property
    def payer(self) -> Payer:
        assert self.household.payer is not None
        return self.household.payer

    @property
    def done(self) -> Remind | HandToStaff:
        """What is to be carried out; only those that don't wait have it."""
        assert not isinstance(self.decision, Wait)
        return self.decision

    @property
    def account_id(self) -> int:
        return self.household.standing.account_id

    @property
    def key(self) -> str:
        return keys.reminder(self.account_id, self.done.anchor.id, self.done.stage.name)

    def lag(self, bill: OpenBill, today: date) -> int:
        return days_behind(self.policy, bill, today, started=self.household.standing.contacted_before)


async def decide_all(
    session: AsyncSession, office: Office, today: date, now: datetime, only: Sequence[int] | None = None
) -> list[Verdict]:
    """What the policy asks for on `today`, for every household (or those of `only`); writes nothing."""
    verdicts: list[Verdict] = []
    approved = not office.approve_first_run or await _approved(session)
    async for household in households(session, office, today, now, only):
        policy = policy_for(office.policy(household.kind, today), household.standing)
        decision = decide(policy, household.standing, today)
        if not approved and isinstance(decision, Remind | HandToStaff):
            decision = Wait(Reason.AWAITING_APPROVAL, decision.stage)
        policy = within(policy, household.payer.hours if household.payer else None)
        at = opening_of(policy, office, today, household.standing.code)
        verdicts.append(Verdict(household, policy, decision, at))
    return _one_kind_per_person(verdicts)


def opening_of(policy: Policy, office: Office, today: date, code: str) -> datetime:
    """A household's own minute of the day."""
    return at_local(today, policy.window_from, office.zone) + timedelta(minutes=keys.jitter_minutes(code))


def _one_kind_per_person(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """One message a day per person: all flats share it; a child's tuition waits when the flat's fee is spoken of."""
    kinds: dict[int, str] = {}
    times: dict[int, datetime] = {}
    folded = []
    for verdict in verdicts:
        if isinstance(verdict.decision, Remind):
            kind = kinds.setdefault(verdict.payer.id, verdict.household.kind)
            if kind != verdict.household.kind:
                verdict = replace(verdict, decision=Wait(Reason.CAP, verdict.decision.stage))
            else:
                verdict = replace(verdict, at=times.setdefault(verdict.payer.id, verdict.at))
        folded.append(verdict)
    return folded


async def _approved(session: AsyncSession) -> bool:
    return await session.scalar(select(Run.id).where(Run.state == "approved").limit(1)) is not None
