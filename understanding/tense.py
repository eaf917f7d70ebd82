"""Whether what is said of a day lies behind or ahead: "20号交了" is last month's 20th or this one's, "20号交" the next."""

import re
from bisect import bisect_left
from functools import lru_cache

from understanding.day_meanings import PAY_VERB

_ENDED = r"(?:费|款|钱|账|掉|完|好|清|齐|上|出|过去|进去)"
_STILL_TO_COME = r"(?!吗?再|就|再|才)"  # "交了再说"
_CHINESE_PAST = (
    # 交了, 交过, 交的
    rf"{PAY_VERB}{_ENDED}?(?:了{_STILL_TO_COME}|过(?!去|来))|(?<![会要能该]){PAY_VERB}{_ENDED}?的(?!话|时候)"
    rf"|[弄搞办整递](?:完|好|定|掉|利索|过去)了{_STILL_TO_COME}|[扣划]了|[扣划转]走[^,。!?]{{0,8}}了|入了|[交缴付][脱咖咗]"
    # told by the rest of the words
    r"|已经|已[交缴付转汇]|早就|上次|交过|(?<![前将会能要])缴清|刚交|收了我|不是.{0,8}[交付]了|[号日]的?那[笔次回]|[行卡]走的|去的(?!时候|话)"
    r"|(?<!可以)(?<!要是)就(?:[弄搞办整躺落走]|吃进)[^,。!?]{1,5}了(?=[,。!?呀啊啦]|$)"
)
_HAS_PAID = (
    r"(?<!get )(?<!gets )(?<!be )(?<!getting )(?<!am )(?<!not )(?<!next )(?<!consider it )\b(?:paid|transferred|sent|wired|gave"
    r"|handed|dropped|remitted|deposited|settled|debited|banked|credited|discharged|took|done on|went (?:through|out|by|in|from|over|across|off|to)"
    r"|gone (?:out|over|across|through)|left (?:my|our|me)|flew out|made (?:mine|it|(?:the|a|my) payment)|covered it|cleared it|dealt with it"
    r"|put a (?:cheque|check))\b"
)
# "I pressed the button": any verb in -ed of somebody who could pay, but for those of what is only meant or moved.
_DID_SOMETHING = (
    r"(?<!am )(?<!is )(?<!are )(?<!if )\b(?:i|we|he|she|they|you|my \w+|our \w+|your \w+|the bank)(?: already| just| have| has)* "
    r"(?!need|want|promis|plan|hop|agre|ask|decid|expect|suppos|schedul|arrang|book|delay|postpon|fail|mov|chang|exten|allow|hundr)[\w-]{2,}ed\b"
    r"|\balready \w+ed\b|\w'd (?:on|it|you)\b|\bthe money left\b|(?<!if )\byou had\b|\bi fed\b|\bi did\b|\bdid (?:it|pay|that)\b"
    r"|\b(?:has|have|it's|that's) been\b(?! (?:told|delayed|moved|instructed|scheduled))|\bwas\b|\bago\b"
)
_PAST = re.compile(f"{_CHINESE_PAST}|{_HAS_PAID}|{_DID_SOMETHING}", re.ASCII)
# "顺道就给你缴了", "周五下班我去把钱交了" are still to come, though 了 ends them.
_WILL = re.compile(
    rf"就给[你您]们?{PAY_VERB}了|去[^,。!?早已]{{0,8}}把[^,。!?]{{1,5}}{PAY_VERB}了(?=[,。!~吧啊]|$)(?!.*(?:催|怎么|咋|查|没到|没显示|还发))"
    r"|\b(?:shall|will) be\b"
)
_SINCE = re.compile(r"\b(?:since|(?:remittance|payment|transfer|receipt) of)(?: the)? ?$")
_ANY_PAYING = re.compile(rf"{PAY_VERB}|pay|send|transfer|settle|due|[弄办搞等]|will|can|能|行|可以|再")
_PAID = re.compile(
    rf"{PAY_VERB}{_ENDED}?(?:了{_STILL_TO_COME}|过(?![去来年节]))|(?<![会要能该来去]){PAY_VERB}{_ENDED}?的(?=[,。!?呀啊呢]|$)"
    rf"|{PAY_VERB}(?:给)?掉的|[行卡]走的|(?<!get )(?<!next )(?<!consider it )\bpaid\b|\b(?:is|that's|it's) done\b"
    r"|(?<!if )\b(?:i|we|he|she) (?:e-)?(?:transferred|wired|sent|settled)\b"
)
_JOINT = re.compile(r"[,。!?;\n](?!\d{3})|(?<!\bno)(?<!\.[em])\.(?=\s)")  # no joint in 4,800 and "i.e. "


def is_past(text: str, start: int, end: int) -> bool:
    """Whether the clause that names a day, from `start` to `end`, tells of what has been done."""
    first, last = clause(text, start, end)
    if _WILL.search(text, first, last):
        return False
    if _PAST.search(text, first, last) or _SINCE.search(text, 0, start):
        return True
    # "交了的呀,14号": a day by itself belongs to the paying that was told elsewhere
    return not _ANY_PAYING.search(text[first:start] + text[end:last]) and bool(_PAID.search(text))


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """From where to where the clause around a span reaches."""
    joints = _joints(text)
    before, after = bisect_left(joints, start), bisect_left(joints, end)
    return joints[before - 1] + 1 if before else 0, joints[after] if after < len(joints) else len(text)


@lru_cache(maxsize=1)  # every day of a sentence asks for them
def _joints(text: str) -> list[int]:
    return [joint.start() for joint in _JOINT.finditer(text)]
