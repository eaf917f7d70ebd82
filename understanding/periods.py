"""The billing period a person means: "10月份的", "去年的物业费", "last month's bill"."""

import re
from datetime import date

from understanding.numbers import chinese_number, english_number, whole_number

_DIGITS = "零一二三四五六七八九"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?!底|末|初|中旬|\d|[一二三四五六七八九十])"
_MONTH_NAME = (
    r"(?P<mon>january|february|march|april|june|july|august|september|october|november|december"
    r"|(?<=in )may\b|(?<=for )may\b|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"
)
_YEAR_MONTH = re.compile(
    rf"(?P<y>20\d\d|\d\d|二[零〇]二[一-九四五六七八九])年(?:的)?{_MONTH}|(?<!\d)(?P<y2>20\d\d)[-/.](?P<m2>1[0-2]|0?[1-9])(?![-/.\d])",
    re.ASCII,
)
_RELATIVE_YEAR_MONTH = re.compile(rf"(?P<rel>去年|前年|今年|明年)(?:的)?{_MONTH}", re.ASCII)
_NAMED_YEAR_MONTH = re.compile(rf"\b{_MONTH_NAME}(?:,| of)? (?P<y>20\d\d)\b", re.ASCII)
_RELATIVE_MONTH = re.compile(
    r"(?P<rel>上上个?月|上个?月|这个月|本月|当月|下个?月|(?:last|this|next|current|previous) month)(?!底|末|\d|[一二三四五六七八九十]|初)",
    re.ASCII,
)
_BARE_MONTH = re.compile(rf"(?<![\d年个]){_MONTH}(?:份|的|物业|学费|账单|费)?", re.ASCII)
_ENGLISH_MONTH = re.compile(rf"\b{_MONTH_NAME}(?! \d{{1,2}}\b)(?! \d(?:st|nd|rd|th))", re.ASCII)
_YEAR = re.compile(
    r"(?P<y3>二零二[一二三四五六七八九])年(?!\d|[一二三四五六七八九十]+月)|(?<!\d)(?P<y>20\d\d)(?:年度?|\b)(?!\d|[-/.]\d|元|块)|(?<![\d.])(?P<y2>[12]\d)年(?:度|的|全年)|(?<![\d.])(?P<y4>2\d)年(?=欠|没[交缴]|那)",
    re.ASCII,
)
_SPOKEN_YEAR = re.compile(
    r"\b(?:two thousand(?: and)?|twenty) (?P<y>twenty[ -](?:one|two|three|four|five|six|seven|eight|nine))\b"
)
_RELATIVE_YEAR = re.compile(
    r"(?P<rel>去年|上年(?!度?底)|前年|今年|本年度?|明年|来年|(?:last|this|next) year)(?!底|末|初)", re.ASCII
)
_AHEAD = re.compile(
    r"下一?期|下次|续|预|提前|next|in advance|ahead of time|upfront|up front|by what date|when(?:'s| is| are| does| do)|upcoming|will be|要交多少|要多少|renew|将(?:要|会)|以后|接下来",
    re.ASCII,
)
# "12月的账单能先看吗", asked in November, is about the coming one.
_SOON_MONTHS = 2
_ASKS = re.compile(
    r"多少|能不?能?|可以|什么时候|几号|出来?了?吗|先看|how much|when|can i|could i|does|do i|do we|what|which|advise|figure|upto|up to|\?"
)
# What follows a month that names a time, of paying or of moving in, and no period.
_WHEN = re.compile(
    r"^(?:份|里|中)?(?:再|才|就|一定|前|之前|内|一?起|统一|会|能)?(?:交|付|缴|还(?!差|欠|有|没|剩|要|该|得)|给|转|补)(?!的|过|了|清)|^份?(?:才|刚)?(?:收的?房|交房|入住|搬)",
    re.ASCII,
)


def find_period(text: str, today: date) -> str | None:
    """`YYYY-MM` or `YYYY` of the period meant; a month named as the time of paying is none."""
    year_month = _YEAR_MONTH.search(text)
    if year_month:
        year = _year(year_month["y"] or year_month["y2"])
        month = whole_number(year_month["m"] or year_month["m2"])
        return f"{year}-{month:02}" if year and month else None
    relative = _RELATIVE_YEAR_MONTH.search(text)
    if relative and (month := whole_number(relative["m"])):
        return f"{today.year + _shift(relative['rel'])}-{month:02}"
    named = _NAMED_YEAR_MONTH.search(text)
    if named:
        return f"{named['y']}-{_MONTHS.index(named['mon'][:3]) + 1:02}"
    if spoken := _SPOKEN_YEAR.search(text):
        return f"20{english_number(spoken['y'])}"
    return _month(text, today) or _whole_year(text, today)


def _month(text: str, today: date) -> str | None:
    relative = _RELATIVE_MONTH.search(text)
    if relative and not _WHEN.search(text[relative.end() :]):
        return _stepped(today, _month_steps(relative["rel"]))
    bare = _BARE_MONTH.search(text)
    month: int | None = None
    if bare and not _WHEN.search(text[bare.end() :]):
        month = whole_number(bare["m"])
    else:
        english = _ENGLISH_MONTH.search(text)
        is_day = english and re.search(r"\d(?:st|nd|rd|th)?(?: of)? $", text[: english.start()])
        month = _MONTHS.index(english["mon"][:3]) + 1 if english and not is_day else None
    if month is None:
        return None
    if _AHEAD.search(text) and not re.search(r"欠|owe|(?<!be )paid|交了|交过", text):
        return f"{today.year + (month < today.month)}-{month:02}"
    soon = 0 < (month - today.month) % 12 <= _SOON_MONTHS
    if soon and _ASKS.search(text) and not re.search(r"欠|owe|(?<!be )paid|[交缴付][了过]", text):
        return _stepped(today, (month - today.month) % 12)
    return f"{today.year - (month > today.month)}-{month:02}"


def _month_steps(word: str) -> int:
    if word.startswith("上上"):
        return -2
    if word.startswith(("上", "last", "previous")):
        return -1
    return 1 if word.startswith(("下", "next")) else 0


def _stepped(today: date, steps: int) -> str:
    index = today.year * 12 + today.month - 1 + steps
    return f"{index // 12}-{index % 12 + 1:02}"


def _whole_year(text: str, today: date) -> str | None:
    relative = _RELATIVE_YEAR.search(text)
    if relative and "去年" in text and "今年" in text:
        return str(today.year)  # compared: this year's is asked about
    if relative and not _WHEN.search(text[relative.end() :]):
        return str(today.year + _shift(relative["rel"]))
    named = _YEAR.search(text)
    if named:
        year = _year(
            named["y"] or named["y2"] or named["y4"] or "".join(str(_DIGITS.index(sign)) for sign in named["y3"])
        )
        return str(year) if year and 2012 <= year <= today.year + 5 else None
    return None


def _shift(word: str) -> int:
    if word.startswith("前"):
        return -2
    if word.startswith(("去", "上", "last")):
        return -1
    return 1 if word.startswith(("明", "来", "next")) else 0


def _year(word: str) -> int | None:
    year = int(word) if word.isdigit() else chinese_number(word)
    return None if year is None else year + 2000 if year < 100 else year
