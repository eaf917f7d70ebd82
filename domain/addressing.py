"""Whether a text greets somebody else than the one it goes to: 刘女士您好 in the chat of 马. Pure."""

from __future__ import annotations

import re

from domain.wording import COMPOUND_SURNAMES

_TITLE = "女士|先生|小姐|太太|阿姨|叔叔|奶奶|爷爷|大爷|大妈|大哥|大姐|妈妈|爸爸|家长|老师|师傅|总"
_COMPOUND = "|".join(sorted(COMPOUND_SURNAMES))
_GREETED = re.compile(
    rf"^\W*(?:(?:尊敬的|亲爱的|您好|你好)[，, ]?)?(?P<name>(?:{_COMPOUND}|[\u4e00-\u9fff])[\u4e00-\u9fff]{{0,2}}?)(?:{_TITLE})(?P<rest>.{{0,8}})"
)
_HELLO = re.compile(r"[，,：:！!。 ]|[您你]好|早上好|上午好|下午好|晚上好|$")
_NO_NAME = frozenset("这那您你我他她各每尊亲老小大同位收班物客")
_GREETED_EN = re.compile(
    r"^\W*(?:dear|hello|hi|good (?:morning|afternoon|evening))?,? ?(?:mr|mrs|ms|miss|dr)\.? (?P<name>[a-z][a-z'-]+)",
    re.IGNORECASE,
)


def greets_other(text: str, payer_name: str) -> str:
    """The name by which a text greets somebody else than `payer_name`; empty where it greets them, or nobody by name."""
    found = _GREETED_EN.match(text)
    if found is not None:
        return "" if found["name"].lower() in payer_name.lower() else found["name"]
    found = _GREETED.match(text)
    if found is None or found["name"][0] in _NO_NAME or not payer_name or not _HELLO.match(found["rest"]):
        return ""
    name = found["name"]
    surname = name[:2] if name[:2] in COMPOUND_SURNAMES else name[0]
    return "" if surname in payer_name[:2] or name in payer_name else name
