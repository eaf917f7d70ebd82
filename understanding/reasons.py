"""Why a family does not renew, where they say so in the same breath."""

from __future__ import annotations

import re
import unicodedata

CHILD = r"(?:孩子|小孩|娃|宝宝|宝贝|儿子|女儿|闺女|他|她|小朋友)(?:自己|本人|说|也|就|还|是|有点|现在)*"
# The code that is stored with the offer, and the words that say it; the first that is found counts.
_REASONS = (
    ("moved", r"搬家|搬走|搬到|要搬|搬去|换城市|\b(?:moving|moved?) (?:away|house|home|out|to)\b|\b(?:are|'re|we) mov(?:ing|ed)\b|\brelocat"),
    ("hometown", r"回(?:去)?(?:老家|家乡|原籍)|\bhome ?town\b|\bback home\b"),
    ("trip", r"出国|出远门|外出|旅游|旅行|出差|\babroad\b|\btravel|\bon a trip\b"),
    ("price", r"贵|(?:学费|费用|价格|价钱)(?:太|有点|又|涨|高|偏)|涨价|负担|没钱|\bexpensive\b|\b(?:price|cost)|\bafford\b"),
    ("asks_child", rf"{CHILD}(?:不想|不愿|不肯|不喜欢|不爱|不乐意|不感兴趣|没兴趣|没决定|没想好|决定)|问(?:问|一下|下)?孩子|没(?:有)?兴趣|interest(?:ed)?\b|does(?: not|n't) (?:want|like|enjoy)|\bask (?:him|her|my|the|our)\b"),
    ("time", r"没(?:有|什么|啥)?(?:时间|空)|时间(?:不|对不|上?冲突|排不|紧)|太忙|忙不过来|功课多|作业多|课太多|\bno time\b|\bbusy\b|\bclash|\b(?:schedule|timetable)"),
    ("other", r"因为|由于|原因是|\bbecause\b|\bdue to\b"),
)  # fmt: skip


def why_not(text: str) -> str:
    """The reason's code; empty where none is given."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return next((code for code, words in _REASONS if re.search(words, plain)), "")
