"""What a household has on paper, as a card names it: kind, name and date, the newest first; the files stay in the office."""

from __future__ import annotations

from handlers.labels import label
from handlers.turn import Turn
from models.accounts import Account
from models.documents import documents_of

SHOWN, TITLE_SHOWN = 4, 40


async def documents_line(turn: Turn, account: Account) -> str:
    """`文件：合同 前期物业服务合同 2020-05-01、另有 2 份`; nothing where there are none."""
    found = (await documents_of(turn.session, account.id))[::-1]
    if not found:
        return ""
    shown = []
    for each in found[:SHOWN]:
        kind, title = label(turn, "document_kind", each.kind), " ".join(each.title.split())[:TITLE_SHOWN]
        shown.append(turn.words("account.document", kind=kind, title=title, day=each.dated_on.isoformat()))
    if len(found) > SHOWN:
        shown.append(turn.words("account.more_documents", number=str(len(found) - SHOWN)))
    return turn.words("account.documents", list=turn.words("list.comma").join(shown))
