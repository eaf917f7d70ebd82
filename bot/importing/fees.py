"""Fee rules on their way in: what they cost, with the tiers and the minimum of what goes by meter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands.context import Desk
from bot.importing.columns import Row
from bot.importing.outcome import Outcome
from bot.importing.values import quoted
from domain.billing import rate_words
from models import bulk
from models.accounts import FeeItem

# What a metered fee may have beside its rate: as the file calls it -> as the table does, and what stands for nothing.
BESIDE = {
    "tier_prices": ("tier_prices", ()),
    "tiers_per": ("tiers_per", ""),
    "least_units": ("least_thousandths", 0),
    "least_yuan": ("least_fen", 0),
}


class Fees:
    """Fee rules, a version for each community, item and start. Tiers and minimum stay as they are in a file without them."""

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        communities = await bulk.communities_by_name(session)
        known = {(fee.community_id, fee.item, fee.starts_on): fee for fee in await bulk.fee_items(session)}
        new = []
        for row in rows:
            community = communities.get(row.values["community"])
            if community is None:
                names = ", ".join(communities) or "none yet"
                reason = f"{quoted(row.values['community'])} is unknown (known: {names}): import its accounts first"
                outcome.refuse(row, f"community: {reason}")
                continue
            item, starts_on = row.values["item"], row.values["from"]
            there = known.get((community.id, item, starts_on))
            terms = _terms(row, there)
            if reasons := _contradictions(terms):
                outcome.refuse(row, *reasons)
                continue
            changed = there is not None and any(getattr(there, name) != terms[name] for name in bulk.FEE_TERMS)
            if there is None or changed:
                new.append({**terms, "community_id": community.id, "item": item, "starts_on": starts_on})
            outcome.accept(new=there is None, changed=changed)
        return new

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        await bulk.save_fee_items(session, new)


def _terms(row: Row, there: FeeItem | None) -> dict[str, Any]:
    """What the row says of FEE_TERMS; where its file has no such column, what is known."""
    terms = {name: row.values[name] for name in ("formula", "rate_yuan", "cycle", "due_day")}
    for column, (name, nothing) in BESIDE.items():
        terms[name] = row.values.get(column, getattr(there, name) if there is not None else nothing)
    return terms


def _contradictions(terms: dict[str, Any]) -> list[str]:
    """Why these terms can't hold together, each with its column and the cure."""
    if terms["formula"] != "metered":
        return [
            f"{column}: only what goes by meter has this: leave it blank, or write metered under formula"
            for column, (name, _) in BESIDE.items()
            if terms[name]
        ]
    steps = terms["tier_prices"]
    reasons = []
    if steps and steps[0].rate_yuan != terms["rate_yuan"]:
        first = rate_words(steps[0].rate_yuan)
        reasons.append(f"rate_yuan: the first tier of tier_prices costs {first}: write the same in both")
    if steps and not terms["tiers_per"]:
        reasons.append(
            "tiers_per: is empty beside tiers: write period where each bill begins at the first tier, "
            "or year where what was used this year counts"
        )
    if terms["tiers_per"] and not steps:
        reasons.append("tiers_per: there are no tiers: fill in tier_prices, or leave this blank")
    return reasons
