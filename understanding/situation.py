"""What the dialogue adds to a short reply: "25" is a day when a date was asked for, "3" a number of parts."""

import re

from understanding.numbers import CHINESE
from understanding.reading import Context, Slots

_NUMBER = re.compile(rf"^\s*(\d{{1,2}}|{CHINESE}{{1,3}})\s*(?:期|次|个月|号|日)?\s*[。.!]?$")
_YES = re.compile(
    r"^(?:好|行|可以|嗯+|要|对|是|yes|ok|okay|sure|同意|没问题|成|中|得)(?:的|呀|啊|吧|了|滴|哒)?[!。. ]*$"
)
_NO = re.compile(
    r"^(?:不|不用|不要|不了|算了|no|没有|不行|不可以|不必|不需要)(?:了|的|吧|谢谢|,谢谢| thanks)?[!。. ]*$"
)
_STRONG = 4.0
_DECISIVE = 20.0
_DAY = re.compile(r"^\D{0,4}\d{1,2}\s*(?:号|日)")
_SHORT = 12  # characters: a longer reply says by itself what it means
_ASKED_FOR_MONEY = frozenset({"reminder", "promise"})
_OWN_FEE = "物业费"


def agrees(text: str) -> bool:
    """A bare yes: "行", "好的", "ok"."""
    return _YES.match(text.strip().lower()) is not None


def declines(text: str) -> bool:
    """A bare no: "没有", "不用了", "no thanks"."""
    return _NO.match(text.strip().lower()) is not None


def completed(text: str, context: Context) -> str:
    """A bare number as the answer it is to the pending question, billed items as the fee."""
    for item in sorted(context.fee_items, key=len, reverse=True):
        text = text.replace(item.lower(), _OWN_FEE)
    number = _NUMBER.match(text)
    if number and context.pending:
        if context.pending.startswith("promise"):
            return f"{number[1]}号"
        if context.pending.startswith("plan") and not _DAY.match(text):
            return f"分{number[1]}期"
    return text


def hints(text: str, slots: Slots, context: Context) -> dict[str, float]:
    """What to add to the score of each label because of what was said before."""
    pending = context.pending or ""
    if pending.startswith("promise") and slots.date is not None:
        return {"promise_to_pay": _STRONG}
    if pending.startswith("plan") and (slots.instalments is not None or slots.date is not None):
        return {"request_instalment": _DECISIVE if len(text) <= _SHORT else _STRONG}
    if context.last_kind in _ASKED_FOR_MONEY and slots.date is not None and len(text) <= _SHORT:
        return {"promise_to_pay": _STRONG}
    if context.last_kind == "offer":
        if _YES.match(text):
            return {"renew_yes": _DECISIVE}
        if _NO.match(text):
            return {"renew_no": _DECISIVE}
    return {}
