"""What no parent should read of their child from us: a verdict on the child or on the home instead of what was seen. Pure."""

from __future__ import annotations

import re

from domain.lint import Finding
from domain.lint_text import plain

_CHILD = re.compile(
    r"(?:太|很|真|最|超|特别|非常|成绩|态度|习惯|表现)差(?!别|不多|异|距)|差劲|差生|垫底|倒数|拖后腿|一塌糊涂|没救|没出息|不争气|没前途|没天赋"
    r"|白教|不是.{0,4}的料|(?<!不)笨(?!鸟)|(?<!不)蠢|(?<!不)(?<!不太)(?<!没那么)懒(?!洋洋)|讨厌|烦人|脑子.{0,2}(?:慢|不好)|坏毛病|无可救药|没礼貌"
    r"|(?:老|总|总是|天天|从来|永远|一直)(?:是)?(?:走神|不交|不听|不学|不写|捣乱|讲话|不认真|不守)"
    r"|\b(?:lazy|stupid|dumb|hopeless|worst|terrible|awful|useless|slow learner|badly behaved)\b"
)
_HOME = re.compile(
    r"(?:家长|家里|父母|爸妈|妈妈|爸爸|爷爷奶奶)(?:也|都|从来|根本|完全|平时)*(?:不管|没管|不配合|不负责|不重视|不上心|不关心|太惯|惯坏|溺爱)"
    r"|没家教|没教养|\bparents? (?:do(?:es)?n't|do not|does not|never) (?:care|help|bother)\b"
)


def unkind_of_pupil(text: str) -> Finding | None:
    """The words that judge a child or blame the home, for a text that a parent may be shown; None where there are none."""
    spelled = plain(text)
    if (hit := _CHILD.search(spelled)) is not None:
        return Finding("insult", hit[0])
    if (hit := _HOME.search(spelled)) is not None:
        return Finding("blame", hit[0])
    return None
