"""Days and sums of another matter: each tempting sentence beside one that is nearly the same and names the payment's own."""

from datetime import date

import pytest

from understanding.slots import find_slots

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("tempting", "real", "day"),
    [
        ("我爸12月6号手术,做完再来交", "我爸12月6号手术,那天我顺便过去交", "2026-12-06"),
        ("下周四飞机,忙", "下周四飞机回来,落地就转", "2026-12-03"),
        ("昨天打电话问过了,说已入账", "昨天打电话转了账", "2026-11-22"),
        ("周日给你答复", "周日给你答复并交钱", "2026-11-29"),
        ("11月17号的邮件里说过,早交了", "11月17号交的,邮件里说过", "2026-11-17"),
        ("10月7号漏水没人来,修好再说", "10月7号漏水那天我还交了费", "2026-10-07"),
        ("房贷28号要还,先缓缓", "房贷28号扣完就给你们交", "2026-11-28"),
        ("等15号工资到手再说,具体哪天不好讲", "等15号工资到手就交", "2026-12-15"),
        (
            "my husband's op is on the 1st, please wait",
            "my husband's op is on the 1st, i will pay that day",
            "2026-12-01",
        ),
        ("when the lift broke on the 8th i had already paid", "i paid on the 8th, when the lift broke", "2026-11-08"),
        ("i rang you yesterday to say it is paid", "i paid yesterday and rang you", "2026-11-22"),
        ("as stated in my letter of 3 november, it is paid", "it was paid on 3 november, see my letter", "2026-11-03"),
        ("have a manager ring me tomorrow", "i will pay tomorrow and ring you", "2026-11-24"),
    ],
)
def test_a_day_of_an_event_is_not_the_day_of_payment(tempting: str, real: str, day: str) -> None:
    assert find_slots(tempting, MONDAY).date is None
    assert find_slots(real, MONDAY).date == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("tempting", "real", "fen"),
    [
        ("房租刚交了2400,缓缓", "物业费刚交了2400", 240000),
        ("退休金才860", "拿退休金交了860", 86000),
        ("卡里只有500", "卡里只有500,先给你", 50000),
        ("水费交了86,物业费缓缓", "水费交了86", 8600),
        ("刚买了台冰箱4999", "买了48节课4999元", 499900),
        ("工资卡尾号8890付的", "工资卡付的890", 89000),
        ("等那笔30万的工程款", "等会转那笔3万的物业费", 3000000),
        ("我弟欠我5000", "我欠5000", 500000),
        ("mortgage is 7,200 a month", "i can do 7,200 a month", 720000),
        ("as soon as my bonus of 20k lands", "as soon as i land i will send 20k", 2000000),
        ("i've got 63 yuan to my name", "i've got 63 yuan, take that as a start", 6300),
        ("paid with the card ending 2290", "paid 2290 with the card", 229000),
        ("i spent 2,500 on a washing machine", "i spent 2,500 on this course", 250000),
    ],
)
def test_a_sum_of_something_else_is_not_the_fees(tempting: str, real: str, fen: int) -> None:
    assert find_slots(tempting, MONDAY).amount_fen is None
    assert find_slots(real, MONDAY).amount_fen == fen


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("between the 3rd and the 9th", None),
        ("from monday to thursday", None),
        ("move it from the 25th to the 30th", "2026-11-30"),
        ("3到5号都行", None),
        ("25、26号吧", None),
        ("周三、周四都行", None),
        ("除夕前一天,就是2月4号", "2027-02-04"),
        ("5/12 (fifth of december)", "2026-12-05"),
        ("on friday the 4th i pay", "2026-12-04"),
        ("not thursday as i said, friday", "2026-11-27"),
        ("下个月一起交", None),
        ("12月一定交", None),
        ("周五下班我去物业把钱交了", "2026-11-27"),
        ("周五我去把钱交了怎么还催", "2026-11-20"),
        ("it's been with you since thursday", "2026-11-19"),
        ("am i allowed to pay on saturday", "2026-11-28"),
        ("7月3日缴纳", "2026-07-03"),
        ("1月8日支付", "2027-01-08"),
    ],
)
def test_which_of_several_days_and_in_which_tense(text: str, day: str | None) -> None:
    assert find_slots(text, MONDAY).date == (day and date.fromisoformat(day))
