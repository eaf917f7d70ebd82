"""What a household has under way with the office: each matter with its number, how it stands, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.agreements import Claim, Complaint, Dispute, Plan, Promise
from models.dialogue import Takeover
from models.people import Contact
from models.staff import StaffTask

Recorded = Complaint | Dispute | Claim | Plan | Promise
TABLES: dict[str, type[Recorded]] = {
    "complaint": Complaint,
    "dispute": Dispute,
    "claim": Claim,
    "plan": Plan,
    "promise": Promise,
}
REPAIR = "repair"  # the topic of a complaint that is a bare repair request
ERRANDS = (
    "invoice",
    "autopay",
    "moved",
    "details",
    "erasure",
)  # kinds of tasks that residents asked for and that have no table of their own


@dataclass(frozen=True)
class Matter:
    """`source` is "complaint/7", `kind` what it is called; `closed_at` empty while somebody still works on it."""

    source: str
    kind: str
    state: str
    created_at: datetime
    closed_at: datetime | None
    due_at: datetime | None = None
    words: str = ""  # the answer or the decision, as staff wrote it

    @property
    def number(self) -> int:
        return int(self.source.rpartition("/")[2])


async def matters(session: AsyncSession, account_id: int, person_id: int | None, since: datetime) -> list[Matter]:
    """What a person has asked for a household, open or closed since a moment, oldest first.

    A matter of somebody else in the household is theirs; one that staff opened without a person belongs to all.
    """
    found: list[Matter] = []
    clocks = {
        task.source: task.due_at
        for task in await session.scalars(select(StaffTask).where(StaffTask.account_id == account_id))
    }
    for name, table in TABLES.items():
        mine = select(table).where(table.account_id == account_id).order_by(table.id)
        for row in cast("list[Recorded]", list(await session.scalars(mine))):
            if row.person_id not in (None, person_id) or (row.closed_at is not None and row.closed_at < since):
                continue
            kind = REPAIR if isinstance(row, Complaint) and row.topic == REPAIR else name
            words = row.answer if isinstance(row, Complaint) else row.decision if isinstance(row, Dispute) else ""
            source = f"{name}/{row.id}"
            found.append(Matter(source, kind, row.state, row.created_at, row.closed_at, clocks.get(source), words))
    tasks = select(StaffTask).where(StaffTask.account_id == account_id, StaffTask.kind.in_(ERRANDS))
    for task in await session.scalars(tasks.order_by(StaffTask.id)):
        if task.closed_at is None or task.closed_at >= since:
            source = f"task/{task.id}"
            found.append(Matter(source, task.kind, task.state, task.created_at, task.closed_at, task.due_at))
    chats = select(Contact.chat).where(Contact.person_id == person_id)
    talks = select(Takeover).where(
        Takeover.chat.in_(chats), Takeover.account_id == account_id, Takeover.state != "closed"
    )
    for talk in await session.scalars(talks):
        found.append(Matter(f"takeover/{talk.id}", "person", talk.state, talk.asked_at, None))
    return sorted(found, key=lambda matter: matter.created_at)


def under_way(found: Sequence[Matter]) -> list[Matter]:
    return [matter for matter in found if matter.closed_at is None]
