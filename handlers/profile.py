"""What the office knows of a household: its payer grade and a pupil's renewal tier, each with its reasons and history."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import Refusal
from domain.grades import Why
from domain.messages import Answer
from domain.roles import Right
from domain.tiers import Evidence, Tier, read_tier
from domain.wording import day_words
from handlers.labels import label
from handlers.scopes import has, household_of
from handlers.turn import Turn
from models.accounts import Account
from models.profiles import grade_changes, grade_now, reasons_of, set_tier, tier_changes
from models.staff import Staff, audit

CHANGES_SHOWN = 5
SCHOOL = "training"


def why_line(turn: Turn, why: Sequence[Why]) -> str:
    """`连续 6 期按时 · 平均提前 3 天`."""
    return " · ".join(turn.words(f"grade_why.{each.code}", number=str(each.number)) for each in why)


async def show(turn: Turn) -> Answer:
    """`/profile CODE`, and a button on the household's card. Reading it is written down."""
    code = turn.args.get("code", turn.argument.partition(" ")[0])
    if not code:
        raise Refusal("profile.usage")
    account = await household_of(turn, code, Right.READ)
    await audit(turn.session, turn.actor, "profile.read", f"account/{account.id}", turn.now)
    parts = [turn.words("profile.head", code=account.code, **turn.called(account)), *await _grade(turn, account)]
    rows = [[turn.button("account_back", "account.show", reusable=True, code=account.code)]]
    if account.kind == SCHOOL:
        parts += await _tier(turn, account)
        if has(turn, Right.TASKS):
            others = [tier for tier in Tier if tier != account.tier]
            rows.insert(
                0, [turn.button(f"tier_{each}", "profile.tier", code=account.code, tier=each) for each in others]
            )
    return Answer((turn.say("profile.card", *rows, card="\n".join(parts)),))


async def grade_and_why(turn: Turn, account: Account) -> tuple[str, str]:
    """The grade of this moment and its reasons, in words; an imported grade has none, and an unknown one no name."""
    graded = await grade_now(turn.session, account.id, turn.today)
    if graded is None:
        return label(turn, "grade_name", account.grade) if account.grade else "", ""
    return turn.words(f"grade_name.{graded.grade}"), why_line(turn, graded.why)


async def tier_and_why(turn: Turn, account: Account) -> tuple[str, str]:
    """The tier and the evidence that brought it there, in words; both empty where nobody has placed the family."""
    name = label(turn, "tier_name", account.tier) if account.tier else ""
    newest = [each for each in await tier_changes(turn.session, account.id, 1) if each.becomes == account.tier]
    return name, "".join(turn.words(f"evidence.{each.evidence}") for each in newest)


async def _grade(turn: Turn, account: Account) -> list[str]:
    name, why = await grade_and_why(turn, account)
    template = "profile.grade" if why else "profile.grade_given"
    lines = [turn.words(template, grade=name or "—", why=why)]
    for change in reversed(await grade_changes(turn.session, account.id, CHANGES_SHOWN)):
        fields = {
            "day": day_words(change.on_date, turn.language),
            "was": change.was or "—",
            "becomes": change.becomes,
            "why": why_line(turn, reasons_of(change)),
        }
        lines.append(turn.words("profile.change", **fields))
    return lines


async def _tier(turn: Turn, account: Account) -> list[str]:
    name = label(turn, "tier_name", account.tier) if account.tier else "—"
    lines = [turn.words("profile.tier", tier=name)]
    for change in reversed(await tier_changes(turn.session, account.id, CHANGES_SHOWN)):
        why = turn.words(f"evidence.{change.evidence}")
        fields = {
            "day": day_words(turn.office.today(change.at), turn.language),
            "was": change.was or "—",
            "becomes": change.becomes or "—",
            "why": turn.words("profile.by", why=why, who=name) if (name := await _who(turn, change.actor)) else why,
        }
        lines.append(turn.words("profile.change", **fields))
    return lines


async def _who(turn: Turn, actor: str) -> str:
    """The colleague's name; families and jobs need none, the evidence says it."""
    kind, _, number = actor.partition("/")
    colleague = await turn.session.get(Staff, int(number)) if kind == "staff" else None
    return colleague.name if colleague else ""


async def tier_set(turn: Turn) -> Answer:
    """`/tier CODE B`: placed by hand, which is evidence too."""
    code, _, typed = turn.argument.partition(" ")
    tier = read_tier(turn.args.get("tier", typed.strip().upper()))
    account = await household_of(turn, turn.args.get("code", code), Right.TASKS)
    if tier is None:
        raise Refusal("profile.tier_usage")
    if account.kind != SCHOOL:
        raise Refusal("profile.no_tier", {"code": account.code})
    if tier == account.tier:
        return Answer((turn.say("profile.tier_same", code=account.code, tier=turn.words(f"tier_name.{tier}")),))
    change = await set_tier(turn.session, account, tier, Evidence.STAFF, turn.actor, turn.now)
    detail = {"was": change.was, "becomes": change.becomes}
    await audit(turn.session, turn.actor, "tier.set", f"account/{account.id}", turn.now, detail)
    row = [turn.button("profile", "profile.show", reusable=True, code=account.code)]
    return Answer((turn.say("profile.tier_set", row, code=account.code, tier=turn.words(f"tier_name.{tier}")),))
