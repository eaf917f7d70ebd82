"""The commands on the Official Account: its menu."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk

app = typer.Typer()
wechat = typer.Typer(help="The WeChat Official Account.")
app.add_typer(wechat, name="wechat")


@wechat.callback()
def group() -> None:
    """So that `menu` stays a word of its own."""


@wechat.command()
def menu(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option(help="Another menu than content/wechat.menu.toml.")] = None,
) -> None:
    """Set the menu at the bottom of the account; WeChat shows it within a few minutes, at once to new followers."""
    from bot.wechat_account import MENU, account, leave_out, read_menu, set_menu
    from domain.errors import DeliveryError

    wanted = read_menu(file or MENU)

    async def work(desk: Desk) -> None:
        settings = desk.settings.wechat
        if not settings.notices:
            leave_out(wanted, "notices")
        if not settings.enabled:
            raise CommandError("wechat.enabled is false: there is no account to set a menu for")
        async with account(settings, desk.database, desk.clock) as api:
            try:
                await set_menu(api, wanted, desk.clock)
            except DeliveryError as refused:
                raise CommandError(f"the menu was not set: {refused.detail}") from None

    at_desk(context, work)
    typer.echo(f"the menu is set: {', '.join(each['name'] for each in wanted['button'])}")
