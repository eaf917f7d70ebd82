"""What each form of a day means (see day_forms.py): a match, today, and whether it is said of the past -> the day, or None."""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from understanding.holidays import holiday
from understanding.lunar import lunar
from understanding.numbers import chinese_number, whole_number

_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_WEEKDAYS |= {str(n): n - 1 for n in range(1, 7)}
ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

PAY_VERB = r"(?:交|缴|付|还|转|给|打|结|清|汇|扣|充|存|刷|办|补|续)"
_SINCE_THEN = re.compile(rf"(?:就|已经?|早就?)[^,。]{{0,4}}{PAY_VERB}")

Resolve = Callable[[re.Match[str], date, bool], date | None]


def year_month_day(match: re.Match[str], today: date, past: bool) -> date | None:
    year = whole_number(match["y"])
    month, day = whole_number(match["m"]), whole_number(match["d"])
    if year is None or month is None or day is None:
        return None
    return date(year + 2000 if year < 100 else year, month, day)


def month_day(match: re.Match[str], today: date, past: bool) -> date | None:
    month, day = whole_number(match["m"]), whole_number(match["d"])
    shift = {"去": -1, "今": 0, "明": 1}.get((match.groupdict().get("rel") or " ")[0])
    if month is None or day is None:
        return None
    if shift is not None:
        return date(today.year + shift, month, day)
    if not past and not _AHEAD.search(match.string) and _DONE.match(match.string, match.end()):
        past = nearest(month, day, today, True) > today - (nearest(month, day, today, False) - today)
    return nearest(month, day, today, past)


# "7月3日缴纳": as a ledger tells it, without 了. It lies behind where that is nearer and nothing tells of what is to come.
_DONE = re.compile(r"(?:缴纳|交纳|支付|付款|缴费|交费|转账|汇款|到账|入账)")
_AHEAD = re.compile(r"会|要|将|能|可以|行|就|再|才|前|等|到(?!账)|吗|准备|打算|计划|一定|保证|明年")


def nearest(month: int, day: int, today: date, past: bool) -> date:
    """A month and day without its year: said of the past it lies behind, else ahead, or just behind."""
    this_year = date(today.year, month, day)
    if past:
        return this_year if this_year <= today else date(today.year - 1, month, day)
    return this_year if (today - this_year).days <= 45 else date(today.year + 1, month, day)


def day_of_month(match: re.Match[str], today: date, past: bool) -> date | None:
    day = whole_number(match["d"])
    if day is None or not 1 <= day <= 31:
        return None
    relative = match.groupdict().get("rel") or ""
    if relative:
        steps = month_steps(relative)
        return in_month(today, steps, day)
    if past:
        return in_month(today, 0, day) if day <= today.day else in_month(today, -1, day)
    return in_month(today, 0 if day >= today.day else 1, day)


def month_steps(relative: str) -> int:
    if relative.startswith("下下"):
        return 2
    if relative[0] in "下次" or relative.startswith("next"):
        return 1
    return -1 if relative[0] == "上" or relative.startswith("last") else 0


def in_month(today: date, steps: int, day: int) -> date:
    index = today.year * 12 + today.month - 1 + steps
    return date(index // 12, index % 12 + 1, day)


def month_end(match: re.Match[str], today: date, past: bool) -> date:
    relative = match.groupdict().get("rel") or ""
    if not relative and past:
        relative = "上"
    return last_day(in_month(today, month_steps(relative) if relative else 0, 1))


def named_month_end(match: re.Match[str], today: date, past: bool) -> date | None:
    month = whole_number(match["m"])
    if month is None:
        return None
    return last_day(nearest(month, 1, today, past))


def last_day(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def year_end(match: re.Match[str], today: date, past: bool) -> date:
    shift = {"去": -1, "明": 1}.get((match.groupdict().get("rel") or " ")[0], 0)
    return date(today.year + shift, 12, 31)


def weekday(match: re.Match[str], today: date, past: bool) -> date | None:
    number = _WEEKDAYS[match["w"]]
    relative = match["rel"] or ""
    weeks = relative.count("下") - relative.count("上")
    if weeks:
        return of_week(today, number, weeks)
    return bare_weekday(number, today, past, bool(relative))


def bare_weekday(number: int, today: date, past: bool, this_week: bool) -> date:
    day = of_week(today, number, 0)
    if past:
        return day if day <= today and (day < today or this_week) else day - timedelta(weeks=1)
    if this_week:
        return day
    return day if day > today else day + timedelta(weeks=1)


def of_week(today: date, number: int, weeks: int) -> date:
    return today - timedelta(days=today.weekday()) + timedelta(days=number, weeks=weeks)


def english_weekday(match: re.Match[str], today: date, past: bool) -> date:
    number = ENGLISH_WEEKDAYS.index(match["w"][:3])
    relative = (match["rel"] or "").strip()
    if relative in ("next", "coming week"):
        return of_week(today, number, 1)
    if relative == "last":
        return of_week(today, number, -1)
    return bare_weekday(number, today, past, False)


def weekday_of_week(match: re.Match[str], today: date, past: bool) -> date:
    return of_week(today, ENGLISH_WEEKDAYS.index(match["w"][:3]), _WEEKS_FROM_THIS[match["rel"]])


def weekday_of_month(match: re.Match[str], today: date, past: bool) -> date:
    first = in_month(today, 1 if match["rel"] else 0, 1)
    if match["mon"]:
        first = nearest(_ENGLISH_MONTHS.index(match["mon"][:3]) + 1, 1, today, past)
    day = first if match["o"] == "first" else last_day(first) - timedelta(days=6)
    return day + timedelta(days=(ENGLISH_WEEKDAYS.index(match["w"][:3]) - day.weekday()) % 7)


_WEEKS_FROM_THIS = {"next week": 1, "last week": -1, "week after next": 2, "week before last": -2}
SOME_WEEK = "|".join(_WEEKS_FROM_THIS)


def english_month_day(match: re.Match[str], today: date, past: bool) -> date | None:
    month = _ENGLISH_MONTHS.index(match["mon"][:3]) + 1
    day = int(match["d"])
    if match.groupdict().get("y"):
        return date(int(match["y"]), month, day)
    return nearest(month, day, today, past)


def english_month_end(match: re.Match[str], today: date, past: bool) -> date:
    return last_day(nearest(_ENGLISH_MONTHS.index(match["mon"][:3]) + 1, 1, today, past))


def days_from_now(match: re.Match[str], today: date, past: bool) -> date | None:
    count = whole_number(match["n"])
    if count is None or count > 366:
        return None
    unit = match.groupdict().get("unit") or "天"
    days = count * (7 if unit[0] in "周星礼w个" else 1)
    return today + timedelta(days=days)


def days_ago(match: re.Match[str], today: date, past: bool) -> date | None:
    count = whole_number(match["n"])
    return None if count is None or count > 366 else today - timedelta(days=count)


def fortnight_ago(match: re.Match[str], today: date, past: bool) -> date | None:
    return today - timedelta(days=14) if match[0].endswith("today") else None  # else a rough time


def offset(days: int) -> Resolve:
    return lambda match, today, past: today + timedelta(days=days)


def nothing(match: re.Match[str], today: date, past: bool) -> None:
    """A form that looks like a day and is none: its span is kept from the other forms."""


def festival(match: re.Match[str], today: date, past: bool) -> date | None:
    if match["after"] or (match["before"] and _SINCE_THEN.match(match.string, match.end())):
        return None  # "paid before Mid-Autumn" names no day
    if match["before"] == "前一天":  # that very day; "before the eve" still means the eve
        eve_of = holiday(match["name"], today, past, before=False)
        return None if eve_of is None else eve_of - timedelta(days=1)
    day = holiday(match["name"], today, past and not match["before"], before=bool(match["before"]))
    year = {"去": -1, "今": 0, "明": 1, "来": 1}.get((match["rel"] or " ")[0])
    if day is None or year is None or day.year == today.year + year:
        return day
    return holiday(match["name"], date(today.year + year, 1, 1), False, before=bool(match["before"]))


def new_year_day(match: re.Match[str], today: date, past: bool) -> date | None:
    """初八: the eighth day of the lunar year, counted from Spring Festival."""
    first, number = holiday("春节", today, past, before=False), chinese_number(match["n"])
    return None if first is None or number is None else first + timedelta(days=number - 1)


def lunar_day(match: re.Match[str], today: date, past: bool) -> date | None:
    """农历十月二十, 腊月廿三, 冬月初一, 正月初五."""
    name, day = match["m"], chinese_number(match["d"].removeprefix("初"))
    month = _LUNAR_MONTHS.get(name) or chinese_number(name)
    return None if month is None or day is None else lunar(month, day, today, past)


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def first_of_month(match: re.Match[str], today: date, past: bool) -> date | None:
    month = whole_number(match["m"])
    return None if month is None else nearest(month, 1, today, past)


def ordinal(match: re.Match[str], today: date, past: bool) -> date | None:
    """ "the fourteenth of December", "on the twenty-first"."""
    day = _ORDINALS[match["o"].replace("-", " ")]
    if name := match.groupdict().get("mon"):
        return nearest(_ENGLISH_MONTHS.index(name[:3]) + 1, day, today, past)
    if past:
        return in_month(today, 0 if day <= today.day else -1, day)
    return in_month(today, 0 if day >= today.day else 1, day)


_ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
        " sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=1,
    )
}
_ORDINALS |= {f"twenty {word}": 20 + number for word, number in list(_ORDINALS.items())[:9]}
_ORDINALS |= {"thirtieth": 30, "thirty first": 31}
ORDINAL = "(?:" + "|".join(sorted(_ORDINALS, key=len, reverse=True)).replace(" ", "[ -]") + ")"
