"""A resident's e-mail (邮箱): given in the chat, proved by a code from the mailbox, taken away by a tap."""

from __future__ import annotations

import re
from dataclasses import replace

from domain.errors import Refusal
from domain.messages import Address, Answer, Kind
from handlers.turn import Turn
from models.mailboxes import ADDRESS_MAX, EMAIL, keep_mailbox, mailbox_of, make_code, owner_of, use_code
from models.staff import audit

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
CODE = re.compile(r"\d{6}", re.ASCII)


async def show(turn: Turn) -> Answer:
    """`/email [address]`: what is known, or the question for it."""
    if EMAIL not in turn.office.channels:
        raise Refusal("mailbox.off", {"hotline": turn.office.hotline})
    if turn.argument.strip():
        return await _mail_code(turn, turn.argument)
    known = await mailbox_of(turn.session, _person(turn))
    if known is None:
        return Answer((turn.say("mailbox.ask"),), expect="mailbox.address")
    row = (
        turn.button("mailbox_other", "mailbox.other", reusable=True),
        turn.button("mailbox_remove", "mailbox.remove"),
    )
    return Answer((turn.say("mailbox.known", row, address=shown(known.user)),))


async def other(turn: Turn) -> Answer:
    return Answer((turn.say("mailbox.ask"),), expect="mailbox.address")


async def address_typed(turn: Turn) -> Answer | None:
    """An address; anything else is another matter."""
    if "@" not in turn.text:
        return None
    return await _mail_code(turn, turn.text)


async def _mail_code(turn: Turn, text: str) -> Answer:
    address = text.strip().strip("<>").lower()
    if len(address) > ADDRESS_MAX or not ADDRESS.fullmatch(address):
        return Answer((turn.say("mailbox.no_address"),), expect="mailbox.address")
    owner = await owner_of(turn.session, address)
    if owner is not None and owner != _person(turn):
        raise Refusal("mailbox.taken")
    code = await make_code(turn.session, _person(turn), address, turn.now)
    if code is None:
        raise Refusal("mailbox.enough")
    mail = turn.say("mailbox.code", office=turn.office.name, code=code)
    mail = replace(mail, to=Address(EMAIL, address), kind=Kind.REPLY, about=None)
    told = turn.say("mailbox.sent", address=shown(address))
    return Answer((told, mail), expect="mailbox.code", memory={"address": address})


async def code_typed(turn: Turn) -> Answer | None:
    """The six digits that came by mail."""
    found = CODE.fullmatch(turn.text.replace(" ", ""))
    if found is None:
        return None
    address = turn.memory["address"]
    if not await use_code(turn.session, _person(turn), address, found[0], turn.now):
        return Answer((turn.say("mailbox.wrong_code"),), expect="mailbox.code", memory={"address": address})
    if await owner_of(turn.session, address) not in (None, _person(turn)):
        raise Refusal("mailbox.taken")
    await keep_mailbox(turn.session, _person(turn), address)
    await audit(turn.session, turn.actor, "mailbox.kept", f"person/{_person(turn)}", turn.now)
    return Answer((turn.say("mailbox.kept", address=shown(address)),))


async def remove(turn: Turn) -> Answer:
    known = await mailbox_of(turn.session, _person(turn))
    if known is not None:
        await turn.session.delete(known)
        await audit(turn.session, turn.actor, "mailbox.removed", f"person/{_person(turn)}", turn.now)
    return Answer((turn.say("mailbox.removed"),))


def shown(address: str) -> str:
    """Enough of it to be recognised: `wa***@example.com`."""
    name, _, domain = address.partition("@")
    return f"{name[:2]}***@{domain}"


def _person(turn: Turn) -> int:
    if turn.person is None:
        raise Refusal("bind.needed", {"hotline": turn.office.hotline})
    return turn.person.id
