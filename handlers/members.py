"""Who is on the staff: list, add, change a role, remove. Never the last administrator."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.roles import Right, Role, may
from domain.wording import LANGUAGES
from handlers.assign import leave
from handlers.labels import label, labels
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import community_named
from models.staff import Staff, add_member, audit, members, other_admins, staff_by_user

ADD = ("add", "添加", "加")
ROLE = ("role", "角色")
REMOVE = ("remove", "移除", "删除")
SHOWN = 40
BUTTONS_SHOWN = 12


async def staff(turn: Turn) -> Answer:
    """`/staff`, `/staff add CHANNEL ID NAME ROLE [COMMUNITY]`, `/staff role NUMBER ROLE`, `/staff remove NUMBER`."""
    officer(turn, Right.MANAGE_STAFF)
    words = turn.argument.split()
    if not words:
        return await _list(turn)
    if words[0].lower() in ADD and len(words) >= 5:
        return await _add(turn, words[1:5], " ".join(words[5:]))
    if words[0].lower() in ROLE and len(words) == 3:
        return await _sure_of_role(turn, await _member(turn, words[1]), _role(turn, words[2]))
    if words[0].lower() in REMOVE and len(words) == 2:
        return await _sure_of_removal(turn, await _member(turn, words[1]))
    return Answer((turn.say("team.usage", roles=_roles(turn)),))


async def _list(turn: Turn) -> Answer:
    lines: list[str] = []
    buttons: list[Choice] = []
    for member, community in (await members(turn.session))[:SHOWN]:
        fields = {
            "number": str(member.id),
            "name": member.name,
            "role": turn.words(f"role.{member.role}"),
            "where": community or turn.words("control.everything"),
            "channel": label(turn, "channel_name", member.channel),
        }
        lines.append(turn.words("team.line" if member.active else "team.line_removed", **fields))
        if member.active and len(buttons) < BUTTONS_SHOWN:
            buttons.append(
                Choice(f"{member.id}. {member.name}"[:30], "team.show", {"staff": str(member.id)}, reusable=True)
            )
    rows = [buttons[n : n + 3] for n in range(0, len(buttons), 3)]
    return Answer((turn.say("team.list", *rows, lines="\n".join(lines), roles=_roles(turn)),))


async def show(turn: Turn) -> Answer:
    """One colleague, with what can be changed."""
    officer(turn, Right.MANAGE_STAFF)
    member = await _member(turn, turn.args["staff"])
    roles = [
        Choice(turn.words(f"role.{role}"), "team.role", {"staff": str(member.id), "role": role.value}, reusable=True)
        for role in Role
        if role != member.role
    ]
    last = [turn.button("team_to_remove", "team.to_remove", reusable=True, staff=str(member.id))]
    fields = {"name": member.name, "role": turn.words(f"role.{member.role}"), "user": member.user}
    return Answer((turn.say("team.member", roles[:2], roles[2:], last, fields=fields),))


async def _add(turn: Turn, words: Sequence[str], community: str) -> Answer:
    channel, user, name, role = _channel(turn, words[0]), words[1], words[2], _role(turn, words[3])
    where = await community_named(turn.session, community) if community else None
    if community and where is None:
        raise Refusal("team.no_community", {"community": community[:40]})
    if await staff_by_user(turn.session, channel, user[:64]) is not None:
        raise Refusal("team.known", {"user": user[:64]})
    args = {"channel": channel, "user": user[:64], "name": name[:80], "role": role.value}
    args |= {"community": str(where.id)} if where else {}
    fields = {
        "name": name[:80],
        "role": turn.words(f"role.{role}"),
        "where": where.name if where else turn.words("control.everything"),
        "channel": label(turn, "channel_name", channel),
        "user": user[:64],
    }
    return Answer(
        (turn.say("team.sure_add", [Choice(turn.words("button.team_add"), "team.add", args)], fields=fields),)
    )


async def add(turn: Turn) -> Answer:
    """After the second tap: who wrote to the bot before is greeted at once."""
    officer(turn, Right.MANAGE_STAFF)
    args = turn.args
    community_id = int(args["community"]) if "community" in args else None
    member = await add_member(
        turn.session,
        channel=args["channel"],
        user=args["user"],
        name=args["name"],
        role=args["role"],
        community_id=community_id,
    )
    if member is None:
        raise Refusal("team.known", {"user": args["user"]})
    detail = {"role": member.role, "community": member.community_id}
    await audit(turn.session, turn.actor, "staff.added", f"staff/{member.id}", turn.now, detail)
    fields = {"name": member.name, "role": turn.words(f"role.{member.role}"), "number": str(member.id)}
    return Answer((turn.say("team.added", edit=True, fields=fields),))


async def role_asked(turn: Turn) -> Answer:
    officer(turn, Right.MANAGE_STAFF)
    return await _sure_of_role(turn, await _member(turn, turn.args["staff"]), Role(turn.args["role"]))


async def _sure_of_role(turn: Turn, member: Staff, role: Role) -> Answer:
    if role is not Role.ADMIN:
        await _keep_an_admin(turn, member)
    row = [turn.button("team_role", "team.role_yes", staff=str(member.id), role=role.value)]
    fields = {"name": member.name, "before": turn.words(f"role.{member.role}"), "role": turn.words(f"role.{role}")}
    return Answer((turn.say("team.sure_role", row, fields=fields),))


async def change(turn: Turn) -> Answer:
    """After the second tap. Who may no longer work on tasks gives theirs back."""
    officer(turn, Right.MANAGE_STAFF)
    member, role = await _member(turn, turn.args["staff"]), Role(turn.args["role"])
    if role is not Role.ADMIN:
        await _keep_an_admin(turn, member)
    before, member.role = member.role, role.value
    detail = {"from": before, "to": role.value}
    await audit(turn.session, turn.actor, "staff.role", f"staff/{member.id}", turn.now, detail)
    cards = () if may(role, Right.TASKS) else await leave(turn, member)
    fields = {"name": member.name, "role": turn.words(f"role.{role}")}
    return Answer((turn.say("team.changed", edit=True, fields=fields), *cards))


async def to_remove(turn: Turn) -> Answer:
    officer(turn, Right.MANAGE_STAFF)
    return await _sure_of_removal(turn, await _member(turn, turn.args["staff"]))


async def _sure_of_removal(turn: Turn, member: Staff) -> Answer:
    await _keep_an_admin(turn, member)
    row = [turn.button("team_remove", "team.remove", staff=str(member.id))]
    return Answer((turn.say("team.sure", row, name=member.name, role=turn.words(f"role.{member.role}")),))


async def remove(turn: Turn) -> Answer:
    """After the second tap: from now on their messages and buttons are a stranger's, and their tasks are open again."""
    officer(turn, Right.MANAGE_STAFF)
    member = await _member(turn, turn.args["staff"])
    await _keep_an_admin(turn, member)
    member.active = False
    await turn.session.flush()
    await audit(turn.session, turn.actor, "staff.removed", f"staff/{member.id}", turn.now)
    cards = await leave(turn, member)
    return Answer((turn.say("team.removed", edit=True, name=member.name), *cards))


async def _keep_an_admin(turn: Turn, member: Staff) -> None:
    if member.role == Role.ADMIN and member.active and await other_admins(turn.session, member.id) == 0:
        raise Refusal("team.last_admin")


async def _member(turn: Turn, number: str) -> Staff:
    member = await turn.session.get(Staff, int(number)) if number.isascii() and number.isdecimal() else None
    if member is None:
        raise Refusal("team.no_member", {"number": number[:20]})
    return member


def _role(turn: Turn, word: str) -> Role:
    """A role by its code or by its name in any language: `collector`, 收费员."""
    wording = turn.office.wording
    known = {wording.text(f"role.{role}", language).lower(): role for role in Role for language in LANGUAGES}
    known |= {role.value: role for role in Role}
    if word.lower() not in known:
        raise Refusal("team.no_role", {"role": word[:20], "roles": _roles(turn)})
    return known[word.lower()]


def _roles(turn: Turn) -> str:
    return turn.words("list.comma").join(turn.words(f"role.{role}") for role in Role)


def _channel(turn: Turn, word: str) -> str:
    """A channel by its code or by its name: `telegram`, Telegram."""
    known = {label(turn, "channel_name", channel).lower(): channel for channel in turn.office.channels}
    known |= {channel: channel for channel in turn.office.channels}
    if word.lower() not in known:
        channels = labels(turn, "channel_name", ";".join(turn.office.channels))
        raise Refusal("team.no_channel", {"channel": word[:20], "channels": channels})
    return known[word.lower()]
