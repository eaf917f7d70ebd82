"""The commands on the office itself: init, doctor, invite, unbind, staff, groups, approve."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import NO_CHANNEL, CommandError, Desk, at_desk, settings_of
from bot.phrases import say
from domain.roles import Member, Role

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.invitations import Invitation
    from models.accounts import Community

CHANNELS = ("telegram", "sandbox", "wechat", "wecom")
ID_MAX = 64  # characters of a platform's id
NAME_MAX = 80
PLACE_MAX = 40

app = typer.Typer()
staff = typer.Typer(help="The people of the office.")
groups = typer.Typer(help="Group chats.")
app.add_typer(staff, name="staff")
app.add_typer(groups, name="groups")

Code = Annotated[str, typer.Argument(metavar="CODE", help="The account's code.")]
Channel = Annotated[str, typer.Option(help="telegram, wechat, wecom or sandbox.")]


@app.command()
def init(
    out: Annotated[Path, typer.Option(help="The configuration to write.")] = Path("config.toml"),
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Ask six questions, write the configuration, create the database."""
    from bot.setup import set_up

    set_up(out, ask=not defaults, force=force)


@app.command()
def doctor(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Is the set-up right? One line a check, with the cure; exit 1 when something fails."""
    from bot.doctor import examine

    settings = settings_of(context)
    checks = asyncio.run(examine(settings, context.find_root().params.get("config")))
    if as_json:
        typer.echo(json.dumps([check.to_json() for check in checks], ensure_ascii=False))
    else:
        for check in checks:
            typer.echo(check.line(settings.organisation.language))
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(1)


@app.command()
def corrections(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The file to write, such as questions.corrected.toml.")],
) -> None:
    """Write what people put right as new training lines, in the format of content/questions.*.toml. Nothing trains itself."""
    from models.misreadings import corrections as all_corrections
    from models.misreadings import training_lines
    from models.staff import audit

    if out.suffix.lower() != ".toml":
        raise CommandError(f"--out {out}: write a .toml file")

    async def work(desk: Desk) -> tuple[int, str]:
        async with desk.database.write() as session:
            rows = await all_corrections(session)
            await audit(session, desk.actor, "corrections.read", "corrections", desk.now, {"count": len(rows)})
            return len(rows), training_lines(rows)

    count, lines = at_desk(context, work)
    out.write_text(lines, encoding="utf-8")
    say(context, f"{count} corrections in {out}: read them before training with them")


@app.command()
def invite(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="The account's code.")] = "",
    role: Annotated[str, typer.Option(help="owner, family or tenant.")] = Member.OWNER.value,
    everyone: Annotated[bool, typer.Option("--all", help="A slip for every household, into --out.")] = False,
    community: Annotated[str, typer.Option(help="With --all: only this community.")] = "",
    out: Annotated[Path | None, typer.Option(help="With --all: the .pdf to print, or a .csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A one-time token that binds a chat to a household, with its link; or slips to print for all."""
    if role not in set(Member):
        raise CommandError(f"--role {role}: one of {', '.join(Member)}")
    if everyone == bool(code.strip()):
        raise CommandError("give one account's CODE, or --all")
    if everyone:
        _write_slips(context, role, community, out)
    elif out is not None or community:
        raise CommandError("--out and --community belong to --all")
    else:
        _invite_one(context, code.strip(), role, as_json)


def _invite_one(context: typer.Context, code: str, role: str, as_json: bool) -> None:
    from bot.invitations import invite as invite_one

    async def work(desk: Desk) -> Invitation:
        return await invite_one(desk, code, role)

    _show_invitation(context, at_desk(context, work), as_json)


def _write_slips(context: typer.Context, role: str, community: str, out: Path | None) -> None:
    from bot.invitations import slips

    if out is None:
        raise CommandError("--all needs --out slips.pdf, or slips.csv")
    if out.suffix.lower() not in (".csv", ".pdf"):
        raise CommandError(f"--out {out}: write a .pdf to print, or a .csv")

    async def work(desk: Desk) -> int:
        return await slips(desk, community.strip(), role, out)

    say(context, f"{at_desk(context, work)} slips in {out}")
    _say_without_channel(context, "the slips hold no link to scan yet")


def _show_invitation(context: typer.Context, made: Invitation, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(made.to_json(), ensure_ascii=False))
        return
    for channel, link in made.links.items():
        if link is not None:
            say(context, f"{channel}: {link}")
    say(context, f"or send the bot: {made.command}")
    say(context, f"once, by {made.role} of {made.account}, until {made.expires_at:%Y-%m-%d %H:%M}")


@app.command()
def unbind(
    context: typer.Context,
    code: Code,
    user: Annotated[str, typer.Option(help="The person's id on the channel.")],
    channel: Annotated[str, typer.Option(help="Only where the id is of this channel.")] = "",
) -> None:
    """Take a household from a person; their chat says nothing of it any more."""
    if channel:
        _known_channel(channel)

    async def work(desk: Desk) -> int:
        from sqlalchemy import select

        from models.accounts import by_code
        from models.parting import part
        from models.people import Contact
        from models.staff import audit

        async with desk.database.write() as session:
            account = await by_code(session, code.strip())
            if account is None:
                raise CommandError(f"there is no account {code!r}")
            people = select(Contact.person_id).where(Contact.user == user).distinct()
            if channel:
                people = people.where(Contact.channel == channel)
            parted = 0
            for person_id in list(await session.scalars(people)):
                if await part(session, account.id, person_id, desk.now):
                    detail = {"person": person_id}
                    await audit(session, desk.actor, "unbind", f"account/{account.id}", desk.now, detail)
                    parted += 1
            return parted

    if not at_desk(context, work):
        raise CommandError(f"user {user} is not bound to {code}")
    say(context, f"{code}: user {user} is unbound")


@staff.command("add")
def add_staff(
    context: typer.Context,
    channel: Channel,
    user: Annotated[str, typer.Option(help="The person's id on the channel; /start shows it.")],
    name: Annotated[str, typer.Option(help="What colleagues call them.")],
    role: Annotated[str, typer.Option(help="admin, manager, collector, teacher or auditor.")],
    community: Annotated[str, typer.Option(help="The only community they look after; all when left out.")] = "",
) -> None:
    """Add a colleague, or change what is known of one."""
    _known_channel(channel)
    _short("--user", user, ID_MAX)
    _short("--name", name, NAME_MAX)
    if role not in set(Role):
        raise CommandError(f"--role {role}: one of {', '.join(Role)}")

    async def work(session: AsyncSession, desk: Desk) -> None:
        from models.staff import audit, save_staff

        place = await _community(session, community) if community else None
        chat = user  # on every channel a private chat has its person's id
        staff_id = await save_staff(session, channel, user, chat, name.strip(), role, place.id if place else None)
        detail = {"role": role, "community": place.id if place else None}
        await audit(session, desk.actor, "staff.add", f"staff/{staff_id}", desk.now, detail)

    _write(context, work)
    say(context, f"{name}: {role} on {channel}" + (f", {community} only" if community else ""))


@groups.command("add")
def add_group(
    context: typer.Context,
    channel: Channel,
    chat: Annotated[str, typer.Option(help="The group's id on the channel.")],
    community: Annotated[str, typer.Option(help="Whose group it is.")],
    audience: Annotated[str, typer.Option(help="residents or staff.")] = "residents",
    building: Annotated[str, typer.Option(help="Only this building's.")] = "",
    class_name: Annotated[str, typer.Option("--class", help="Only this class's.")] = "",
) -> None:
    """Say what a group chat is for, or change it."""
    _known_channel(channel)
    _short("--chat", chat, ID_MAX)
    _short("--building", building or "-", PLACE_MAX)
    _short("--class", class_name or "-", NAME_MAX)
    if audience not in ("residents", "staff"):
        raise CommandError(f"--audience {audience}: one of residents, staff")
    if channel == "wecom":
        _wecom_group(context, chat, audience)
    if building and class_name:
        raise CommandError("--building and --class: a group is for one of them")

    async def work(session: AsyncSession, desk: Desk) -> None:
        from models.dialogue import save_group
        from models.staff import audit

        place = await _community(session, community)
        group_id = await save_group(session, channel, chat, place.id, audience, building.strip(), class_name.strip())
        detail = {"community": place.id, "audience": audience}
        await audit(session, desk.actor, "groups.add", f"group/{group_id}", desk.now, detail)

    _write(context, work)
    say(context, f"{channel} {chat}: {audience} of {community}")


@app.command()
def approve(context: typer.Context) -> None:
    """Let the first run go: the bot writes to people from the next plan on."""

    async def work(desk: Desk) -> str:
        from models.reminders import approve_run
        from models.staff import audit

        async with desk.database.write() as session:
            run = await approve_run(session, desk.actor, desk.now)
            if run is None:
                return "nothing to approve: the first run was approved before"
            await audit(session, desk.actor, "run.approve", f"run/{run.id}", desk.now)
            if not run.remind and not run.staff:
                return "approved: the first run goes out as soon as it is planned"
            return f"approved: {run.remind} reminders and {run.staff} tasks as planned for {run.on_date}"

    say(context, at_desk(context, work))
    _say_without_channel(context, "nothing can go out yet")


def _say_without_channel(context: typer.Context, so: str) -> None:
    """On stderr: what was done is of no use before somebody can be reached."""
    settings = settings_of(context)
    if not any(each.enabled for each in (settings.telegram, settings.wechat, settings.wecom)):
        say(context, f"{so}: {NO_CHANNEL}", err=True)


def _write(context: typer.Context, work: Callable[[AsyncSession, Desk], Awaitable[None]]) -> None:
    async def main(desk: Desk) -> None:
        async with desk.database.write() as session:
            await work(session, desk)

    at_desk(context, main)


def _known_channel(channel: str) -> None:
    if channel not in CHANNELS:
        raise CommandError(f"--channel {channel}: one of {', '.join(CHANNELS)}")


def _wecom_group(context: typer.Context, chat: str, audience: str) -> None:
    """What can be a group there: by a colleague's hand for residents, by robot or by the app for staff."""
    from bot.channels.wecom_chats import APPCHAT, ROBOT, STAFF_GROUPS, Sort, sort_of

    sort = sort_of(chat)
    if audience == "residents" and sort is not Sort.CUSTOMER_GROUP:
        raise CommandError(f"--chat {chat}: a customers' group has an id such as wrOgQhDgAAMYQiS5ol9G7gK9JVAAAAAA")
    if audience == "staff" and sort not in STAFF_GROUPS:
        raise CommandError(
            f"--chat {chat}: a staff group is {ROBOT}NAME of [[wecom.robots]], or {APPCHAT}ID of the app's group"
        )
    names = [robot.name for robot in settings_of(context).wecom.robots]
    if sort is Sort.ROBOT and chat.removeprefix(ROBOT) not in names:
        raise CommandError(
            f"--chat {chat}: no such robot: one of {', '.join(names) or 'none yet, write [[wecom.robots]]'}"
        )


def _short(option: str, value: str, most: int) -> None:
    if not value.strip() or len(value) > most or not value.isprintable():
        raise CommandError(f"{option}: 1 to {most} visible characters")


async def _community(session: AsyncSession, name: str) -> Community:
    from models.bulk import communities_by_name

    communities = await communities_by_name(session)
    if name.strip() not in communities:
        raise CommandError(
            f"there is no community {name!r}: one of {', '.join(communities) or 'none yet, import accounts'}"
        )
    return communities[name.strip()]
