"""WeCom's mass-send tasks (企业群发): a colleague taps "send", and only then customers and their groups get the message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.channels.wecom_api import CorpApi
from bot.channels.wecom_chats import CHANNEL, Sort, sort_of
from bot.settings import Wecom
from domain.confirmations import Created, Fate, Result
from domain.errors import Rejected, Unknown, Unreachable

CHATS_AT_ONCE = 2000  # of one task; customers may be 10,000
PAGE = 500
FATES = {0: Fate.WAITING, 1: Fate.SENT, 2: Fate.LEFT, 3: Fate.FULL}
ADD, TASK, RESULT = "add_msg_template", "get_groupmsg_task", "get_groupmsg_send_result"
Json = dict[str, Any]


class Tasks:
    """domain.confirmations.Confirming, of one app. The app must be one that may use the customers' interfaces (可调用应用)."""

    name = CHANNEL
    chats_at_once = CHATS_AT_ONCE

    def __init__(self, api: CorpApi, settings: Wecom) -> None:
        self._api = api
        self.per_day = settings.tasks_per_day
        self.per_month = settings.tasks_per_month
        self.turn = asyncio.Lock()

    async def confirmer_of(self, chat: str) -> str:
        """A group's owner; for a customer the platform asks whoever looks after them."""
        if sort_of(chat) is not Sort.CUSTOMER_GROUP:
            return ""
        told = await self._post("groupchat/get", {"chat_id": chat, "need_name": 0})
        owner = str(told.get("group_chat", {}).get("owner", ""))
        if not owner:
            raise Unreachable("the group has no owner in the company")
        return owner

    async def create(self, chats: Sequence[str], confirmer: str, text: str) -> Created:
        to_groups = sort_of(chats[0]) is Sort.CUSTOMER_GROUP
        task: Json = {"chat_type": "group" if to_groups else "single", "text": {"content": text}}
        task["chat_id_list" if to_groups else "external_userid"] = list(chats)
        if confirmer:
            task["sender"] = confirmer
        told = await self._post(ADD, task)
        refused = frozenset(str(each) for each in told.get("fail_list") or ())
        message_id = str(told.get("msgid") or "")
        if not message_id and refused.issuperset(chats):
            raise Unreachable("none of these customers can be written to")
        if not message_id:
            raise Unknown("the platform named no task")
        return Created(message_id, refused)

    async def results(self, message_id: str) -> Sequence[Result]:
        members = await self._all(TASK, {"msgid": message_id}, "task_list")
        found: list[Result] = []
        for confirmer in [str(each["userid"]) for each in members if each.get("userid")]:
            told = await self._all(RESULT, {"msgid": message_id, "userid": confirmer}, "send_list")
            found += [_result(each, confirmer) for each in told] or [Result("", confirmer, Fate.WAITING)]
        return found

    async def remind(self, message_id: str) -> None:
        await self._post("remind_groupmsg_send", {"msgid": message_id})

    async def cancel(self, message_id: str) -> None:
        """A task that is over already can't be stopped any more: that is no failure."""
        try:
            await self._post("cancel_groupmsg_send", {"msgid": message_id})
        except Rejected:
            return

    async def _all(self, name: str, wanted: Json, part: str) -> list[Json]:
        """Every page of a list."""
        found: list[Json] = []
        cursor = ""
        while True:
            told = await self._post(name, wanted | {"limit": PAGE, "cursor": cursor})
            page = told.get(part)
            found += [each for each in page if isinstance(each, dict)] if isinstance(page, list) else []
            following = str(told.get("next_cursor") or "")
            if not following or following == cursor:
                return found
            cursor = following

    async def _post(self, name: str, data: Json) -> Json:
        return await self._api.post(f"externalcontact/{name}", data)


def _result(told: Json, confirmer: str) -> Result:
    chat = str(told.get("chat_id") or told.get("external_userid") or "")
    at = int(told.get("send_time") or 0)
    fate = FATES.get(int(told.get("status", 0)), Fate.WAITING)
    return Result(chat, confirmer, fate, datetime.fromtimestamp(at, UTC) if at else None)
