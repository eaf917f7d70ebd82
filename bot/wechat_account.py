"""The Official Account seen from the command line: codes for slips, the menu, calls for the doctor."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.channels.wechat_api import Api, Client, Timeouts
from bot.channels.wechat_errors import Code, meaning
from bot.content import CONTENT
from bot.settings import ConfigError, Wechat
from bot.wechat_memory import DatabaseMemory
from domain.clock import Clock
from domain.errors import DeliveryError
from handlers.routes import ROUTES
from models.base import Database
from models.people import INVITE_LIFE

MENU = CONTENT / "wechat.menu.toml"
BUTTONS, BELOW = 3, 5
NAME_BYTES = (16, 60)  # of a button, of one below it
QUICK = Timeouts(connect=3.0, answer=5.0, total=8.0)  # somebody sits before the screen


@asynccontextmanager
async def account(settings: Wechat, database: Database, clock: Clock) -> AsyncIterator[Api]:
    """The account's interfaces, with the token that the running bot uses, too."""
    client = Client(settings.app_id, settings.app_secret, settings.base_url, QUICK)
    api = Api(client, DatabaseMemory(database, clock, "wechat", settings.app_id), clock, QUICK)
    try:
        yield api
    finally:
        await api.close()


async def code_links(api: Api, tokens: Sequence[str]) -> list[str | None]:
    """What the code of each binding token says when it is scanned; None where WeChat makes none."""

    async def link(token: str) -> str | None:
        wanted = {
            "action_name": "QR_STR_SCENE",
            "expire_seconds": int(INVITE_LIFE.total_seconds()),
            "action_info": {"scene": {"scene_str": token}},
        }
        try:
            told = await api.call(lambda client: client.qrcode.create(wanted))
        except (Code, DeliveryError, TimeoutError):
            return None
        return str(told["url"]) if told.get("url") else None

    return list(await asyncio.gather(*map(link, tokens)))


async def set_menu(api: Api, menu: Mapping[str, Any], clock: Clock) -> None:
    """Raises DeliveryError."""
    try:
        await api.call(lambda client: client.menu.create(dict(menu)))
    except (Code, TimeoutError) as wrong:
        raise meaning(wrong, clock.now()) from None


def read_menu(path: Path = MENU, name_bytes: tuple[int, int] = NAME_BYTES) -> dict[str, Any]:
    """The menu as WeChat and WeCom take it. Raises ConfigError that names the place."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from None
    top = raw.get("button", [])
    if not 1 <= len(top) <= BUTTONS:
        raise ConfigError(f"{path}: WeChat shows one to {BUTTONS} buttons")
    commands = {word for route in ROUTES for word in route.commands}
    return {"button": [_button(each, name_bytes, commands, path) for each in top]}


def leave_out(menu: dict[str, Any], key: str) -> None:
    """Take the entries of a command out of a menu: the account has nothing for it."""
    for button in menu["button"]:
        if "sub_button" in button:
            button["sub_button"] = [each for each in button["sub_button"] if each.get("key") != key]


def _button(raw: Mapping[str, Any], longest: tuple[int, ...], commands: set[str], path: Path) -> dict[str, Any]:
    """`longest`: the bytes that its name may have, then those of the names below it."""
    name, below = str(raw.get("name", "")), raw.get("sub_button", [])
    if not name or len(name.encode()) > longest[0]:
        raise ConfigError(f"{path}: button {name!r}: 1 to {longest[0]} bytes, a Chinese character has three")
    if longest[1:] and below:
        if len(below) > BELOW:
            raise ConfigError(f"{path}: button {name!r}: WeChat shows at most {BELOW} below it")
        return {"name": name, "sub_button": [_button(each, longest[1:], commands, path) for each in below]}
    if url := raw.get("url"):
        return {"name": name, "type": "view", "url": str(url)}
    if raw.get("key") not in commands:
        raise ConfigError(f"{path}: button {name!r}: key must be one of the bot's commands, such as bill")
    return {"name": name, "type": "click", "key": str(raw["key"])}
