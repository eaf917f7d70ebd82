"""Looks a WeCom set-up over: token, allow-list, app, customers' interfaces, menu, clock, the callback, the robots."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.doctor import FAIL, OK, WARN, Check
from bot.wechat_doctor import NO_MENU, clocks, date_of
from domain.clock import SystemClock
from domain.errors import DeliveryError

if TYPE_CHECKING:
    from bot.settings import Settings, Wecom

SECONDS = 8.0
PROBE = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{at}</CreateTime>"
    "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[doctor]]></Event><EventKey>{nonce}</EventKey></xml>"
)
NO_RIGHT = frozenset({48002, 60011, 84074})  # to the interfaces for customers
GIVE_RIGHT = "name the app under 客户与上下游 → 客户联系 → API → 可调用应用; without it nothing goes to residents"
NO_TAP = "what residents get waits until a colleague taps “send” in WeCom: no program can post there by itself"


@dataclass
class Seen:
    """What the platform tells about the app. `served`: how many colleagues may have customers, None: it may not ask."""

    app: Mapping[str, Any] = field(default_factory=dict)
    served: int | None = None
    menu: bool = False
    at: datetime | None = None


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """One check a line, in the order of what to cure first."""
    wecom = settings.wecom
    if not wecom.enabled:
        yield Check("wecom", OK, "off")
        return
    try:
        seen = await asyncio.to_thread(_look, wecom)
    except DeliveryError as wrong:
        problem, _, cure = wrong.detail.rpartition(": ")
        yield Check(
            "wecom", FAIL, problem or wrong.detail, cure if problem else "look at the network and wecom.base_url"
        )
    else:
        yield Check("wecom", OK, f"corporation {wecom.corp_id}: the token is fetched; {NO_TAP}")
        yield clocks("wecom clock", seen.at)
        yield _visible(seen.app)
        yield _customers(seen)
        yield _menu(seen)
    yield await _callback(settings)
    names = ", ".join(robot.name for robot in wecom.robots)
    yield Check("wecom robots", OK, names or "none")


def _look(wecom: Wecom) -> Seen:
    """Raises DeliveryError, worded by the table of codes."""
    import requests
    from wechatpy.exceptions import WeChatClientException

    from bot.channels.wechat_api import Timeouts
    from bot.channels.wechat_errors import meaning, of_library
    from bot.channels.wecom_api import CorpClient

    client = CorpClient(wecom.corp_id, wecom.secret, wecom.base_url, Timeouts(3.0, 5.0, SECONDS))
    client._http.hooks["response"].append(lambda answer, *_, **__: headers.update(answer.headers))
    headers: dict[str, str] = {}
    seen, now = Seen(), SystemClock().now()
    try:
        token, _ = client.stable_token(False)
        asked = {"agentid": wecom.agent_id, "access_token": token}
        app = client.get("agent/get", params=asked)
        seen.app, seen.at = app if isinstance(app, dict) else {}, date_of(headers)
        followers = _unless(NO_RIGHT, lambda: client.get("externalcontact/get_follow_user_list", params=asked))
        seen.served = None if followers is None else len(followers.get("follow_user", ()))
        seen.menu = _unless({NO_MENU}, lambda: client.get("menu/get", params=asked)) is not None
    except WeChatClientException as wrong:
        raise meaning(of_library(wrong), now) from None
    except (requests.RequestException, OSError, ValueError) as wrong:
        raise meaning(wrong, now) from None
    finally:
        client._http.close()
    return seen


def _unless(codes: Collection[int], ask: Callable[[], Any]) -> Any:
    """The answer; None where the platform refuses with one of these codes."""
    from wechatpy.exceptions import WeChatClientException

    try:
        return ask()
    except WeChatClientException as refused:
        if refused.errcode in codes:
            return None
        raise


def _customers(seen: Seen) -> Check:
    """Whether tasks for residents can be made at all, and whether anybody could confirm them."""
    if seen.served is None:
        return Check("wecom customers", WARN, "the app may not use the interfaces for customers", GIVE_RIGHT)
    if not seen.served:
        cure = "choose them under 客户与上下游 → 权限配置 → 使用范围"
        return Check("wecom customers", WARN, "no colleague may have customers", cure)
    return Check("wecom customers", OK, f"{seen.served} colleagues may have customers and confirm what goes to them")


def _menu(seen: Seen) -> Check:
    if not seen.menu:
        return Check("wecom menu", WARN, "none", "set it: `python -m bot wecom menu`")
    return Check("wecom menu", OK, "set")


def _visible(app: Mapping[str, Any]) -> Check:
    """An app that nobody sees can write to nobody."""
    members = len(app.get("allow_userinfos", {}).get("user", ()))
    departments = len(app.get("allow_partys", {}).get("partyid", ()))
    tags = len(app.get("allow_tags", {}).get("tagid", ()))
    name = str(app.get("name", ""))
    if app.get("close"):
        return Check("wecom app", FAIL, f"{name} is switched off", "switch it on under 应用管理")
    if not members + departments + tags:
        return Check("wecom app", WARN, f"{name} is visible to nobody", "set its 可见范围 under 应用管理")
    return Check("wecom app", OK, f"{name}, visible to {members} members, {departments} departments, {tags} tags")


async def _callback(settings: Settings) -> Check:
    """Do what the platform does: check the address, then push an encrypted event to it."""
    import httpx

    from bot.channels.wecom import CALLBACK_PATH

    base = settings.web.public_url.rstrip("/") or f"http://{settings.web.host}:{settings.web.port}"
    url = base + CALLBACK_PATH
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            wrong = await _called(client, url, settings.wecom)
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        cure = "start the bot with `run`, and look at web.public_url and the proxy before it"
        return Check("wecom callback", WARN, f"{url} does not answer ({type(failed).__name__})", cure)
    if wrong:
        cure = "wecom.token, aes_key and corp_id must be those of the running bot and of WeCom's backend"
        return Check("wecom callback", FAIL, f"{url}: {wrong}", cure)
    return Check("wecom callback", OK, f"{url} confirms its address and takes an encrypted event")


async def _called(client: Any, url: str, wecom: Wecom) -> str:
    """What is wrong with the answers; empty: nothing."""
    from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto
    from wechatpy.utils import WeChatSigner

    crypto = WeChatCrypto(wecom.token, wecom.aes_key, wecom.corp_id)

    def signed(text: str) -> tuple[dict[str, str], str]:
        nonce, at = secrets.token_hex(8), str(int(SystemClock().now().timestamp()))
        sealed = PrpCrypto(crypto.key).encrypt(text, wecom.corp_id)
        sealed = sealed.decode() if isinstance(sealed, bytes) else str(sealed)
        signer = WeChatSigner()
        signer.add_data(wecom.token, at, nonce, sealed)
        return {"msg_signature": signer.signature, "timestamp": at, "nonce": nonce}, sealed

    echo = str(secrets.randbelow(10**18))
    query, sealed = signed(echo)
    answer = await client.get(url, params=query | {"echostr": sealed})
    if answer.status_code != 200 or answer.text != echo:
        return f"the address is not confirmed (HTTP {answer.status_code})"
    probe = PROBE.format(corp=wecom.corp_id, at=int(SystemClock().now().timestamp()), nonce=secrets.token_hex(4))
    query, sealed = signed(probe)
    body = f"<xml><ToUserName><![CDATA[{wecom.corp_id}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    answer = await client.post(url, params=query, content=body.encode())
    return "" if answer.status_code == 200 else f"an encrypted event is not taken (HTTP {answer.status_code})"
