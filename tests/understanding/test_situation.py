"""Short replies mean what was talked of last; a sentence's wishes keep their order; whose home a sentence names."""

from __future__ import annotations

from datetime import date

import pytest

from bot.content import CONTENT
from understanding.reader import Reader
from understanding.reading import Context
from understanding.rooms import names_another
from understanding.situation import agrees, declines

TODAY = date(2026, 11, 23)
OWN = [("3-1201", "3栋", "1201")]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(CONTENT)


@pytest.mark.parametrize(
    ("text", "context", "intent"),
    [
        ("25号", Context(last_kind="reminder"), "promise_to_pay"),
        ("25号", Context(last_kind="promise"), "promise_to_pay"),
        ("25号", Context(pending="promise.date"), "promise_to_pay"),
        ("25号", Context(pending="plan.parts"), "request_instalment"),
        ("行", Context(last_kind="offer"), "renew_yes"),
        ("没有", Context(last_kind="offer"), "renew_no"),
        ("行", Context(last_kind="reminder"), "greet_thanks"),
        ("没有", Context(last_kind="reminder"), "greet_thanks"),
    ],
)
def test_a_short_reply_is_read_by_what_was_said(reader: Reader, text: str, context: Context, intent: str) -> None:
    reading = reader.read(text, today=TODAY, context=context)
    assert reading.sure
    assert reading.top.intent == intent


def test_a_day_is_no_number_of_parts(reader: Reader) -> None:
    slots = reader.read("25号", today=TODAY, context=Context(pending="plan.parts")).slots
    assert (slots.date, slots.instalments) == (date(2026, 11, 25), None)
    assert reader.read("3", today=TODAY, context=Context(pending="plan.parts")).slots.instalments == 3


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("how much do I owe and how can I pay?", ("ask_amount", "how_to_pay")),
        ("欠多少钱,怎么交", ("ask_amount", "how_to_pay")),
        ("怎么交,一共欠多少", ("how_to_pay", "ask_amount")),
        ("已经交了,帮我开张发票", ("claim_paid", "request_invoice")),
    ],
)
def test_two_wishes_keep_the_order_of_the_sentence(reader: Reader, text: str, order: tuple[str, ...]) -> None:
    reading = reader.read(text, today=TODAY)
    assert reading.sure
    assert reading.in_order == order


@pytest.mark.parametrize("text", ["怎么操作", "poor service, I won't pay", "what benefits do I get"])
def test_innocent_words_have_no_tone(reader: Reader, text: str) -> None:
    assert reader.read(text, today=TODAY).tone == ()


def test_yes_and_no() -> None:
    assert all(map(agrees, ("行", "好的", "OK", "嗯嗯", "对!", "sure")))
    assert all(map(declines, ("没有", "不用了", "No thanks", "算了")))
    assert not any(map(agrees, ("行不行", "好贵", "ok how much", "25号")))
    assert not any(map(declines, ("没有钱", "不交", "nothing arrived")))


@pytest.mark.parametrize(
    "text", ["808欠多少", "room 808, not mine", "3-1202的账单", "五栋1201多少", "5栋302", "1202室"]
)
def test_another_home_is_named(text: str) -> None:
    assert names_another(text, OWN)


@pytest.mark.parametrize(
    "text",
    ["3-1201欠多少", "1201室", "3栋1201", "三栋一二零一", "转了1202元", "2026-11的账单", "11-23交", "欠多少", "2026"],
)
def test_ones_own_home_or_none_is_named(text: str) -> None:
    assert not names_another(text, OWN)
