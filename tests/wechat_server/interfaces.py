"""The interfaces (接口) an Official Account may call, each with the platform's checks and codes."""

import re
from collections.abc import Callable
from typing import Any

from tests.wechat_server.pages import notice_templates, ticket
from tests.wechat_server.world import Follower, Json, Message, Refused, World

Later = Callable[[str, Follower, Json], None]  # tell the bot of something: event, person, fields

KEY = re.compile(r"\{\{(\w+)\.DATA\}\}")
LONGEST = {"thing": 20, "name": 10, "phrase": 5, "phone_number": 17, "character_string": 32, "number": 32}
SHAPES = {
    "amount": re.compile(r"[¥￥]?\d{1,10}(\.\d+)?元?"),
    "time": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日( \d{1,2}:\d{2})?|\d{1,2}:\d{2}"),
    "date": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日( \d{1,2}:\d{2})?"),
    "phone_number": re.compile(r"[\d+*-]{1,17}"),
}
TEXT_BYTES = 2048
MENU_BYTES = (16, 60)  # of a button, of one below it


def customer_message(world: World, body: Json, tell: Later) -> Json:
    """message/custom/send: text only."""
    person = world.follower(str(body.get("touser", "")))
    if body.get("msgtype") != "text":
        raise Refused(40008, "invalid message type")
    text = str(body.get("text", {}).get("content", ""))
    if not text:
        raise Refused(44004, "empty content")
    if len(text.encode()) > TEXT_BYTES:
        raise Refused(45002, "content size out of limit")
    world.take_from_window(person)
    world.deliver(person, Message("customer", text))
    return {}


def typing(world: World, body: Json, tell: Later) -> Json:
    """message/custom/typing."""
    world.follower(str(body.get("touser", "")))
    if body.get("command") not in ("Typing", "CancelTyping"):
        raise Refused(40008)
    return {}


def template_message(world: World, body: Json, tell: Later) -> Json:
    """message/template/send; the result comes later as an event."""
    if body.get("template_id") not in world.templates:
        raise Refused(40037, "invalid template_id")
    person = world.follower(str(body.get("touser", "")))
    data = checked_data(world.templates[str(body["template_id"])], body.get("data"))
    client_id = str(body.get("client_msg_id", ""))
    if len(client_id) > 32:
        raise Refused(47001, "client_msg_id too long")
    known = world.known_template_message(person.openid, client_id)
    if known is not None:
        return {"msgid": int(known)}
    world.template_calls += 1
    if world.template_calls > world.template_a_day:
        raise Refused(45009, "reach max api daily quota limit")
    number = str(2_000_000_000_000_000_000 + next(world.numbers))
    world.note_template_message(person.openid, client_id, number)
    if person.accepts:
        world.deliver(person, Message("template", "", str(body["template_id"]), data, number, client_id))
    status = "success" if person.accepts else "failed:user block"
    tell("TEMPLATESENDJOBFINISH", person, {"MsgID": number, "Status": status})
    return {"msgid": int(number)}


def notice(world: World, body: Json, tell: Later) -> Json:
    """message/subscribe/bizsend: one message for each time the person agreed."""
    template_id = str(body.get("template_id", ""))
    if template_id not in world.notice_templates:
        raise Refused(40037, "invalid template_id")
    person = world.people.get(str(body.get("touser", "")))
    if person is None:
        raise Refused(40003, "invalid openid")
    data = checked_data(world.notice_templates[template_id], body.get("data"))
    if person.notices.get(template_id, 0) < 1:
        raise Refused(43101, "user refuse to accept the msg")
    person.notices[template_id] -= 1
    world.deliver(person, Message("notice", "", template_id, data))
    return {}


def checked_data(content: str, data: Any) -> dict[str, str]:
    """The fields must be the template's, each as its type wants it."""
    wanted = KEY.findall(content)
    if not isinstance(data, dict) or set(data) != set(wanted):
        raise Refused(47003, "argument invalid! data keys")
    values = {key: str(each.get("value", "")) if isinstance(each, dict) else "" for key, each in data.items()}
    for key, value in values.items():
        kind = key.rstrip("0123456789")
        shape = SHAPES.get(kind)
        if not value or len(value) > LONGEST.get(kind, 200) or (shape and not shape.fullmatch(value)):
            raise Refused(47003, f"argument invalid! data.{key}.value invalid")
    return values


def templates(world: World, body: Json, tell: Later) -> Json:
    """template/get_all_private_template."""
    listed = [{"template_id": each, "title": "", "content": content} for each, content in world.templates.items()]
    return {"template_list": listed}


def code(world: World, body: Json, tell: Later) -> Json:
    """qrcode/create, with a scene of letters."""
    scene = str(body.get("action_info", {}).get("scene", {}).get("scene_str", ""))
    seconds = body.get("expire_seconds", 60)
    if body.get("action_name") not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE") or not 1 <= len(scene) <= 64:
        raise Refused(40097, "invalid args")
    if not isinstance(seconds, int) or not 1 <= seconds <= 2_592_000:
        raise Refused(40097, "invalid expire_seconds")
    ticket = f"ticket-{next(world.numbers)}"
    world.codes[ticket] = scene
    return {"ticket": ticket, "expire_seconds": seconds, "url": f"http://weixin.qq.com/q/{ticket}"}


def create_menu(world: World, body: Json, tell: Later) -> Json:
    """menu/create: at most three buttons with at most five below each."""
    top = body.get("button")
    if not isinstance(top, list) or not 1 <= len(top) <= 3:
        raise Refused(40016, "invalid button size")
    for button in top:
        below = button.get("sub_button", [])
        if len(below) > 5:
            raise Refused(40023, "invalid sub button size")
        for each, longest in [(button, MENU_BYTES[0]), *((one, MENU_BYTES[1]) for one in below)]:
            if not 1 <= len(str(each.get("name", "")).encode()) <= longest:
                raise Refused(40018, "invalid button name size")
            is_parent = each is button and below
            if not is_parent and not (each.get("key") if each.get("type") == "click" else each.get("url")):
                raise Refused(40019, "invalid button key size")
    world.menu = {"button": top}
    return {}


def read_menu(world: World, body: Json, tell: Later) -> Json:
    """menu/get."""
    if world.menu is None:
        raise Refused(46003, "menu no exist")
    return {"menu": world.menu}


def delete_menu(world: World, body: Json, tell: Later) -> Json:
    """menu/delete."""
    world.menu = None
    return {}


def user_info(world: World, body: Json, tell: Later) -> Json:
    """user/info: no names any more, only whether they follow."""
    person = world.people.get(str(body.get("openid", "")))
    if person is None:
        raise Refused(40003, "invalid openid")
    return {"subscribe": int(person.following), "openid": person.openid, "language": "zh_CN"}


INTERFACES: dict[str, Callable[[World, Json, Later], Json]] = {
    "message/custom/send": customer_message,
    "message/custom/typing": typing,
    "message/template/send": template_message,
    "message/subscribe/bizsend": notice,
    "template/get_all_private_template": templates,
    "qrcode/create": code,
    "menu/create": create_menu,
    "menu/get": read_menu,
    "menu/delete": delete_menu,
    "user/info": user_info,
    "ticket/getticket": ticket,
    "newtmpl/gettemplate": notice_templates,
}
