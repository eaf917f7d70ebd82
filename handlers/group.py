"""Group life: the bot was added, greets, was removed, silenced, renamed or moved; a private chat blocked it or came back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from domain.errors import Refusal
from domain.messages import Address, Answer, Audience, Choice, Kind, OutgoingMessage
from domain.roles import Right, Role
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Community
from models.dialogue import Group, group_of
from models.outbox import move_chat
from models.staff import Staff, audit, staff_for

COMMUNITIES_OFFERED = 12


async def joined(turn: Turn) -> Answer:
    """The bot was added, or may write again: it posts nothing until the office links the group to a community."""
    group = await _group(turn)
    was, group.state = group.state, "ok"
    await audit(turn.session, turn.actor, "group.joined", f"group/{group.id}", turn.now)
    if was == "silent":
        return Answer(await _cards(turn, "group.back_card", title=group.title or turn.message.chat))
    if group.community_id is not None or group.audience == "staff":
        return Answer(_hello(turn, group))
    communities = list(await turn.session.scalars(select(Community).order_by(Community.id)))
    return Answer(await _cards(turn, "group.joined_card", (group, communities), title=group.title or turn.message.chat))


def _whose(turn: Turn, group: Group, community: Community | None) -> tuple[Choice, ...]:
    """A community's residents, or its staff; the last row: the staff of all communities."""
    words, language = turn.office.wording, turn.office.language
    place = community.name[:20] if community else words.text("control.everything", language)

    def choice(audience: str) -> Choice:
        label = words.text(f"group.{audience}_of", language, {"community": place})
        args = {"group": str(group.id), "community": str(community.id) if community else "", "audience": audience}
        return Choice(label, "group.link", args)

    return (choice("residents"), choice("staff")) if community else (choice("staff"),)


async def link(turn: Turn) -> Answer:
    """An administrator or a manager, within their communities, says whose group it is: a community's residents, its staff, or the staff of all communities."""
    group, number = await turn.session.get(Group, int(turn.args["group"])), turn.args["community"]
    of_staff = turn.args.get("audience") == "staff"
    community = await turn.session.get(Community, int(number)) if number else None
    if group is None or (community is None and (number or not of_staff)):
        raise Refusal("button.expired")
    if not looks_after(officer(turn, Right.APPROVE), community.id if community else None):
        raise Refusal("group.not_yours")
    if group.community_id is not None and not looks_after(officer(turn, Right.APPROVE), group.community_id):
        raise Refusal("group.not_yours")
    group.community_id = community.id if community else None
    group.audience = "staff" if of_staff else "residents"
    detail = {"community_id": group.community_id, "audience": group.audience}
    await audit(turn.session, turn.actor, "group.linked", f"group/{group.id}", turn.now, detail)
    where = community.name if community else turn.words("control.everything")
    template = "group.linked_staff" if of_staff else "group.linked"
    told = turn.say(template, edit=True, title=group.title or group.chat, community=where)
    return Answer((told, *_hello(turn, group)))


def _hello(turn: Turn, group: Group) -> tuple[OutgoingMessage, ...]:
    """One greeting to the group, the first time it is known whose it is: what the bot is there for, and what not."""
    if group.greeted_at is not None or group.state != "ok" or group.audience != "residents":
        return ()
    group.greeted_at = turn.now
    words, fields = turn.office.wording, {"office": turn.office.name}
    link = turn.office.start_link(group.channel, "hello")
    rows = ((Choice(words.text("button.open_private", turn.office.language), url=link),),) if link else ()
    text = words.text("group.hello", turn.office.language, fields)
    there = Address(group.channel, group.chat)
    return (OutgoingMessage("group.hello", text, fields, rows, Audience.GROUP, Kind.SERVICE, to=there),)


async def removed(turn: Turn) -> Answer:
    """The bot was taken out: staff hear it, and nothing more is planned for this group."""
    group = await _group(turn)
    group.state, group.greeted_at = "removed", None
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
    turn: Turn, template: str, to_link: tuple[Group, Sequence[Community]] | None = None, **fields: str
) -> tuple[OutgoingMessage, ...]:
    """One card to each administrator and manager who can be written to on this channel.

    `to_link`: a new group and all communities; each is offered those that they may link it to.
    """

    def rows(member: Staff) -> tuple[tuple[Choice, ...], ...]:
        if to_link is None:
            return ()
        group, communities = to_link
        theirs = [each for each in communities if looks_after(member, each.id)][:COMMUNITIES_OFFERED]
        return tuple(_whose(turn, group, each) for each in (*theirs, *([None] if member.community_id is None else ())))

    wanted = (Role.ADMIN, Role.MANAGER)
    staff = [s for s in await staff_for(turn.session, None) if Role(s.role) in wanted]
    return tuple(
        OutgoingMessage(
            template,
            turn.office.wording.text(template, turn.office.language, fields),
            fields,
            rows(member),
            Audience.STAFF,
            Kind.STAFF_CARD,
            to=Address(member.channel, member.chat),
        )
        for member in staff
        if member.channel in turn.office.channels
    )
