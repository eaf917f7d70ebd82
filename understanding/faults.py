"""A sentence against a bill: does it name a fault, or only ask why the sum is so high?

"Why is the fee so high?" wants to hear how it is worked out. "You counted 90 square metres and I have 80" says what is wrong;
so does "dearer than last month": a change that nobody explained.
"""

from __future__ import annotations

import re
import unicodedata

_DEAR = re.compile(
    r"(?:这么|那么|如此|太|这样|好|真|挺)(?:的)?(?:贵|高|多|大)|贵|高得(?:离谱|吓人)|死贵"
    r"|\b(?:so|too|that|this|very|really|quite) (?:high|expensive|much|dear|costly|big|steep)\b|\b(?:expensive|pricey|overpriced|steep)\b"
)
_FAULT = re.compile(
    r"错|不对|有误|不符|出入|对不上|多收|多算|多扣|乱收|重复|两(?:次|遍|份|回)|双份|面积|平(?:方|米)|\d平|合同|协议|约定|说好|承诺|单价|标准"
    r"|优惠|减免|折|不是我|没(?:有)?(?:住|用|车位|入住|收房|装修|电梯)|空(?:置|着)|已经?(?:缴|交|付)|写的是|明明|核对|查(?:一下|下)"
    r"|\b(?:wrong|incorrect|mistakes?|errors?|inaccurate|overcharg\w*|double|twice|duplicate\w*|area|square|sqm|contract|agreed|agreement|promised"
    r"|discount|rate|tariff|not mine|isn't mine|empty|vacant|already paid|never used|don't have|do not have|no car)\b"
)
_CHANGED = re.compile(
    r"比|多了|涨|上(?:个?月|期|次|季|回)|去年|往年|以前|之前|原来|从前|隔壁|邻居|别人|人家|突然|忽然"
    r"|\b(?:than|went up|go(?:es|ne)? up|going up|increase\w*|rose|risen|jump\w*|last (?:month|year|time|quarter)|before|used to|neighbou?rs?|suddenly)\b"
)


def only_dear(text: str) -> bool:
    """Whether a sentence finds the sum high and says nothing of what is wrong with it."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return bool(_DEAR.search(plain)) and not _FAULT.search(plain) and not _CHANGED.search(plain)
