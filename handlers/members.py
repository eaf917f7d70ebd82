"""Who is on the staff: list, add, change a role, remove. Never the last administrator."""

from __future__ import annotations

from domain.errors import Refusal
from domain.messages import Answer
from domain.roles import Right, Role
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import community_named
from models.staff import Staff, add_member, audit, members, other_admins

ADD = ("add", "添加", "加")
ROLE = ("role", "角色")
REMOVE = ("remove", "移除", "删除")
SHOWN = 40


async def staff(turn: Turn) -> Answer:
    """`/staff`, `/staff add CHANNEL ID NAME ROLE [COMMUNITY]`, `/staff role NUMBER ROLE`, `/staff remove NUMBER`."""
    officer(turn, Right.MANAGE_STAFF)
    words = turn.argument.split()
    if not words:
        return await _list(turn)
    if words[0] in ADD and len(words) >= 5:
        channel, user, name, role = words[1:5]
        return await _add(turn, channel, user, name, _role(role), " ".join(words[5:]))
    if words[0] in ROLE and len(words) == 3:
        return await _change(turn, await _member(turn, words[1]), _role(words[2]))
    if words[0] in REMOVE and len(words) == 2:
        member = await _member(turn, words[1])
        row = [turn.button("team_remove", "team.remove", staff=str(member.id))]
        return Answer((turn.say("team.sure", row, name=member.name, role=turn.words(f"role.{member.role}")),))
    return Answer((turn.say("team.usage", roles=", ".join(Role)),))


async def _list(turn: Turn) -> Answer:
    lines = [
        turn.words(
            "team.line" if member.active else "team.line_removed",
            number=str(member.id),
            name=member.name,
            role=turn.words(f"role.{member.role}"),
            where=community or turn.words("control.everything"),
            channel=member.channel,
        )
        for member, community in (await members(turn.session))[:SHOWN]
    ]
    return Answer((turn.say("team.list", lines="\n".join(lines), roles=", ".join(Role)),))


async def _add(turn: Turn, channel: str, user: str, name: str, role: Role, community: str) -> Answer:
    if channel not in turn.office.channels:
        raise Refusal("team.no_channel", {"channel": channel[:20], "channels": ", ".join(turn.office.channels)})
    where = await community_named(turn.session, community) if community else None
    if community and where is None:
        raise Refusal("team.no_community", {"community": community[:40]})
    member = await add_member(
        turn.session,
        channel=channel,
        user=user[:64],
        name=name[:80],
        role=role,
        community_id=where.id if where else None,
    )
    if member is None:
        raise Refusal("team.known", {"user": user[:64]})
    detail = {"role": member.role, "community": member.community_id}
    await audit(turn.session, turn.actor, "staff.added", f"staff/{member.id}", turn.now, detail)
    fields = {"name": member.name, "role": turn.words(f"role.{member.role}"), "number": str(member.id)}
    return Answer((turn.say("team.added", fields=fields),))


async def _change(turn: Turn, member: Staff, role: Role) -> Answer:
    if role is not Role.ADMIN:
        await _keep_an_admin(turn, member)
    before, member.role = member.role, role
    detail = {"from": before, "to": role.value}
    await audit(turn.session, turn.actor, "staff.role", f"staff/{member.id}", turn.now, detail)
    return Answer((turn.say("team.changed", name=member.name, role=turn.words(f"role.{role}")),))


async def remove(turn: Turn) -> Answer:
    """After the second tap: from now on their messages and buttons are a stranger's."""
    officer(turn, Right.MANAGE_STAFF)
    member = await _member(turn, turn.args["staff"])
    await _keep_an_admin(turn, member)
    member.active = False
    await audit(turn.session, turn.actor, "staff.removed", f"staff/{member.id}", turn.now)
    return Answer((turn.say("team.removed", edit=True, name=member.name),))


async def _keep_an_admin(turn: Turn, member: Staff) -> None:
    if member.role == Role.ADMIN and member.active and await other_admins(turn.session, member.id) == 0:
        raise Refusal("team.last_admin")


async def _member(turn: Turn, number: str) -> Staff:
    member = await turn.session.get(Staff, int(number)) if number.isascii() and number.isdecimal() else None
    if member is None:
        raise Refusal("team.no_member", {"number": number[:20]})
    return member


def _role(word: str) -> Role:
    if word.lower() not in set(Role):
        raise Refusal("team.no_role", {"role": word[:20], "roles": ", ".join(Role)})
    return Role(word.lower())
