"""Tables and, beside each table, every query on it."""

from models import (
    accounts,
    agreements,
    bills,
    confirmations,
    deliveries,
    dialogue,
    exports,
    inbox,
    misreadings,
    notes,
    outbox,
    people,
    platforms,
    reminders,
    runtime,
    staff,
)
from models.base import Base

__all__ = [
    "Base",
    "accounts",
    "agreements",
    "bills",
    "confirmations",
    "deliveries",
    "dialogue",
    "exports",
    "inbox",
    "misreadings",
    "notes",
    "outbox",
    "people",
    "platforms",
    "reminders",
    "runtime",
    "staff",
]
