"""What is wrong with a bill, or only why it is so high?"""

from __future__ import annotations

import pytest

from understanding.faults import only_dear


@pytest.mark.parametrize(
    "text",
    [
        "为什么物业费这么贵",
        "物业费怎么这么高？",
        "凭什么收这么多",
        "怎么这么多钱",
        "学费怎么这么贵",
        "why is the fee so high",
        "Why is my property fee so expensive?",
        "the amount looks too high",
    ],
)
def test_only_the_height_is_asked_about(text: str) -> None:
    assert only_dear(text)


@pytest.mark.parametrize(
    "text",
    [
        "账单算错了，怎么这么高",
        "这么高，是不是多收了",
        "我家面积才80平，怎么这么贵",
        "说好的优惠呢，怎么还这么贵",
        "怎么比上个月贵这么多",
        "物业费怎么又涨了",
        "why is it more than last month?",
        "so high, you charged me twice",
        "too high: my flat has 80 square metres",
        "the bill is wrong",
        "这笔费用哪来的",
    ],
)
def test_a_fault_or_a_change_is_something_to_look_into(text: str) -> None:
    assert not only_dear(text)
