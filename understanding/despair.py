"""Words of somebody who does not want to live. Whatever else such a sentence says can wait; a false alarm costs a kind word."""

from __future__ import annotations

import re
import unicodedata

_SAID = re.compile(
    r"不想(?:再)?活|活不下去|活够了|活着.{0,3}(?:没|有什么|有啥)(?:什么|啥)?(?:意思|意义)|生无可恋|轻生|寻短见|自杀(?!式)|自尽"
    r"|了结(?:自己|生命|此生)|结束(?:自己|我)的?生命"
    r"|[我俺][^你您他她它,。!?]{0,8}(?:去死|死给|跳楼|跳河|上吊|割腕|喝农药|跳下去)"
    r"|想死(?!你|您|我|他|她|大家|那)"
    r"|\bsuicid|\bkill(?:ing)? myself\b|\bend(?:ing)? (?:my life|it all)\b|\bwant(?:ed)? to die\b|\bbetter off dead\b"
    r"|\b(?:don't|dont|do not|no longer) (?:want|wish) to (?:live|be alive|be here any ?more)\b"
    r"|\bno reason to live\b|\blife (?:is|isn't|is not) (?:not )?worth living\b"
)


def despairs(text: str) -> bool:
    """Whether somebody says of themselves that they don't want to live."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return _SAID.search(re.sub(r"(?<![a-z]) +| +(?![a-z])", "", plain)) is not None
