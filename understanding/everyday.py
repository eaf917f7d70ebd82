"""Everyday things people say to an office that no label stands for: fears, plain questions about it, an apology, an insult.

Each is read from the words alone, and closely: what could as well be something else is left to the labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

FEAR, OFFICE, PAYMENTS, PAID_AGAIN, NOT_PAID = "fear", "office_fact", "own_payments", "paid_again", "not_paid"
ERASURE, APOLOGY, INSULT, VIOLENCE, THREAT = "erasure", "apology", "insult", "violence", "complaint_to_come"
FETCH, ALOUD, HEADER, ON_DAY, OTHER_DAY = "fetch_wish", "read_aloud", "invoice_header", "ask_day", "other_day"
FAULT = "fault"

Found = tuple[str, Mapping[str, str]]
Says = Callable[[re.Pattern[str], re.Pattern[str]], bool]

# Water and power, the credit record: feared, not reported as broken

_FEAR = re.compile(
    r"(?:会不会|不会|会|要|能|敢|是不是要|难道).{0,8}(?:断|停|掐)(?:掉|了)?(?:我|我们|我家|家里|你|的){0,3}(?:水|电|气|暖|燃气)(?!了|梯|费|卡|表)"
    r"|断不断(?:我)?(?:们)?的?(?:水|电|气|暖)|停不停(?:我)?(?:们)?的?(?:水|电|气|暖)"
    r"|(?:不交|不缴|没交|没缴|欠费|欠着|晚交|晚缴).{0,10}(?:断|停|掐)(?:我|我们|我家|家里|的){0,3}(?:水|电|气|暖)"
    r"|(?:影响|上|进|记入|记到|报|列入|纳入).{0,6}(?:征信|信用记录|失信|老赖)|征信.{0,6}(?:影响|问题)"
)
_FEAR_EN = re.compile(
    r"\b(?:cut|turn|shut|switch)(?:ting|ning|ing)? (?:off )?(?:my|our|the) (?:water|power|electric\w*|gas|heat\w*)(?! up)"
    r"|\b(?:water|power|electric\w*|gas|heating) (?:be )?(?:cut|turned|shut|switched) off\b.*\b(?:pay|owe|late)"
    r"|\b(?:affect|hurt|damage|ruin|on|harm) (?:my|our) credit\b|\bcredit (?:record|score|rating|report)\b"
)

# The office itself

_PHONE = re.compile(
    r"(?:你们|物业|客服|前台|办公室|公司|学校|贵司)(?:的)?(?:联系)?(?:电话|号码|热线|座机)(?:号码)?(?:是)?(?:多少|几号|什么|呢)"
    r"|^(?:那|请问)?(?:联系)?(?:电话|热线)(?:号码)?(?:是)?(?:多少|几号|什么)|(?:你们|物业|客服|前台|办公室).{0,8}(?<!打)电话(?:给我|发我)"
)
_PHONE_EN = re.compile(
    r"\b(?:what(?:'s| is|s)?|give me|have you got|do you have) (?:your|the office's) (?:phone|telephone|contact)? ?number\b|\bhow (?:can|do) i (?:call|ring|phone) you\b"
)
_HOURS = re.compile(
    r"几点(?:钟)?(?:上班|下班|开门|关门|营业)|(?:什么时候|啥时候|何时)(?:上班|下班|开门)|(?:上班|办公|营业|工作)时间(?:是|到)?(?:几点|什么|多少|怎么|呢|[?]|$)"
    r"|(?:周末|周六|周日|星期[六天日]|礼拜[六天]|节假日|假期)(?:你们)?(?:也)?(?:上班|开门|有人|办公|休息)(?:吗|不|么|没|嘛|[?])"
)
_HOURS_EN = re.compile(
    r"\b(?:opening|office|working|business) hours\b(?! .{0,20}\b(?:message|remind|text|write))|\bwhen (?:are|do) you (?:open|close)|\bopen (?:on|at) (?:the )?(?:weekend|saturday|sunday)"
)
_WRITES = re.compile(
    r"超市|医院|银行|商场|菜场|邮局|食堂|他们|别|不要|勿|发|提醒|打扰|\bn't\b|\bnot\b|\b(?:message|remind|text)\b"
)
_PAYEE = re.compile(
    r"(?:钱|款|费用?)(?:是)?(?:打|转|交|汇|付|收)(?:给|到|去|在)?(?:了)?(?:谁|哪里|哪儿|哪个(?:账户|公司|人))|收款(?:人|方|单位|户名|账户)(?:是|叫)?(?:谁|什么|哪)|户名(?:是|叫)?(?:什么|谁)"
)
_PAYEE_EN = re.compile(
    r"\bwho (?:do|should|shall) i (?:pay|transfer|make it)|\bwho(?:'s| is) the payee|\bwho (?:gets|receives) the money|\bpayee name\b"
)
_STARTS = re.compile(
    r"(?<!大学)(?:什么时候|几号|哪天|啥时候|何时)(?:正式)?(?:开课|开学|开班|上课|开始上)|(?:开课|开学|开班|上课)(?:时间|日期)?(?:是|在)?(?:什么时候|几号|哪天|啥时候|何时)"
)
_STARTS_EN = re.compile(
    r"\bwhen (?:does|do|will) (?:it|they|she|he|(?:the )?(?:next )?(?:class(?:es)?|course|term|lessons?|school)) (?:start|begin)"
)

# Money: the household's own

_LAST_PAID = re.compile(
    r"上(?:一)?(?:次|回|笔)(?:是|我)?.{0,6}(?:交|缴|付).{0,8}(?:哪天|什么时候|几号|哪一?次|多少)|(?:哪天|什么时候|几号).{0,4}(?:交|缴|付)的?.{0,2}上(?:一)?(?:次|回)"
    r"|(?:查|看)(?:一)?(?:查|下|看)?.{0,6}(?:到底)?(?:收到|到账)(?:了)?(?:没有|没|吗)|(?:我|钱|款|我的).{0,8}(?:你们)?(?:收到|到账)(?:了)?(?:没有|没|吗|么)(?![\u4e00-\u9fff])"
    r"|(?:我|我家)(?:都)?(?:交|缴)过(?:哪些|几次|什么)"
)
_LAST_PAID_EN = re.compile(
    r"\b(?:has|did) (?:my|our) (?:last )?(?:payment|money|transfer)\b.{0,24}\b(?:arrived?|come|came|gone|received|through)"
    r"|\b(?:have|did) you (?:receive|received|get|got) (?:my|our) (?:payment|money|transfer)|\bwhen (?:did|was) (?:i|my) (?:last )?(?:pay|payment)|\bmy last payment\b"
)
_OTHERS = re.compile(
    r"还差|管到|还欠|转了|打了|汇了|出去|卡上走|\bi (?:sent|paid|transferred|wired)\b|remaining|\bok\b|邻居|楼上|楼下|隔壁|对门|别人|他家|她家|别家|朋友|neighbou?r|upstairs|next door|someone else"
)
_PAID_AGAIN = re.compile(
    r"(?:交|缴|付)(?:过|了|清).{0,10}(?:怎么|为什么|为啥|咋|凭什么|干嘛|干吗).{0,4}(?:又|还|再)(?:要|得|让我|叫我|收|来).{0,3}(?:交|缴|收|付|要钱|钱)"
    r"|(?:怎么|为什么|为啥|咋).{0,3}(?:又|还)(?:要|得|让我)?(?:交|缴|收|付).{0,10}(?:不是|都|已经).{0,4}(?:交|缴|付)(?:过|了)"
)
_PAID_AGAIN_EN = re.compile(
    r"\b(?:already |just )?paid (?:last month|this|before|already|last week).{0,16}\bwhy\b.{0,24}\b(?:again|another|more)\b|\bwhy\b.{0,24}\bpay again\b"
)
_NOT_PAID = re.compile(
    r"(?:没|还没|没有|并没有?)(?:有)?(?:交|缴|付|转).{0,8}(?:记错|弄错|搞错|看错|记混|说错)|(?:记错|弄错|搞错|看错|记混|说错)了?.{0,8}(?:没|还没|没有)(?:交|缴|付|转)"
    r"|^(?:其实|原来)(?:我)?(?:还)?(?:没|没有)(?:交|缴|付)(?:呢|过)?"
)
_NOT_PAID_EN = re.compile(
    r"\b(?:haven't|have not|didn't|did not|hadn't)(?: actually| yet)? pa(?:y|id)\b.{0,24}\b(?:mistake|wrong|mixed|confus)|\b(?:my mistake|i was wrong|mixed it up)\b.{0,24}(?:n't|not)(?: actually| yet)? pa(?:y|id)\b"
)
_HEADER = re.compile(r"(?:税号|纳税人识别号|tax (?:number|id|no\.?)).{0,3}[0-9a-z]{6,}|抬头(?:是|为)?:.{2,}")
_ON_DAY = re.compile(
    r"(?:能不能|可不可以|可以|能|行不行|是否可以)(?:等到?|到|拖到|放到|在)?(?P<month>下个?月)?(?P<day>\d{1,2})[号日](?:的时候|那天)?(?:再|才)?(?:交|缴|付|给|还)"
    r"|(?P<month2>下个?月)?(?P<day2>\d{1,2})[号日](?:再|才)?(?:交|缴|付|给)(?:行|可以|成|好)(?:吗|不|么|嘛)"
)
_OTHER_DAY = re.compile(
    r"^(?:那|还是|我?想|我要|能不能|可以|帮我|麻烦)*(?:改|换|推|挪)(?:成|到|为|在)(?P<month>下个?月)?(?P<day>\d{1,2})[号日](?:吧|行吗|可以吗|好吗|了)?[?!。.]*$"
)
_OTHER_DAY_EN = re.compile(
    r"^(?:actually |please |can (?:you|we) )*(?:make it|change (?:it )?to|move it to) the (?P<day>\d{1,2})(?:st|nd|rd|th)?(?: please| instead)?[?.! ]*$"
)

# Personal data

_ERASE = re.compile(
    r"(?:把|将)?(?:我|我们|我家|本人)(?:们)?的?.{0,6}(?:信息|资料|数据|隐私|账号|账户|聊天记录)(?:都|全部?|通通|一起)*(?:给)?(?:我)?(?:删|清除|抹|注销|销毁)"
    r"|(?:删|删除|清除|抹|注销|销毁)(?:掉|除|了)?(?:你们)?(?:我|我们|我家|本人|关于我|所有关于我|全部)(?:们)?的?.{0,4}(?:信息|资料|数据|隐私|账号|账户|聊天记录)"
    r"|(?:删除|删掉|注销)(?:个人信息|个人资料|隐私)"
)
_ERASE_EN = re.compile(
    r"\b(?:delete|erase|remove|wipe|forget) (?:all )?(?:of )?(?:my|our)(?: personal)? (?:data|information|info|details|account|messages|chat)|\bright to (?:be forgotten|erasure)"
)

# Feelings

_APOLOGY = re.compile(
    r"(?:刚才|刚刚|前面|之前|上午|昨天|方才).{0,10}(?:说重|骂|语气|态度|说错|凶|冲|激动|不该|火气|过分).{0,10}(?:对不起|不好意思|抱歉|见谅|别介意)"
    r"|(?:对不起|不好意思|抱歉).{0,8}(?:刚才|刚刚|前面|之前|昨天)?.{0,4}(?:骂|说重|语气|态度|说错话|激动|凶|冲动|话重|发火|过分)"
)
_APOLOGY_EN = re.compile(
    r"\bsorry\b.{0,30}\b(?:rude|swear\w*|swore|shout\w*|harsh|angry|temper|what i said|outburst|yell\w*)"
)
_INSULT = re.compile(
    r"滚.{0,6}(?:骗子|吸血|东西)|骗子|王八蛋|混蛋|他妈的|(?<![舅姑姨])妈的|傻[逼叉bx]|去死吧|狗东西|不要脸|有病吧|垃圾(?=$|公司|物业|东西)|吃屎|脑残|畜生"
)
_INSULT_EN = re.compile(
    r"\b(?:fuck|fucking|bastards?|assholes?|arseholes?|scammers|shit(?:ty|heads?)?|crooks|liars|bloody thieves)\b"
)
_INSULT_LONGEST = 16  # characters: what is longer says something besides
_INSULT_LONGEST_EN = 40
_ASKS = re.compile(
    r"吗|么|是不是|会不会|吧|还是|[?]|投诉|举报|钱|告|扔|翻|捡|叫人|人工|别想|怎么|为什么|交|缴|付|账|修|漏|坏|停止|退订|别再|别发|不要发|\b(?:is|are|why|pay|bill|stop|fix|lift|broken|back|deposit|cash|money)\b"
)
_VIOLENCE = re.compile(
    r"(?:保安|门卫|物业(?:的人|人员)?|你们(?:的)?(?:人|员工)|师傅|老师|教练|工作人员|保洁)[^,。!?交缴钱]{0,4}(?:打人|打了?我|打我|打伤|动手|推(?:了)?我|骚扰|猥亵|威胁我|把.{1,6}打)"
    r"|被(?:保安|门卫|你们的?人|老师|教练|师傅)(?:给)?(?:打|推|骚扰|威胁)"
)
_VIOLENCE_EN = re.compile(
    r"\b(?:guards?|security|staff|teachers?|coach|your (?:man|men|people))\b.{0,12}\b(?:hit|hits|beat|beating|attacked|assaulted|punched|pushed|harass\w*|threatened) (?:me|us|him|her|a |my |somebody|someone|people)"
)
_THREAT = re.compile(
    r"(?:再|还|继续)(?:这样|这么)?(?:催|发|骚扰|打扰|打电话).{0,6}(?:就|我就)?.{0,4}(?:投诉|举报|12345|住建局|消协|工商|信访)"
    r"|(?:我|我要|我就|就|等着我)(?:去|到|找|向)?(?:住建局|住建委|消协|12345|信访|市长热线|街道|工商|教育局|监管).{0,6}(?:投诉|举报|告|反映)|(?:投诉|举报|告)你们(?:去|到)?(?:住建局|消协|12345|信访|教育局)"
)
_THREAT_EN = re.compile(
    r"\b(?:report|complain(?: about)?) (?:you|this)? ?to (?:the )?(?:council|authorit\w+|housing (?:bureau|authority)|consumer|ombudsman|education bureau|12345)"
)

# Somebody to come for the money; a voice

_FETCH = re.compile(r"上门(?:来)?(?:收|拿|取)(?!卡)|来(?:我)?(?:家里?|屋里)(?:来)?(?:收|拿|取)(?!卡)")
_FETCH_NOT = re.compile(r"别|不要|不用|不必|取消|改|推迟|修|安装|为什么|凭什么|几点|什么时候")
_FETCH_EN = re.compile(
    r"\bcome (?:round |over )?(?:to|at) (?:my|our) (?:home|house|place|flat|door|apartment)\b.{0,16}\b(?:collect|pick|get|fetch|for the)|\bcollect (?:it|the (?:money|fee|payment)|cash) (?:at|from) (?:my|our) (?:home|house|place|flat|door)\b"
)
_ALOUD = re.compile(
    r"(?:语音|声音).{0,4}(?:念|读|说|讲)|^[^,。]{0,6}(?:念|读)给我听|(?:能|可以)(?:不能|不可以)?(?:发|用)(?:个)?语音|发语音(?:可以|行|给我)"
)
_ALOUD_LONGEST = 30
_ALOUD_EN = re.compile(r"\bread (?:it|this|that) (?:out|aloud|to me)|\b(?:send|leave) (?:me )?a voice (?:message|note)")
_FAULT = re.compile(
    r"(?:电梯|门禁|大门|路灯|灯|漏水|水管|暖气|空调|监控|道闸|下水道|投影|教室).{0,8}(?:到底)?(?:啥时候|什么时候|几时|何时|多久|哪天).{0,4}(?:来)?(?:修|弄|好|解决|处理)"
    r"|(?:办|修|弄|处理)到(?:了)?(?:哪|什么)(?:一)?(?:步|儿|里|程度)(?:了)?|(?:到底)?(?:啥时候|什么时候|几时|何时)(?:能|可以|会|才|才能)?(?:来)?(?:修好|修)"
)
_REFUSES = re.compile(r"(?:再|才|不|凭什么|凭啥|就|时候)(?:交|缴|付|给)|\b(?:pay|paying)\b")
_FAULT_EN = re.compile(r"\bwhen (?:will|are|is|do) (?:you|it|they|the lift|someone) .{0,10}(?:fix\w*|repair\w*)")


def everyday(tight: str, plain: str) -> Found | None:
    """The thing said, by its name above, with what it says more closely; None when it is none of them.

    `plain` is the sentence in lower case and half-width signs, `tight` the same without the spaces between Chinese words.
    """

    def says(chinese: re.Pattern[str], english: re.Pattern[str]) -> bool:
        return chinese.search(tight) is not None or english.search(plain) is not None

    if says(_VIOLENCE, _VIOLENCE_EN):
        return VIOLENCE, {}
    if says(_ERASE, _ERASE_EN):
        return ERASURE, {}
    if says(_THREAT, _THREAT_EN):
        return THREAT, {}
    if says(_APOLOGY, _APOLOGY_EN):
        return APOLOGY, {}
    if _insult(tight, plain):
        return INSULT, {}
    if says(_FEAR, _FEAR_EN):
        return FEAR, {}
    if says(_FETCH, _FETCH_EN) and not _FETCH_NOT.search(tight):
        return FETCH, {}
    return _of_money(tight, plain, says) or _of_the_office(tight, plain, says)


def _insult(tight: str, plain: str) -> bool:
    """A short message that is nothing but an insult: one that says or asks something besides is read for that."""
    if _ASKS.search(tight) or _ASKS.search(plain):
        return False
    if _INSULT.search(tight):
        return len(tight) <= _INSULT_LONGEST
    return _INSULT_EN.search(plain) is not None and len(plain) <= _INSULT_LONGEST_EN


def _of_money(tight: str, plain: str, says: Says) -> Found | None:
    if says(_PAID_AGAIN, _PAID_AGAIN_EN):
        return PAID_AGAIN, {}
    if says(_NOT_PAID, _NOT_PAID_EN):
        return NOT_PAID, {}
    if says(_LAST_PAID, _LAST_PAID_EN) and not (_OTHERS.search(plain)):
        return PAYMENTS, {}
    if _HEADER.search(plain) and (header := invoice_header(plain)):
        return HEADER, header
    if (day := _OTHER_DAY.search(tight) or _OTHER_DAY_EN.search(plain)) is not None:
        return OTHER_DAY, _day(day)
    return (ON_DAY, _day(day)) if (day := _ON_DAY.search(tight)) is not None else None


def _day(match: re.Match[str]) -> dict[str, str]:
    """{"day": "15"}, and {"next": "yes"} of the month after this one."""
    named = match.groupdict()
    day = named["day"] or named.get("day2") or ""
    return {"day": day, **({"next": "yes"} if named.get("month") or named.get("month2") else {})}


def _of_the_office(tight: str, plain: str, says: Says) -> Found | None:
    if says(_ALOUD, _ALOUD_EN) and len(plain) <= _ALOUD_LONGEST:
        return ALOUD, {}
    facts = {
        "phone": says(_PHONE, _PHONE_EN),
        "hours": says(_HOURS, _HOURS_EN) and not _WRITES.search(plain),
        "payee": says(_PAYEE, _PAYEE_EN),
        "starts": says(_STARTS, _STARTS_EN),
    }
    if any(facts.values()):
        return OFFICE, {"what": " ".join(name for name, asked in facts.items() if asked)}
    waits = says(_FAULT, _FAULT_EN) and not _REFUSES.search(plain)
    return (FAULT, {"what": FAULT}) if waits else None


_TITLE = re.compile(
    r"(?:抬头|made out to|header)\s*(?:写|开|是|为|to|is)?\s*:?\s*(?!税号|写|开|怎么|可以|要|我|换|改|[^\s,;。]{0,6}(?:可以|行不|吗))(?P<title>[^\s,;。:?]{2,40})",
    re.I,
)
_TAX_NUMBER = re.compile(
    r"(?:税号|纳税人识别号|统一社会信用代码|tax (?:number|id|no\.?))\s*(?:是|为|is)?\s*:?\s*(?P<number>[0-9A-Z]{4,20})",
    re.I,
)


def invoice_header(text: str) -> dict[str, str]:
    """{"title": whom an invoice is for, "tax_number": …}, as they were written; only what was."""
    plain = unicodedata.normalize("NFKC", text)
    title, number = _TITLE.search(plain), _TAX_NUMBER.search(plain)
    return {
        **({"title": title["title"]} if title is not None else {}),
        **({"tax_number": number["number"]} if number is not None else {}),
    }
