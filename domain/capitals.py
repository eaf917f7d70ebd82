"""Sums of money in the capital numerals of Chinese papers (大写金额), which can't be changed by a stroke of the pen."""

from __future__ import annotations

from domain.money import FEN_PER_YUAN

DIGITS = tuple("零 壹 贰 叁 肆 伍 陆 柒 捌 玖".split())
PLACES = ("", "拾", "佰", "仟")
UNITS = (("亿", 10**8), ("万", 10**4))
FEN_MAX = 10**18 - 1


def capitals(fen: int) -> str:
    """`123405` → `人民币壹仟贰佰叁拾肆元零伍分`; `28640` → `人民币贰佰捌拾陆元肆角整`.

    Raises ValueError below zero and from ten quadrillion yuan on. Source: the rules on filling in payment papers
    (《支付结算办法》附一): zeros inside are read once, 整 follows a sum that ends with yuan or jiao.
    """
    if not 0 <= fen <= FEN_MAX:
        raise ValueError(f"not a sum that a paper states: {fen}")
    whole, cents = divmod(fen, FEN_PER_YUAN)
    jiao, last = divmod(cents, 10)
    said = f"{_whole(whole)}元" if whole or not cents else ""
    if jiao:
        said += f"{DIGITS[jiao]}角"
    elif last and whole:
        said += DIGITS[0]
    return f"人民币{said}{DIGITS[last]}分" if last else f"人民币{said}整"


def _whole(number: int) -> str:
    """The whole yuan: what stands before the largest unit is read like a number of its own."""
    for unit, worth in UNITS:
        before, after = divmod(number, worth)
        if before:
            gap = DIGITS[0] if 0 < after < worth // 10 else ""
            return f"{_whole(before)}{unit}{gap}{_whole(after) if after else ''}"
    return _four(number) or DIGITS[0]


def _four(number: int) -> str:
    """One to four digits; zeros between them are read once, at the end not at all."""
    said, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            said += f"{DIGITS[0] if gap else ''}{DIGITS[digit]}{PLACES[place]}"
            gap = False
        else:
            gap = bool(said)
    return said
