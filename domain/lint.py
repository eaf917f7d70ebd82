"""What a text may not say to an audience: threats, shaming, pressure, insults, and in a group any household's data.

`lint(text, audience)` is asked for templates and for every free text of staff. The words are in domain/lint_rules.py,
their disguises in domain/lint_evasions.py, household data in domain/lint_household.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.lint_evasions import disguised
from domain.lint_household import household_data
from domain.lint_rules import BANS_EN, BANS_ZH, SCAM, SCAM_EN, UNPAID_EN, Ban
from domain.lint_text import Sentence, plain, sentences, squeezed
from domain.messages import Audience


@dataclass(frozen=True)
class Finding:
    """One forbidden thing. `rule` is its name, `text` the words that showed it."""

    rule: str
    text: str


def lint(text: str, audience: Audience | str = Audience.PRIVATE) -> tuple[Finding, ...]:
    """Everything forbidden in a text for this audience, each rule once; an empty tuple when it may be sent."""
    spelled = plain(text)
    found: dict[str, str] = {}
    about_fraud = bool(
        re.search(f"{SCAM}|{SCAM_EN}|(?:要求|让)[您你]?(?:转账|汇款)|为名要求", spelled)
    ) and not _OWN_THREAT.search(spelled)
    notice = "" if _FIRM.search(spelled) or _UNPAID_EN.search(spelled) else spelled
    for sentence in sentences(spelled):
        for rule, words in (*_chinese(sentence, notice, about_fraud), *_english(sentence, notice, about_fraud)):
            found.setdefault(rule, words)
    for rule, words in disguised(spelled):
        found.setdefault(rule, words)
    for rule, pattern in _ACROSS:
        if (hit := pattern.search(squeezed(spelled))) is not None:
            found.setdefault(rule, hit[0])
    if _CHAIN.search(spelled):
        found.setdefault("pressure", "!!!")
    if audience == Audience.GROUP:
        for rule, words in household_data(spelled):
            found.setdefault(rule, words)
    return tuple(Finding(rule, words) for rule, words in found.items())


# What is cut to pieces by its own signs: "Now! At once! Pay!"
_ACROSS = (
    ("pressure", re.compile("(?:马上|立刻|立即|现在|赶紧|赶快){2,}")),
    ("no_refund", re.compile("退(?:费|款|钱)(?:是)?(?:不可能|没门|做梦|想得美)")),
)
_CHAIN = re.compile(r"!(?:\s*[!?]){2,}|\?(?:\s*[!?]){3,}")
# In a text about fraud these still are a threat of our own.
_OWN_THREAT = re.compile(
    "再不|后果自负|限[你您]|我们(?:将|会|要|就)(?!.{0,5}(?:不|协助|帮|提醒|核实|从|用|先)"
    ")|否则(?:我们|将|就|停|断)|we will (?!never|not)"
)

_NOT = (
    "承诺不|保证不|不张贴|不打扰|不会|绝不|决不|不得|不允许|不可以|不可能|无权|不能|不应|"
    "不该|不可|不准|不许|不因|从不|从来不|永不|永远不|不再|并非|不是|没有权|没权|严禁|禁止|"
    "杜绝|不以|不采取|不采用|"
    "不使用|不用.{0,4}(?:担心|怕|着急)|不必.{0,3}(?:担心|怕|着急)|无需.{0,3}(?:担心|怕)"
    "|别担心|请放心|不存在|反对|拒绝(?!不)|不主张|不提倡|不靠|不打算|不想(?!被)|不愿|不搞|"
    "不做|不公开|不公布|不公示|不会去|从未|违法|未经.{0,6}不|不涉及|不影响|不(?:上|进|报|入)(?=$)|"
    "不纳入|不计入|谁(?:都|也)不|任何人.{0,4}不|不需要|无须|不必|不要求|不推荐|不建议|不支持"
)
_NEGATED = re.compile(f"(?<![得能可证])(?:{_NOT})(?P<gap>.{{0,24}})$")
_NEAR_NEGATED = re.compile(
    "(?:没有|并无|从无|免于|退出|移出|解除|拒绝|远离|警惕)[^交缴付还欠,]{0,4}$|(?:没|未|"
    "无|非|(?<![不能敢得可证会])不|免|反|防)[^交缴付还欠,]{0,1}$"
)
_IMPERATIVE = re.compile("(?:别|请?勿|不要|莫)[^交缴付还欠]{0,12}$")
_HOSTILE_GAP = re.compile(
    "否则|除非|再不|只好|吓唬|玩笑|手软|客气|留情|保证|善罢|罢休|容忍|姑息|坐视|放过|妥协|"
    "犹豫|让步|心软|排除|不[交缴付还]|未[交缴付]|没[交缴付]|的?话?就|,(?:就|将|会|要|那|"
    "则|我们将|我们会|而是)|才|等到|等着|以为|光|仅|只|单|止|但|而是|直接|一直|老是|"
    "[你您].{0,3}(?:想|愿)|逼|忘记|小看|轻视|低估|怪"
)
# "We won't … because you have not paid": the reason is denied as well.
_REASON = re.compile("(?:因|以|由于|凭)为?[^,]{0,8}(?:不|未|没有?|拖)(?:按时|及时)?[交缴付还]?(?:费|钱|清|款)?")
_UNLESS = re.compile(
    "除非|否则|但(?:是)?(?!希望|请|也|仍|还是希望|愿|想|可|建议|如|若您|您|我们(?:希望|"
    "想|会提醒|愿))|暂时不|暂且|目前还?不|现在还?不|这次先|本次先|这次不|就不会|才不会|"
    "就不用|就不必|就不再|便不会|不得不|不会不|不能不|不可不|免得|以免|要是不想|如果不想|"
    "若不想|不想被|不想让|不想.{0,6}就|不愿.{0,8}就"
)
_AFTERWARDS = re.compile(
    "^.{0,16}(?:坚决不|绝不|我们不|不采用|都?不会(?!再?有)|是违法|违法|不合法|不允许|绝不|"
    "不是我们|没有任何|不存在|无关|没有?关系|没关系|不影响|是谣言|是假的|是误会|是骗|不实|诈骗|骗局|"
    "请勿|不要相信|别信|不是真|一律不|也不会|并不|均为假|均属|不作为|不受影响|照常|不用担心|"
    "不必担心|都不用|的做法是错)"
)
_ASKS = re.compile(
    "会不会|是否|是不是会|会|能|可以|有权|请问|为什么|为啥|怎么|几点|什么时候|多久|合法|"
    "合规|哪[里天]|多少|有没有|听说|真的|算不算|需要|要不要|要|影响"
)
_TAUNTS = re.compile(
    "[你您](?:们|家)?.{0,6}(?:想|敢|等|非|难道|愿意|喜欢|希望|舍得|忍心|好意思|怕不怕|受得了|"
    "觉得自己|要不要|是不是要|真要|打算|准备|知道后果)|信不信|难道|非要|非得|是想|等着|"
    "等到|逼|何必|要我们|要不要我们|是不是要我们|还要|需要我们|要让|需不需要|试试|怎么做人|"
    "往哪"
    "|到底|凭什么|什么时候.{0,4}[交缴付还]|好意思|什么人|就不怕|不怕|脸"
)
_REPORTS = re.compile(
    "(?:您|住户|业主|家长|居民|邻居|有人|大家|客户|对方|他|她|租户|部分)(?:们)?(?:刚才|"
    "之前|昨天|今天|上次|曾|都|也|还|已|来电|多次)*(?:所)?(?:说|问|反映|投诉|咨询|担心|"
    "提到|报修|建议|来电|表示|询问|关心|举报|顾虑|误以为|以为|害怕|怕|描述|要求)"
)
_DUNS = re.compile("不[交缴付还]|再不|未[交缴付]|没[交缴付]|否则|拖欠|就(?:会|将|停|断|要)|将(?:会|被)")


def _harmless(sentence: Sentence, start: int, end: int, rule: str, about_fraud: bool) -> bool:
    """Whether the sentence denies, asks, warns of fraud or reports what it seems to threaten."""
    before, after = sentence.zh[:start], sentence.zh[end:]
    if about_fraud and rule not in _NEVER_FRAUD:
        return True
    if not _UNLESS.search(sentence.zh):
        found = _NEGATED.search(before)
        if found and not _HOSTILE_GAP.search(_REASON.sub("", found["gap"])):
            return True
        if rule not in _STERN and (near := _NEAR_NEGATED.search(before)) and not _HOSTILE_GAP.search(near[0]):
            return True
        if rule == "loan" and _IMPERATIVE.search(before):
            return True
        if _AFTERWARDS.search(after):
            return True
    if sentence.question and _ASKS.search(sentence.zh) and not _TAUNTS.search(sentence.zh):
        return rule not in {"insult"}
    return bool(_REPORTS.search(before)) and not _DUNS.search(sentence.zh)


_NEVER_FRAUD = frozenset({"insult", "no_refund", "blame"})
# "Don't let a small sum spoil your credit record" is no denial.
_STERN = frozenset({"authority", "exposure", "child"})


def _chinese(sentence: Sentence, notice: str, about_fraud: bool) -> Iterator[tuple[str, str]]:
    for ban in BANS_ZH:
        for hit in ban.pattern.finditer(sentence.zh):
            if _applies(ban, sentence.zh, notice, _FIRM) and not _harmless(
                sentence, hit.start(), hit.end(), ban.rule, about_fraud
            ):
                yield ban.rule, hit[0]
                break


def _applies(ban: Ban, text: str, notice: str, unpaid: re.Pattern[str]) -> bool:
    """`notice` is the whole text when nothing in it speaks of unpaid money: its works then explain each sentence."""
    if ban.unless is not None:
        if ban.firm:
            if not unpaid.search(text) and ban.unless.search(text + notice):
                return False
        elif ban.unless.search(text):
            return False
    return ban.needs is None or bool(ban.needs.search(text))


# Works and weather excuse nothing when the same sentence speaks of money that is not there.
_FIRM = re.compile(
    "(?:不|未|没有?|拒)(?:按时|及时|主动|按期|肯)?[交缴付还]|欠费|欠款|拖欠|欠[你您]?|再不|"
    "逾期|否则|清缴|缴清|交清|结清|付清|老赖|对[你您](?!家?的理解|的|表示|造成)|给[你您](?!带来|"
    "添|造成|的?生活|留)|[交缴付结补](?:费|清|钱|齐|完|了)+(?:后|再|才|之?前)(?!.{0,3}(?:更新|"
    "系统))|直到.{0,6}[交缴付清结]|交钱再"
)

_UNPAID_EN = re.compile(UNPAID_EN)
_EN_NOT = re.compile(
    r"\b(?:never|won'?t|will not|would not|wouldn'?t|can ?not|can'?t|must not|mustn'?t|may "
    r"not|do not|don'?t|does not|doesn'?t|did not|"
    r"is not|isn'?t|are not|aren'?t|not going to|no plans? to|nobody|no one|neither|nor|"
    r"not|without|no|illegal to|against the law to|no need to (?:worry|fear)|unlawful to)"
    r"\b"
    r"(?! (?:pay|paid|settle|have to wait|hesitate|be surprised|force|make us|forget|wait|"
    r"ignore|want|think|only|just|fail|be held|tolerate|blame|let (?:it|this)|give up|afraid|"
    r"exclude|rule out))(?P<gap>(?: [\w',/-]+){0,9} ?)$"
)
_EN_HOSTILE = re.compile(
    r"\b(?:unless|but|until|or we|if you|so we|then|otherwise|we will|we'll|and we|you will|"
    r"you'll|pay|paying|hesitate|guarantee|promise)\b"
)
_EN_UNLESS = re.compile(
    r"\b(?:unless|but we (?:will|can|may|have)|for now|yet|this time|or else|if you (?:don'?t|"
    r"do not|want to|wish to) |so that we (?:don'?t|do not)|to avoid|if you pay|as long "
    r"as|once you pay|want to (?:lose|avoid)|let a)\b"
)
BLAME_GAP_WORDS = 2  # "we can't clean the stairs thanks to you" denies no blame
_EN_TAUNTS = re.compile(
    r"\b(?:do you (?:want|like|wish|really)|would you (?:like|prefer|rather)|don'?t you|"
    r"are you|shall we|should we|must we|want us|how (?:dare|long|many|would you)|why (?:haven'?t|"
    r"are you|should|don'?t you|won'?t)|ready (?:to|for)|want to|what will|have you no|who "
    r"do you|remember)\b"
)
_EN_ASKS = re.compile(
    r"\b(?:i|my|me|we|our|you (?:cut|sue|call|turn|shut|allowed|going)|will|can|is|does|"
    r"why|when|what|are|who)\b"
)


def _english(sentence: Sentence, notice: str, about_fraud: bool) -> Iterator[tuple[str, str]]:
    text = sentence.en
    if not re.search("[a-z]{2}", text):
        return
    for ban in BANS_EN:
        for hit in ban.pattern.finditer(text):
            if not _applies(ban, text, notice, _UNPAID_EN) or (about_fraud and ban.rule not in _NEVER_FRAUD):
                continue
            if sentence.question and _EN_ASKS.search(text) and not _EN_TAUNTS.search(text) and ban.rule != "insult":
                continue
            negated = None if _EN_UNLESS.search(text) else _EN_NOT.search(text[: hit.start()])
            blames = ban.rule == "blame" and negated is not None and negated["gap"].count(" ") > BLAME_GAP_WORDS
            if negated and not blames and not _EN_HOSTILE.search(negated["gap"]):
                continue
            yield ban.rule, hit[0]
            break
