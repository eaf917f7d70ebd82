"""A completed service as people type it: `电梯维保 4 次`, `绿化修剪 2.5亩`, `Lift service 4 times`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

NAME_MAX, UNIT_MAX = 40, 10
TYPED = re.compile(r"(?P<name>.*?\S)\s*(?P<quantity>\d{1,6}(?:\.\d{1,2})?)\s*(?P<unit>\D*)", re.ASCII)


@dataclass(frozen=True)
class Completed:
    name: str
    quantity: Decimal
    unit: str


def read_completed(text: str) -> Completed:
    """Raises ValueError with the reason."""
    found = TYPED.fullmatch(text.strip())
    if found is None:
        raise ValueError("a name and a number are needed, such as 电梯维保 4 次")
    name, quantity, unit = found["name"].strip(), Decimal(found["quantity"]), found["unit"].strip()
    if len(name) > NAME_MAX or len(unit) > UNIT_MAX or not (name + unit).isprintable():
        raise ValueError(f"a name of at most {NAME_MAX} characters and a unit of at most {UNIT_MAX}")
    if not quantity:
        raise ValueError("the number must be more than nothing")
    return Completed(name, quantity, unit)


def amount_words(quantity: Decimal, unit: str, language: str) -> str:
    """`4 次`, `2.5 亩`."""
    figure = f"{quantity.normalize():f}"
    return f"{figure} {unit}".strip() if language.startswith("en") or unit else figure
