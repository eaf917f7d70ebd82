"""Days that people name instead of a date. Lunar days by table, 2025 to 2035 (General Office of the State Council's calendar)."""

from datetime import date, timedelta

from domain.calendar import qingming
from understanding.lunar import lunar_day

_YEARS = range(2025, 2036)


def _fixed(month: int, day: int) -> dict[int, tuple[int, int]]:
    return dict.fromkeys(_YEARS, (month, day))


def _shifted(table: dict[int, tuple[int, int]], days: int) -> dict[int, tuple[int, int]]:
    moved = {year: date(year, *day) + timedelta(days=days) for year, day in table.items()}
    return {year: (day.month, day.day) for year, day in moved.items()}


def _lunar(month: int, day: int) -> dict[int, tuple[int, int]]:
    found = {year: lunar_day(year, month, day) for year in _YEARS}
    return {each.year: (each.month, each.day) for each in found.values() if each is not None}


def _thanksgiving(days_after: int) -> dict[int, tuple[int, int]]:
    """The fourth Thursday of November."""
    first = {year: date(year, 11, 1) for year in _YEARS}
    fourth = {year: day + timedelta(days=(3 - day.weekday()) % 7 + 21) for year, day in first.items()}
    return _shifted({year: (day.month, day.day) for year, day in fourth.items()}, days_after)


_QINGMING = {year: (day.month, day.day) for year in _YEARS if (day := qingming(year)) is not None}
_SPRING, _LANTERN, _DRAGON_BOAT, _MID_AUTUMN = _lunar(1, 1), _lunar(1, 15), _lunar(5, 5), _lunar(8, 15)
_EVE = _shifted(_SPRING, -1)
_BLACK_FRIDAY = _thanksgiving(1)

# "过年" and "年前" by themselves name no day: only "before" makes them the eve. None stands for that.
HOLIDAYS: dict[str, dict[int, tuple[int, int]]] = {
    "元旦": _fixed(1, 1), "新年": _fixed(1, 1), "春节": _SPRING, "过年": _SPRING, "大年初一": _SPRING, "正月初一": _SPRING,
    "除夕": _EVE, "年三十": _EVE, "大年三十": _EVE, "年夜饭": _EVE, "元宵": _LANTERN, "正月十五": _LANTERN, "年": _SPRING,
    "清明": _QINGMING, "五一": _fixed(5, 1), "劳动节": _fixed(5, 1), "六一": _fixed(6, 1), "儿童节": _fixed(6, 1),
    "端午": _DRAGON_BOAT, "中秋": _MID_AUTUMN, "国庆": _fixed(10, 1), "十一": _fixed(10, 1), "教师节": _fixed(9, 10),
    "双十一": _fixed(11, 11), "双11": _fixed(11, 11), "双十二": _fixed(12, 12), "双12": _fixed(12, 12),
    "cny": _SPRING, "圣诞": _fixed(12, 25), "平安夜": _fixed(12, 24), "冬至": _fixed(12, 22),
    "立冬": _fixed(11, 7), "重阳": _lunar(9, 9), "七夕": _lunar(7, 7), "腊八": _lunar(12, 8), "小年": _lunar(12, 23),
    "黑五": _BLACK_FRIDAY, "黑色星期五": _BLACK_FRIDAY, "感恩节": _thanksgiving(0), "万圣": _fixed(10, 31), "情人节": _fixed(2, 14),
}  # fmt: skip
ENGLISH = {
    "chinese new year": _SPRING, "lunar new year": _SPRING, "spring festival": _SPRING, "cny": _SPRING,
    "new year's eve": _fixed(12, 31), "new years eve": _fixed(12, 31), "new year's day": _fixed(1, 1), "new year": _fixed(1, 1),
    "chinese new year's eve": _EVE, "chinese new years eve": _EVE, "chinese new year eve": _EVE, "cny eve": _EVE, "eve of chinese new year": _EVE,
    "eve of lunar new year": _EVE, "eve of cny": _EVE, "eve of the new year": _fixed(12, 31), "boxing day": _fixed(12, 26),
    "day after thanksgiving": _BLACK_FRIDAY, "black friday": _BLACK_FRIDAY, "thanksgiving": _thanksgiving(0),
    "halloween": _fixed(10, 31), "valentine's day": _fixed(2, 14), "xmas eve": _fixed(12, 24), "armistice day": _fixed(11, 11),
    "singles' day": _fixed(11, 11), "singles day": _fixed(11, 11), "single's day": _fixed(11, 11), "double eleven": _fixed(11, 11),
    "double 11": _fixed(11, 11), "double twelve": _fixed(12, 12), "double 12": _fixed(12, 12), "winter solstice": _fixed(12, 22),
    "mid-autumn": _MID_AUTUMN, "mid autumn": _MID_AUTUMN, "dragon boat": _DRAGON_BOAT, "lantern festival": _LANTERN, "qingming": _QINGMING,
    "independence day": _fixed(7, 4), "fourth of july": _fixed(7, 4), "christmas eve": _fixed(12, 24), "christmas": _fixed(12, 25), "xmas": _fixed(12, 25), "national day": _fixed(10, 1),
    "labour day": _fixed(5, 1), "labor day": _fixed(5, 1),
}  # fmt: skip
_ONLY_BEFORE = {"年", "过年", "十一"}


def holiday(name: str, today: date, past: bool, *, before: bool) -> date | None:
    """The next (or, said of the past, the last) such day; `before` gives the eve. None outside the table."""
    if name in _ONLY_BEFORE and not before:
        return None
    table = HOLIDAYS.get(name) or ENGLISH[name]
    back = int(before and table is not _EVE)  # "before the eve" still means the eve
    days = sorted(date(year, *day) - timedelta(days=back) for year, day in table.items())
    if past:
        return max((day for day in days if day <= today), default=None)
    return min((day for day in days if day >= today), default=None)
