"""Looks an Official Account over: token, allow-list, templates, menu, clock, and the callback as the platform would call it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.doctor import FAIL, OK, WARN, Check
from domain.clock import SystemClock
from domain.errors import DeliveryError

if TYPE_CHECKING:
    from bot.settings import Settings, Wechat

SECONDS = 8.0
SLACK = timedelta(seconds=60)  # beyond five minutes the platform and we would refuse each other
NO_MENU = 46003
PROBE = (
    "<xml><ToUserName><![CDATA[doctor]]></ToUserName><FromUserName><![CDATA[doctor]]></FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[doctor]]></Event>"
    "<EventKey><![CDATA[{nonce}]]></EventKey></xml>"
)


@dataclass
class Seen:
    """What the platform tells about the account. `at`: its clock; None of it where it says nothing."""

    templates: Mapping[str, str] = field(default_factory=dict)
    menu: bool = False
    at: datetime | None = None


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """One check a line, in the order of what to cure first."""
    wechat = settings.wechat
    if not wechat.enabled:
        yield Check("wechat", OK, "off")
        return
    try:
        seen = await asyncio.to_thread(_look, wechat)
    except DeliveryError as wrong:
        problem, _, cure = wrong.detail.rpartition(": ")
        cure = cure if problem else "look at the network and wechat.base_url"
        yield Check("wechat", FAIL, problem or wrong.detail, cure)
    else:
        yield Check("wechat", OK, f"{wechat.app_id}: the token is fetched; no bot can post in residents' WeChat groups")
        yield clocks("wechat clock", seen.at)
        yield _templates(wechat, seen)
        if wechat.notices:
            yield _page(settings)
        yield _menu(seen)
    yield await _callback(settings)


def _look(wechat: Wechat) -> Seen:
    """Raises DeliveryError, worded by the table of codes."""
    import requests
    from wechatpy.exceptions import WeChatClientException

    from bot.channels.wechat_api import Client, Timeouts
    from bot.channels.wechat_errors import Code, meaning, of_library
    from bot.channels.wechat_notices import contents, notice_templates

    client = Client(wechat.app_id, wechat.app_secret, wechat.base_url, Timeouts(3.0, 5.0, SECONDS))
    client._http.hooks["response"].append(lambda answer, *_, **__: headers.update(answer.headers))
    headers: dict[str, str] = {}
    seen, now = Seen(), SystemClock().now()
    try:
        token, _ = client.stable_token(False)
        listed = client.get("template/get_all_private_template", params={"access_token": token})
        agreed = notice_templates(client, {"access_token": token}) if wechat.notices else {}
        seen.templates = contents(listed, agreed)
        seen.at = date_of(headers)
        client.get("menu/get", params={"access_token": token})
        seen.menu = True
    except WeChatClientException as wrong:
        fault = of_library(wrong)
        if not (isinstance(fault, Code) and fault.number == NO_MENU):
            raise meaning(fault, now) from None
    except (requests.RequestException, OSError, ValueError, LookupError, TypeError) as wrong:
        raise meaning(wrong, now) from None
    finally:
        client._http.close()
    return seen


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The platform's clock, as its answer tells it."""
    try:
        at = parsedate_to_datetime(headers.get("Date") or headers.get("date", ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def clocks(name: str, at: datetime | None) -> Check:
    """Whether ours agrees with the platform's; `name` is the check's."""
    if at is None:
        return Check(name, OK, "the platform tells no time")
    apart = abs(SystemClock().now() - at)
    if apart > SLACK:
        detail = f"{apart.total_seconds():.0f} s apart from the platform's: callbacks older than 300 s are refused"
        return Check(name, FAIL, detail, "set the clock, use NTP")
    return Check(name, OK, "agrees with the platform's")


def _templates(wechat: Wechat, seen: Seen) -> Check:
    wanted = {name: each for name, each in wechat.templates.items() if each.id or each.notice_id}
    if not wanted:
        detail = "none: reminders reach only who wrote within 48 hours"
        return Check("wechat templates", WARN, detail, "add one under [wechat.templates], see docs/how-to/wechat")
    from bot.channels.wechat_templates import keys_of

    for name, template in wanted.items():
        for wanted_id, fields in ((template.id, template.fields), (template.notice_id, template.notice_fields)):
            if wanted_id and wanted_id not in seen.templates:
                cure = f"correct it under [wechat.templates]; the account has {', '.join(seen.templates) or 'none'}"
                return Check("wechat templates", FAIL, f"{name}: the account has no template {wanted_id}", cure)
            missing = set(keys_of(seen.templates.get(wanted_id, ""))) ^ set(fields) if fields else set()
            if missing:
                detail = f"{name}: fields differ from WeChat's: {', '.join(sorted(missing))}"
                return Check("wechat templates", FAIL, detail, "name each of its fields once, or none at all")
    return Check("wechat templates", OK, ", ".join(sorted(wanted)))


def _page(settings: Settings) -> Check:
    """The page on which people agree to one-time notices."""
    if not (settings.web.public_url and settings.web.link_keys):
        cure = "write web.public_url and web.link_keys: a notice needs a page on which people agree to it"
        return Check("wechat notices", FAIL, "no page: nobody can agree to a one-time notice", cure)
    host = urlsplit(settings.web.public_url).hostname
    detail = f"people agree on a page of {host}: it must stand under JS接口安全域名 in WeChat's backend (功能设置)"
    return Check("wechat notices", OK, detail)


def _menu(seen: Seen) -> Check:
    if not seen.menu:
        return Check("wechat menu", WARN, "none", "set it: `python -m bot wechat menu`")
    return Check("wechat menu", OK, "set")


async def _callback(settings: Settings) -> Check:
    """Do what the platform does: check the address, then push an encrypted event to it, that nobody answers."""
    import httpx

    from bot.channels.wechat import CALLBACK_PATH

    base = settings.web.public_url.rstrip("/") or f"http://{settings.web.host}:{settings.web.port}"
    url = base + CALLBACK_PATH
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            wrong = await _called(client, url, settings.wechat)
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        cure = "start the bot with `run`, and look at web.public_url and the proxy before it"
        return Check("wechat callback", WARN, f"{url} does not answer ({type(failed).__name__})", cure)
    if wrong:
        cure = "wechat.token, aes_key and app_id must be those of the running bot and of WeChat's backend"
        return Check("wechat callback", FAIL, f"{url}: {wrong}", cure)
    return Check("wechat callback", OK, f"{url} confirms its address and takes an encrypted event")


async def _called(client: Any, url: str, wechat: Wechat) -> str:
    """What is wrong with the answers; empty: nothing."""
    from wechatpy.crypto import PrpCrypto, WeChatCrypto
    from wechatpy.utils import WeChatSigner

    at, nonce, echo = str(int(SystemClock().now().timestamp())), secrets.token_hex(8), str(secrets.randbelow(10**18))

    def signature(*signed: str) -> str:
        signer = WeChatSigner()
        signer.add_data(wechat.token, *signed)
        return str(signer.signature)

    query = {"signature": signature(at, nonce), "timestamp": at, "nonce": nonce, "echostr": echo}
    answer = await client.get(url, params=query)
    if answer.status_code != 200 or answer.text != echo:
        return f"the address is not confirmed (HTTP {answer.status_code})"
    crypto = WeChatCrypto(wechat.token, wechat.aes_key, wechat.app_id)
    sealed = PrpCrypto(crypto.key).encrypt(PROBE.format(at=at, nonce=nonce), wechat.app_id).decode()
    query = {"timestamp": at, "nonce": nonce, "encrypt_type": "aes", "msg_signature": signature(at, nonce, sealed)}
    body = f"<xml><ToUserName><![CDATA[doctor]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    answer = await client.post(url, params=query, content=body)
    return "" if answer.status_code == 200 else f"an encrypted event is refused (HTTP {answer.status_code})"
