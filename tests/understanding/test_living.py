"""Who lives in a home: the landlord's debts, moving out, family; and what only sounds like one of them."""

from __future__ import annotations

import pytest

from understanding.asides import aside
from understanding.living import FAMILY, LANDLORD, LEAVING

SAID = {
    LANDLORD: (
        "房东欠费吗",
        "我房东有没有欠物业费",
        "请问我房东物业费交了没",
        "房东还欠你们钱吗",
        "房东把物业费交了吗",
        "我是租客，业主欠费吗",
        "Does my landlord owe anything?",
        "has my landlord paid the fee?",
        "I'm the tenant, does the owner owe you any money?",
    ),
    LEAVING: (
        "我12月15号搬走",
        "我们下个月10号搬家，怎么结清",
        "我12月20号搬家",
        "月底我就退租了",
        "下周六搬走，费用怎么结",
        "我要搬走了",
        "租期到12月20号，搬出去要办什么手续",
        "I'm moving out on December 15",
        "we move out on the 20th",
        "We're moving on Dec 20",
        "I will be leaving the flat at the end of the month",
        "my lease ends on December 20, what do I have to settle",
    ),
    FAMILY: (
        "我老婆也想看账单",
        "能不能让我爱人也收到账单",
        "我老公也要绑定，怎么弄",
        "怎么添加家人",
        "把账单也发给我妻子一份",
        "can my wife see the bill too?",
        "I want my husband to get the bills as well",
        "please send the bill to my wife too",
    ),
}
NOT_SAID = (
    "物业费房东交",
    "我是租客 这个不是房东交吗",
    "前房东欠的费为什么找我",
    "隔壁房东欠费吗",
    "5栋302的房东欠费吗",
    "房东欠我押金怎么办",
    "哪些业主欠费",
    "does the landlord or the tenant pay this",
    "is the landlord supposed to pay?",
    "my landlord owes me the deposit, is that right?",
    "我们早就搬走了",
    "我搬走了，物业费别再找我要",
    "邻居下个月要搬走",
    "租客要退租了",
    "下个月搬家手头紧，能晚几天交吗",
    "我要退租押金",
    "现在要搬走，余下的能退不",
    "i moved out last year",
    "our tenant is moving out in May",
    "别再发给我了，发给我老婆",
    "我老公昨天交了",
    "孩子也想继续上课",
    "我姐姐家的账单能看吗",
    "Please add my wife to my medical plan.",
    "my son learned nothing and you have the nerve to bill me",
    "send it to my husband instead",
)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SAID.items() for text in texts])
def test_what_is_said_of_a_home_and_who_lives_there(name: str, text: str) -> None:
    found = aside(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", NOT_SAID)
def test_what_only_sounds_like_it_is_left_to_the_labels(text: str) -> None:
    found = aside(text)
    assert found is None or found.name not in SAID


def test_whoever_moves_out_and_pays_before_is_heard_in_both() -> None:
    assert (found := aside("我12月15号搬走，走之前把物业费交清")) is not None
    assert "promise_to_pay" not in found.instead
    assert found.instead
