"""The day a person names: "25号", "下周五", "月底", "听日", "next Friday", "by the 5th". Never a guess."""

import re
from dataclasses import dataclass
from datetime import date

from understanding.day_forms import FORMS, MAY_NAME_A_DAY, PAY_VERB

_ENDED = r"(?:费|款|钱|账|掉|完|好|清|齐|上|出|过去|进去)"
_PAST = re.compile(
    rf"{PAY_VERB}{_ENDED}?(?:了(?!吗?再|就|再|才)|过(?!去|来))|(?<![会要能该]){PAY_VERB}{_ENDED}?的(?!话|时候)"
    r"|[扣划转]走[^,。!?]{0,8}了|[号日]的?那[笔次回]|[行卡]走的|已[交缴付转汇]|收了我"
    r"|已经|早就|上次|交过|缴清|刚交|不是.{0,8}[交付]了"
    r"|[交缴付][脱咖咗]|入了"
    r"|(?<!get )(?<!gets )(?<!be )(?<!getting )(?<!am )(?<!not )\b(?:paid|transferred|sent|wired|gave|handed|dropped|remitted|deposited"
    r"|settled|debited|banked|credited|discharged|took|done on|went (?:through|out|by|in)|covered it|cleared it|dealt with it|left my account|made (?:the|a|my) payment|put a che(?:que|ck))\b"
    r"|\bwas\b|\bi did\b|\bdid (?:it|pay|that)\b|\bago\b",
    re.ASCII,
)
_WILL = re.compile(rf"就给[你您]们?{PAY_VERB}了|\b(?:shall|will) be\b")  # "顺道就给你缴了" is still to come
_ANY_PAYING = re.compile(rf"{PAY_VERB}|pay|send|transfer|settle|due|[弄办搞等]|will|can|能|行|可以|再")
_PAID = re.compile(rf"{PAY_VERB}{_ENDED}?了(?!吗?再|就|再|才)|{PAY_VERB}(?:给)?掉的|[行卡]走的|\bpaid\b")
_JOINT = re.compile(r"[,。!?;\n](?!\d{3})")  # no joint in 4,800
_CORRECTION = re.compile(
    r"不对|说错|记错|打错|写错|更正|改成|改到|改为|改天|应该是|还是|算了|不不|哦不|噢不|啊不|不是.{1,8}(?:是|,)|才对"
    r"|no wait|wait no|sorry|i mean|actually|make (?:it|that)|make that|scratch that|correction|rather|let's say|no,"
)
_NEGATED = re.compile(
    r"^(?:号|前|之前|以前|那天|,)?[^,。!?;\s]{0,5}(?:[交付缴还转](?:不了|不上|不出|不起|不到|不完)|没法|没办法|不能[交付]|来不及|没空|没时间|没钱|(?<!行)不行|不方便|太赶)"
    r"|^[^,.!?;]{0,14}(?:can not|will not|not possible|too soon|too early|do not have|not be able)"
)
_NOT_PAYDAY = re.compile(
    r"^(?:又|还在?|怎么|才|收到|都?催|就收|再次|早上收|来的|发来|给我发)|^.{0,3}(?:收到|催|短信|提醒|通知|停水|停电|开会|上课)"
)
_PAYING = re.compile(
    rf"{PAY_VERB}|pay|paid|transfer|settle|截止|到期|之?前|前|due|deadline|最后|last day|为止|可以吗|行吗|行不|好吗|ok"
)

_DOING = re.compile(rf"{_PAYING.pattern}|[弄办搞整去]|就过|will|do it|done|sort|drop|send|bank|with you|take", re.ASCII)
# "Can't manage it before Christmas": no day, whereas "not before"'s opposite, "can't until Friday", names one.
_NOT_TODAY = re.compile(r"(?:not able to|unable to|can't|cannot|can not|won't|will not)\b[^,.!?;]{0,16}$")
_NOT_BEFORE = re.compile(r"(?:can't|cannot|can not|won't|will not|unable to|not able to)\b[^,.!?;]{0,30}$")
_FEW_WORDS = 3  # characters


@dataclass(frozen=True)
class Mention:
    """A day as it stands in the sentence, from `start` to `end`."""

    start: int
    end: int
    day: date


def find_date(text: str, today: date) -> tuple[date | None, list[tuple[int, int]]]:
    """The day named for the payment, and the spans that are days and so no sums."""
    mentions, spans = _mentions(text, today)
    alive = [m for m in mentions if not _is_negated(text, m) and not _is_replaced(text, m)]
    if not alive:
        return None, spans
    if len({m.day for m in alive}) == 1:
        return (None if alive[0].day == today and _tells_of_today(text, alive[0]) else alive[0].day), spans
    if _CORRECTION.search(text, alive[0].end):
        return alive[-1].day, spans
    if re.fullmatch(r"[,、 ]?(?:或者?|还是|or|要么|/)[ ]?", text[alive[0].end : alive[1].start]):
        return None, spans
    return max(alive, key=lambda m: (_score(text, m, alive), -m.start)).day, spans


def _is_negated(text: str, mention: Mention) -> bool:
    if _NEGATED.search(text[mention.end :]):
        return True
    if text.startswith("today", mention.start) and _NOT_TODAY.search(text[: mention.start]):
        return True
    return text.startswith("before", mention.start) and _NOT_BEFORE.search(text[: mention.start]) is not None


def _is_replaced(text: str, mention: Mention) -> bool:
    """Whether another day is put in its place: "不是明天是后天"."""
    return (
        text.endswith("不是", 0, mention.start) and re.match(r",?(?:而?是)(?!不是|吗)", text[mention.end :]) is not None
    )


def _score(text: str, mention: Mention, others: list[Mention]) -> int:
    """How likely the day is the day of payment: a verb of paying soon after it, no verb of reminding."""
    following = min((o.start for o in others if o.start >= mention.end), default=len(text))
    tail = text[mention.end : min(following, mention.end + 10)]
    head = text[max(0, mention.start - 8) : mention.start]
    score = 2 if _PAYING.search(tail) else 0
    score += (
        1 if re.search(r"(?:等到?|拖到|延到|推到|缓到|宽限到|推迟到|by|on|until|till|到)\s*(?:the )?$", head) else 0
    )
    score -= 3 if _NOT_PAYDAY.search(tail) else 0
    return score


def _mentions(text: str, today: date) -> tuple[list[Mention], list[tuple[int, int]]]:
    found: list[Mention] = []
    spans: list[tuple[int, int]] = []
    if not MAY_NAME_A_DAY.search(text):
        return found, spans
    for pattern, resolve in FORMS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in spans):
                continue
            spans.append(match.span())
            try:
                day = resolve(match, today, _is_past(text, match))
            except (ValueError, OverflowError):
                continue  # "2月30号" is no day
            if day is not None:
                found.append(Mention(match.start(), match.end(), day))
    return sorted(found, key=lambda m: m.start), spans


def _tells_of_today(text: str, mention: Mention) -> bool:
    """Whether today is when something else happens: "今天又催", "今儿孩子发烧, …"."""
    if _NOT_PAYDAY.search(text[mention.end :]):
        return True
    start, end = _clause(text, mention.start, mention.end)
    rest = end - start - (mention.end - mention.start)
    return rest > _FEW_WORDS and (start > 0 or end < len(text)) and not _DOING.search(text, start, end)


def _is_past(text: str, match: re.Match[str]) -> bool:
    start, end = _clause(text, match.start(), match.end())
    if _WILL.search(text, start, end):
        return False
    if _PAST.search(text, start, end):
        return True
    # "交了的呀,14号": a day by itself belongs to the paying that was told elsewhere
    return not _ANY_PAYING.search(text[start : match.start()] + text[match.end() : end]) and bool(_PAID.search(text))


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    joints = [joint.start() for joint in _JOINT.finditer(text)]
    return max((at + 1 for at in joints if at < start), default=0), min(
        (at for at in joints if at >= end), default=len(text)
    )
