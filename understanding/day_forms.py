"""The forms in which a day is named: "25号", "下周五", "月底", "next Friday", "the 5th", "前天".

FORMS is a grammar, read top to bottom by dates.py: a pattern and what it means (day_meanings.py), a function
(match, today, said of the past) -> the day, or None for what looks like a day and is none.
"""

import re
from datetime import timedelta

from understanding import day_meanings as means
from understanding.holidays import ENGLISH, HOLIDAYS, holiday
from understanding.numbers import CHINESE, whole_number

_N = rf"(?:\d{{1,2}}|{CHINESE}{{1,3}})"
_MONTH_NAME = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_WEEKDAY_NAME = (
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|weds|thurs?|thu|fri|sat|sun)"
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)  # \b between a Latin and a Chinese letter


# A festival's wares, wishes and days off, not its day.
_FESTIVE = "的?(?:快乐|愉快|活动|优惠|大促|促销|打折|退货|备货|抢购|加班|值班|放?几天|有没有|有什么|搞不?搞|做不?做|奖金|福利|红包)"

# "十一月", "去年前" hold the same characters and are no holidays.
_HOLIDAY_NAMES = "|".join(
    {
        "年": "(?<![去今明前后一二三四五六七八九十两几半多每全这来\\d])年(?=之?前|以前)",
        "十一": "(?<!双)十一(?=之?前|以前)",
        "cny": "cny(?! (?:bonus|break|holidays?|weekend|sales?|money|party))",
    }.get(name, name)
    for name in sorted(HOLIDAYS, key=len, reverse=True)
)
# Without 号 or 初 a single numeral may be the head of another word: "下个月一起", "12月一定".
_SPOKEN = "(?:[一二三四五六七八九十廿卅]{2,3}|(?<=初)[一二三四五六七八九十]|[一二三四五六七八九十廿卅](?=[号日]))"
_SUFFIX = r"(?:st|nd|rd|th)"
_ORDINAL_DAY = rf"(?P<d>[0-3]?\d)(?:{_SUFFIX})?"

# Every form below holds one of these: most sentences hold none and need no closer look.
MAY_NAME_A_DAY = _pattern(
    rf"\d|[月周年天日号]|星期|礼拜|今|昨|后儿|前儿|明[早晚儿]|\b(?:to|yester)day|tomorrow|\b(?:to)?night|\bth(?:is|e)\b|weeks?|fortnight|month|days?|eom"
    rf"|year|{_WEEKDAY_NAME}|{_MONTH_NAME}|festival|{'|'.join((*ENGLISH, *(name for name in HOLIDAYS if name != '年')))}"
)
# Read top to bottom: a span taken by an earlier form is not read again.
FORMS: tuple[tuple[re.Pattern[str], means.Resolve], ...] = (
    (_pattern(r"(?P<y>20\d\d|\d\d)年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?"), means.year_month_day),
    (_pattern(r"(?<![\d.])(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d])"), means.year_month_day),
    # lengths of grace, recurrences, lectures of numbers: no day
    (
        _pattern(
            rf"(?:晚|迟|缓|延期?|延长|延后|延迟|宽限|推迟?|推后|多给|再给|给|拖)(?:我|我们|个|交|到|一?下|它)*\s*{_N}?[来几多]?\s*(?:个)?(?:天|日(?!前)|周(?![一二三四五六日天])|星期(?![一二三四五六日天])|礼拜(?![一二三四五六日天])|月(?!底|末|\d))"
        ),
        means.nothing,
    ),
    (
        _pattern(
            r"每(?:个)?(?:月|周|星期)(?:[^,。!?]{0,2}?\d{1,2}[号日]|[一二三四五六日天])?"
            r"|\d{1,2}[号日]的?(?:自动)?[扣划]款日?(?:改|换|调)[成到为]\d{1,2}[号日]"
            r"|\bdebit (?:date|day) from the \d{1,2}(?:st|nd|rd|th) to the \d{1,2}(?:st|nd|rd|th)"
            r"|(?:every|each) (?:month|week)(?: on)?(?: the \d{1,2}(?:st|nd|rd|th))?|(?:the )?\d{1,2}(?:st|nd|rd|th) of (?:every|each) month"
        ),
        means.nothing,
    ),
    (
        _pattern(
            r"(?:a|one|another|few|couple of|two|three|\d+) (?:more )?(?:week|month)s? (?:later|more|extra|extension|grace)"
        ),
        means.nothing,
    ),
    (
        _pattern(
            r"(?:grace|extension|extend|delay|postpone)(?: \w+){0,3} (?:of |for |by )?(?:a|one|two|three|\d+) (?:more )?(?:day|week|month)s?"
        ),
        means.nothing,
    ),
    # relative days
    (
        _pattern(
            rf"(?<![月\d])(?P<n>\d{{1,3}}|{CHINESE}{{1,3}})\s*(?:天|日)(?:以|之)?前(?!(?:交|付|缴|给|转)(?![^,。!?]{{0,4}}(?:的|了|过))|必|一定|能)"
        ),
        means.days_ago,
    ),
    (
        _pattern(
            r"(?:过|这|隔|前|等|差)(?:个)?(?:一?两|两三|三四|几)[三]?天|两三天|三四天|一两天|三五天|几天|过些天|改天"
        ),
        means.nothing,
    ),
    (
        _pattern(rf"(?P<n>\d{{1,3}}|{CHINESE}{{1,3}})\s*(?:个)?(?P<unit>天|日|工作日|周|星期)(?:以|之)?(?:后|内)"),
        means.days_from_now,
    ),
    (
        _pattern(r"(?P<n>24|48|72)\s*(?:个)?小?时(?:以|之)?内"),
        lambda m, t, p: t + timedelta(hours=int(m["n"])),
    ),
    (_pattern(r"(?<![超经])(?:再?过|等)(?P<n>\d{1,2}|[一三四五六七八九十]{1,3})天"), means.days_from_now),
    (_pattern(r"\b(?:a |one )?fortnight ago(?: today)?|\b(?:two|2) weeks? ago today\b"), means.fortnight_ago),
    (_pattern(r"\b(?:a|one|1) week ago today\b"), means.offset(-7)),
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
            r"\b(?:in|within)(?: the)?(?: next)? (?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|fourteen|a) (?:working |business )?(?P<unit>day|week)s?\b(?! late)(?: time)?(?: (?:from|of) (?:today|now))?"
        ),
        means.days_from_now,
    ),
    (
        _pattern(
            r"\b(?P<n>\d+|a|one|two|three|four|five|six|seven|eight|nine|ten) (?P<unit>day|week)s? (?:more )?(?:from (?:now|today)|(?<=days )later|(?<=days )time)\b"
        ),
        means.days_from_now,
    ),
    (_pattern(r"\b(?:in |within )?a fortnight(?:'s time| from (?:now|today))|\bin a fortnight\b"), means.offset(14)),
    (_pattern(r"\b(?:a |one )?week (?:from )?today\b|\btoday week\b"), means.offset(7)),
    (_pattern(r"\b(?:a |one )?week (?:from )?tomorrow\b|\btomorrow week\b"), means.offset(8)),
    (_pattern(r"大后天"), means.offset(3)),
    (_pattern(r"大前天"), means.offset(-3)),
    (_pattern(r"后天|后儿个?|\b(?:the )?day after tomorrow\b"), means.offset(2)),
    (_pattern(r"前天|前儿个?|\b(?:the )?day before yesterday\b"), means.offset(-2)),
    (
        _pattern(r"明天|明日|明儿个?|明个儿?|明早|明晚|明后天|\btomorrow\b"),
        lambda m, t, p: None if m[0] == "明后天" else t + timedelta(days=1),
    ),
    (_pattern(r"昨天|昨日|昨儿个?|昨个儿?|昨晚|\byesterday\b|\blast night\b"), means.offset(-1)),
    (
        _pattern(r"今天|今日|今儿个?|今个儿?|今晚|今早|\btoday\b|\btonight\b"),
        means.offset(0),
    ),
    # holidays
    (_pattern(rf"(?:过了|过完|出了)(?:这个)?(?:{_HOLIDAY_NAMES})"), means.nothing),
    (
        _pattern(
            rf"(?P<rel>去年|今年|明年|来年)?(?:的)?(?P<name>{_HOLIDAY_NAMES})(?:假期|节)?(?:(?P<one>那天|当天|当日)|(?P<before>前一天|之前|以前|前(?!后)|来临前)|(?P<after>假?期?(?:前后|之后|以后|后|完|过后|那会|那阵|期间|左右|的?时候|那时|回来|放假|{_FESTIVE})))?"
        ),
        means.festival,
    ),
    (
        _pattern(
            rf"(?P<pre>before|by|until|on|over|after|in)? ?(?:the )?\b(?P<name>{'|'.join(sorted(ENGLISH, key=len, reverse=True))})\b(?P<other> (?:bonus|break|holidays?|weekend|sales?|trade|rush|shopping|money|party|presents?|deals?|offers?|discounts?|promo\w*|specials?)\b)?"
        ),
        lambda m, t, p: (
            None if m["pre"] in ("after", "in") or m["other"] else holiday(m["name"], t, p, before=m["pre"] == "before")
        ),
    ),
    (_pattern(r"\bcard\b[^,.!?]{0,12} expir\w+ (?:on |in )?\d{1,2}/\d{2,4}"), means.nothing),
    (_pattern(r"\b(?:have|enjoy) an? (?:\w+ )?(?:\w+day|weekend)\b"), means.nothing),
    (_pattern(r"(?:大年|正月|年)初(?P<n>[一二三四五六七八九]|十[一二三四]?)"), means.new_year_day),
    (_pattern(rf"(?:农历|阴历|旧历)?(?P<m>[正冬腊])月(?P<d>初?{CHINESE}{{1,3}})"), means.lunar_day),
    (_pattern(rf"(?:农历|阴历|旧历)(?P<m>{CHINESE}{{1,2}})月(?P<d>初?{CHINESE}{{1,3}})"), means.lunar_day),
    # ends of months and years
    (
        _pattern(rf"(?P<m>1[0-2]|0?[1-9]|{CHINESE}{{1,2}})月(?:份)?的?(?:头一天|初一天|第一天|首日)"),
        means.first_of_month,
    ),
    (_pattern(rf"(?P<m>1[0-2]|0?[1-9]|{CHINESE}{{1,2}})月(?:份)?(?:底|末)"), means.named_month_end),
    (_pattern(r"(?P<rel>这个|本|下下个|下个|(?<!剩)下|上个|上|当)?月(?:的?最后一天|底|末)"), means.month_end),
    (
        _pattern(
            r"(?P<rel>今|去|明)?年(?:底|末)|\b(?:the )?end of (?:the |this )?year\b|\byear[- ]end\b|\bbefore the year is out\b|\blast day of (?:the|this) year\b"
        ),
        means.year_end,
    ),
    (
        _pattern(
            r"\b(?:the )?(?:end|last day) of (?P<rel>next|last|this|the)? ?month\b|\bmonth[- ]end\b|\beom\b|\bend of the mth\b"
        ),
        means.month_end,
    ),
    (_pattern(rf"\b(?:the )?(?:end|last day) of (?P<mon>{_MONTH_NAME})\b"), means.english_month_end),
    # days of months
    (_pattern(r"\d{1,2}(?:到|至|~|、|或者?)\d{1,2}[号日]"), means.nothing),
    (
        _pattern(
            rf"(?P<rel>去年|今年|明年)?(?P<m>1[0-2]|0?[1-9]|{CHINESE}{{1,2}})月份?的?(?P<d>[0-3]?\d|{_SPOKEN})(?:号|日)?(?!\d|[号日]?[楼栋门线]|[个.百千万块元]|[期笔份次回批半])"
        ),
        means.month_day,
    ),
    (
        _pattern(
            rf"(?P<rel>这个月|本月|当月|下下个月|下个月|下月|次月|上个月|上月)的?初?(?P<d>[0-3]?\d|{_SPOKEN})(?:号|日)?(?!\d|[号日][楼栋门线]|个|期|[点:百千万块元])"
        ),
        means.day_of_month,
    ),
    (
        _pattern(
            rf"(?<![\d第.])(?<!车库)(?<!车位)(?<!档口)(?<!商铺)(?<!门牌)(?<!窗口)(?P<d>[0-3]?\d|{CHINESE}{{1,3}})(?:号|日(?!常|子|元))(?!那[户家]|户|业主|楼|栋|门|线|院|码|房|店|机|桌|铺|商|馆|车|公|地|幢|单|球|家|铺)"
        ),
        means.day_of_month,
    ),
    (_pattern(r"(?<![\d.:/])(?P<m>1[0-2]|0?[1-9])[/](?P<d>[0-3]?\d)(?![\d/%])"), means.month_day),
    (_pattern(r"(?<![\d.:/])(?P<d>1[3-9]|2\d|3[01])/(?P<m>1[0-2]|0?[1-9])(?![\d/%])"), means.month_day),
    (
        _pattern(
            r"(?<![\d.:/])(?P<m>1[0-2]|0?[1-9])[.-](?P<d>[0-3]\d|[1-9])(?=(?:号|日|之?前|交|缴|付|再交|可以交))(?:号|日)?"
        ),
        means.month_day,
    ),
    (
        _pattern(rf"\b(?P<mon>{_MONTH_NAME})\.? (?:the )?{_ORDINAL_DAY}(?!\d|:)(?:,? (?P<y>20\d\d))?\b"),
        means.english_month_day,
    ),
    (_pattern(rf"\b{_ORDINAL_DAY}(?: of)? (?P<mon>{_MONTH_NAME})(?:,? (?P<y>20\d\d))?\b"), means.english_month_day),
    (_pattern(rf"\b(?P<mon>{_MONTH_NAME}) (?:the )?(?P<o>{means.ORDINAL})\b"), means.ordinal),
    (_pattern(rf"\b(?P<o>{means.ORDINAL})(?: day)? of (?P<mon>{_MONTH_NAME})\b"), means.ordinal),
    (_pattern(rf"\b(?:by|until|till) the (?!second|third)(?P<o>{means.ORDINAL})\b(?! \w)"), means.ordinal),
    (_pattern(rf"\bon the (?!first|second|third)(?P<o>{means.ORDINAL})\b(?! \w)"), means.ordinal),
    # a floor
    (
        _pattern(rf"\b(?:i am|i'm|we are|we're|lives?|living|apartment) on the \d{{1,2}}{_SUFFIX}\b(?! of)"),
        means.nothing,
    ),
    (_pattern(rf"\b(?:the )?(?P<d>[0-3]?\d){_SUFFIX}(?: of)? (?P<rel>next|this|last) month\b"), means.day_of_month),
    (_pattern(rf"\b(?P<rel>next|this|last) month(?: on)? (?:the )?(?P<d>[0-3]?\d){_SUFFIX}\b"), means.day_of_month),
    (
        _pattern(
            rf"\b(?:the )?(?P<d>[0-3]?\d){_SUFFIX}\b(?! (?:floor|grade|time|reminder|message|street|unit|month|payment|installment|text|one|year|notice|class))"
        ),
        means.day_of_month,
    ),
    # weekdays
    (
        _pattern(
            rf"\b(?:the )?(?P<o>first|last) (?P<w>{_WEEKDAY_NAME}) (?:of|in) (?:(?:the|this) month|(?P<rel>next month)|(?P<mon>{_MONTH_NAME}))\b"
        ),
        means.weekday_of_month,
    ),
    (_pattern(rf"\b(?P<w>{_WEEKDAY_NAME}),?(?: of)? (?:the )?(?P<rel>{means.SOME_WEEK})\b"), means.weekday_of_week),
    (
        _pattern(rf"\b(?P<rel>{means.SOME_WEEK})(?:,? on(?: the)?|'s)? (?P<w>{_WEEKDAY_NAME})(?!\w)"),
        means.weekday_of_week,
    ),
    (
        _pattern(rf"\b(?:a |one )?week (?:on|from) (?P<w>{_WEEKDAY_NAME})\b|\b(?P<w2>{_WEEKDAY_NAME}) week\b"),
        lambda m, t, p: (
            means.bare_weekday(means.ENGLISH_WEEKDAYS.index((m["w"] or m["w2"])[:3]), t, False, False)
            + timedelta(weeks=1)
        ),
    ),
    (
        _pattern(
            r"(?P<rel>这个?|本|下下个?|下个?|上上个?|上个?)?(?:周|星期|礼拜)(?P<w>[一二三四五六日天1-6])(?!个|家|天|期|\d|次|圈|年(?!终)|边)"
        ),
        means.weekday,
    ),
    (_pattern(rf"\b(?P<rel>next|this|last|coming)? ?(?P<w>{_WEEKDAY_NAME})(?!\w)"), means.english_weekday),
)
