"""Large type for chats that have no type sizes: one thought a line, air in between, sums that stand out, one button a row."""

from __future__ import annotations

import re
from dataclasses import replace

from domain.messages import OutgoingMessage

# The end of a sentence that more words follow on the same line; a Chinese one needs no space after it.
_SENTENCE = re.compile(r"(?<=[。！？])(?=[^\n”）」])|(?<=[a-z)][.!?]) (?=[A-Z])")
_SUM = re.compile(r"(?<![\d.【])(\d[\d,]*\.\d\d) ?(元|yuan)")


def enlarged(message: OutgoingMessage) -> OutgoingMessage:
    """The same words and buttons, easier on the eyes."""
    rows = tuple((choice,) for row in message.choices for choice in row)
    return replace(message, text=spaced(message.text), choices=rows)


def spaced(text: str) -> str:
    """`共 286.40 元。不着急。` becomes two paragraphs, the sum in 【 】."""
    lines = [line for each in text.splitlines() for line in _SENTENCE.sub("\n", each).splitlines() if line.strip()]
    return _SUM.sub(r"【\1 \2】", "\n\n".join(lines))
