"""Photos, voice messages, stickers and other files: each kind has its own answer."""

from __future__ import annotations

from domain.messages import Answer, Attachment
from handlers import claim
from handlers.household import press
from handlers.turn import Turn
from models.agreements import latest_claim
from models.bills import bill_lines

NAMED = ("voice", "sticker", "location")


async def answer(turn: Turn, attachment: Attachment) -> Answer:
    """A picture may be a voucher; the others are named, with what to do instead."""
    if not turn.households:
        return Answer((turn.say("attachment.stranger", hotline=turn.office.hotline),))
    if attachment.kind not in claim.PICTURES:
        name = attachment.kind if attachment.kind in NAMED else "other"
        row = (press(turn, "bill", "bill.show"), press(turn, "person", "person.ask"))
        return Answer((turn.say(f"attachment.{name}", row),))
    open_claim = await latest_claim(turn.session, turn.household.id)
    if open_claim is not None:
        return await claim.join_voucher(turn, open_claim, attachment)
    if await bill_lines(turn.session, [turn.household.id], only_open=True):
        file = {"kind": attachment.kind, "file": attachment.file_id, "title": attachment.name[:80]}
        yes = press(turn, "voucher_yes", "claim.start", reusable=False, **file)
        return Answer((turn.say("attachment.voucher", (yes, press(turn, "person", "person.ask"))),))
    return Answer((turn.say("attachment.other", (press(turn, "person", "person.ask"),)),))


async def edited(turn: Turn) -> Answer:
    """A message that was changed after it was sent."""
    return Answer((turn.say("attachment.edited"),))
