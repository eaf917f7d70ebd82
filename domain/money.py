"""Money as whole fen (分): added, compared and split, never divided or rounded in passing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

FEN_PER_YUAN = 100
AMOUNT_FEN_MAX = 10**11  # a billion yuan: beyond it a row is a typing mistake


@dataclass(frozen=True, order=True)
class Money:
    """A sum in integer fen. Money has no division; `split` shares it out to the last fen."""

    fen: int

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen)

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen)

    def __str__(self) -> str:
        return yuan(self.fen)

    def split(self, parts: int) -> tuple[Money, ...]:
        """`parts` sums that add up exactly and differ by at most one fen, the larger ones first (largest remainder)."""
        if parts < 1:
            raise ValueError("parts must be at least 1")
        share, extra = divmod(self.fen, parts)
        return tuple(Money(share + (1 if n < extra else 0)) for n in range(parts))


def yuan(fen: int) -> str:
    """`28640` → `286.40`, with thousands separated: `1,234.00`."""
    sign = "-" if fen < 0 else ""
    whole, cents = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{cents:02d}"


def parse_yuan(text: str) -> int:
    """A typed amount (`286.4`, `￥1,286.40`, `1286元`) in fen.

    Raises ValueError when it is not a number, has more than two decimals, or is absurdly large.
    """
    cleaned = re.sub(r"^(?:¥|￥|rmb|cny)|元$", "", text.strip(), flags=re.IGNORECASE).strip()
    if re.fullmatch(r"-?\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?", cleaned):
        cleaned = re.sub("[,，]", "", cleaned)
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", cleaned, flags=re.ASCII):
        raise ValueError(f"not an amount: {text!r}")
    fen = Decimal(cleaned) * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise ValueError(f"more than two decimals: {text!r}")
    if abs(fen) > AMOUNT_FEN_MAX:
        raise ValueError(f"too large: {text!r}")
    return int(fen)


def times_rate(quantity: Decimal, rate_yuan: Decimal, months: int = 1) -> int:
    """quantity × rate × months in fen, one multiplication, rounded once, half up."""
    try:
        exact = quantity * rate_yuan * months * FEN_PER_YUAN
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError) as wrong:
        raise ValueError("quantity or rate is not a number") from wrong
