"""Words that are stored in the database, or read by other programs: changing one makes old rows unreadable."""

from __future__ import annotations

from enum import StrEnum

import pytest

from domain.gate import BROADCAST_OVER, EXPIRED
from domain.ladder import Reason
from domain.ledger import Book, EntryKind
from domain.messages import Audience, Kind
from domain.policy import Action
from domain.roles import Member, Right, Role

CODES: dict[type[StrEnum], str] = {
    Reason: "due paid promised disputed on_plan claimed complaint hardship stopped paused quiet_hours cap spacing "
    "festival no_channel no_stage below_tolerance auto_pay awaiting_approval staff_task",
    Kind: "reply receipt promise reminder broadcast service announcement staff_card staff_reply",
    Audience: "private group staff",
    Action: "message acknowledge announce call visit letter review case_file pause",
    Role: "admin manager collector teacher auditor",
    Member: "owner family tenant",
    Right: "read tasks confirm_payment broadcast broadcast_wide approve pause preview manage_staff export policy",
    Book: "receivable income cash credit",
    EntryKind: "charge raise lower void payment allocation release reversal",
}


@pytest.mark.parametrize("words", CODES, ids=lambda words: words.__name__)
def test_stored_words_stay(words: type[StrEnum]) -> None:
    assert set(CODES[words].split()) <= {word.value for word in words}
    for word in words:
        assert word.value == word.name.lower()


def test_reasons_that_only_the_gate_gives_stay() -> None:
    assert (EXPIRED, BROADCAST_OVER) == ("window_over", "broadcast_cancelled")
