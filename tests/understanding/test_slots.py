"""Slots: days, sums, parts and periods are read exactly or not at all."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.numbers import chinese_number
from understanding.slots import find_slots

MONDAY = date(2026, 11, 23)
DAYS = st.dates(date(2026, 1, 1), date(2034, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("25号交", "2026-11-25"),
        ("1号一定交", "2026-12-01"),
        ("我20号交的", "2026-11-20"),
        ("周五交", "2026-11-27"),
        ("周一交", "2026-11-30"),
        ("这周日", "2026-11-29"),
        ("下周五发工资再交", "2026-12-04"),
        ("下下周三", "2026-12-09"),
        ("上周五转的", "2026-11-20"),
        ("上周一付过了", "2026-11-16"),
        ("星期六我去交", "2026-11-28"),
        ("月底交", "2026-11-30"),
        ("下个月底", "2026-12-31"),
        ("12月底前", "2026-12-31"),
        ("这个月最后一天交", "2026-11-30"),
        ("年底前", "2026-12-31"),
        ("元旦前交", "2026-12-31"),
        ("元旦交", "2027-01-01"),
        ("过年前一定交", "2027-02-05"),
        ("春节前", "2027-02-05"),
        ("国庆前", "2027-09-30"),
        ("去年国庆交的", "2025-10-01"),
        ("3天内付清", "2026-11-26"),
        ("三天后", "2026-11-26"),
        ("十天之内", "2026-12-03"),
        ("明天不对后天交", "2026-11-25"),
        ("25号,说错了,28号", "2026-11-28"),
        ("今天交不了,周五可以吗", "2026-11-27"),
        ("我昨天交了今天怎么又催", "2026-11-22"),
        ("我10月15号交过了", "2026-10-15"),
        ("去年12月20号交的", "2025-12-20"),
        ("下个月5号", "2026-12-05"),
        ("上个月28号付的", "2026-10-28"),
        ("11/30前", "2026-11-30"),
        ("12.5交", "2026-12-05"),
        ("今晚转", "2026-11-23"),
        ("will pay next friday", "2026-12-04"),
        ("on friday", "2026-11-27"),
        ("by the 5th", "2026-12-05"),
        ("end of the month", "2026-11-30"),
        ("end of december", "2026-12-31"),
        ("dec 15", "2026-12-15"),
        ("on the 1st of december", "2026-12-01"),
        ("paid last friday", "2026-11-20"),
        ("paid on nov 10", "2026-11-10"),
        ("in 3 days", "2026-11-26"),
        ("the day after tomorrow", "2026-11-25"),
        ("before christmas", "2026-12-24"),
        ("i'll pay on friday, no wait saturday", "2026-11-28"),
    ],
)
def test_a_named_day(text: str, day: str) -> None:
    assert find_slots(text, MONDAY).date == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "晚一周交行吗",
        "宽限10天",
        "再给我十天",
        "a week later",
        "give me another two weeks",
        "下午3点去交",
        "等发工资再交",
        "刚刚交了",
        "上周交的",
        "下周交",
        "过两天交",
        "这两天就交",
        "3号楼2单元",
        "几号之前",
        "每月5号扣",
        "今天交不了",
        "周三或者周四",
        "2月30号交",
        "later",
        "last week",
        "春节后",
    ],
)
def test_no_day_is_invented(text: str) -> None:
    assert find_slots(text, MONDAY).date is None


@given(DAYS, DAYS)
def test_a_full_date_is_that_date(day: date, today: date) -> None:
    for text in (
        f"{day.year}年{day.month}月{day.day}日交",
        day.isoformat(),
        f"{day:%d %B %Y}".lower(),
        f"{day:%B %d, %Y}".lower(),
    ):
        assert find_slots(text, today).date == day, text


@given(st.integers(3, 60), DAYS)
def test_days_from_now_count_from_today(count: int, today: date) -> None:
    for text in (f"{count}天内交清", f"{count}天后付", f"within {count} days", f"in {count} days"):
        assert find_slots(text, today).date == today + timedelta(days=count), text


@given(st.integers(0, 6), DAYS)
def test_next_week_is_the_next_calendar_week(weekday: int, today: date) -> None:
    found = find_slots(f"下周{'一二三四五六日'[weekday]}交", today).date
    assert found is not None
    assert found.weekday() == weekday
    assert 1 <= (found - (today - timedelta(days=today.weekday()))).days // 7 < 2


@given(st.integers(0, 6), DAYS)
def test_a_bare_weekday_lies_ahead_and_said_of_the_past_behind(weekday: int, today: date) -> None:
    name = "一二三四五六日"[weekday]
    ahead, behind = find_slots(f"周{name}去交", today).date, find_slots(f"周{name}交了", today).date
    assert ahead is not None
    assert behind is not None
    assert 0 < (ahead - today).days <= 7
    assert 0 < (today - behind).days <= 7


@given(st.integers(1, 28), DAYS)
def test_a_day_of_the_month_leans_to_its_tense(day: int, today: date) -> None:
    ahead, behind = find_slots(f"{day}号付", today).date, find_slots(f"{day}号付了", today).date
    assert ahead is not None
    assert behind is not None
    assert behind <= today <= ahead
    assert ahead.day == behind.day == day


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("交了一千二", 120000),
        ("三百八怎么来的", 38000),
        ("86块4", 8640),
        ("两百五十块五", 25050),
        ("¥2,860.00不对", 286000),
        ("i paid 1.2k", 120000),
        ("1w2", 1200000),
        ("1万2千", 1200000),
        ("一万两千八", 1280000),
        ("一万零五十", 1005000),
        ("先交500剩下月底", 50000),
        ("欠2000", 200000),
        ("$300.50", 30050),
        ("两千", 200000),
        ("五百行不", 50000),
        ("五千八一口气掏有点疼", 580000),
        ("应该是2860怎么变成3200", 320000),
        ("交了500,不对,是600", 60000),
        ("can i pay 300 now", 30000),
        ("i could do 800 now", 80000),
        ("five hundred yuan", 50000),
        ("two thousand five hundred", 250000),
        ("3栋1203欠1450", 145000),
    ],
)
def test_a_named_sum(text: str, fen: int) -> None:
    assert find_slots(text, MONDAY).amount_fen == fen


@pytest.mark.parametrize(
    "text",
    [
        "300多块",
        "几百块",
        "大概500",
        "500左右",
        "about 500",
        "300-odd",
        "2.8元一平",
        "每平2块5太贵",
        "一节课120块",
        "3.5 yuan per sqm",
        "一平米3块",
        "3栋1203",
        "room 1203",
        "电话13800138000",
        "138平",
        "2025年的",
        "打了800遍电话",
        "交了两次",
        "千万别发",
        "周日一块结",
    ],
)
def test_no_sum_is_invented(text: str) -> None:
    assert find_slots(text, MONDAY).amount_fen is None


@given(st.integers(100, 9_999_999))
def test_a_written_sum_is_that_sum(fen: int) -> None:
    for text in (f"交了¥{fen / 100:,.2f}", f"{fen / 100:.2f}元", f"paid {fen / 100:.2f} yuan"):
        assert find_slots(text, MONDAY).amount_fen == fen, text


def _spoken(number: int) -> str:
    digits, out, zero = "零一二三四五六七八九", "", False
    for size, unit in ((10000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            out += ("零" if zero and out else "") + digits[digit] + unit
        zero = bool(out) and not digit
    return out


@given(st.integers(1, 99999))
def test_spoken_numbers(number: int) -> None:
    assert chinese_number(_spoken(number)) == number
    assert find_slots(f"交了{_spoken(number)}元", MONDAY).amount_fen == number * 100


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("分3期", 3),
        ("分三次付", 3),
        ("三个月分", 3),
        ("分12个月交", 12),
        ("拆成两笔", 2),
        ("split into 3", 3),
        ("in two installments", 2),
        ("four monthly payments", 4),
        ("spread it over six months", 6),
        ("分3期,不对,分6期", 6),
        ("能分期吗", None),
        ("先交一半", None),
        ("按月交", None),
        ("两三期", None),
        ("分3-4期", None),
        ("我住二期", None),
        ("pay in three months", None),
        ("交了三次了", None),
    ],
)
def test_parts(text: str, parts: int | None) -> None:
    assert find_slots(text, MONDAY).instalments == parts


@given(st.integers(2, 36))
def test_any_number_of_parts(parts: int) -> None:
    for text in (f"分{parts}期付", f"分成{parts}次", f"split it into {parts} payments", f"{parts} installments"):
        assert find_slots(text, MONDAY).instalments == parts, text


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026年10月的物业费", "2026-10"),
        ("10月份的交了", "2026-10"),
        ("12月的我交过了", "2025-12"),
        ("上个月的账单", "2026-10"),
        ("这个月多少", "2026-11"),
        ("去年的物业费", "2025"),
        ("2025年一共多少", "2025"),
        ("23年的没交", "2023"),
        ("下个月要交多少", "2026-12"),
        ("去年12月的", "2025-12"),
        ("last month's bill", "2026-10"),
        ("october bill", "2026-10"),
        ("in 2025", "2025"),
        ("12月交", None),
        ("欠2000", None),
        ("明年再交", None),
    ],
)
def test_periods(text: str, period: str | None) -> None:
    assert find_slots(text, MONDAY).period == period


@given(st.text(max_size=80), DAYS)
def test_any_text_can_be_read(text: str, today: date) -> None:
    slots = find_slots(text, today)
    assert slots.instalments is None or 2 <= slots.instalments <= 60
    assert slots.amount_fen is None or slots.amount_fen > 0


@given(st.text("今明后天周一二三五下上月号0123456789.,块千百万元分期交了过前年底/ 不对friday", max_size=30), DAYS)
def test_any_mix_of_slot_words_can_be_read(text: str, today: date) -> None:
    slots = find_slots(text, today)
    assert slots.instalments is None or 2 <= slots.instalments <= 60
    assert set(slots.to_json()) <= {"date", "amount_fen", "instalments", "period"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("跟他爸商量下,周日给你答复", date(2026, 11, 29)),
        ("明天上午给我回个电话", date(2026, 11, 24)),
        ("上门时间改到周四下午四点可以吗", date(2026, 11, 26)),
        ("let me ask her father, i'll let you know sunday", date(2026, 11, 29)),
    ],
)
def test_another_matters_day_is_named_and_is_no_day_of_payment(text: str, day: date) -> None:
    found = find_slots(text, date(2026, 11, 23))
    assert (found.date, found.day) == (None, day)
