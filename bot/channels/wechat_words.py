"""An answer as WeChat shows it: plain text, with its buttons as a numbered menu below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.channels.wechat_memory import Said
from domain.text import length

LIMIT = 2048  # bytes
DIGITS = 9
GAP = "\n\n"


def menu_of(choices: Sequence[Sequence[Mapping[str, str]]], *, numbered: bool = True) -> str:
    """One line a button: `1 去缴费`, or its link. Digits are for what can be pressed; there are nine of them."""
    lines, number = [], 0
    for choice in (each for row in choices for each in row):
        if "url" in choice:
            lines.append(f"{choice['label']}: {choice['url']}")
            continue
        number += 1
        lines.append(f"{number} {choice['label']}" if numbered and number <= DIGITS else f"· {choice['label']}")
    return "\n".join(lines)


def pieces(said: Said) -> list[str]:
    """A message as one text, or as two where its menu doesn't fit below it."""
    text, menu = harmless(said.text), menu_of(said.choices)
    whole = f"{text}{GAP}{menu}" if menu else text
    return [whole] if not menu or length(whole, "bytes") <= LIMIT else [text, menu]


def together(said: Sequence[Said]) -> str:
    """Several messages in one reply. Only the last menu counts, so only that one has numbers."""
    texts = []
    last = max((n for n, each in enumerate(said) if menu_of(each.choices)), default=-1)
    for n, each in enumerate(said):
        menu = menu_of(each.choices, numbered=n == last)
        texts.append(f"{harmless(each.text)}{GAP}{menu}" if menu else harmless(each.text))
    return GAP.join(texts)


def fitting(said: Sequence[Said]) -> int:
    """How many of these messages, from the first, one reply can hold."""
    number = len(said)
    while number and length(together(said[:number]), "bytes") > LIMIT:
        number -= 1
    return number


def harmless(text: str) -> str:
    """WeChat turns `<a href>` in a text into a link that hides its address: nobody's words may do that."""
    return text.replace("<a", "<\u200ba").replace("<A", "<\u200bA")


def in_cdata(text: str) -> str:
    """Words that can't end the CDATA section they stand in."""
    return text.replace("]]>", "]]]]><![CDATA[>")
