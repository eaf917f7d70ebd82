"""What would show one household to a group, piece by piece, and what looks like it and is none."""

from __future__ import annotations

import pytest

from domain.lint_household import UNLESS, household_data, read_signs
from domain.lint_text import plain
from domain.lint_words import CONTENT
from domain.policy import PolicyError


def shown(text: str) -> set[str]:
    found = list(household_data(plain(text)))
    assert all(rule == "household_data" for rule, _ in found)
    return {words for _, words in found}


@pytest.mark.parametrize(
    "text",
    [
        "3栋1201请留意",
        "3号楼2单元1201请留意",
        "三号楼一二零一请留意",
        "A座 1502 请留意",
        "5幢,301请留意",
        "3-1201 请留意",
        "3-2-1201 请留意",
        "12#502 请留意",
        "1201室请留意",
        "1201业主请留意",
        "0302那户请留意",
        "房号:1201",
        "门牌是3-12",
        "2单元6楼东户请留意",
        "3栋5楼那家请留意",
        "Room 1201, please look",
        "flat 12b, please look",
        "unit no. 502, please look",
        "apt c12, please look",
        "please look, #502",
        "please look, b-1502",
        "Building 3, 1201, please look",
        "block a unit 502, please look",
        "车位12号欠停车费",
        "商铺8号的业主请留意",
    ],
)
def test_a_room_however_it_is_written(text: str) -> None:
    assert shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月的通知",
        "3号楼1200户人家",
        "3号楼12月15日停水",
        "热线 400-820-1201",
        "客服电话 0571-8201",
        "工单3-1201已完成",
        "3栋会议室1201开会",
        "10/2026 起",
        "8:30-1200 开放",
        "1201元",
        "教室1201室上课",
        "2026-1201 号文号",
        "ticket #502 is done",
        "meeting room 1201 is open",
        "物业中心:3栋101",
        "停车场A座1502",
    ],
)
def test_a_figure_that_is_no_room(text: str) -> None:
    assert not shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "王女士还没缴费",
        "欧阳先生欠费",
        "小宇妈妈续费了吗",
        "张三还欠两个月",
        "业主陈建国未缴",
        "感谢刘芳缴纳物业费",
        "@陈建国 物业费",
        "@chen overdue",
        "Mr. Wang has not paid",
        "auntie li owes",
        "the smith family is behind",
        "tom's mum paid",
        "wang xiaoming still owes",
        "赵某欠费",
        "赵** 未缴",
    ],
)
def test_a_name_beside_a_debt(text: str) -> None:
    assert shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "王女士您好",  # a name by itself is no debt
        "各位女士先生,物业费可以缴了",
        "尊敬的家长,续费开始了",
        "每位家长都收到账单",
        "@所有人 物业费可以缴了",
        "@all fees can be paid",
        "周末缴费窗口照常",
        "高层物业费标准不变",
        "方便的话请缴费",
        "Dear Mr Wang, the water is back",
        "every family paid",
        "each household owes nothing",
        "老师请提醒家长缴费",
    ],
)
def test_a_name_without_a_debt_and_a_debt_without_a_name(text: str) -> None:
    assert not shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "欠费 286.40 元",
        "您家账单 1,286 元",
        "有位业主欠了3200元",
        "¥286.40 未缴",
        "286元还没交,逾期",
        "286.40元物业费未交",
        "欠三千元",
        "三千二百元未缴",
        "he owes 860",
        "your balance is 860",
        "unpaid: 860 yuan",
        "¥860 still due",
    ],
)
def test_a_sum_that_somebody_owes(text: str) -> None:
    assert shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "本月累计应收,欠费 28640 元",  # of the whole estate
        "物业费标准 3.20 元/平方米",
        "例如您家欠费100元",
        "每户欠费100元起",
        "全小区欠费合计 28640 元",
        "Total unpaid: 28640 yuan",
        "优惠 50 元",
    ],
)
def test_a_sum_of_all_or_of_nobody(text: str) -> None:
    assert not shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "请打 13812345678",
        "请打 138 1234 5678",
        "138****5678 的业主",
        "尾号1234的业主",
        "后四位是 5678",
        "+86 13812345678",
        "身份证 11010119900307123x",
        "last four: 5678",
    ],
)
def test_a_number_of_a_persons_own(text: str) -> None:
    assert shown(text)


@pytest.mark.parametrize(
    "text",
    ["客服 13812345678", "物业热线:138 1234 5678", "Hotline: 13812345678", "前台电话 13812345678", "订单 138123456"],
)
def test_a_number_of_the_office(text: str) -> None:
    assert not shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "欠费业主名单",
        "未缴住户如下",
        "名单如下",
        "以下业主请尽快缴费",
        "List of households that have not paid",
        "the following owners have not paid",
        "have not paid: ",
        "还剩3户没交",
        "只剩两家",
        "本单元共12户,已缴9户",
        "全班18人,还没续费的请留意",
        "only two families have not paid",
        "the remaining 3 households",
        "还有一户业主没交",
        "就差四户",
        "这户人家一直没交",
        "最后一户未缴",
    ],
)
def test_a_list_and_a_count_so_small_that_it_is_one(text: str) -> None:
    assert shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "还有35户没交",
        "共320户,已缴286户",
        "每户都已缴",
        "第3户开始检修",
        "两家银行可以缴费",
        "Of 320 households 286 have paid",
        "30 households are left",
        "一位家长陪同即可",
    ],
)
def test_a_count_in_which_nobody_is_seen(text: str) -> None:
    assert not shown(text)


def test_the_words_that_show_it_are_named() -> None:
    assert shown("请 3栋1201 来一下") == {"3栋1201"}
    assert shown("通知:(王女士欠费)") == {"王女士"}
    assert shown("客服 13812345678,私人 13987654321") == {"13987654321"}


SHIPPED = (CONTENT / "lint.household.toml").read_text(encoding="utf-8")


def test_the_signs_are_those_of_the_file() -> None:
    one = "\n".join(f"{each} = 'zzz'" for each in UNLESS)
    signs = read_signs(
        f"""
[lists]
number = 'one|two'
[unless]
{one}
[[shows]]
kind = "room"
example = "cabin one"
words = 'cabin {{number}}'
""",
        "x.toml",
    )
    assert list(household_data("in cabin two, room 502", signs)) == [("household_data", "cabin two")]
    assert list(household_data("in cabin two zzz", signs)) == []
    assert list(household_data("in cabin two, not zzz", signs)) == [("household_data", "cabin two")]  # too far away


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            'kind = "room"',
            'kind = "rooms"',
            "shows 1: kind = 'rooms' is not one of room, name, sum, count, phone, list",
        ),
        ('example = "3栋1201"\n', "", "shows 1: example is missing"),
        ("[{digit}]{1,3}", "[{digits}]{1,3}", "shows 1: words: no list above is called {digits}: there are han, digit"),
        ("needs = ", "need = ", "shows 12: needs is missing"),
        ("\ncount = ", "\ncounts = ", "[unless]: count is missing"),
        ("[unless]\n", "[unless]\nsums = 'x'\n", "[unless]: unknown key sums: the program asks for room, name"),
        ('kind = "room"', 'kind = "room"\nneeds = "x"', "shows 1: unknown key needs: it has kind, example and words"),
    ],
)
def test_a_fault_of_the_file_is_told_with_its_place_and_the_cure(old: str, new: str, complaint: str) -> None:
    assert old in SHIPPED
    with pytest.raises(PolicyError, match=r"^lint\.household\.toml:\d+: ") as refused:
        read_signs(SHIPPED.replace(old, new, 1), "lint.household.toml")
    assert str(refused.value).partition(": ")[2].startswith(complaint)
