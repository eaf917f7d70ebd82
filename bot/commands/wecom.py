"""The commands on the WeCom app: its menu, and staff groups that it opens itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk
from bot.settings import Wecom

app = typer.Typer()
wecom = typer.Typer(help="The WeCom app.")
app.add_typer(wecom, name="wecom")


@wecom.command()
def menu(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option(help="Another menu than content/wecom.menu.toml.")] = None,
) -> None:
    """Set the menu at the bottom of the app, for colleagues."""
    from bot.wechat_account import read_menu
    from bot.wecom_account import MENU, NAME_BYTES, corporation, set_menu
    from domain.errors import DeliveryError

    wanted = read_menu(file or MENU, NAME_BYTES)

    async def work(desk: Desk) -> None:
        settings = _enabled(desk)
        async with corporation(settings, desk.database, desk.clock) as api:
            try:
                await set_menu(api, settings, wanted)
            except DeliveryError as refused:
                raise CommandError(f"the menu was not set: {refused.detail}") from None

    at_desk(context, work)
    typer.echo(f"the menu is set: {', '.join(each['name'] for each in wanted['button'])}")


@wecom.command("group")
def open_staff_group(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="What the group is called.")],
    members: Annotated[str, typer.Option(help="Userids joined by commas; the first owns the group.")],
    community: Annotated[str, typer.Option(help="Whose staff group it is.")],
) -> None:
    """Open a group of colleagues that the bot may post in by itself. Residents can't be in it: WeCom has no way for that."""
    from bot.wecom_account import corporation, open_group, why_not
    from domain.errors import DeliveryError, Unknown

    people = [each.strip() for each in members.split(",") if each.strip()]
    if wrong := why_not(name, people):
        raise CommandError(wrong)

    async def work(desk: Desk) -> str:
        from models.accounts import community_named
        from models.dialogue import save_group
        from models.staff import audit

        settings = _enabled(desk)
        async with desk.database.read() as session:
            place = await community_named(session, community.strip())
        if place is None:
            raise CommandError(f"there is no community {community!r}: import its accounts first")
        async with corporation(settings, desk.database, desk.clock) as api:
            try:
                chat = await open_group(api, name, people[0], people)
            except Unknown:
                raise CommandError("WeCom did not answer: look there whether the group was opened") from None
            except DeliveryError as refused:
                raise CommandError(f"the group was not opened: {refused.detail}") from None
        async with desk.database.write() as session:
            group_id = await save_group(session, "wecom", chat, place.id, "staff", "", "")
            detail = {"community": place.id, "members": len(people)}
            await audit(session, desk.actor, "groups.open", f"group/{group_id}", desk.now, detail)
        return chat

    typer.echo(f"wecom {at_desk(context, work)}: staff of {community}")


def _enabled(desk: Desk) -> Wecom:
    if not desk.settings.wecom.enabled:
        raise CommandError("wecom.enabled is false: there is no app to do this with")
    return desk.settings.wecom
