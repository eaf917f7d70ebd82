"""What one cell means: a text, a sum, a day, a period. Each parser raises ValueError with the reason in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from bot.importing.reading import Cell
from domain.billing import Step, written_period
from domain.money import parse_yuan
from domain.tariffs import read_steps

Parse = Callable[[Cell], object]

# Full-width letters, digits and the signs found in codes and figures, as an input method leaves them.
LETTERS = "".join(map(chr, (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))))
NARROW = {ord(sign): ord(sign) - 0xFEE0 for sign in f"０１２３４５６７８９．，－／＋＃＿：＊{LETTERS}"}
SPACES = {ord(sign): " " for sign in "\u00a0\u3000\t"} | {ord(sign): None for sign in "\u200b\ufeff"}
UNSEEN = (
    "Cc",
    "Cs",
)  # control signs and lone surrogates; a rare character of a name may well be unknown to Unicode here
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they make a text read otherwise than it is stored
TIME = r"(?:[ T]?\d{1,2}:\d{2}(?::\d{2})?)?"
DAYS = (r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", r"(\d{4})(年)(\d{1,2})月(\d{1,2})日?", r"(\d{4})()(\d{2})(\d{2})")
DAY = tuple(re.compile(written + TIME, re.ASCII) for written in DAYS)
PERIOD = re.compile(r"\d{4}(?:-(?:Q[1-4]|0[1-9]|1[0-2]))?", re.ASCII)
EXCEL_DAY = re.compile(r"\d{5}", re.ASCII)
EXCEL_EPOCH = date(1899, 12, 30)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
DECIMALS_MAX = 6
METER_DECIMALS_MAX = 3
FIGURE_MAX = Decimal(10_000_000)


def plain(cell: Cell) -> str:
    """A cell as text without the spaces around it. Raises ValueError for signs that nobody can see."""
    if isinstance(cell, date):
        return cell.isoformat()
    text = cell.translate(SPACES).strip()
    if text.isascii() and text.isprintable():
        return text
    if "\n" in text or "\r" in text:
        raise ValueError("holds a line break: is a quotation mark missing?")
    if TURNING.search(text) or any(unicodedata.category(sign) in UNSEEN for sign in text):
        raise ValueError("holds control or unreadable characters: type it anew")
    return text


def narrow(cell: Cell) -> str:
    """A code or a figure: full-width letters and digits become the plain ones."""
    return plain(cell).translate(NARROW)


def text(length: int, *, code: bool = False) -> Parse:
    def parse(cell: Cell) -> str:
        value = narrow(cell) if code else plain(cell)
        if len(value) > length:
            raise ValueError(f"longer than {length} characters")
        return value

    return parse


def one_of(words: Mapping[str, list[str]]) -> Parse:
    """One of the keys, or a word that stands for it."""
    known = {alias.casefold(): key for key, aliases in words.items() for alias in (key, *aliases)}

    def parse(cell: Cell) -> str:
        value = narrow(cell)
        if value and value.casefold() not in known:
            raise ValueError(f"{quoted(value)} is not one of {', '.join(words)}")
        return known.get(value.casefold(), "")

    return parse


def several_of(words: Mapping[str, list[str]]) -> Parse:
    """Several of the keys split by ; or the like, sorted."""
    one = one_of(words)

    def parse(cell: Cell) -> str:
        parts = re.split("[;；、,，|]", plain(cell))
        return ";".join(sorted({str(one(part)) for part in parts if part.strip()}))

    return parse


def amount(cell: Cell) -> int:
    """A sum in fen, more than nothing."""
    typed = narrow(cell)
    try:
        fen = parse_yuan(typed)
    except ValueError as wrong:
        raise ValueError(f"{str(wrong).split(':')[0]}: {quoted(typed)}") from None
    if fen <= 0:
        raise ValueError(f"must be more than 0: {quoted(typed)}")
    return fen


def figure(cell: Cell) -> Decimal:
    """An area or a rate: a number from 0 with up to six decimals; its unit may stand behind it."""
    typed = narrow(cell)
    bare = re.sub(r"^[¥￥]|(?:元|㎡|m²|m2|平方米|平米|平)$", "", typed).strip().replace(",", "")
    try:
        value = Decimal(bare) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", bare, re.ASCII) else None
    except InvalidOperation:
        value = None
    if value is None:
        raise ValueError(f"not a number: {quoted(typed)}")
    if value >= FIGURE_MAX:
        raise ValueError(f"too large: {quoted(typed)}")
    if value != round(value, DECIMALS_MAX):
        raise ValueError(f"more than {DECIMALS_MAX} decimals: {quoted(typed)}")
    return value


def meter(cell: Cell) -> int:
    """What a meter shows, in thousandths of its unit (m³, kWh), which may stand behind it."""
    typed = re.sub(r"(?:m³|m3|立方米|立方|吨|方|kwh|度|千瓦时)$", "", narrow(cell).casefold()).strip()
    value = figure(typed)
    if value != round(value, METER_DECIMALS_MAX):
        raise ValueError(f"more than {METER_DECIMALS_MAX} decimals: {quoted(typed)}")
    return int(value * 10**METER_DECIMALS_MAX)


def tiers(cell: Cell) -> tuple[Step, ...]:
    """The prices of a tiered tariff: 0-180:3.45; 181-260:4.83; 261-:5.83."""
    return read_steps(narrow(cell))


def whole(most: int, least: int = 0) -> Parse:
    def parse(cell: Cell) -> int:
        typed = narrow(cell)
        if not re.fullmatch(r"\d{1,9}(?:\.0+)?", typed, re.ASCII) or not least <= int(float(typed)) <= most:
            raise ValueError(f"not a whole number from {least} to {most}: {quoted(typed)}")
        return int(float(typed))

    return parse


def day(cell: Cell) -> date:
    """2026-11-30, 2026/11/30, 2026.11.30, 20261130, 2026年11月30日, a spreadsheet's date; a time behind is dropped."""
    typed = narrow(cell)
    try:
        value = cell if isinstance(cell, date) else _typed_day(re.sub(r"\s*([-/.年月日])\s*", r"\1", typed))
    except ValueError:
        raise ValueError(f"no such day: {quoted(typed)}") from None
    if value is None:
        raise ValueError(f"not a date such as 2026-11-30: {quoted(typed)}")
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError(f"not between {FIRST_DAY.year} and {LAST_DAY.year}: {quoted(typed)}")
    return value


def _typed_day(typed: str) -> date | None:
    for written in DAY:
        if found := written.fullmatch(typed):
            year, _, month, day_of_month = found.groups()
            return date(int(year), int(month), int(day_of_month))
    if EXCEL_DAY.fullmatch(typed):
        return EXCEL_EPOCH + timedelta(days=int(typed))
    return None


def period(cell: Cell) -> str:
    """YYYY, YYYY-Qn or YYYY-MM, also 2026年11月; a spreadsheet that took 2026-11 for a date means the month."""
    if isinstance(cell, date) and cell.day == 1:
        return cell.strftime("%Y-%m")
    typed = written_period(narrow(cell)).upper()
    if not PERIOD.fullmatch(typed) or not FIRST_DAY.year <= int(typed[:4]) <= LAST_DAY.year:
        raise ValueError(f"not a period such as 2026, 2026-Q4 or 2026-12: {quoted(typed)}")
    return typed


def phone(length: int) -> Parse:
    """A telephone number as digits, without the spaces and hyphens it was typed with."""

    def parse(cell: Cell) -> str:
        typed = narrow(cell)
        value = re.sub(r"[\s()（）-]", "", typed)
        if value and (not re.fullmatch(r"\+?[\d*]{4,}(?:[/;、,#]\+?[\d*]+)*", value, re.ASCII) or len(value) > length):
            raise ValueError(f"not a telephone number: {quoted(typed)}")
        return value

    return parse


def quoted(value: str) -> str:
    """What was typed, short enough for one line."""
    return repr(value if len(value) <= 30 else f"{value[:30]}…")
