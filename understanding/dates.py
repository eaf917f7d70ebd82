"""The day a person names: "25号", "下周五", "月底", "听日", "next Friday", "by the 5th". Never a guess."""

import re
from dataclasses import dataclass
from datetime import date

from understanding.day_forms import FORMS, MAY_NAME_A_DAY
from understanding.day_meanings import PAY_VERB
from understanding.elsewhere import is_other_day, leaves_the_day_open, tells_of_paying
from understanding.tense import clause, is_past

_CORRECTION = re.compile(
    r"不对|说错|记错|打错|写错|更正|改成|改到|改为|改天|应该是|还是|算了|不不|哦不|噢不|啊不|不是.{1,8}(?:是|,)|才对|呸|口误|[.,]不是,"
    r"|no wait|wait no|sorry|i mean|actually|make (?:it|that)|make that|scratch that|correction|rather|let's say|no,|hang on|hold on"
)
# One day told in other words: "除夕前一天,就是2月4号", "5/12 (fifth of dec)". The latter words are the plainer.
_THAT_IS = re.compile(
    r"(?<!不行)(?<!要么)(?:就是|也就是|亦即)$|(?:^|,)就$|^ ?(?:\(|,? ?i\.?e\.?,? |, (?:so|that is),? )(?:on )?(?:the )?$"
)
_OR = re.compile(
    r"(?:之?前|以前|那天)?(?:、|[,、 ]{0,2}(?:或者?|或是|还是|or|要么|/|maybe|可能|也许) ?(?:on )?(?:the )?)"
)
_OR_SO = re.compile(r"(?:或者?|还是| or) ?(?:下|过|early|next week|next month|some)")
_RANGE = re.compile(r"(?:到|至|-|~|—)| ?(?:and|to|till|until|through|-)(?: the)? ?")
_RANGE_BEFORE = re.compile(r"\b(?:between|from)(?: the)? ?$")
_MOVED = re.compile(r"move|push|chang|shift|exten|postpone|改|推|延|拖|挪")

_NEGATED = re.compile(
    r"^(?:号|前|之前|以前|那天|,)?[^,。!?;\s]{0,5}(?:[交付缴还转给凑拿](?:不了|不上|不出|不起|不到|不完|不齐|不够)|没法|没办法|不能[交付]|来不及|没空|没时间|没钱|(?<!行)不行|不方便|太赶)"
    r"|^[^,.!?;]{0,14}(?:can not|will not|not possible|too soon|too early|do not have|not be able)"
)
_NOT_PAYDAY = re.compile(
    r"^(?:又|还在?|怎么|才|收到|都?催|就收|再次|早上收|来的|发来|给我发)|^.{0,3}(?:收到|催|短信|提醒|通知|停水|停电|开会|上课)"
)
_PAYING = re.compile(
    rf"{PAY_VERB}|pay|paid|transfer|settle|截止|到期|之?前|前|due|deadline|最后|last day|为止|可以吗|行吗|行不|好吗|ok"
)

_DOING = re.compile(
    rf"{_PAYING.pattern}|[弄办搞整去]|就过|i\.e\.|\d (?:dollars? |yuan )?(?:today|tonight)|will|do it|done|sort|drop|send|bank|with you|take",
    re.ASCII,
)
# "Can't manage it before Christmas": no day, whereas "not before"'s opposite, "can't until Friday", names one.
_NOT_TODAY = re.compile(r"(?:not able to|unable to|can't|cannot|can not|won't|will not)\b[^,.!?;]{0,16}$")
_NOT_BEFORE = re.compile(r"(?:can't|cannot|can not|won't|will not|unable to|not able to)\b[^,.!?;]{0,30}$")
_NOT_THIS = re.compile(r"(?<!why )\b(?:not|did not \w+|can not (?:do|make|manage)(?: it)?)(?: on| the| this)? ?$")
_FEW_WORDS = 3  # characters


@dataclass(frozen=True)
class Mention:
    """A day as it stands in the sentence, from `start` to `end`."""

    start: int
    end: int
    day: date


def find_days(text: str, today: date) -> tuple[date | None, date | None, list[tuple[int, int]]]:
    """The day named for the payment; the day named for whatever it is, a visit or a call; the spans that are days, no sums."""
    mentions, spans = _mentions(text, today)
    alive = [m for m in mentions if not _is_negated(text, m) and not _is_replaced(text, m, mentions)]
    named = _meant(text, alive, today)
    for_paying = [m for m in alive if not is_other_day(text, m.start, m.end)]
    if not for_paying or leaves_the_day_open(text):
        return None, named, spans
    return (named if for_paying == alive else _meant(text, for_paying, today)), named, spans


def _meant(text: str, alive: list[Mention], today: date) -> date | None:
    """Which of several days is meant; None: none of them for certain."""
    if not alive or _OR_SO.match(text, alive[-1].end):
        return None
    if len({m.day for m in alive}) == 1:
        return None if alive[0].day == today and _tells_of_today(text, alive[0]) else alive[0].day
    if _CORRECTION.search(text, alive[0].end):
        return alive[-1].day
    between = text[alive[0].end : alive[1].start]
    if between == "就是" and text.endswith("不是", 0, alive[0].start):
        return None  # "不是周三就是周四"
    if _THAT_IS.search(between) or _is_dated(text, alive[0], alive[1], between):
        return alive[1].day
    if _is_range(text, alive[0], between):
        return alive[1].day if _MOVED.search(text) else None
    if _OR.fullmatch(between):
        return None
    return max(alive, key=lambda m: (_score(text, m, alive), -m.start)).day


def _is_dated(text: str, first: Mention, second: Mention, between: str) -> bool:
    """Whether the date stands right behind its weekday or festival: "Friday the 13th"."""
    if not re.fullmatch(r",? ?(?:the )?", between) or first.day.day == second.day.day:
        return False
    return (
        not re.search(r"\d", text[first.start : first.end])
        and re.search(r"\d", text[second.start : second.end]) is not None
    )


def _is_range(text: str, first: Mention, between: str) -> bool:
    """Whether two days are the ends of a stretch: "between the 3rd and the 9th"."""
    if not _RANGE.fullmatch(between):
        return False
    head = text[: first.start]
    return re.search(r"[\u4e00-\u9fff]", text) is not None or _RANGE_BEFORE.search(head) is not None


def _is_negated(text: str, mention: Mention) -> bool:
    if _NEGATED.search(text[mention.end :]):
        return True
    if text.startswith("today", mention.start) and _NOT_TODAY.search(text[: mention.start]):
        return True
    return text.startswith("before", mention.start) and _NOT_BEFORE.search(text[: mention.start]) is not None


def _is_replaced(text: str, mention: Mention, others: list[Mention]) -> bool:
    """Whether another day is put in its place: "不是明天是后天", "not Thursday as I said, Friday"."""
    if len(others) > 1 and mention is not others[-1] and _NOT_THIS.search(text, 0, mention.start):
        return True
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
    score += 2 if tells_of_paying(text, mention.start, mention.end) else 0
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
                day = resolve(match, today, is_past(text, *match.span()))
            except (ValueError, OverflowError):
                continue  # "2月30号" is no day
            if day is not None:
                found.append(Mention(match.start(), match.end(), day))
    return sorted(found, key=lambda m: m.start), spans


def _tells_of_today(text: str, mention: Mention) -> bool:
    """Whether today is when something else happens: "今天又催", "今儿孩子发烧, …"."""
    if _NOT_PAYDAY.search(text[mention.end :]):
        return True
    start, end = clause(text, mention.start, mention.end)
    rest = end - start - (mention.end - mention.start)
    return rest > _FEW_WORDS and (start > 0 or end < len(text)) and not _DOING.search(text, start, end)
