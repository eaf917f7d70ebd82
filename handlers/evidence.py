"""Pictures and files that belong to a dispute or a complaint, and the number under which it is spoken of."""

from __future__ import annotations

import json
from typing import cast

from domain.messages import Answer, Attachment
from handlers import claim
from handlers.notes import at_desk, to_staff, with_file
from handlers.turn import Turn
from models.agreements import Complaint, Dispute
from models.sent_files import want_file

STEP = "attachment.evidence"
TABLES: dict[str, type[Complaint | Dispute]] = {"complaint": Complaint, "dispute": Dispute}


def ticket(number: int) -> str:
    """A number short enough to say on the phone."""
    return f"{number:04d}"


def evidence_of(turn: Turn) -> str:
    """The file that came with the words themselves, as it is kept."""
    file = turn.message.attachment
    return json.dumps([_kept(file)] if file is not None else [], ensure_ascii=False)


async def keep_file(turn: Turn, subject: str, file: Attachment | None, account_id: int | None = None) -> None:
    """Have it fetched for the case file: a platform forgets what it carried."""
    if file is not None and file.file_id and file.kind in claim.PICTURES:
        whose = account_id if account_id is not None else turn.household.id
        await want_file(turn.session, whose, subject, turn.message.channel, file, turn.now)


def _kept(file: Attachment) -> dict[str, str]:
    return {"kind": file.kind, "file_id": file.file_id, "name": file.name}


async def add(turn: Turn) -> Answer | None:
    """A picture sent right after a dispute or a complaint belongs to it: kept with it, and shown to staff."""
    file = turn.message.attachment
    if file is None or file.kind not in claim.PICTURES:
        return None
    about, _, number = turn.memory.get("source", "").partition("/")
    found = await turn.session.get(TABLES[about], int(number)) if about in TABLES else None
    row = cast("Complaint | Dispute | None", found)
    if row is None or row.state != "open":
        return None
    row.evidence = json.dumps([*json.loads(row.evidence), _kept(file)], ensure_ascii=False)
    await keep_file(turn, f"{about}/{row.id}", file, row.account_id)
    desk = at_desk(turn)
    fields = {"code": turn.household.code, "number": ticket(row.id)}
    card = desk.say("card.evidence", fields=desk.called() | fields)
    cards = [with_file(turn, each, file) for each in await to_staff(turn, card)]
    text = turn.say("attachment.evidence", number=ticket(row.id))
    return Answer((text, *cards), expect=STEP, memory=turn.memory)
