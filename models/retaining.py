"""Which rows hold words or files that are too old, and how they are emptied."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from models.agreements import Claim, Complaint, Dispute
from models.inbox import Inbox
from models.outbox import TERMINAL, Outbox

ROWS_AT_ONCE = 300  # far below 200 ms of writing


@dataclass(frozen=True)
class Sort:
    """Rows of one table: how old they are, which of them are over, and what they say afterwards."""

    table: Any
    at: InstrumentedAttribute[datetime]
    empty: Mapping[str, str]
    over: ColumnElement[bool]


SORTS: Mapping[str, Sort] = {
    "heard": Sort(Inbox, Inbox.received_at, {"text": "", "payload": "", "error": ""}, Inbox.state != "received"),
    "said": Sort(
        Outbox,
        Outbox.created_at,
        {"text": "", "fields": "{}", "choices": "[]", "attachment": ""},
        Outbox.state.in_(TERMINAL),
    ),
    "claims": Sort(Claim, Claim.created_at, {"text": "", "voucher": "[]"}, Claim.state != "open"),
    "disputes": Sort(Dispute, Dispute.created_at, {"text": "", "evidence": "[]"}, Dispute.state != "open"),
    "complaints": Sort(Complaint, Complaint.created_at, {"text": "", "evidence": "[]"}, Complaint.state != "open"),
}


async def old_rows(session: AsyncSession, name: str, since: datetime, *, after: int) -> list[int]:
    """The next rows from before a moment that still say something, by id.

    Ids grow with time: the first row that is young enough ends the search, and nobody reads what comes after it.
    """
    sort = SORTS[name]
    says = or_(*(getattr(sort.table, column) != empty for column, empty in sort.empty.items()))
    young = select(sort.table.id).where(sort.table.id > after, sort.at >= since).order_by(sort.table.id).limit(1)
    query = select(sort.table.id).where(sort.table.id > after, sort.at < since, sort.over, says)
    if (first := await session.scalar(young)) is not None:
        query = query.where(sort.table.id < first)
    return list(await session.scalars(query.order_by(sort.table.id).limit(ROWS_AT_ONCE)))


async def forget(session: AsyncSession, name: str, ids: Sequence[int]) -> list[str]:
    """Empty these rows; the paths of our own files that went with them."""
    sort = SORTS[name]
    files = []
    if "attachment" in sort.empty:
        rows = await session.scalars(select(Outbox.attachment).where(Outbox.id.in_(ids), Outbox.attachment != ""))
        files = [path for row in rows if (path := json.loads(row).get("path", ""))]
    await session.execute(
        update(sort.table)
        .where(sort.table.id.in_(ids))
        .values(**sort.empty)
        .execution_options(synchronize_session=False)
    )
    return files
