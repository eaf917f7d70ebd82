"""What the policy asks for on a day, for each household: the one answer behind the plan and every preview of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.answering import usual_hour
from domain.clock import at_local
from domain.ladder import (
    Decision,
    HandToStaff,
    OpenBill,
    Reason,
    Remind,
    Wait,
    days_behind,
    decide,
    policy_for,
    wished_on,
)
from domain.office import Office
from domain.policy import Policy, within
from domain.runs import Approval, Planned
from models.inbox import replies_of
from models.reminders import Run
from models.runs import released_on
from models.standing import Household, Payer, households

LEARNED_FROM = timedelta(days=180)  # how far back replies tell when somebody answers


@dataclass(frozen=True, slots=True)
class Row:
    """One household's line in `preview` and `tick`."""

    account: str
    decision: str  # remind | staff | wait
    stage: str | None
    channel: str | None
    reason: str
    at: str  # ISO, local
    moved: str = ""  # where the calendar moved it, and from which day: "before_holiday 2026-10-03"

    def to_json(self) -> dict[str, str | None]:
        """Plain words; `moved` stands only where something was."""
        return {key: value for key, value in asdict(self).items() if key != "moved" or value}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A household with what was decided about it and when that takes effect.

    `wanted`: what the policy asks for, whether or not a manager has let it go yet.
    """

    household: Household
    policy: Policy
    decision: Decision
    at: datetime
    wanted: Decision
    today: date
    usual_hour: int | None = None  # at which the payer usually answers: the reminder waits for it

    @property
    def moved_from(self) -> date | None:
        """The day on which the stage was meant to come, where the calendar has moved it."""
        done = self.decision
        if isinstance(done, Wait) or not done.stage.moved_days:
            return None
        return wished_on(done.anchor, done.stage, self.lag(done.anchor, self.today))

    def row(self, office: Office) -> Row:
        decision = self.decision
        stage = decision.stage.name if decision.stage else None
        at = self.at.astimezone(office.zone).isoformat(timespec="seconds")
        code = self.household.standing.code
        match decision:
            case Remind(channel=channel):
                return Row(code, "remind", stage, channel, Reason.DUE.value, at, self._moved)
            case HandToStaff():
                return Row(code, "staff", stage, None, Reason.DUE.value, at, self._moved)
            case Wait(reason=reason):
                return Row(code, "wait", stage, None, reason.value, at)

    @property
    def _moved(self) -> str:
        day = self.moved_from
        return "" if day is None else f"{self.done.stage.move} {day.isoformat()}"

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
    approved = not office.approve_first_run or await approved_before(session)
    released = await released_on(session, today)
    async for household in households(session, office, today, now, only):
        policy = policy_for(office.policy(household.kind, today), household.standing)
        decision = wanted = decide(policy, household.standing, today)
        if isinstance(decision, Remind | HandToStaff):
            let_go = (
                policy.approval is Approval.NONE or (household.standing.account_id, decision.stage.name) in released
            )
            if not approved or not let_go:
                decision = Wait(Reason.AWAITING_APPROVAL, decision.stage)
        policy = within(policy, household.payer.hours if household.payer else None)
        at = opening_of(policy, office, today, household.standing.code)
        verdicts.append(Verdict(household, policy, decision, at, wanted, today))
    return _one_kind_per_person(await _at_their_hour(session, office, verdicts, today))


async def _at_their_hour(
    session: AsyncSession, office: Office, verdicts: Sequence[Verdict], today: date
) -> list[Verdict]:
    """Reminders go out when their payer usually answers, within the window; learned from the half year before today."""
    people = {verdict.payer.id for verdict in verdicts if isinstance(verdict.decision, Remind)}
    midnight = at_local(today, time(0), office.zone)
    replies = await replies_of(session, sorted(people), midnight - LEARNED_FROM, midnight)
    hours = {
        person: usual_hour([at.astimezone(office.zone).hour for at in moments]) for person, moments in replies.items()
    }
    return [_shifted(verdict, office, hours, today) for verdict in verdicts] if any(hours.values()) else list(verdicts)


def _shifted(verdict: Verdict, office: Office, hours: Mapping[int, int | None], today: date) -> Verdict:
    payer = verdict.household.payer
    hour = hours.get(payer.id) if payer is not None and isinstance(verdict.decision, Remind) else None
    if hour is None or not verdict.policy.window_from.hour < hour < verdict.policy.window_until.hour:
        return verdict
    minutes = keys.jitter_minutes(verdict.household.standing.code)
    at = at_local(today, time(hour), office.zone) + timedelta(minutes=minutes)
    return replace(verdict, at=at, usual_hour=hour)


def planned(verdicts: Sequence[Verdict]) -> dict[int, Planned]:
    """What each household would get once it is let go."""
    found = {}
    for verdict in verdicts:
        wanted = verdict.wanted
        stage = wanted.stage.name if wanted.stage else ""
        match wanted:
            case Remind():
                found[verdict.account_id] = Planned("remind", stage, Reason.DUE.value)
            case HandToStaff():
                found[verdict.account_id] = Planned("staff", stage, Reason.DUE.value)
            case Wait(reason=reason):
                found[verdict.account_id] = Planned("wait", stage, reason.value)
    return found


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


async def approved_before(session: AsyncSession) -> bool:
    """Whether a manager ever let a run go."""
    return await session.scalar(select(Run.id).where(Run.state == "approved").limit(1)) is not None
