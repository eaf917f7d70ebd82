"""What people say beside the 24 labels: wishes about the reminders themselves, "how does my matter stand?", "take it back".

Each is read from the words alone. What the labels read as well, an aside reads more closely: "less often" is no stop, and
"how is my complaint doing?" is no new complaint.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from understanding import everyday, living
from understanding.faults import only_dear
from understanding.monthly import monthly_day
from understanding.numbers import CHINESE
from understanding.reasons import why_not

PREFERENCE, PROGRESS, WITHDRAW, PART_NOW, NOT_MEANT = "preference", "progress", "withdraw", "part_now", "not_meant"
VISIT = "visit"
KEEP_PLACE, RENEWAL, LESSONS, MY_PLAN, PLAN_DAY = "keep_place", "renewal", "lessons", "my_plan", "plan_day"
DETAILS = "details"
AGAIN = "start_again"
# Asides about one's own settings and money, or about the office: they give nothing away, whatever else they sound like.
HARMLESS = frozenset({PREFERENCE, everyday.PAYMENTS, everyday.ERASURE, living.LANDLORD, living.FAMILY})
# ... and these are about the office's own matters: not when the sentence is surely about somebody else's bill or money.
OF_THIS_OFFICE = frozenset({everyday.FEAR, everyday.OFFICE, everyday.THREAT, everyday.INSULT, everyday.PAYMENTS})


@dataclass(frozen=True)
class Aside:
    """`name` is one of the names above; `args` what it says. `instead`: the labels that it stands for, empty for all."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    instead: frozenset[str] = frozenset()


def aside(text: str) -> Aside | None:
    """The aside in a sentence, or None."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    tight = re.sub(r"(?<![a-z]) +| +(?![a-z])", "", plain)
    if _NOT_MEANT.search(plain):
        return Aside(NOT_MEANT)
    if _AGAIN.fullmatch(tight):
        return Aside(AGAIN)
    if (lives := living.living(tight, plain)) is not None:
        name, args = lives
        return Aside(name, args, _STANDS_FOR_MOVING if "pays" in args else frozenset())
    if (found := everyday.everyday(tight, plain)) is not None:
        name, args = found
        if args.get("what") == "starts" and (school := _of_a_course(tight, plain)) is not None:
            return school  # what it costs and when it starts: the offer tells both
        if name == everyday.HEADER:
            args = everyday.invoice_header(text)  # in the writer's own capitals
        if args.get("what") == "payee":
            return Aside(name, args)
        if args.get("what") == "phone":  # "电话多少" asks for no sum
            return Aside(name, args, _BESIDE[name] | {"ask_amount", "how_to_pay"})
        return Aside(PROGRESS if name == everyday.FAULT else name, args, _BESIDE.get(name, frozenset()))
    if _VISIT.search(tight) or _VISIT_EN.search(plain):
        return Aside(VISIT)
    if (_DETAILS.search(tight) or _DETAILS_EN.search(plain)) and not (_NOT_THEIRS.search(plain) or _PAYS.search(plain)):
        return Aside(DETAILS)
    if (school := _of_a_course(tight, plain)) is not None:
        return school
    if (what := _withdrawn(tight, plain)) is not None:
        return Aside(WITHDRAW, {"what": what})
    if (what := _asked_about(tight, plain)) is not None:
        labels = _LABELS.get(what, frozenset()) if _SEVERAL.search(plain) else frozenset()
        return Aside(PROGRESS, {"what": what}, labels)
    if _PLAN_DAY.search(plain) and monthly_day(text) is not None and not _NOT_A_PLAN.search(plain):
        return Aside(PLAN_DAY)
    if _MY_PLAN.search(tight) or _MY_PLAN_EN.search(plain):
        return Aside(MY_PLAN)
    if (wish := _preference(tight, plain)) is not None:
        return Aside(PREFERENCE, wish, _NO_OTHER_WISH.get(wish["wish"], frozenset({"opt_out", "out_of_scope"})))
    return Aside(PART_NOW) if _PART_NOW.search(tight) or _PART_NOW_EN.search(plain) else None


# What a wish for larger type is misread as, and what is answered beside an everyday question.
_NO_OTHER_WISH = {
    "large_type": frozenset({"opt_out", "out_of_scope", "request_instalment", "ask_discount", "dispute_bill"})
}
_STANDS_FOR_MOVING = frozenset({"vacant_moved", "out_of_scope"})  # "I move out on the 15th and pay before"
_BESIDE = {
    everyday.OFFICE: frozenset({"talk_human", "ask_identity", "out_of_scope", "renew_consider", "ask_due"}),
    everyday.FEAR: frozenset({"ask_late_fee", "out_of_scope", "talk_human", "ask_purpose", "opt_out"}),
    everyday.THREAT: frozenset({"opt_out", "complain_refuse", "talk_human", "out_of_scope"}),
    everyday.HEADER: frozenset({"request_invoice", "out_of_scope"}),
}

_NOT_MEANT = re.compile(
    r"不是(?:这个|那个)意思|(?:理解|听)错(?:我的?意思)?了|(?:弄|搞)错我的意思|你(?:弄|搞|理解)错了|误会我?的?意思"
    r"|(?:not|n't) what i (?:meant|said)|misunderst[oa]nd|misunderstood me|you got (?:me|that|it) wrong"
)

# The one word by which somebody who has stopped may want to begin again; it says too little to resume at once

_AGAIN = re.compile(
    r"(?:请|please )?(?:重新|再)?(?:start|restart|resume|unstop|begin|start again|continue|开始|開始|恢复|恢復|继续|繼續|开启|開啟|打开)(?:吧|了)?[.!。! ]*"
)

# The visit that was agreed on: another hour, when it is, or that nobody need come

_VISIT = re.compile(
    r"(?:上门|来访|家访|拜访)(?:的)?(?:时间|约|预约)?.{0,6}(?:改|换|推迟|提前|延后|取消|几点|什么时候|哪天|不用|不方便)"
    r"|(?:改|换|推迟|提前|延后|取消|别|不用|不要|不必).{0,4}(?:上门|来访|家访|拜访)|(?:你们|师傅|同事)?(?:几点|什么时候|哪天)(?:来)?上门"
)
_VISIT_EN = re.compile(
    r"\b(?:change|move|cancel|postpone|reschedule|when is)\b.{0,16}\bvisit\b|\bvisit\b.{0,20}\b(?:another|different|other) (?:day|time|hour)"
    r"|\bno need to (?:come|visit)\b|\bdon't (?:come by|visit)\b"
)

# What is on file about the person: another phone, a name written wrong

_FILED = r"(?:手机号码?|手机|电话号码?|电话|联系方式|联系电话|号码|邮箱|姓名|名字)"
_DETAILS = re.compile(
    rf"(?:换|改|更新|更换|修改|更正)(?:了|成|过|一下|下|个)?(?:我的|我|登记的|预留的|新的|新)*{_FILED}"
    rf"|(?:我|我的|我们家|家里|本人|登记|预留|留|存|联系人)(?:的|家)?{_FILED}.{{0,4}}(?:换|变|改|错|不对|停机|停用|不用了|作废)"
    rf"|^{_FILED}(?:也|请|麻烦|帮我|已经|都)*(?:换|变|改|写错|登记错)(?:成|了|为)|(?:换|改)(?:了|成)?新号"
)
_DETAILS_EN = re.compile(
    r"\b(?:my|our) (?:phone|mobile|cell|telephone|contact|e-?mail)(?: (?:phone|number|address|details))? (?:has |have |is |was )?(?:changed|new|wrong|different|out of date)\b"
    r"|\b(?:changed|change|update|correct) (?:my|our) (?:phone|number|mobile|cell|contact|details|name|e-?mail)\b"
    r"|\b(?:a |my )new (?:phone|mobile|cell|contact) ?(?:number)?\b|\bmy name is (?:spelled|spelt|written) wrong\b|\bmisspel(?:led|t) my name\b"
)
_NOT_THEIRS = re.compile(
    r"你们|客服|师傅|管家|经理|物业的?电话|保安|发票|抬头|户头|账单|快递|打(?:我)?电话|通讯录|[你您]是|谁|委托|划款|扣|还款|欠"
    r"|\byour\b|invoice|receipt|\bcall\b|\bbill\b|debit|who (?:is|are)"
)

# A part now

_PART_NOW = re.compile(
    r"(?:先|就|只|只能|暂时)(?:让我|给你们|帮我)?(?:交|缴|付|给|还)(?:上|个|了)?"
    r"(?:一半|半|一部分|部分|一点|一些|点儿?|些|\d+(?:\.\d+)?(?:块|元)?)(?!个?月|号|期|年|日)"
    r"|(?:交|缴|付|给|还)(?:上|个|了)?(?:一半|一部分|\d+(?:\.\d+)?(?:块|元)?)[,，。;； ]*(?:剩|余下|另一半|另外一半|其余|尾款)"
    r"|先(?:交|缴|付|给)(?:上|掉)?(?:一|1|两|2|几)个?月的"
)
_PART_NOW_EN = re.compile(
    r"\bpay (?:you |just |only )?(?:half|part|some(?: of it)?|a part|a bit)\b(?! .{0,20}\b(?:month|instal))"
    r"|\bpay (?:just |only )?(?:for )?(?:one|a|1|the first) month(?: only)? (?:for now|first|now)\b"
)

# A plan: what it says, other days for it

_MY_PLAN = re.compile(
    r"^(?:看看?|查看?|看一?下|查一?下)?我的分期(?:计划|安排|情况)?(?:呢)?[?!。]*$"
    r"|第[一二三四五六1-6]期.{0,6}(?:什么时候|哪天|几号|交多少|缴多少|多少钱)"
)
_PART_OF_IT = r"(?:first|next|second|third|last) (?:part|instal+ment)\b"
_MY_PLAN_EN = re.compile(
    rf"^(?:show |see )?(?:me )?my (?:payment )?plan[?.! ]*$|\b{_PART_OF_IT}.{{0,16}}\b(?:due|when|how much)"
    rf"|\b(?:when|how much)\b.{{0,16}}\b{_PART_OF_IT}"
)
_PLAN_DAY = re.compile(r"改|换|调|\b(?:change|move|switch|make it|rather)\b")
_NOT_A_PLAN = re.compile(r"提醒|发|消息|通知|扣|remind|message|send|debit|automatic|charge")
_NO_PLAN = re.compile(r"\b(?:don't|do not|no longer) (?:want|need) (?:the |any |my )?(?:instal+ments?|plan|parts)\b")

# A course: a place to be kept, which is no yes; what the next one costs, or that it is wanted after all; the lessons left

_PLACE = re.compile(
    r"(?:留|占|保留|预留)(?:一)?(?:个|下|着)?(?:座?位(?:子|置)?|座位|名额)|(?:名额|位子|位置|座位)(?:先)?(?:帮|给|替)?(?:我们?)?(?:家)?(?:先)?(?:留|保留|占)(?!到)"
)
_PLACE_EN = re.compile(
    r"\b(?:hold|keep|save|reserve) (?:(?:us|me|him|her|them) )?(?:a|the|his|her|our|my|that) (?:place|seat|spot)\b"
)
_NO_PLACE = re.compile(
    r"(?:不|别|不用|不要|不必|不需要)(?:再)?(?:帮|给|替)?(?:我们?)?(?:留|占|保留|预留)|多久|哪天|几号|几天|什么时候"
    r"|\b(?:not|n't|no need to|stop|don't) (?:to )?(?:hold|keep|save|reserv)|\bhow long\b|\buntil when\b"
)
_RENEWS_TOO = re.compile(
    r"^(?:好的?|嗯|行|要|想好了|我们?|我家|决定|还是|继续|,|，)*(?:续|报名)|\byes\b|\b(?:will|we'll|i'll|want to|going to) (?:renew|enrol|sign up)"
)
_NEXT = r"(?:续班|续报|续课|续|下学期|下一?期|下个?学期|新学期|新一期|下一?季|下阶段)"
_NEXT_PRICE = re.compile(
    rf"{_NEXT}.{{0,6}}(?:多少钱|几多钱|什么价|啥价|(?:价格|学费|费用).{{0,3}}(?:多少|几多|怎么)|怎么收费|收多少|要多少)|(?:多少钱|什么价).{{0,4}}{_NEXT}"
)
_NEXT_PRICE_EN = re.compile(
    r"\b(?:how much|price|cost|fees?)\b.{0,24}\b(?:next (?:term|course|class|semester|season)|new (?:term|course)|(?:the )?renewal|to renew|renewing)\b"
)
_NO_PRICE = re.compile(r"优惠|便宜|打折|折扣|减|贵|退|discount|cheap|expensive|refund")
_AFTER_ALL = re.compile(
    r"(?:又|还是|还)(?:想|要|决定)(?:再)?(?:继续)?(?:报|续)(?!费)|(?:改|变)(?:了)?主意.{0,6}(?<!不)(?:报|续)"
    r"|\b(?:want|like|decided) to (?:renew|enrol|sign up) (?:again|after all)\b"
)
_LESSONS = re.compile(
    r"(?:还有|还剩|剩下?|剩余|余).{0,4}(?:几|多少).{0,2}(?:节|堂|次|个)?课|(?:剩余|剩下的?|余下的?)(?:的)?课(?:时|次)"
    r"|课(?:时|次)?.{0,4}(?:剩|余|还有).{0,4}(?:几|多少)|(?:几|多少)(?:节|堂|次|个)?课(?:时)?.{0,2}(?:没上|没用|剩)"
)
_LESSONS_EN = re.compile(
    r"\bhow many (?:more )?(?:lessons?|classes|sessions)\b.{0,20}\b(?:left|remain\w*|still)\b|\b(?:lessons?|classes|sessions) (?:are |is )?(?:left|remaining)\b"
)
_NOT_LEFT = re.compile(r"退|转|赠|送|过期|refund|transfer|expire")
_ASKS_MONEY = frozenset({"ask_amount", "ask_due", "ask_calculation", "out_of_scope"})


def _of_a_course(tight: str, plain: str) -> Aside | None:
    """What parents say that no label holds; a conversation about fees of a home passes it on."""
    if (_PLACE.search(tight) or _PLACE_EN.search(plain)) and not (_NO_PLACE.search(plain) or _RENEWS_TOO.search(tight)):
        return Aside(KEEP_PLACE, instead=frozenset({"renew_yes"}))
    if (_LESSONS.search(tight) or _LESSONS_EN.search(plain)) and not _NOT_LEFT.search(plain):
        return Aside(LESSONS, instead=_ASKS_MONEY)
    if (_NEXT_PRICE.search(tight) or _NEXT_PRICE_EN.search(plain)) and not _NO_PRICE.search(plain):
        return Aside(RENEWAL, instead=_ASKS_MONEY)
    return Aside(RENEWAL) if _AFTER_ALL.search(tight) or _AFTER_ALL.search(plain) else None


# Preferences

_STOP = re.compile(r"别再|不要再|再也|停止|停掉|退订|取消提醒|拉黑|全停|都停|都别|unsubscribe|\bstop\b|never|opt out")
_SEND = r"(?:发|提醒|通知|联系|打扰|推送|来消息|找我|写)"
_SEND_EN = re.compile(r"\b(?:send|message|messages|remind|reminders?|write|text|contact|notify|reach)\b")
_PAYS = re.compile(r"付款|支付|缴|交|转账|扫码|收款|红包|付|\bpay|\bqr\b|transfer")
_ENGLISH = re.compile(
    r"(?:用|发|说|讲|写|换成?|改成?|切换?成?到?|要|回)(?:成|为|个)?(?:英文|英语|english)|英文版|请?(?:英文|英语)(?:回复|回答)"
    r"|english,? (?:only,? )?(?:please|pls)|(?:in|speak|use|using|switch to|language to) english|english version"
)
_CHINESE_WISH = re.compile(
    r"(?:用|发|说|讲|写|换成?|改成?|切换?成?到?|回)(?:成|为|个)?(?:中文|汉语|国语|普通话)|请?中文(?:回复|回答)|中文版"
    r"|chinese,? please|(?:in|speak|use|using|switch to|language to) chinese"
)
_LARGE = re.compile(
    r"字(?:体|号)?(?:还)?(?:能不能|可不可以|可以|能)?(?:再|更)?(?:发|弄|调|放|写|搞)?(?:得)?(?:大)|大字|放大(?:点|一点|些)?字?"
    r"|字(?:体|号)?(?:太|有点|这么|那么|好)?小|(?:看不清|看不见)(?:楚)?字|字(?:都)?看不(?:清|见)"
    r"|(?:large|larger|big|bigger) (?:type|text|font|letters|print|characters)|(?:text|type|font|letters|print) (?:is |are )?(?:too|so) small"
)
_NORMAL_SIZE = re.compile(
    r"字(?:体|号)?(?:小一?点|小些|改小|正常|恢复|不用大)|不用大字|(?:normal|smaller) (?:type|text|font|print|size)"
)
_CHANNELS = {
    "wechat": r"企业微信|微信|wechat|weixin",
    "telegram": r"telegram|电报|纸飞机|\btg\b",
    "other": r"短信|邮件|邮箱|\bsms\b|text message|e-?mail",
}
_NO_CHANNEL = re.compile(r"别|不要|不用|勿|怎么|为什么|发票|收据|电子票|\bwhy\b|n't|\bnot\b|invoice|receipt")
_LESS = re.compile(
    r"(?<!多)少(?:发|提醒|说|推|打扰|通知)(?:我)?(?:一)?(?:点|些|几|两)?|(?:别|不要|不用|用不着|没必要)(?:老|总|天天|老是|总是)"
    rf"|(?:别|不要|不用)(?:给我)?{_SEND}?(?:得)?(?:这么|那么|太)(?:多|勤|频|密)|(?:提醒|消息|通知)(?:得|也)?(?:太|有点|实在)(?:多|勤|频)"
    rf"|{_SEND}(?:得)?(?:太|有点|这么|那么)(?:多|勤|频|密)|频率(?:低|少|降)"
    r"|less often|less frequent|not so (?:often|many)|fewer (?:messages|reminders|texts)|减少提醒|too many (?:messages|reminders|texts|notifications|msgs)|too often"
)
_ONCE = re.compile(
    rf"(?P<many>一|1|每|两|2|半)(?:个)?(?P<unit>周|星期|礼拜|月)(?:就|只|最多)?(?:{_SEND})?(?:我)?(?:一|1)(?:次|条|回)"
    r"|once (?:a|every|per) (?P<unit_en>week|two weeks|fortnight|month)"
)
_AS_USUAL = re.compile(
    r"频率(?:照常|恢复|正常)|(?:恢复|改回)(?:正常|原来)的?(?:频率|次数)|normal frequency|as often as before"
)
_RESUME = re.compile(
    r"(?:恢复|继续|重新)(?:给我)?(?:开始)?(?:开启)?提醒|不用停了|别停了|(?:resume|restart|turn on) (?:the )?reminders|remind me again"
    r"|(?:还是|可以|请)?继续(?:给我)?(?:提醒|发)(?:我)?吧?|(?:keep|continue|go on) (?:on )?remind|(?:keep|continue|start) (?:the )?reminders|keep (?:the )?(?:reminders|messages) coming"
)


def _preference(tight: str, plain: str) -> dict[str, str] | None:
    """What a person wishes of our messages: {"wish": …, "value": …}."""
    resumes = _RESUME.search(tight) or _RESUME.search(plain)
    again = {"again": "yes"} if resumes else {}
    if _ENGLISH.search(tight) or _ENGLISH.search(plain):
        return {"wish": "language", "value": "en", **again}
    if _CHINESE_WISH.search(tight) or _CHINESE_WISH.search(plain):
        return {"wish": "language", "value": "zh", **again}
    if resumes:
        return {"wish": "resume", "value": ""}
    if _NORMAL_SIZE.search(tight) or _NORMAL_SIZE.search(plain):
        return {"wish": "large_type", "value": ""}
    if _LARGE.search(tight) or _LARGE.search(plain):
        return {"wish": "large_type", "value": "yes"}
    if _STOP.search(plain):
        return None
    if (hours := _hours(tight, plain)) is not None:
        return {"wish": "hours", "value": hours}
    if (channel := _channel(tight, plain)) is not None:
        return {"wish": "channel", "value": channel}
    if _AS_USUAL.search(tight) or _AS_USUAL.search(plain):
        return {"wish": "spacing", "value": "0"}
    if (once := _ONCE.search(tight) or _ONCE.search(plain)) is not None and not _PAYS.search(plain):
        return {"wish": "spacing", "value": str(_days(once))}
    return {"wish": "spacing", "value": "7"} if _LESS.search(tight) or _LESS.search(plain) else None


def _days(once: re.Match[str]) -> int:
    if (unit := once["unit_en"]) is not None:
        return {"week": 7, "month": 30}.get(unit, 14)
    days = 30 if once["unit"] == "月" else 7
    return 15 if once["many"] == "半" else days * 2 if once["many"] in "两2" else days


def _channel(tight: str, plain: str) -> str | None:
    if _PAYS.search(plain) or _NO_CHANNEL.search(plain):
        return None
    for name, words in _CHANNELS.items():
        to = rf"{_SEND}(?:我)?(?:到|在|去|给|用|往)?(?:我)?(?:的)?(?:{words})|(?:用|在|到|从|换成?|改成?|走)(?:{words})(?:上|里)?(?:跟|和|给)?(?:我)?{_SEND}"
        if re.search(to, tight) or (
            _SEND_EN.search(plain) and re.search(rf"(?:on|to|via|through|by|over|in) (?:my )?(?:{words})", plain)
        ):
            return name
    return None


# Hours: the office writes between 9 and 20.

_PARTS = {
    "morning": ("早上|上午|早晨|一大早|morning", "9-12", "12-20"),
    "noon": ("中午|午休|午睡|noon|lunch", "11-14", "14-20"),
    "afternoon": ("下午|afternoon", "13-18", "9-13"),
    "work": (
        "上班(?:时间|的?时候)?|工作时间|开会|白天|work(?:ing)? hours?|at work|office hours|daytime",
        "9-18",
        "18-20",
    ),
    "evening": ("晚上|傍晚|夜里|下班(?:以后|之后|后)?|evening|after work|at night", "18-20", "9-18"),
}
_CLOCK = re.compile(
    rf"(?P<part>早上|上午|中午|下午|傍晚|晚上|晚间)?(?P<hour>\d{{1,2}}|{CHINESE}{{1,3}})(?:点|时|:00)(?:半|钟|整)?(?P<side>以后|之后|后|过后|以前|之前|前)"
)
_SPAN = re.compile(
    rf"(?P<part>早上|上午|中午|下午|傍晚|晚上|晚间)?(?P<from>\d{{1,2}}|{CHINESE}{{1,3}})(?:点|时|:00)(?:钟|整)?(?:到|至|-|~|—)"
    rf"(?P<part2>早上|上午|中午|下午|傍晚|晚上|晚间)?(?P<to>\d{{1,2}}|{CHINESE}{{1,3}})(?:点|时|:00)"
)
_CLOCK_EN = re.compile(r"\b(?P<side>after|before) (?P<hour>\d{1,2})(?::\d\d)? ?(?P<half>am|pm|o'clock)?")
_NOT = r"(?:别|不要|勿|请勿|莫|不方便|不许)"
_NOT_EN = re.compile(r"\b(?:not|n't|don't|do not|no)\b")
_ANY_TIME = re.compile(
    r"(?:什么|任何)时(?:间|候)都(?:可以|行|能)?发|随时(?:都)?(?:可以|能)?(?:发|提醒)|(?:write|send|remind).{0,12}any ?time"
)
_OPENS, _CLOSES = 9, 20


def _hours(tight: str, plain: str) -> str | None:
    """`19-20`: the hours in which they wish to be written to; "" for any; None when they said nothing of it."""
    if _ANY_TIME.search(tight) or _ANY_TIME.search(plain):
        return ""
    speaks = re.search(_SEND, tight) or _SEND_EN.search(plain)
    if speaks is None or _PAYS.search(plain):
        return None
    if (span := _SPAN.search(tight)) is not None:
        return _from_span(span)
    if (at := _CLOCK.search(tight)) is not None:
        hour = _number(at["hour"])
        if hour is not None:
            beside = tight[max(0, at.start() - 5) : at.start()], tight[at.end() : at.end() + 4]
            negated = any(re.search(_NOT, words) for words in beside)
            return _from_clock(hour, at["part"] in ("下午", "傍晚", "晚上", "晚间"), "后" in at["side"], negated)
    if (at := _CLOCK_EN.search(plain)) is not None:
        return _from_clock(
            int(at["hour"]), at["half"] == "pm", at["side"] == "after", _NOT_EN.search(plain) is not None
        )
    for words, only, avoiding in _PARTS.values():
        if re.search(words, plain):
            if re.search(rf"(?:{words}).{{0,6}}{_NOT}|{_NOT}(?:在)?(?:{words})", tight) or (
                _NOT_EN.search(plain) and not re.search("[\u4e00-\u9fff]", plain)
            ):
                return avoiding
            if re.search(rf"(?:{words}).{{0,6}}{_SEND}", tight) or _SEND_EN.search(plain):
                return only
    return None


def _from_span(span: re.Match[str]) -> str | None:
    """ "19点到20点" in the office's window; None where it leaves no hour."""
    opens, closes = _number(span["from"]), _number(span["to"])
    if opens is None or closes is None:
        return None
    late = ("下午", "傍晚", "晚上", "晚间")
    opens += 12 if span["part"] in late and opens < 12 else 0
    closes += 12 if (span["part2"] or span["part"]) in late and closes < 12 else 0
    opens, closes = max(opens, _OPENS), min(closes, _CLOSES)
    return f"{opens}-{closes}" if opens < closes else None


def _number(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    digits = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
    tens, _, ones = text.rpartition("十")
    if "十" in text:
        return (digits.get(tens, 1) if tens else 1) * 10 + digits.get(ones, 0)
    return digits.get(text)


def _from_clock(hour: int, late: bool, after: bool, negated: bool) -> str | None:
    """An hour of the office's window: "7 o'clock" can only be 19:00 then."""
    if hour > 24:
        return None
    hour += 12 if late and hour < 12 else 0
    hour += 12 if not late and hour < (_OPENS if after else _OPENS + 1) - 1 and hour + 12 <= _CLOSES else 0
    after = after != negated
    if after:
        return f"{min(max(hour, _OPENS), _CLOSES - 1)}-{_CLOSES}"
    return f"{_OPENS}-{max(min(hour, _CLOSES), _OPENS + 1)}"


# How a matter stands, and taking it back

_MATTERS = {
    "complaint": "投诉|意见|诉求|反映|反馈|complaint",
    "repair": "报修|维修单|repair (?:request|ticket)|repair",
    "dispute": "异议|核实|账单有误|dispute",
    "invoice": "发票|收据|invoice|receipt",
    "plan": "分期|instal+ments?|payment plan|my plan|the plan",
    "claim": "核对|财务|到账|已缴|申报|my payment|payment (?:checked|found)",
    "person": "人工|客服|同事|排队|轮到我|colleague|in the queue|queue|someone|a person",
    "promise": "约定|承诺|约好的?日子|promise|pick(?:ed)? day",
    "autopay": "自动扣费|代扣|automatic payment|auto-?pay",
    "": "单号|工单|我(?:说|提|报)的(?:事|问题)|那件事|我的(?:事|申请|问题)|申请|ticket|my (?:case|request|matter)|number 0\\d{3}",
}
# A sentence of several parts may ask for other things besides: only these labels are the matter's own.
_SEVERAL = re.compile(r"[,，。;；!?？](?=.*\w)")
_LABELS = {
    "complaint": frozenset({"complain_refuse"}),
    "dispute": frozenset({"dispute_bill"}),
    "invoice": frozenset({"request_invoice"}),
    "plan": frozenset({"request_instalment"}),
    "claim": frozenset({"claim_paid"}),
    "person": frozenset({"talk_human"}),
    "promise": frozenset({"promise_to_pay", "request_postpone"}),
    "autopay": frozenset({"auto_debit"}),
}
_STANDS = re.compile(
    r"怎么样了|怎样了|咋样了|啥情况|到哪(?:一)?步|进度|进展|有(?:没有)?(?:结果|消息|回复|回音|下文|答复)|没(?:有)?(?:下文|回音|消息|人理|人管)"
    r"|(?:处理|解决|核实|核对|查|开|办|批|通过|审核|回复|弄)(?:得|的)?(?:(?:好|完|到|过|下来|出来)了?|了)(?:吗|没有|没|么)(?![\u4e00-\u9fff])"
    r"|(?:处理|办|查)(?:得|的)怎么?样|什么时候(?:能|可以|会)?(?:好|开好|处理|有结果|批|回复|轮到|拿到|给)|还没(?:有)?(?:处理|解决|回复|开|批|好|查|给|人)"
    r"|(?:还要|要|得|还得)(?:等)?多久|多久(?:能|可以|会)|还有多久|轮到我了?(?:吗|没)|批了吗|几天能"
    r"|any (?:news|update|progress)|what happened (?:to|with)|what about my|status of|how (?:is|are|'s) my|how is the|how's the|(?:is|are) my .{0,20}(?:done|ready|approved|solved|fixed|checked)"
    r"|when will (?:my|the) .{0,24}(?:ready|done|answered|approved|fixed)|when (?:do|will) i (?:get|hear)|have you (?:checked|found|looked|answered|dealt)"
    r"|still (?:waiting|no)|how (?:long|much longer)|did you (?:check|find|get|look)"
)
_TAKE_BACK = r"(?:撤销|撤回|撤掉|收回|取消)"
_TAKE_BACK_EN = re.compile(r"\b(?:cancel|withdraw|take back|drop|forget|revoke)\b")


_WAITING = re.compile(
    r"^(?:请问|那)?(?:我?还?(?:要|得)等?多久|还有多久|等了?多久|人呢|怎么还没人|怎么没人|有人吗|在吗有人)(?:啊|呀|呢|了)?[?!。]*$|^how (?:much )?longer[?!. ]*$|^(?:is )?anyone there[?!. ]*$"
)
_NO_NEED_TO_WAIT = re.compile(
    r"(?:不|不用|不想|别)等了|不(?:用|要|需要)(?:人工|客服|同事)了|^(?:no|don't) need to wait|never mind,? no need"
)


def _asked_about(tight: str, plain: str) -> str | None:
    if _WAITING.search(tight) or _WAITING.search(plain):
        return "person"
    if not (_STANDS.search(tight) or _STANDS.search(plain)):
        return None
    return next((name for name, words in _MATTERS.items() if re.search(words, plain)), None)


_NEVER_MIND = re.compile(
    r"^(?:(?:那|算了)?(?:不用|不必|不麻烦)(?:你们?|您)?了[,，。]?(?:没事|没什么事)了?|没事了|没什么事?了?|当我没说|算了,?(?:没事|不说了)?|(?:oh,? )?never ?mind|forget it)[。.!~]*$"
)


def _withdrawn(tight: str, plain: str) -> str | None:
    if _NEVER_MIND.search(tight) or _NEVER_MIND.search(plain):
        return "question"
    if _NO_NEED_TO_WAIT.search(tight) or _NO_NEED_TO_WAIT.search(plain):
        return "person"
    if _NO_PLAN.search(plain):
        return "plan"
    for name, words in _MATTERS.items():
        if name == "autopay":
            continue  # "cancel the automatic payment" ends the mandate itself, not a request for it
        back = rf"{_TAKE_BACK}(?:我的?|刚才的?|那个|上次的?|之前的?)*(?:{words})|(?:{words}).{{0,4}}(?:{_TAKE_BACK}|算了|不要了|作废)|不(?:{words})了(?!吗)"
        if re.search(back, tight) or (_TAKE_BACK_EN.search(plain) and re.search(rf"\b(?:{words})", plain)):
            return name
    return None


# A home or a pupil whose situation has changed: who says it, and how.

_CHANGED = (
    ("tenant", r"我(?:们)?(?:只)?是(?:个)?(?:租客|租户|租的|租房)|我(?:们)?(?:这)?(?:是)?租(?:的|房)|(?:找|问|让)房东|房东(?:交|缴|付|来|没|说)|\bi(?:'m| am) (?:a|the|just a|only a|only the) tenant|\bi (?:only |just )?rent\b|landlord"),
    ("sold", r"卖(?:了|掉|给|出)|已售|过户|转让|\bsold\b|new owner"),
    ("let", r"租(?:出|给)|出租|租客|租户|\brented (?:it )?out|\blet (?:it )?out|tenant"),
    ("wrong", r"打错|发错|找错|认错|搞错人|不是(?:我家|我的(?:房|家)|业主|本人|这家|这户|户主)|我不是|不认识|没有这(?:个|套)?房|不是.{0,6}小区的|wrong (?:person|number|home|flat)|not (?:me|my (?:home|flat|house)|the owner)|(?:don't|do not) know (?:this|him|her|them|who)|no longer my"),
    ("vacant", r"空(?:着|置|房|关)|没(?:有)?人住|没(?:有)?(?:入)?住|未入住|毛坯|没(?:有)?装修|没交房|未收房|没收房|还没交付|\bempty\b|vacant|nobody lives|unoccupied|not moved in"),
    ("left", r"退学|转学|毕业|不在(?:你们|这)(?:里|儿|家)?(?:上|读|学)|不(?:在)?这(?:里|儿)(?:上|读|学)了|left (?:the )?school|changed schools?|graduated"),
)  # fmt: skip


def details(wish: str, text: str) -> Mapping[str, str]:
    """What a sentence says more closely than its label: {"case": "sold"} of a home that has changed."""
    if wish == "greet_thanks":
        return {"said": "thanks"} if _THANKS.search(unicodedata.normalize("NFKC", text).lower()) else {}
    if wish == "dispute_bill":
        return {"said": "dear"} if only_dear(text) else {}
    if wish == "request_invoice":
        return everyday.invoice_header(text)
    if wish in ("renew_no", "renew_consider"):
        return {"reason": code} if (code := why_not(text)) else {}
    return {"case": changed_how(text)} if wish == "vacant_moved" else {}


_THANKS = re.compile(
    r"谢|感恩|辛苦|麻烦(?:你|您)了|多得|唔该|再见|拜拜|晚安|thank|\bthx\b|\bty\b|cheers|bye|good ?night"
)


def changed_how(text: str) -> str:
    """How a home or a pupil has changed: tenant, sold, let, wrong, vacant, left; empty when the words do not tell."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return next((name for name, words in _CHANGED if re.search(words, plain)), "")
