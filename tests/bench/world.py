"""A large estate straight into the database: accounts, payers on Telegram, one open bill each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert

from domain.ledger import EntryKind
from models.accounts import Account, Community
from models.base import Database, chunks
from models.bills import Bill, LedgerEntry, transfer
from models.people import Binding, Contact, Person

AT = datetime(2026, 11, 1, tzinfo=UTC)
ROWS_PER_INSERT = 2000


async def fill(database: Database, households: int, due_on: date, first_chat: int = 1000) -> None:
    """`households` accounts of one estate; household n is reached in the private chat `first_chat + n`."""
    async with database.write() as session:
        session.add(Community(id=1, name="长风苑", kind="property"))
    numbers = range(1, households + 1)
    tables: list[tuple[Any, list[dict[str, Any]]]] = [
        (
            Account,
            [
                {
                    "id": n,
                    "code": f"H{n}",
                    "community_id": 1,
                    "kind": "property",
                    "building": f"{n % 90 + 1}栋",
                    "address": f"{n % 30 + 1}{n % 4 + 1:02d}",
                    "payer_name": "王小明",
                    "created_at": AT,
                    "updated_at": AT,
                }
                for n in numbers
            ],
        ),
        (Person, [{"id": n, "name": "", "created_at": AT} for n in numbers]),
        (
            Contact,
            [
                {
                    "id": n,
                    "person_id": n,
                    "channel": "telegram",
                    "user": str(first_chat + n),
                    "chat": str(first_chat + n),
                }
                for n in numbers
            ],
        ),
        (
            Binding,
            [
                {"id": n, "account_id": n, "person_id": n, "role": "owner", "payer": True, "bound_at": AT}
                for n in numbers
            ],
        ),
        (
            Bill,
            [
                {"id": n, "account_id": n, "item": "物业费", "period": "2026-11", "due_on": due_on, "issued_at": AT}
                for n in numbers
            ],
        ),
        (LedgerEntry, [transfer(EntryKind.CHARGE, n, 28640, due_on, AT, bill_id=n) for n in numbers]),
    ]
    for table, rows in tables:
        for some in chunks(rows, ROWS_PER_INSERT):
            async with database.write() as session:
                await session.execute(insert(table), some)
