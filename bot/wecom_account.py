"""The WeCom app seen from the command line: its menu, and the staff groups that it opens itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.channels.wecom_api import CorpApi, CorpClient
from bot.channels.wecom_chats import APPCHAT, MEMBER
from bot.content import CONTENT
from bot.settings import Wecom
from bot.wechat_account import QUICK
from bot.wechat_memory import DatabaseMemory
from domain.clock import Clock
from models.base import Database

MENU = CONTENT / "wecom.menu.toml"
NAME_BYTES = (16, 40)  # of a button, of one below it
MEMBERS_LEAST = 2  # the platform opens no smaller group
GROUP_NAME_MAX = 50  # characters


@asynccontextmanager
async def corporation(settings: Wecom, database: Database, clock: Clock) -> AsyncIterator[CorpApi]:
    """The app's interfaces, with the token that the running bot uses, too."""
    client = CorpClient(settings.corp_id, settings.secret, settings.base_url, QUICK)
    memory = DatabaseMemory(database, clock, "wecom", f"{settings.corp_id}/{settings.agent_id}")
    api = CorpApi(client, memory, clock, QUICK)
    try:
        yield api
    finally:
        await api.close()


async def set_menu(api: CorpApi, settings: Wecom, menu: Mapping[str, Any]) -> None:
    """Raises DeliveryError."""
    await api.through("menu/create", lambda: api.call(lambda client: client.menu.create(settings.agent_id, dict(menu))))


async def open_group(api: CorpApi, name: str, owner: str, members: Sequence[str]) -> str:
    """A staff group of the app's own; its chat. Raises DeliveryError."""
    told = await api.post("appchat/create", {"name": name, "owner": owner, "userlist": list(members)})
    return APPCHAT + str(told.get("chatid", ""))


def why_not(name: str, members: Sequence[str]) -> str:
    """Why the platform would open no such group; empty: it would."""
    if not 1 <= len(name) <= GROUP_NAME_MAX:
        return f"--name: 1 to {GROUP_NAME_MAX} characters"
    if len(set(members)) < MEMBERS_LEAST:
        return f"--members: WeCom opens a group for {MEMBERS_LEAST} people or more, their userids joined by commas"
    wrong = next((each for each in members if not MEMBER.fullmatch(each)), "")
    return f"--members {wrong!r}: not a userid, see 通讯录 in WeCom's backend" if wrong else ""
