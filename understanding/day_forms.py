"""The forms in which a day is named, and what each means: "25号", "下周五", "月底", "next Friday", "the 5th", "前天".

FORMS is a grammar, read top to bottom by dates.py: a pattern and a function (match, today, said of the past) -> the day,
or None for what looks like a day and is none.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from understanding.holidays import ENGLISH, HOLIDAYS, holiday
from understanding.lunar import lunar
from understanding.numbers import CHINESE, chinese_number, whole_number

_N = rf"(?:\d{{1,2}}|{CHINESE}{{1,3}})"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_WEEKDAYS |= {str(n): n - 1 for n in range(1, 7)}
_ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_WEEKDAY_NAME = (
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|weds|thurs?|thu|fri|sat|sun)"
)

PAY_VERB = r"(?:交|缴|付|还|转|给|打|结|清|汇|扣|充|存|刷|办|补|续)"
_SINCE_THEN = re.compile(rf"(?:就|已经?|早就?)[^,。]{{0,4}}{PAY_VERB}")

Resolve = Callable[[re.Match[str], date, bool], date | None]


def _year_month_day(match: re.Match[str], today: date, past: bool) -> date | None:
    year = whole_number(match["y"])
    month, day = whole_number(match["m"]), whole_number(match["d"])
    if year is None or month is None or day is None:
        return None
    return date(year + 2000 if year < 100 else year, month, day)


def _month_day(match: re.Match[str], today: date, past: bool) -> date | None:
    month, day = whole_number(match["m"]), whole_number(match["d"])
    shift = {"去": -1, "今": 0, "明": 1}.get((match.groupdict().get("rel") or " ")[0])
    if month is None or day is None:
        return None
    if shift is not None:
        return date(today.year + shift, month, day)
    return _nearest(month, day, today, past)


def _nearest(month: int, day: int, today: date, past: bool) -> date:
    """A month and day without its year: said of the past it lies behind, else ahead, or just behind."""
    this_year = date(today.year, month, day)
    if past:
        return this_year if this_year <= today else date(today.year - 1, month, day)
    return this_year if (today - this_year).days <= 45 else date(today.year + 1, month, day)


def _day_of_month(match: re.Match[str], today: date, past: bool) -> date | None:
    day = whole_number(match["d"])
    if day is None or not 1 <= day <= 31:
        return None
    relative = match.groupdict().get("rel") or ""
    if relative:
        steps = _month_steps(relative)
        return _in_month(today, steps, day)
    if past:
        return _in_month(today, 0, day) if day <= today.day else _in_month(today, -1, day)
    return _in_month(today, 0 if day >= today.day else 1, day)


def _month_steps(relative: str) -> int:
    if relative.startswith("下下"):
        return 2
    if relative[0] in "下次" or relative.startswith("next"):
        return 1
    return -1 if relative[0] == "上" or relative.startswith("last") else 0


def _in_month(today: date, steps: int, day: int) -> date:
    index = today.year * 12 + today.month - 1 + steps
    return date(index // 12, index % 12 + 1, day)


def _month_end(match: re.Match[str], today: date, past: bool) -> date:
    relative = match.groupdict().get("rel") or ""
    if not relative and past:
        relative = "上"
    return _last_day(_in_month(today, _month_steps(relative) if relative else 0, 1))


def _named_month_end(match: re.Match[str], today: date, past: bool) -> date | None:
    month = whole_number(match["m"])
    if month is None:
        return None
    return _last_day(_nearest(month, 1, today, past))


def _last_day(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _year_end(match: re.Match[str], today: date, past: bool) -> date:
    shift = {"去": -1, "明": 1}.get((match.groupdict().get("rel") or " ")[0], 0)
    return date(today.year + shift, 12, 31)


def _weekday(match: re.Match[str], today: date, past: bool) -> date | None:
    number = _WEEKDAYS[match["w"]]
    relative = match["rel"] or ""
    weeks = relative.count("下") - relative.count("上")
    if weeks:
        return _of_week(today, number, weeks)
    return _bare_weekday(number, today, past, bool(relative))


def _bare_weekday(number: int, today: date, past: bool, this_week: bool) -> date:
    day = _of_week(today, number, 0)
    if past:
        return day if day <= today and (day < today or this_week) else day - timedelta(weeks=1)
    if this_week:
        return day
    return day if day > today else day + timedelta(weeks=1)


def _of_week(today: date, number: int, weeks: int) -> date:
    return today - timedelta(days=today.weekday()) + timedelta(days=number, weeks=weeks)


def _english_weekday(match: re.Match[str], today: date, past: bool) -> date:
    number = _ENGLISH_WEEKDAYS.index(match["w"][:3])
    relative = (match["rel"] or "").strip()
    if relative in ("next", "coming week"):
        return _of_week(today, number, 1)
    if relative == "last":
        return _of_week(today, number, -1)
    return _bare_weekday(number, today, past, False)


def _english_month_day(match: re.Match[str], today: date, past: bool) -> date | None:
    month = _ENGLISH_MONTHS.index(match["mon"][:3]) + 1
    day = int(match["d"])
    if match.groupdict().get("y"):
        return date(int(match["y"]), month, day)
    return _nearest(month, day, today, past)


def _english_month_end(match: re.Match[str], today: date, past: bool) -> date:
    return _last_day(_nearest(_ENGLISH_MONTHS.index(match["mon"][:3]) + 1, 1, today, past))


def _days_from_now(match: re.Match[str], today: date, past: bool) -> date | None:
    count = whole_number(match["n"])
    if count is None or count > 366:
        return None
    unit = match.groupdict().get("unit") or "天"
    days = count * (7 if unit[0] in "周星礼w个" else 1)
    return today + timedelta(days=days)


def _days_ago(match: re.Match[str], today: date, past: bool) -> date | None:
    count = whole_number(match["n"])
    return None if count is None or count > 366 else today - timedelta(days=count)


def _offset(days: int) -> Resolve:
    return lambda match, today, past: today + timedelta(days=days)


def _nothing(match: re.Match[str], today: date, past: bool) -> None:
    """A form that looks like a day and is none: its span is kept from the other forms."""


def _holiday(match: re.Match[str], today: date, past: bool) -> date | None:
    if match["after"] or (match["before"] and _SINCE_THEN.match(match.string, match.end())):
        return None  # "paid before Mid-Autumn" names no day
    day = holiday(match["name"], today, past and not match["before"], before=bool(match["before"]))
    year = {"去": -1, "今": 0, "明": 1, "来": 1}.get((match["rel"] or " ")[0])
    if day is None or year is None or day.year == today.year + year:
        return day
    return holiday(match["name"], date(today.year + year, 1, 1), False, before=bool(match["before"]))


def _new_year_day(match: re.Match[str], today: date, past: bool) -> date | None:
    """初八: the eighth day of the lunar year, counted from Spring Festival."""
    first, number = holiday("春节", today, past, before=False), chinese_number(match["n"])
    return None if first is None or number is None else first + timedelta(days=number - 1)


def _lunar_day(match: re.Match[str], today: date, past: bool) -> date | None:
    """农历十月二十, 腊月廿三, 冬月初一, 正月初五."""
    name, day = match["m"], chinese_number(match["d"].removeprefix("初"))
    month = _LUNAR_MONTHS.get(name) or chinese_number(name)
    return None if month is None or day is None else lunar(month, day, today, past)


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _first_of_month(match: re.Match[str], today: date, past: bool) -> date | None:
    month = whole_number(match["m"])
    return None if month is None else _nearest(month, 1, today, past)


def _ordinal(match: re.Match[str], today: date, past: bool) -> date | None:
    """ "the fourteenth of December", "on the twenty-first"."""
    day = _ORDINALS[match["o"].replace("-", " ")]
    if name := match.groupdict().get("mon"):
        return _nearest(_ENGLISH_MONTHS.index(name[:3]) + 1, day, today, past)
    if past:
        return _in_month(today, 0 if day <= today.day else -1, day)
    return _in_month(today, 0 if day >= today.day else 1, day)


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
_ORDINAL = "(?:" + "|".join(sorted(_ORDINALS, key=len, reverse=True)).replace(" ", "[ -]") + ")"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)  # \b between a Latin and a Chinese letter


# "十一月", "去年前" hold the same characters and are no holidays.
_HOLIDAY_NAMES = "|".join(
    {
        "年": "(?<![去今明前后一二三四五六七八九十两几半多每全这来\\d])年(?=之?前|以前)",
        "十一": "(?<!双)十一(?=之?前|以前)",
        "cny": "cny(?! (?:bonus|break|holidays?|weekend|sales?|money|party))",
    }.get(name, name)
    for name in sorted(HOLIDAYS, key=len, reverse=True)
)
_SUFFIX = r"(?:st|nd|rd|th)"
_ORDINAL_DAY = rf"(?P<d>[0-3]?\d)(?:{_SUFFIX})?"

# Every form below holds one of these: most sentences hold none and need no closer look.
MAY_NAME_A_DAY = _pattern(
    rf"\d|[月周年天日号]|星期|礼拜|今|昨|后儿|前儿|明[早晚儿]|\b(?:to|yester)day|tomorrow|\b(?:to)?night|\bth(?:is|e)\b|weeks?|month|days?|eom"
    rf"|year|{_WEEKDAY_NAME}|{_MONTH_NAME}|festival|{'|'.join((*ENGLISH, *(name for name in HOLIDAYS if name != '年')))}"
)
# Read top to bottom: a span taken by an earlier form is not read again.
FORMS: tuple[tuple[re.Pattern[str], Resolve], ...] = (
    (_pattern(r"(?P<y>20\d\d|\d\d)年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?"), _year_month_day),
    (_pattern(r"(?<![\d.])(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d])"), _year_month_day),
    # lengths of grace, recurrences, lectures of numbers: no day
    (
        _pattern(
            rf"(?:晚|迟|缓|延期?|延长|延后|延迟|宽限|推迟?|推后|多给|再给|给|拖)(?:我|我们|个|交|到|一?下|它)*\s*{_N}?[来几多]?\s*(?:个)?(?:天|日(?!前)|周(?![一二三四五六日天])|星期(?![一二三四五六日天])|礼拜(?![一二三四五六日天])|月(?!底|末|\d))"
        ),
        _nothing,
    ),
    (
        _pattern(
            r"每(?:个)?(?:月|周|星期)(?:[^,。!?]{0,2}?\d{1,2}[号日]|[一二三四五六日天])?"
            r"|(?:every|each) (?:month|week)(?: on)?(?: the \d{1,2}(?:st|nd|rd|th))?|(?:the )?\d{1,2}(?:st|nd|rd|th) of (?:every|each) month"
        ),
        _nothing,
    ),
    (
        _pattern(
            r"(?:a|one|another|few|couple of|two|three|\d+) (?:more )?(?:week|month)s? (?:later|more|extra|extension|grace)"
        ),
        _nothing,
    ),
    (
        _pattern(
            r"(?:grace|extension|extend|delay|postpone)(?: \w+){0,3} (?:of |for |by )?(?:a|one|two|three|\d+) (?:more )?(?:day|week|month)s?"
        ),
        _nothing,
    ),
    # relative days
    (
        _pattern(
            rf"(?<![月\d])(?P<n>\d{{1,3}}|{CHINESE}{{1,3}})\s*(?:天|日)(?:以|之)?前(?!(?:交|付|缴|给|转)(?![^,。!?]{{0,4}}(?:的|了|过))|必|一定|能)"
        ),
        _days_ago,
    ),
    (
        _pattern(
            r"(?:过|这|隔|前|等|差)(?:个)?(?:一?两|两三|三四|几)[三]?天|两三天|三四天|一两天|三五天|几天|过些天|改天"
        ),
        _nothing,
    ),
    (
        _pattern(rf"(?P<n>\d{{1,3}}|{CHINESE}{{1,3}})\s*(?:个)?(?P<unit>天|日|工作日|周|星期)(?:以|之)?(?:后|内)"),
        _days_from_now,
    ),
    (
        _pattern(r"(?P<n>24|48|72)\s*(?:个)?小?时(?:以|之)?内"),
        lambda m, t, p: t + timedelta(hours=int(m["n"])),
    ),
    (_pattern(r"(?:再?过|等)(?P<n>\d{1,2}|[一三四五六七八九十]{1,3})天"), _days_from_now),
    (
        _pattern(
            r"\b(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|a|fourteen) (?P<unit>day|week)s? (?:ago|before(?= *[,.?!]|$))"
        ),
        lambda m, t, p: (
            t - timedelta(days=(whole_number(m["n"]) or 0) * (7 if m["unit"] == "week" else 1))
            if m["unit"] == "day"
            else None
        ),
    ),
    (
        _pattern(
            r"\b(?:in|within)(?: the)?(?: next)? (?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|fourteen|a) (?:working |business )?(?P<unit>day|week)s?\b(?: time)?(?: (?:from|of) (?:today|now))?"
        ),
        _days_from_now,
    ),
    (
        _pattern(
            r"\b(?P<n>\d+|a|one|two|three|four|five|six|seven|eight|nine|ten) (?P<unit>day|week)s? (?:more )?(?:from (?:now|today)|(?<=days )later|(?<=days )time)\b"
        ),
        _days_from_now,
    ),
    (_pattern(r"\b(?:in |within )?a fortnight(?:'s time| from (?:now|today))|\bin a fortnight\b"), _offset(14)),
    (_pattern(r"大后天"), _offset(3)),
    (_pattern(r"大前天"), _offset(-3)),
    (_pattern(r"后天|后儿个?|\b(?:the )?day after tomorrow\b"), _offset(2)),
    (_pattern(r"前天|前儿个?|\b(?:the )?day before yesterday\b"), _offset(-2)),
    (
        _pattern(r"明天|明日|明儿个?|明个儿?|明早|明晚|明后天|\btomorrow\b"),
        lambda m, t, p: None if m[0] == "明后天" else t + timedelta(days=1),
    ),
    (_pattern(r"昨天|昨日|昨儿个?|昨个儿?|昨晚|\byesterday\b|\blast night\b"), _offset(-1)),
    (
        _pattern(r"今天|今日|今儿个?|今个儿?|今晚|今早|\btoday\b|\btonight\b"),
        _offset(0),
    ),
    # holidays
    (_pattern(rf"(?:过了|过完|出了)(?:这个)?(?:{_HOLIDAY_NAMES})"), _nothing),
    (
        _pattern(
            rf"(?P<rel>去年|今年|明年|来年)?(?:的)?(?P<name>{_HOLIDAY_NAMES})(?P<one>假期|节|那天)?(?:(?P<before>前一天|之前|以前|前|来临前)|(?P<after>假?期?(?:之后|以后|后|完|过后|那会|那阵|期间|左右|的?时候|那时|回来|放假)))?"
        ),
        _holiday,
    ),
    (
        _pattern(
            rf"(?P<pre>before|by|until|on|over|after)? ?(?:the )?\b(?P<name>{'|'.join(sorted(ENGLISH, key=len, reverse=True))})\b(?! (?:bonus|break|holidays?|weekend|sales?|trade|shopping|money|party))"
        ),
        lambda m, t, p: None if m["pre"] == "after" else holiday(m["name"], t, p, before=m["pre"] == "before"),
    ),
    (_pattern(r"(?:大年|正月|年)初(?P<n>[一二三四五六七八九]|十[一二三四]?)"), _new_year_day),
    (_pattern(rf"(?:农历|阴历|旧历)?(?P<m>[正冬腊])月(?P<d>初?{CHINESE}{{1,3}})"), _lunar_day),
    (_pattern(rf"(?:农历|阴历|旧历)(?P<m>{CHINESE}{{1,2}})月(?P<d>初?{CHINESE}{{1,3}})"), _lunar_day),
    # ends of months and years
    (_pattern(rf"(?P<m>1[0-2]|0?[1-9]|{CHINESE}{{1,2}})月(?:份)?的?(?:头一天|初一天|第一天|首日)"), _first_of_month),
    (_pattern(rf"(?P<m>1[0-2]|0?[1-9]|{CHINESE}{{1,2}})月(?:份)?(?:底|末)"), _named_month_end),
    (_pattern(r"(?P<rel>这个|本|下下个|下个|(?<!剩)下|上个|上|当)?月(?:的?最后一天|底|末)"), _month_end),
    (
        _pattern(
            r"(?P<rel>今|去|明)?年(?:底|末)|\b(?:the )?end of (?:the |this )?year\b|\byear[- ]end\b|\bbefore the year is out\b|\blast day of (?:the|this) year\b"
        ),
        _year_end,
    ),
    (
        _pattern(
            r"\b(?:the )?(?:end|last day) of (?P<rel>next|last|this|the)? ?month\b|\bmonth[- ]end\b|\beom\b|\bend of the mth\b"
        ),
        _month_end,
    ),
    (_pattern(rf"\b(?:the )?end of (?P<mon>{_MONTH_NAME})\b"), _english_month_end),
    # days of months
    (
        _pattern(
            rf"(?P<rel>去年|今年|明年)?(?P<m>1[0-2]|0?[1-9]|{CHINESE}{{1,2}})月份?的?(?P<d>[0-3]?\d|[一二三四五六七八九十廿卅]{{1,3}})(?:号|日)?(?!\d|[号日]?[楼栋门线]|[个.百千万块元]|[期笔份次回批半])"
        ),
        _month_day,
    ),
    (
        _pattern(
            r"(?P<rel>这个月|本月|当月|下下个月|下个月|下月|次月|上个月|上月)的?初?(?P<d>[0-3]?\d|[一二三四五六七八九十廿卅]{1,3})(?:号|日)?(?!\d|[号日][楼栋门线]|个|期|[点:百千万块元])"
        ),
        _day_of_month,
    ),
    (
        _pattern(
            rf"(?<![\d第.])(?P<d>[0-3]?\d|{CHINESE}{{1,3}})(?:号|日(?!常|子|元))(?!楼|栋|门|线|院|码|房|店|机|桌|铺|商|馆|车|公|地|幢|单|球|家|铺)"
        ),
        _day_of_month,
    ),
    (_pattern(r"(?<![\d.:/])(?P<m>1[0-2]|0?[1-9])[/](?P<d>[0-3]?\d)(?![\d/%])"), _month_day),
    (_pattern(r"(?<![\d.:/])(?P<d>1[3-9]|2\d|3[01])/(?P<m>1[0-2]|0?[1-9])(?![\d/%])"), _month_day),
    (
        _pattern(
            r"(?<![\d.:/])(?P<m>1[0-2]|0?[1-9])[.-](?P<d>[0-3]\d|[1-9])(?=(?:号|日|之?前|交|缴|付|再交|可以交))(?:号|日)?"
        ),
        _month_day,
    ),
    (
        _pattern(rf"\b(?P<mon>{_MONTH_NAME})\.? (?:the )?{_ORDINAL_DAY}(?!\d|:)(?:,? (?P<y>20\d\d))?\b"),
        _english_month_day,
    ),
    (_pattern(rf"\b{_ORDINAL_DAY}(?: of)? (?P<mon>{_MONTH_NAME})(?:,? (?P<y>20\d\d))?\b"), _english_month_day),
    (_pattern(rf"\b(?P<mon>{_MONTH_NAME}) (?:the )?(?P<o>{_ORDINAL})\b"), _ordinal),
    (_pattern(rf"\b(?P<o>{_ORDINAL})(?: day)? of (?P<mon>{_MONTH_NAME})\b"), _ordinal),
    (_pattern(rf"\b(?:by|until|till) the (?!second|third)(?P<o>{_ORDINAL})\b(?! \w)"), _ordinal),
    (_pattern(rf"\bon the (?!first|second|third)(?P<o>{_ORDINAL})\b(?! \w)"), _ordinal),
    (_pattern(rf"\b(?:the )?(?P<d>[0-3]?\d){_SUFFIX}(?: of)? (?P<rel>next|this|last) month\b"), _day_of_month),
    (_pattern(rf"\b(?P<rel>next|this|last) month(?: on)? (?:the )?(?P<d>[0-3]?\d){_SUFFIX}\b"), _day_of_month),
    (
        _pattern(
            rf"\b(?:the )?(?P<d>[0-3]?\d){_SUFFIX}\b(?! (?:floor|grade|time|reminder|message|street|unit|month|payment|installment|text|one|year|notice|class))"
        ),
        _day_of_month,
    ),
    # weekdays
    (
        _pattern(rf"\b(?:a |one )?week (?:on|from) (?P<w>{_WEEKDAY_NAME})\b|\b(?P<w2>{_WEEKDAY_NAME}) week\b"),
        lambda m, t, p: (
            _bare_weekday(_ENGLISH_WEEKDAYS.index((m["w"] or m["w2"])[:3]), t, False, False) + timedelta(weeks=1)
        ),
    ),
    (
        _pattern(
            r"(?P<rel>这个?|本|下下个?|下个?|上上个?|上个?)?(?:周|星期|礼拜)(?P<w>[一二三四五六日天1-6])(?!个|家|天|期|\d|次|圈|年(?!终)|边)"
        ),
        _weekday,
    ),
    (
        _pattern(rf"\b(?P<w>{_WEEKDAY_NAME}) (?:of )?next week\b"),
        lambda m, t, p: _of_week(t, _ENGLISH_WEEKDAYS.index(m["w"][:3]), 1),
    ),
    (_pattern(rf"\b(?P<rel>next|this|last|coming)? ?(?P<w>{_WEEKDAY_NAME})(?!\w)"), _english_weekday),
)
