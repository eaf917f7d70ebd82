"""Sentences cut into clauses: one message may hold several intents."""

import re

_CUT = re.compile(
    r"[,。!?;、\n]+|(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])|\.(?=\s|$)|\b(?:and also|and then|and|but|also|then|so)\b|(?:另外|还有|顺便|顺带|然后|同时|但是|不过|但|所以)"
)
_SHORTEST = 2


def clauses(text: str) -> list[str]:
    """The clauses of a plain sentence in order; the sentence alone when it has no joint."""
    parts = [part.strip() for part in _CUT.split(text)]
    return [part for part in parts if len(part) >= _SHORTEST]
