"""The sum a person names: "一千二", "86块4", "￥2,860.00", "1.2k". Unit prices and vague sums are none."""

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal

from understanding.elsewhere import is_other_sum
from understanding.numbers import CHINESE, ENGLISH, FORMAL, chinese_number, english_number

_ONE = "[一二两三四五六七八九]"
_BELOW_WAN = rf"(?:{_ONE}千)?(?:零?{_ONE}百)?(?:零?{_ONE}?十)?(?:零?{_ONE})?"
# With a scale (百 千 万), so that 五 alone is no sum.
_SCALED = rf"(?>{_BELOW_WAN}万{_BELOW_WAN}|(?={_ONE}[千百]){_BELOW_WAN})"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?"
_MORE = "多(?![收扣算交付出给])"  # 三百多 is vague, "1900多收了" is not
_VAGUE_AFTER = rf"(?!{_MORE}|来|几|余|出头|左右|上下|\+|-odd| odd|ish| or so| something| plus)"
_UNIT = r"(?:块钱|块|元钱|元|圆|大洋|刀)"
_COUNT = (
    r"(?!年|月|号|日|天|点|时|分钟|小时|次|遍|条|个|位|人|户|家|层|楼|栋|幢|单元|室|房|平|方|㎡|m2|sq|%|度|吨|节|课|期|岁|级|班|份|周|星期|分钟"
    r"|倍|折|积分|开头|字头|尾号|电话|热线|客服|步|公里|米|斤|张|封|通|回|式|万|千|百|十|\d|[.:/-]\d)"
)
_PAY_WORD = (
    r"(?:剩下|剩余|余下|尾款|学费|物业费|每个?月|每期|每笔|一笔|一个月|首付|违约金|滞纳金|交|缴|付|还|转|给|打|汇|拿|掏|欠|差|少|扣|收|充|存|退|减|先|是|要|凑|出|金额|费用?|共|计|总共|一共|才|只|应该|按|怎么|变成|成|有|到|补"
    r"|账单|came to|comes? to|pay|paid|owe|owed|send|sent|transfer|transferred|charged|charge|of|is|was|for|deposit|amount|total|due|bill|balance|do|give|why|now|only|charges?|settle|clear)"
)

_PAID_SUM = re.compile(
    rf"{_PAY_WORD}(?:了|的|过|你|你们|我|他|it|me|you|about|the|still|only|a|:|：|\s)*(?P<n>(?:{_DIGITS}))(?![\d.,]*\d)\s?{_VAGUE_AFTER}{_COUNT}(?!-?\s?(?:off\b|st|nd|rd|th|days?|weeks?|months?|years?|times?|parts?|installments?|pm|am|o'clock|payments?|lessons?|class|classes|sqm|sq|square|percent|min|hours?|people|am|messages?|of)\b)",
    re.ASCII,
)
_PATTERNS: tuple[re.Pattern[str], ...] = (
    # ￥2,860.00  $500  rmb 500  £60  RM1,120
    re.compile(
        rf"(?:[¥$£€₹]|\b(?:rmb|cny|yuan|rm|rs\.?|inr|sgd|hkd|gbp|usd|aud|eur|aed|php|ngn)|人民币)\s*(?P<n>\d{{1,3}}(?: \d{{3}})+(?:\.\d{{1,2}})?(?!\d|,\d)|{_DIGITS})(?P<k>\s*[kw万千](?![a-z]))?{_VAGUE_AFTER}",
        re.ASCII,
    ),
    # 1w2  1k2  1万2  1千2  1万2千5: what follows is a tenth of the unit
    re.compile(
        rf"(?<![\d.])(?P<big>\d{{1,3}})(?P<scale>[wk万千百])(?P<tail>\d)(?![\d.]|[千百wk万])(?:{_UNIT})?{_VAGUE_AFTER}{_COUNT}",
        re.ASCII,
    ),
    # 1万2千  2万3
    re.compile(rf"(?<![\d.])(?P<ten>\d{{1,3}})[w万](?P<thousand>\d)[千k](?:{_UNIT})?{_VAGUE_AFTER}", re.ASCII),
    # 86块4  86块4毛  86元5角
    re.compile(
        rf"(?<![\d.])(?P<yuan>\d{{1,6}}|{CHINESE}{{1,9}}){_UNIT}(?P<jiao>[\d一二三四五六七八九两])(?:毛|角)?(?P<fen>[\d一二三四五六七八九]分)?(?!个|天|月|次|号|笔|口|\d|平|期|年|节|[十百千万点块.])",
        re.ASCII,
    ),
    # 1.2k yuan  1.2万  3千块
    re.compile(
        rf"(?<![\d.a-z])(?P<n>{_DIGITS})\s?(?P<k>k|w|grand|thousand|hundred|lakh|万|千|百)(?![a-z]){_VAGUE_AFTER}(?:{_UNIT}|yuan)?{_COUNT}",
        re.ASCII,
    ),
    # 2860元  500 yuan  $: with a unit
    re.compile(
        rf"(?<![\d.,])(?P<n>{_DIGITS})\s*(?:{_UNIT}|(?:yuan|dollars?|rmb|bucks?|pounds?|quid|euros?|ringgit|rupees|dirhams?|pesos?|naira|rm|hkd|sgd|usd)\b){_VAGUE_AFTER}",
        re.ASCII,
    ),
    # 两千五百块  八百元  五十块
    re.compile(
        rf"(?P<zh>{CHINESE}{{1,11}})(?!刀){_UNIT}(?!{CHINESE}?[毛角]|(?<=一块)[结交付给缴还儿去来上搞弄办报算])",
        re.ASCII,
    ),
    # 一千二  三百八  两千: with a scale, no unit
    re.compile(rf"(?<![第{CHINESE[1:-1]}])(?P<zh>{_SCALED}){_VAGUE_AFTER}{_COUNT}(?!分之|不[止到])", re.ASCII),
    # 千二  百八: the leading 一 unsaid
    re.compile(
        rf"(?<![第\d{CHINESE[1:-1]}])(?P<zh>[千百]{_ONE})(?![{CHINESE[1:-1]}分]){_VAGUE_AFTER}{_COUNT}", re.ASCII
    ),
    # "pay 2860", "欠1200"
    _PAID_SUM,
    # half a grand
    re.compile(
        rf"\b(?:(?P<whole>{ENGLISH}) and a )?(?P<half>half)(?: a)? (?P<k>grand|k|thousand)\b"
        rf"|\b(?P<whole2>{ENGLISH}) (?P<k2>grand|thousand) and a (?P<half2>half)\b",
        re.ASCII,
    ),
    # five hundred yuan, two thousand
    re.compile(
        rf"\b(?P<en>{ENGLISH}(?:[ -]{ENGLISH})?(?: (?:hundred|thousand|grand)(?: and)?(?: {ENGLISH}(?:[ -]{ENGLISH})?(?: hundred(?: and {ENGLISH}(?:[ -]{ENGLISH})?)?)?)?))\b(?! (?:times|messages|people|square))",
        re.ASCII,
    ),
    # eighty quid, forty-five dollars
    re.compile(
        rf"\b(?P<en>{ENGLISH}(?:[ -]{ENGLISH})?) (?:quid|pounds|dollars|bucks|euros|rupees|ringgit|dirhams|yuan)\b",
        re.ASCII,
    ),
    # fifty a month, 88 a week
    re.compile(
        rf"(?<![\d.,:/-])(?:(?P<n>\d{{2,5}}(?:\.\d\d)?)|\b(?!(?:an?|one|two|three|four|five|six|seven|eight|nine) (?:a|per|each|every)\b)(?P<en>{ENGLISH}(?:[ -]{ENGLISH})?)) (?:a|per|each|every) (?:month|week|fortnight)\b",
        re.ASCII,
    ),
)
# "这460是啥", "18号那笔980的"
_POINTED_AT = re.compile(
    rf"(?:[这那](?:笔|个)?|\b(?:the|this|that) )(?P<n>\d{{3,5}}(?:\.\d{{1,2}})?)(?![\d.:/-]){_VAGUE_AFTER}{_COUNT}(?! ?[a-z]*(?:st|nd|rd|th|bus|form|block|unit|floor|class|days?|months?)\b)",
    re.ASCII,
)
# A number by itself in a sentence about money; see _is_room_like.
_LONE = re.compile(
    rf"(?<!\d,)(?<![\d.:/#a-z-])(?P<n>\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,2}})?|\d{{3,5}}(?:\.\d{{1,2}})?|\d{{2}}\.\d{{2}})(?![\d:/-]|[.,]\d)\s?{_VAGUE_AFTER}{_COUNT}(?!的?(?:室|房|户|业主|家|号)|\s?(?:st|nd|rd|th|days?|weeks?|months?|years?|times?|messages?|sqm|sq|m2|square|percent|min|hours?|people|am|pm|lessons?)\b)",
    re.ASCII,
)
_MONEY_WORD = re.compile(
    r"交|缴|付|转|汇|划|账|怎么算|怎么出来|怎么来|分[\d两三四五六]次|每次|对公|肉疼|抹零|抹个零|太贵|冒出|多出|扣|钱|费|收|减|欠|还|给|pay|paid|send|sent|wired?|remit|bank(?:ed)? in|lease|quoted?|extra|price|from me|fee|charge|bill|transfer|money|cost|invoice|receipt|数|变|arrive|figure|number|total|rest\b|balance|owe|due\b|deposit"
    r"|too many|too much|mistake|write|wrote|bring|venmo|zelle|hand|giro|lateness|penalty|levy|tell them|the full|put down|down today|putting|dropped off|even\b|cash|steep|on me|shows|take that|as a start|一分|清|票|续|刷|(?:can't|not) be right|for the (?:term|year|quarter|month|semester)"
)
_BARE = re.compile(rf"^\s*(?P<n>{_DIGITS})\s*$")

_VAGUE_BEFORE = re.compile(
    r"(?:大概|大约|小|约|差不多|左右|近|将近|不到|几|好几|至少|最多|多于|超过|about|around|roughly|approximately|some|nearly|almost|(?<!hand )(?<!handed )(?<!turned )over|like|few|couple of)\s*$"
)
_UNIT_PRICE = re.compile(
    r"^\s*(?:/|每|一个?|per|a |an )\s*(?:个)?(?:平|方|㎡|m2|m²|sqm|sq|square|meter|metre|household|unit|apartment|head|person|child|户|度|吨|节|课|天|小时|人|条|张|lesson|class|hour|session|day)|^\s*(?:/|每)"
    r"|^钱?(?:一|每)(?:个)?(?:平|方|月一平|节|课|度|吨|小时|次(?![拿付交给不掏打转清])|户|天)|^(?:的)?(?:单价|标准)|^积分|^分钱"
)
_UNIT_PRICE_BEFORE = re.compile(
    r"(?:单价|每(?:个)?(?:平方?米?|方|㎡|m2|节课?|课时|度|吨|小时|户|天)(?:每月|一个?月)?|一个?(?:平方?米?|平|方|节课?|课时|度|吨|小时)(?:一个?月)?|per (?:sqm|square met(?:er|re)|m2|lesson|class|hour))"
    r"(?:的)?(?:是|要|收|才|涨到|为|按)?\s*[¥$]?\s*$|\b(?:sqm|m2|square met(?:er|re)s?|lessons?|classes) (?:at|@) [¥$£]?$"
)
_CORRECTION = re.compile(
    r"不对|说错|记错|打错|写错|更正|改成|应该是|不是|no wait|sorry|i mean|actually|make (?:it|that)|wait"
)
_FIRST_PART = re.compile(
    r"(?:先|只能|最多|就能|能)(?:交|付|给|转|还|缴|打|拿|出)(?:个|你们?|上|一?部分)?[¥$]?$|(?:only|just|first|now) (?:pay )?[¥$]?$|(?:can|could|will|i'll|may i|let me) (?:only |just |first )?(?:pay|give|send|do) (?:you )?[¥$]?$"
)
_CHARGED = re.compile(
    r"(?:变成|变|成了|这回|本期|今期|今次|这期|怎么(?:是|要|就|变|会|收|又|这次)?|却|收我?|竟然|这次|这个月|今年|现在|bill (?:is|says)|charged(?: me)?|now(?: it)?(?: is| says| shows)?|why|want)[^,。\d]{0,4}[¥$]?$"
)
_HOUSE_NUMBER = re.compile(
    r"(?:栋|幢|座|楼|单元|室|房号?|(?:room|unit|apartment|apt)(?: number)?(?: is)?|#|no\.?|号楼|编号|尾号[为是]?|错误码?|代码|(?:取件|取货|验证|密)码|账号|电话|手机|订单|单号|合同|流水号?|车库|车位|\b(?:ref|reference|txn|order|id|error|(?:pack|block|course|set|bundle|group)s? of|ending(?: in)?|ends(?: in| with)?|extension))\s*[:：]?\s*\d*[-]?$"
)

_RAISED = re.compile(r"[涨升变改]|凭|我们|raised|up to|from|now")
_BY_AREA, _AREA = re.compile(r"按[¥$]?$"), re.compile(r"平|㎡|面积")  # "我家89.6平,你按98算的"


@dataclass(frozen=True)
class _Sum:
    start: int
    end: int
    fen: int


def find_sum(text: str, taken: list[tuple[int, int]]) -> int | None:
    """The sum in fen. `taken` are spans that are days or counts of parts."""
    text = text.translate(FORMAL)
    sums = _sums(text, taken)
    sums = [s for s in sums if not _is_replaced(text, s)] or sums
    if not sums:
        return None
    if len(sums) > 1:
        if any(_CORRECTION.search(text, a.end, b.start) for a, b in itertools.pairwise(sums)):
            return sums[-1].fen
        for pattern in (_CHARGED, _FIRST_PART):
            for found in sums:
                if pattern.search(text[max(0, found.start - 16) : found.start]):
                    return found.fen
    return sums[0].fen


def _is_replaced(text: str, found: _Sum) -> bool:
    """Whether another sum is put in its place: "不是500,是600"."""
    head = text[: found.start].rstrip("¥$ ")
    return head.endswith("不是") and re.match(r"(?:块钱?|元|,)*(?:而?是)", text[found.end :]) is not None


def _sums(text: str, taken: list[tuple[int, int]]) -> list[_Sum]:
    found: list[_Sum] = []
    prices: list[int] = []
    spans = list(taken)
    for pattern in (*_PATTERNS, _POINTED_AT, _LONE, _BARE):
        without_money = pattern is _LONE and not _MONEY_WORD.search(text)
        for match in pattern.finditer(text):
            if without_money and not re.search(r",|\.\d\d$", match["n"]):
                continue
            group = next(
                g
                for g in ("n", "whole", "whole2", "half", "big", "ten", "yuan", "zh", "en")
                if match.groupdict().get(g)
            )
            start, end = match.start(group), match.end()
            if any(start < b and a < end for a, b in spans):
                continue
            spans.append((start, end))
            if _is_unit_price(text, start, end):
                prices.append(_fen(match) or 0)
                continue
            if _is_no_sum(text, start, end):
                continue
            fen = _fen(match)
            if fen and (pattern is not _BARE or fen >= 5000) and not _is_year_or_code(match, fen):
                found.append(_Sum(start, end, fen))
    # "每平1块9,涨到2块2": what stands beside a unit price and is much like it is one, too
    if prices and _RAISED.search(text):
        found = [s for s in found if not any(price <= s.fen * 2 and s.fen <= price * 2 for price in prices)]
    return sorted(found, key=lambda s: s.start)


def _is_unit_price(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 14) : start], text[end : end + 14]
    return bool(_UNIT_PRICE.search(after) or _UNIT_PRICE_BEFORE.search(before))


def _is_no_sum(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 14) : start], text[end : end + 14]
    if _BY_AREA.search(before) and _AREA.search(text):
        return True
    return is_other_sum(text, start, end) or bool(
        _VAGUE_BEFORE.search(before.rstrip("¥$ "))
        or _HOUSE_NUMBER.search(before)
        or re.match(rf"{_MORE}|来块|几|左右|上下|出头|以上|以下|\+|-odd| or so|ish| something", after)
    )


def _is_year_or_code(match: re.Match[str], fen: int) -> bool:
    """A bare "2025" or an eleven digit number is no sum unless a unit stands beside it, a lone "1203" is a room."""
    if match.re in (_POINTED_AT, _LONE) and match["n"].isdigit() and 1 <= int(match["n"]) % 100 <= 12:
        return True
    bare = match.re in (_PAID_SUM, _POINTED_AT, _LONE, _BARE)
    return bare and (
        (201500 <= fen <= 203500 and "." not in match["n"] and "," not in match["n"])
        or fen > 9_999_999_00
        or fen < 1000
    )


def _fen(match: re.Match[str]) -> int | None:
    group = match.groupdict()
    if group.get("big"):
        scale = _scale(group["scale"])
        return (int(group["big"]) * scale + int(group["tail"]) * scale // 10) * 100
    if group.get("ten"):
        return (int(group["ten"]) * 10000 + int(group["thousand"]) * 1000) * 100
    if group.get("yuan"):
        yuan = int(group["yuan"]) if group["yuan"].isdigit() else chinese_number(group["yuan"])
        jiao = int(group["jiao"]) if group["jiao"].isdigit() else chinese_number(group["jiao"])
        fen = (group.get("fen") or "")[:1]
        if yuan is None or jiao is None:
            return None
        return yuan * 100 + jiao * 10 + ((int(fen) if fen.isdigit() else chinese_number(fen)) or 0 if fen else 0)
    if group.get("zh"):
        number = None if match[0] == "一块" else chinese_number(group["zh"])  # 凑一块: together
        return None if number is None else number * 100
    if group.get("en"):
        number = english_number(group["en"])
        return None if number is None else number * 100
    if group.get("half") or group.get("half2"):
        whole = english_number(group["whole"] or group["whole2"] or "zero") or 0
        return _scale(group["k"] or group["k2"]) * (100 * whole + 50)
    value = Decimal(re.sub("[, ]", "", group["n"])) * _scale((group.get("k") or "").strip())
    return int(value * 100)


def _scale(letter: str) -> int:
    return {
        "hundred": 100,
        "k": 1000,
        "grand": 1000,
        "thousand": 1000,
        "lakh": 100000,
        "w": 10000,
        "万": 10000,
        "千": 1000,
        "百": 100,
    }.get(letter, 1)
