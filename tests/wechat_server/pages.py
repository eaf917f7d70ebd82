"""WeChat's own part of a web page: tickets, the script that draws its buttons, and what becomes of a tap.

In WeChat the program that shows the page knows who reads it; here the reader's browser says so in a header (`x-wechat-openid`).
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.wechat_server.world import Json, Refused, World

SCRIPT = Path(__file__).with_name("jweixin.js")
TAG = "wx-open-subscribe"
TICKET_SECONDS = 7200.0
AT_ONCE = 3


def ticket(world: World, body: Json, tell: object) -> Json:
    """ticket/getticket: the same one while it lives."""
    if body.get("type") != "jsapi":
        raise Refused(40097, "invalid args")
    if world.ticket is None or world.ticket[1] <= world.now():
        world.ticket = (f"ticket-{next(world.numbers)}-{'y' * 60}", world.now() + TICKET_SECONDS)
    return {"ticket": world.ticket[0], "expires_in": int(world.ticket[1] - world.now())}


def notice_templates(world: World, body: Json, tell: object) -> Json:
    """wxaapi/newtmpl/gettemplate: the templates of notices, which no other list has."""
    listed = [
        {"priTmplId": each, "title": "", "content": content, "example": "", "type": 2}
        for each, content in world.notice_templates.items()
    ]
    return {"data": listed}


def checked_config(world: World, config: Json, url: str) -> None:
    """What wx.config asks the platform. Raises Refused."""
    if config.get("appId") != world.app_id:
        raise Refused(40013, "invalid appid")
    if world.js_domains is not None and urlsplit(url).hostname not in world.js_domains:
        raise Refused(40048, "invalid url domain")
    current = world.ticket[0] if world.ticket is not None and world.ticket[1] > world.now() else "none"
    signed = f"jsapi_ticket={current}&noncestr={config.get('nonceStr')}&timestamp={config.get('timestamp')}&url={url}"
    if hashlib.sha1(signed.encode()).hexdigest() != config.get("signature"):
        raise Refused(63002, "invalid signature")
    if TAG not in config.get("openTagList", ()):
        raise Refused(63003, "permission denied for the tag")


def tapped(world: World, openid: str, templates: list[str], *, accepts: bool, agree: Callable[[], object]) -> Json:
    """The reader said yes or no to what the tag asked for. Raises Refused."""
    if openid not in world.people:
        raise Refused(40003, "invalid openid")
    if not 1 <= len(templates) <= AT_ONCE or any(each not in world.notice_templates for each in templates):
        raise Refused(40037, "invalid template_id")
    agree()
    status = "accept" if accepts else "reject"
    return {"subscribeDetails": json.dumps({each: json.dumps({"status": status}) for each in templates})}
