"""Tables and, beside each table, every query on it."""

from models import accounts, agreements, bills, dialogue, inbox, misreadings, outbox, people, reminders, runtime, staff
from models.base import Base

__all__ = [
    "Base",
    "accounts",
    "agreements",
    "bills",
    "dialogue",
    "inbox",
    "misreadings",
    "outbox",
    "people",
    "reminders",
    "runtime",
    "staff",
]
