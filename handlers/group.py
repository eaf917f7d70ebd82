"""Group life: the bot was added, removed, silenced, renamed or moved; and a private chat that blocked it or came back."""

from __future__ import annotations

from sqlalchemy import select

from domain.errors import Refusal
from domain.messages import Address, Answer, Audience, Choice, Kind, OutgoingMessage
from domain.roles import Role
from handlers.turn import Turn
from models.accounts import Community
from models.dialogue import Group, group_of
from models.outbox import move_chat
from models.staff import audit, staff_for

COMMUNITIES_OFFERED = 12


async def joined(turn: Turn) -> Answer:
    """The bot was added: it posts nothing until an administrator links the group to a community."""
    group = await _group(turn)
    group.state = "ok"
    await audit(turn.session, turn.actor, "group.joined", f"group/{group.id}", turn.now)
    if group.community_id is not None:
        return Answer()
    communities = list(await turn.session.scalars(select(Community).order_by(Community.id).limit(COMMUNITIES_OFFERED)))
    rows = tuple(
        (Choice(each.name[:20], "group.link", {"group": str(group.id), "community": str(each.id)}),)
        for each in communities
    )
    return Answer(await _cards(turn, "group.joined_card", rows, title=group.title or turn.message.chat))


async def link(turn: Turn) -> Answer:
    """An administrator says which community a group belongs to."""
    group = await turn.session.get(Group, int(turn.args["group"]))
    community = await turn.session.get(Community, int(turn.args["community"]))
    if group is None or community is None:
        raise Refusal("button.expired")
    group.community_id = community.id
    await audit(turn.session, turn.actor, "group.linked", f"group/{group.id}", turn.now, {"community_id": community.id})
    return Answer((turn.say("group.linked", edit=True, title=group.title or group.chat, community=community.name),))


async def removed(turn: Turn) -> Answer:
    """The bot was taken out: staff hear it, and nothing more is planned for this group."""
    group = await _group(turn)
    group.state = "removed"
    await audit(turn.session, turn.actor, "group.removed", f"group/{group.id}", turn.now)
    return Answer(await _cards(turn, "group.removed_card", title=group.title or turn.message.chat))


async def silenced(turn: Turn) -> Answer:
    """The bot may no longer write here."""
    group = await _group(turn)
    group.state = "silent"
    return Answer(await _cards(turn, "group.silenced_card", title=group.title or turn.message.chat))


async def renamed(turn: Turn) -> Answer:
    (await _group(turn)).title = turn.args.get("title", "")[:120]
    return Answer()


async def migrated(turn: Turn) -> Answer:
    """A group became a supergroup: one row, one id, whichever of the two notices comes first."""
    old, new = turn.args.get("old", ""), turn.args.get("new", "")
    if not old or not new or old == new:
        return Answer()
    channel = turn.message.channel
    newcomer, known = await group_of(turn.session, channel, new), await group_of(turn.session, channel, old)
    if newcomer is not None and known is not None:
        await turn.session.delete(newcomer)
        await turn.session.flush()
    await move_chat(turn.session, channel, old, new)
    return Answer()


async def blocked(turn: Turn) -> Answer:
    """A person blocked the bot: no one writes to this chat until they return."""
    if turn.contact is not None:
        turn.contact.state = "blocked"
        await audit(turn.session, turn.actor, "contact.blocked", f"contact/{turn.contact.id}", turn.now)
    return Answer()


async def returned(turn: Turn) -> Answer:
    if turn.contact is not None:
        turn.contact.state = "ok"
    return Answer()


async def _group(turn: Turn) -> Group:
    """The group's row, made when it is new."""
    group = await group_of(turn.session, turn.message.channel, turn.message.chat)
    if group is None:
        group = Group(channel=turn.message.channel, chat=turn.message.chat, audience="residents", state="ok")
        turn.session.add(group)
    if title := turn.args.get("title"):
        group.title = title[:120]
    await turn.session.flush()
    return group


async def _cards(
    turn: Turn, template: str, rows: tuple[tuple[Choice, ...], ...] = (), **fields: str
) -> tuple[OutgoingMessage, ...]:
    """One card to each administrator and manager who can be written to on this channel."""
    wanted = (Role.ADMIN, Role.MANAGER)
    staff = [s for s in await staff_for(turn.session, None) if Role(s.role) in wanted]
    return tuple(
        OutgoingMessage(
            template,
            turn.office.wording.text(template, "zh", fields),
            fields,
            rows,
            Audience.STAFF,
            Kind.STAFF_CARD,
            to=Address(member.channel, member.chat),
        )
        for member in staff
        if member.channel in turn.office.channels
    )
