"""What a sentence comes nearest to."""

from __future__ import annotations

from domain.nearest import nearest

NAMED = {"paid": "登记收款", "receipt": "开收据", "pause": "暂停提醒", "status": "今天的情况", "tasks": "待办"}


def test_the_nearest_by_words_comes_first_and_what_shares_nothing_is_left_out() -> None:
    assert nearest("怎么登记收款?", NAMED, 3)[0] == "paid"
    assert nearest("开个收据", NAMED, 1) == ["receipt"]
    assert nearest("先暂停一下吧", NAMED, 3) == ["pause"]
    assert nearest("staus", NAMED, 3) == ["status"]
    assert nearest("我想请假", NAMED, 3) == []
    assert nearest("今天怎么样", NAMED, 3) == []  # words that stand everywhere say nothing
    assert len(nearest("登记收款开收据暂停提醒", NAMED, 2)) == 2
