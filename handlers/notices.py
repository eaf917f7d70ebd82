"""One-time notices (一次性订阅通知): how many a person still has agreed to, and the page on which to agree to more."""

from __future__ import annotations

from datetime import timedelta

from domain.allowances import notices_left
from domain.messages import Answer, Choice
from handlers.turn import Turn
from models import platforms
from models.people import contact_of

PATH = "notices"
SUBJECT = "notice"
LINK_LIFE = timedelta(hours=24)


def offered(turn: Turn) -> bool:
    """Whether this chat's platform has one-time notices, and there is a page to agree to them on."""
    return turn.message.channel in turn.office.notices and turn.office.links.ready


async def left(turn: Turn) -> int:
    """The notices that this person agreed to on this chat's platform and hasn't got."""
    here = turn.message
    agreed = notices_left(await platforms.allowances(turn.session, here.channel, here.sender))
    return sum(agreed.values())


async def show(turn: Turn) -> Answer:
    """`/notices` 订阅通知. Where reminders come without being agreed to one by one, says so."""
    number = await left(turn)
    if not offered(turn) and not number:
        return Answer((turn.say("notices.none", [turn.button("settings", "settings.show", reusable=True)]),))
    here, rows = turn.message, []
    contact = await contact_of(turn.session, here.channel, here.sender)
    if offered(turn) and contact is not None:
        page = turn.office.links.address(PATH, f"{SUBJECT}-{contact.id}", turn.now, LINK_LIFE)
        rows = [[Choice(turn.words("button.notices_page"), url=page)]]
    return Answer((turn.say("notices.left", *rows, left=str(number)),))
