"""A word written by hand: to a household's payer, under the name of the colleague who writes it."""

from __future__ import annotations

from domain import keys
from domain.errors import Refusal
from domain.gate import Facts, Send, gate
from domain.ladder import Reason
from domain.messages import Answer, Audience, Kind
from domain.roles import Right
from handlers.labels import why_words
from handlers.notes import beside
from handlers.scopes import household_of, officer
from handlers.tone import unkind, unkind_words
from handlers.turn import Turn
from models.accounts import Account
from models.outbox import Context
from models.people import Person, members_of
from models.posting import post
from models.staff import audit

REPLY_MAX = 1500


async def reply(turn: Turn) -> Answer:
    """`/reply CODE text`: to the household's payer, in the member's own words."""
    code, _, text = turn.argument.partition(" ")
    account = await household_of(turn, code, Right.TASKS)
    if not text.strip():
        return _ask_words(turn, account)
    return await write(turn, account, text.strip())


async def ask_words(turn: Turn) -> Answer:
    """The button on the card: the words come in the next message."""
    return _ask_words(turn, await household_of(turn, turn.args["code"], Right.TASKS))


def _ask_words(turn: Turn, account: Account) -> Answer:
    row = [turn.button("canned", "canned.show", reusable=True, code=account.code)]
    text = turn.say("account.write_now", row, code=account.code, fields=turn.called(account))
    return Answer((text,), expect="account.words", memory={"code": account.code})


async def words_typed(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    account = await household_of(turn, turn.memory["code"], Right.TASKS)
    if (refused := unkind_words(turn, "account.words", turn.memory)) is not None:
        return refused
    return await write(turn, account, turn.text)


async def send_anyway(turn: Turn) -> Answer:
    """At night, or to somebody who said stop: the member decides, and it is written down."""
    account = await household_of(turn, turn.args["code"], Right.TASKS)
    return await write(turn, account, turn.args["text"], sure=True)


async def payer_chat(turn: Turn, account: Account) -> tuple[Person, Turn]:
    """The household's payer, and the same turn seen from their chat. Raises Refusal: nobody can be written to."""
    payer = next((person for person, binding in await members_of(turn.session, account.id) if binding.payer), None)
    there = await beside(turn, payer.id, account) if payer is not None else None
    if payer is None or there is None:
        raise Refusal("account.no_chat_to", {"code": account.code})
    return payer, there


async def write(turn: Turn, account: Account, text: str, *, sure: bool = False) -> Answer:
    """A colleague's words to the household's payer, under their name; at night they are asked first."""
    text = text[:REPLY_MAX]
    unkind(turn, text, Audience.PRIVATE)
    payer, there = await payer_chat(turn, account)
    warning = _warning(turn, account, payer)
    if warning is not None and not sure:
        row = [turn.button("send_anyway", "account.send_anyway", code=account.code, text=text)]
        return Answer((turn.say("account.warn", row, code=account.code, reason=why_words(turn, warning)),))
    member = officer(turn, Right.TASKS)
    detail = {"warning": warning or ""}
    await audit(turn.session, turn.actor, "account.reply", f"account/{account.id}", turn.now, detail)
    words = there.say("person.staff_says", kind=Kind.STAFF_REPLY, name=member.name, text=text)
    await post(
        turn.session,
        there.here,
        words,
        key=keys.reply(turn.message.channel, turn.message.external_id, 1),
        now=turn.now,
        context=Context(payer.id, account.id, inbox_id=turn.inbox_id, reason="staff_reply", source=turn.actor),
    )
    return Answer((turn.say("account.sent", code=account.code, fields=turn.called(account)),))


def _warning(turn: Turn, account: Account, payer: Person) -> Reason | None:
    facts = Facts(stopped=payer.stopped_at is not None)
    verdict = gate(Kind.STAFF_REPLY, facts, turn.office.policy(account.kind), turn.office.zone, turn.now)
    return verdict.warning if isinstance(verdict, Send) else None
