"""What a web page needs to have WeChat ask a person for one-time notices (订阅通知): WeChat's script, and our signature for it.

The person taps WeChat's own button (`wx-open-subscribe`) on the page, WeChat asks, and tells us by callback: one tap, one
notice of each template. The page learns nothing of who it is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.channels.channel import Asking
from bot.channels.wechat_api import Call, TokenOwner
from bot.channels.wechat_memory import Memory
from bot.settings import Wechat
from domain.clock import Clock
from domain.errors import TryLater

TAG = "wx-open-subscribe"


class Notices:
    """Signs pages of one account. The ticket for it is kept and fetched like the access token: once for all processes."""

    def __init__(
        self, settings: Wechat, call: Callable[[Call], Awaitable[dict[str, Any]]], memory: Memory, clock: Clock
    ) -> None:
        self._settings = settings
        self._call = call
        self._clock = clock
        self._tickets = TokenOwner(self._ticket, memory.beside("jsapi"), clock)

    async def ask(self, address: str) -> Asking:
        """For the page at this very address, with its query. Raises a DeliveryError."""
        ticket = await self._tickets.current()
        nonce, at = secrets.token_hex(8), int(self._clock.now().timestamp())
        signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={at}&url={address.partition('#')[0]}"
        config = {
            "appId": self._settings.app_id,
            "timestamp": at,
            "nonceStr": nonce,
            "signature": hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest(),  # as WeChat wants it
            "jsApiList": [],
            "openTagList": [TAG],
        }
        return Asking(self._settings.sdk_url, config, self._settings.notices)

    async def _ticket(self, force: bool) -> tuple[str, int]:
        told = await self._call(lambda client: client.get("ticket/getticket", params={"type": "jsapi"}))
        text = told.get("ticket")
        if not isinstance(text, str) or not text:
            raise TryLater("the platform gave no ticket for pages")
        return text, max(1, int(told.get("expires_in", 7200)))


def notice_templates(client: Any, params: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A call of wechatpy's client: the account's templates of notices, which stand in a list of their own."""
    told: dict[str, Any] = client.get("https://api.weixin.qq.com/wxaapi/newtmpl/gettemplate", params=dict(params or {}))
    return told


def contents(templates: Mapping[str, Any], notices: Mapping[str, Any]) -> dict[str, str]:
    """Template id → its text with the fields, out of the platform's two lists."""
    listed = (
        (templates.get("template_list"), "template_id"),
        (notices.get("data"), "priTmplId"),
    )
    return {
        str(each[key]): str(each.get("content", ""))
        for rows, key in listed
        for each in (rows if isinstance(rows, list) else ())
        if isinstance(each, dict) and key in each
    }
