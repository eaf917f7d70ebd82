"""Into how many parts a person wants to split: "分3期", "三个月分", "in three payments"."""

import re

from understanding.numbers import CHINESE, ENGLISH, whole_number

_N = rf"(?P<n>\d{{1,2}}|{CHINESE}{{1,3}}|[俩仨])"
_WORDS = r"(?:parts|payments|installments|bits|goes|lots|months|chunks|times)"
_EN = rf"(?P<n>\d{{1,2}}|{ENGLISH}|(?:a )?dozen)"
_PART = r"(?:期|次|回|笔|批|部分|份|个月|月|个季度|季|期付|阶段|段|轮|回|把|坨|口|瓣)"
_PAY = r"(?:交|付|缴|还|给|结|清|支付|归还)"

_PATTERNS = tuple(
    re.compile(p, re.ASCII)
    for p in (
        rf"(?:分|拆|摊|均分|平分|按|掰|劈|切)(?:成|作|做|为|开|到|在|个)?{_N}(?:个)?{_PART}",
        rf"(?:分|拆)(?:成|为)?{_N}半",
        rf"(?:是|就|要){_N}期",
        rf"(?<!第){_N}(?:个)?(?:月|期|次|笔|季度|回)(?:来|慢慢|内|里|的)?(?:分|拆|摊|平摊|均摊|匀)(?:期|开)?",
        r"(?P<n>对半)(?:分|开|拆|来|交|付|给)",
        rf"(?<!第)(?<![\d二三四五六七八九十]月){_N}期(?={_PAY}|可以|行|能|好|吧|吗|怎么|的话|ok|成|零利率|免息|无息)",
        rf"(?:^|[,。!?]){_N}期(?=[,。!?]|$)",
        rf"(?:^|[,。!?]){_N}[次回笔](?:可以|行|成|能|好|中)(?:不|吗|吧|么)",
        rf"^{_N}[次回笔](?=,(?:先|一[次回笔]|可以|行|成|分|第一))",
        rf"(?<!第){_N}(?:个月|(?<=[俩仨])月|次|笔){_PAY}(?:完|清|齐)",
        rf"(?<!第)(?<!一){_N}(?:次|回|把)(?:付清|交清|(?:付|给|交)(?=[,。?!]|的话|成|行|可|$))",
        rf"(?:能不能|可不可以|可以){_N}期",
        rf"(?:能|可以|可不可以|让我){_PAY[:-1]}|刷){_N}次",
        rf"(?<![\d.,])\b{_EN}[- ](?:(?:equal|monthly|weekly|quarterly|separate|smaller|small|little|easy|bite-size|even) )*(?:installments?|payments|parts|portions|chunks|goes|pieces|tranches|bits|lots|slices|bites|pmts|shares|halves|sums|amounts)\b",
        rf"\b(?:in|make|do|by) {_EN} times?\b(?! (?:a|per|the)\b)",
        r"\b(?:in|into) (?P<n>halves|thirds|quarters)\b",
        r"(?P<n>half)\b[^.!?]{0,50}?\b(?:and|other|the other) half\b",
        r"(?P<n>fifty[- ]fifty|50[-/]50)",
        r"一(?P<n>半)[^。!?]{1,6}一半",
        rf"\b(?:split|divide|spread|break|cut|chop|carve|slice)\b(?:[^,.!?;]|[,.](?=\d)){{0,30}}?\b(?:in|into|over|across|by|between)\b (?:to )?(?:the )?(?:next )?{_EN}(?: (?:equal|monthly|separate))?(?: (?:months?|times|parts?|payments?|installments?|ways|quarters|terms))?(?![\w%]|st|nd|rd|th| (?:days?|weeks?|yuan|hours?|years?)\b)",
        rf"\bsplit (?:it |this )?{_EN} ways\b",
        rf"\b(?:in|over) {_EN} (?:times|goes|bits|lots|tranches)\b",
        rf"\b{_EN} (?:post[- ]?dated )?(?:cheques|checks)\b",
        rf"(?<!for )(?<!been )\b(?:over|across) (?:the next )?{_EN} months\b",
        rf"\b{_EN}[- ]month (?:plan|installment|payment plan)",
        rf"\b(?:installments?|plan) (?:of|over|for|in) {_EN}\b",
    )
)
_NAMED = {
    "dozen": 12,
    "a dozen": 12,
    "对半": 2,
    "半": 2,
    "half": 2,
    "fifty-fifty": 2,
    "fifty fifty": 2,
    "50-50": 2,
    "50/50": 2,
    "halves": 2,
    "thirds": 3,
    "quarters": 4,
}
_REFUSED = re.compile(r"(?:不|别|不想|不要|不用|不能|没)分(?:期|次|开)")
_RANGE = re.compile(
    rf"^个?{_PART}?(?:[-到至~、或]|或者|还是)\s*[\d{CHINESE[1:-1]}]|^ (?:{_WORDS} )?(?:or|to) (?:{ENGLISH}|\d)"
)
_RANGE_BEFORE = re.compile(
    rf"[\d一二三四五六七八九](?:[-到至~或]|个?{_PART}?(?:还是|或者?))$|\b(?:\d+|{ENGLISH}),? (?:or|to|-|maybe|possibly) ?$"
)
# Another's plan, or how long the debt is overdue.
_OTHERS = re.compile(
    r"我信用卡$|信用卡那边$|\b(?:paid|made|sent) $|\b(?:late|overdue|unpaid|interest)\b(?:(?!split|spread|pay)[^.!?;])*$"
)
_CORRECTION = re.compile(
    r"不对|说错|改成|还是|不是|算了|[,。]不[,。]|no wait|sorry|i mean|actually|make (?:it|that)|rather|hang on|hold on"
)


# "Three installments, actually make it four": a number by itself.
_INSTEAD = re.compile(rf"\b(?:actually|no|wait|sorry|rather),? (?:make (?:it|that) )?{_EN}(?=[,.?!]|$)")


def find_parts(text: str) -> tuple[int | None, list[tuple[int, int]]]:
    """The number of parts (2 to 60) and the spans that hold it and are no sums; ranges and "half" name none."""
    found: list[tuple[int, int, int]] = []
    spans: list[tuple[int, int]] = []
    counts: list[tuple[int, int]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < b and a < match.end() for a, b in spans):
                continue
            spans.append(match.span())
            word = match["n"]
            if word not in _NAMED:
                counts.append(match.span("n"))  # and no more: "split 9,600 into 3" holds a sum, too
            if word in ("a", "an", "两三", "三四", "二三", "一两", "四五", "五六"):
                continue
            count = _NAMED.get(word) or whole_number(word)
            if (
                count is not None
                and 2 <= count <= 60
                and not _RANGE.search(text[match.end("n") :])
                and not _RANGE_BEFORE.search(text[: match.start("n")])
                and not _OTHERS.search(text[: match.start()])
            ):
                found.append((match.start(), match.end(), count))
    found.sort()
    if not found or (_REFUSED.search(text) and len(found) == 1):
        return None, counts
    if len(found) > 1 and _CORRECTION.search(text, found[0][1]):
        return found[-1][2], counts
    if (instead := _INSTEAD.search(text, found[0][1])) and (count := whole_number(instead["n"])) and 2 <= count <= 60:
        return count, [*counts, instead.span("n")]
    return found[0][2], counts
