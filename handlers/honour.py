"""The honour list (光荣榜): a household chooses to be on it, staff post it; nobody is named who didn't ask for it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from domain import keys
from domain.errors import Refusal
from domain.messages import Address, Answer, Audience, Choice, Kind, OutgoingMessage
from domain.roles import Member, Right
from domain.wording import by_surname, short_room
from handlers.household import press, settle_on
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Account, Community, communities
from models.dialogue import Group
from models.honours import PERIOD_DAYS, honoured, join, leave, on_list
from models.outbox import Context
from models.posting import post
from models.staff import audit

LEAST = 5  # with fewer names the list would point at people


def name_of(account: Account, language: str) -> str:
    """`3栋 王女士`: what the household agreed to be named as."""
    return f"{account.building or account.class_name} {by_surname(account.payer_name, language)}".strip()


async def choose(turn: Turn) -> Answer:
    """What it would say, and the choice."""
    settle_on(turn)
    account = turn.household
    inside = await on_list(turn.session, account.id)
    row = (press(turn, "honour_leave" if inside else "honour_join", "honour.leave" if inside else "honour.join"),)
    return Answer((turn.say("honour.explain", row, name=name_of(account, turn.language)),))


async def joined(turn: Turn) -> Answer:
    settle_on(turn)
    account = turn.household
    role = next((bound.role for mine, bound in turn.households if mine.id == account.id), None)
    if role != Member.OWNER:
        raise Refusal("honour.owner_only")
    await join(turn.session, account.id, turn.actor, turn.now)
    await audit(turn.session, turn.actor, "honour.joined", f"account/{account.id}", turn.now)
    row = (press(turn, "honour_leave", "honour.leave"),)
    fields = {"room": short_room(account.room), "name": name_of(account, turn.language)}
    return Answer((turn.say("honour.joined", row, fields=fields),))


async def left(turn: Turn) -> Answer:
    settle_on(turn)
    account = turn.household
    await leave(turn.session, account.id, account.community_id)
    await audit(turn.session, turn.actor, "honour.left", f"account/{account.id}", turn.now)
    return Answer((turn.say("honour.left", room=short_room(account.room)),))


async def show(turn: Turn) -> Answer:
    """`/honours`: who would be named, for each community of one's own."""
    member = officer(turn, Right.BROADCAST)
    told = []
    for community in await communities(turn.session):
        if looks_after(member, community.id):
            told.append(await _preview(turn, community))
    return Answer(tuple(told[:5])) if told else Answer((turn.say("honour.no_group"),))


async def _preview(turn: Turn, community: Community) -> OutgoingMessage:
    names = await _names(turn, community)
    fields = {"community": community.name, "number": str(len(names))}
    if len(names) < LEAST:
        return turn.say("honour.too_few", fields=fields | {"least": str(LEAST)})
    button = Choice(turn.words("button.honour_post"), "honour.post", {"community": str(community.id)})
    return turn.say("honour.preview", (button,), fields=fields, lines="\n".join(f"· {name}" for name in names))


async def _names(turn: Turn, community: Community) -> list[str]:
    since = turn.today - timedelta(days=PERIOD_DAYS)
    accounts = await honoured(turn.session, community.id, since, turn.today)
    return [name_of(account, turn.office.language) for account in accounts]


async def posted(turn: Turn) -> Answer:
    """Into the community's groups, with those who are on it at this very moment."""
    member = officer(turn, Right.BROADCAST)
    community = await turn.session.get(Community, int(turn.args["community"]))
    if community is None or not looks_after(member, community.id):
        raise Refusal("honour.no_group")
    names = await _names(turn, community)
    if len(names) < LEAST:
        fields = {"community": community.name, "number": str(len(names)), "least": str(LEAST)}
        raise Refusal("honour.too_few", fields)
    query = select(Group).where(Group.community_id == community.id, Group.audience == "residents", Group.state == "ok")
    groups = [each for each in await turn.session.scalars(query) if each.channel in turn.office.channels]
    if not groups:
        raise Refusal("honour.no_group")
    fields = {"community": community.name, "names": "\n".join(names)}
    text = turn.office.wording.text("honour.post", turn.office.language, fields)
    message = OutgoingMessage("honour.post", text, fields, audience=Audience.GROUP, kind=Kind.ANNOUNCEMENT)
    number = 0
    for group in groups:
        done = await post(
            turn.session,
            Address(group.channel, group.chat),
            message,
            key=keys.honour(group.id, turn.today),
            now=turn.now,
            context=Context(source=f"honour/{community.id}"),
        )
        number += done.first_id is not None
    if not number:
        raise Refusal("honour.posted_before")
    detail = {"names": len(names), "groups": number}
    await audit(turn.session, turn.actor, "honour.posted", f"community/{community.id}", turn.now, detail)
    return Answer((turn.say("honour.posted", number=str(number)),))
