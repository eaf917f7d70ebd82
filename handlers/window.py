"""How a renewal window goes, for those who steer it: class × answer × reason, and the pupils' sheet (生源分析表)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from domain.errors import Refusal
from domain.messages import Answer, Audience
from domain.money import yuan
from domain.renewals import OfferState
from domain.roles import Right
from domain.wording import day_words, tongue
from handlers.scopes import has, officer
from handlers.turn import Turn
from models.exports import Export
from models.renewals import ClassResult, results
from models.staff import audit

LOOK_BACK = timedelta(days=60)
PUPILS = "pupils"


async def results_of(turn: Turn) -> list[ClassResult]:
    member = officer(turn, Right.READ)
    return await results(turn.session, member.community_id, turn.today - LOOK_BACK)


async def show(turn: Turn) -> Answer:
    """Figures of classes only: no family stands in them."""
    found = await results_of(turn)
    if not found:
        return Answer((turn.say("renewal.none"),))
    fields = {"today": day_words(turn.today, turn.language), "days": str(LOOK_BACK.days)}
    row = [turn.button("sheet", "window.sheet", reusable=True)] if has(turn, Right.APPROVE) else []
    lines = "\n".join(_line(turn, each) for each in found)
    return Answer((turn.say("renewal.overview", row, fields=fields, lines=lines),))


def _line(turn: Turn, each: ClassResult) -> str:
    reasons = _reasons(turn, each.reasons)
    fields = {
        "class_name": each.class_name,
        "closes": day_words(each.closes_on, turn.language),
        "offered": str(each.offered),
        "yes": str(each.answers[OfferState.YES]),
        "paid": str(each.converted),
        "amount": yuan(each.converted_fen),
        "considering": str(each.answers[OfferState.CONSIDERING]),
        "no": str(each.answers[OfferState.NO]),
        "open": str(each.answers[OfferState.OPEN] + each.answers[OfferState.EXPIRED]),
        "tiers": turn.words("list.comma").join(f"{name} {number}" for name, number in sorted(each.tiers.items())),
        "reasons": "\n  " + turn.words("renewal.reasons", reasons=reasons) if reasons else "",
    }
    return turn.words("renewal.line", **fields)


def _reasons(turn: Turn, counts: Mapping[str, int]) -> str:
    """The reasons given, the commonest first."""
    found = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    named = [(turn.words(f"renewal.because_{code}"), str(number)) for code, number in found]
    return turn.words("list.comma").join(turn.words("renewal.count", name=name, number=n) for name, n in named)


async def sheet(turn: Turn) -> Answer:
    """Asked for: the file follows within a minute, in the private chat only."""
    member = officer(turn, Right.APPROVE)
    if turn.message.audience is not Audience.PRIVATE:
        raise Refusal("export.private_only")
    wish = Export(
        staff_id=member.id,
        community_id=member.community_id,
        language=tongue(turn.language),
        asked_at=turn.now,
        sheet=PUPILS,
    )
    turn.session.add(wish)
    await turn.session.flush()
    detail = {"community": member.community_id, "sheet": PUPILS}
    await audit(turn.session, turn.actor, "export.asked", f"export/{wish.id}", turn.now, detail)
    return Answer((turn.say("export.coming", edit=turn.message.choice is not None),))
