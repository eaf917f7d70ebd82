"""Staff: `/service` (服务): what was done this month, to be quoted where people ask what the fee is for."""

from __future__ import annotations

from domain.billing import read_period
from domain.completed import amount_words, read_completed
from domain.errors import Refusal
from domain.lint import lint
from domain.messages import Answer, Audience, Choice
from domain.roles import Right
from domain.wording import period_words
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Community, communities
from models.completed import CompletedService, drop_service, save_services, services_of
from models.staff import audit


async def show(turn: Turn) -> Answer:
    """`/service` lists this month; `/service [COMMUNITY] [2026-11] 电梯维保 4 次` enters one."""
    member = officer(turn, Right.TASKS)
    mine = [each for each in await communities(turn.session) if looks_after(member, each.id)]
    words = turn.argument.split()
    community = next((each for each in mine if words and each.name == words[0]), None)
    if community is not None:
        words = words[1:]
    elif len(mine) == 1:
        community = mine[0]
    period = f"{turn.today:%Y-%m}"
    if words and words[0][:4].isdecimal() and "-" in words[0]:
        period, words = _period(turn, words[0]), words[1:]
    if community is None:
        raise Refusal("service.which", {"names": turn.words("list.comma").join(each.name for each in mine) or "—"})
    if not words:
        return await _listed(turn, community, period)
    return await _enter(turn, community, period, " ".join(words))


async def _enter(turn: Turn, community: Community, period: str, text: str) -> Answer:
    try:
        done = read_completed(text)
    except ValueError:
        raise Refusal("service.usage") from None
    if lint(text, Audience.GROUP):  # it is quoted to everybody
        raise Refusal("service.unkind")
    row = {
        "community_id": community.id,
        "period": period,
        "name": done.name,
        "quantity": done.quantity,
        "unit": done.unit,
        "entered_by": turn.actor,
        "entered_at": turn.now,
    }
    await save_services(turn.session, [row])
    detail = {"period": period, "name": done.name, "quantity": str(done.quantity)}
    await audit(turn.session, turn.actor, "service.entered", f"community/{community.id}", turn.now, detail)
    return await _listed(turn, community, period)


async def _listed(turn: Turn, community: Community, period: str) -> Answer:
    found = await services_of(turn.session, community.id, period)
    fields = {"community": community.name, "period": period_words(period, turn.language)}
    if not found:
        return Answer((turn.say("service.none", fields=fields),))
    lines = "\n".join(f"· {each.name} {amount_words(each.quantity, each.unit, turn.language)}" for each in found)
    rows = [
        [Choice(turn.words("service.drop_label", name=each.name)[:40], "service.drop", {"service": str(each.id)})]
        for each in found[-3:]
    ]
    return Answer((turn.say("service.list", *rows, fields=fields, lines=lines),))


async def drop(turn: Turn) -> Answer:
    """Taken out again: a typing mistake is quoted to nobody."""
    member = officer(turn, Right.TASKS)
    entry = await turn.session.get(CompletedService, int(turn.args["service"]))
    if entry is None or not looks_after(member, entry.community_id):
        raise Refusal("service.gone")
    community = await turn.session.get_one(Community, entry.community_id)
    period, detail = entry.period, {"period": entry.period, "name": entry.name}
    await drop_service(turn.session, entry.id)
    await turn.session.flush()
    await audit(turn.session, turn.actor, "service.dropped", f"community/{community.id}", turn.now, detail)
    return await _listed(turn, community, period)


def _period(turn: Turn, text: str) -> str:
    try:
        period = read_period(text)
    except ValueError:
        raise Refusal("service.usage") from None
    if period.cycle != "month" or period.start > turn.today:
        raise Refusal("service.usage")
    return str(period)
