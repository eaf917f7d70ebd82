"""How a household with a trait is written to: in which words, in how large a type, with which buttons. Data of the policy file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

# What the buttons of a reminder do: their name in content -> the action and what goes with it.
ACTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "detail": ("bill.show", {}),
    "pay": ("pay.how", {}),
    "plan": ("plan.offer", {}),
    "paid": ("claim.start", {}),
    "later": ("promise.start", {}),
    "wrong": ("dispute.start", {}),
    "person": ("person.ask", {}),
    "vacant": ("moved.tell", {"case": "vacant"}),
    # the colleague who is asked for reads what the person wishes: the button's own words
    "call_me": ("person.ask", {"text": ""}),
    "at_home": ("person.ask", {"text": ""}),
}
A_ROW = 2
BUTTONS_MAX = 6
NEVER_REMINDED = frozenset({"auto_pay", "hardship"})  # no reminder is written to them, so there are no words for one
FIELDS = frozenset({"contact", "vacant_rule"})  # gaps that only these words may have beside a reminder's own


@dataclass(frozen=True)
class Personal:
    """One [[personal]] of the policy: what is different for households with this trait. Empty: as for everybody.

    `coming` and `late`: templates up to the due day and after it; `buttons`: names of ACTIONS, two a row.
    """

    trait: str
    coming: str = ""
    late: str = ""
    large_type: bool = False
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manner:
    """How one household is written to. Empty: in the stage's own words, with the usual buttons."""

    coming: str = ""
    late: str = ""
    large_type: bool = False
    buttons: tuple[str, ...] = ()

    def template(self, *, late: bool) -> str:
        return self.late if late else self.coming

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        return tuple(self.buttons[n : n + A_ROW] for n in range(0, len(self.buttons), A_ROW))


def manner_of(personal: Sequence[Personal], traits: Collection[str]) -> Manner:
    """Of several traits the first in the file gives the words and the buttons; large type is for everybody who needs it."""
    mine = [each for each in personal if each.trait in traits]
    return Manner(
        coming=next((each.coming for each in mine if each.coming), ""),
        late=next((each.late for each in mine if each.late), ""),
        large_type=any(each.large_type for each in mine),
        buttons=next((each.buttons for each in mine if each.buttons), ()),
    )
