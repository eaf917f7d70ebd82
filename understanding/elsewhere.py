"""Days and sums that belong to another matter than the payment: a surgery on the 6th, a mortgage of 6,800, a card's last digits.

A day belongs elsewhere when its part of the sentence tells of an event and of no paying; a sum when it stands beside what
it is the sum of. Both are read as if they were not there.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache

# Parts of a sentence: signs, and in English the words that begin another clause.
_JOINT = re.compile(
    r"[。!?;、()\n]|时候(?=我?们?(?:早|都|就|已))|,(?!\d{3}(?!\d))|\.(?!\d)"
    r"|\b(?:when|once|as soon as|because|but|so|though|while|to say)\b"
    r"| and (?=(?:will|then|shall)\b)|(?: and)? (?=(?:i|we|he|she|they|nobody|no one)(?:'ll|'ve|'d)?\b|you (?:will|want|have|still)\b|you'll\b)",
    re.ASCII,
)

_EVENT = re.compile(
    # of health and family
    r"手术|开刀|住院|化疗|复查|体检|生日|大寿|满月酒|百日宴|婚礼|结婚|办酒|喜酒|葬礼|下葬|出殡|头七|后事|生孩子|生娃|坐月子|去世|过世|抢救|心梗|聚会|车祸|被撞|撞了|淹|骨折|摔|发烧|确诊"
    # of school
    r"|月考|期中考|期末考|高考|中考|模考|统考|考试|考级|比赛|出分|放榜|(?:出|公布)成绩|成绩(?:出|下)来|家长会|请假|旷课|缺课|没来|没上课|(?<!推)迟到"
    # of travel, home and work
    r"|飞机|航班|高铁|火车|出差(?!回)|旅游|搬家|搬[走进出来]|入住|交房|收房|[收交]的房|买的房|收楼|交楼|拿到?钥匙|钥匙|过户|被裁|裁员|失业|下岗|离职|辞退|停工"
    # of the house
    r"|漏水|漏雨|渗水|坏|停电|停水|停气|跳闸|被偷|报修|维修|投诉"
    # of talking
    r"|(?:[给跟和向][我你您]们?[^,。!?交缴付]{0,3}?)?(?:(?:打|回|来|通)(?:过|了|去|来)?[个通]?电话|(?:发|写|寄)(?:过|了|去)?[个封条]?(?:邮件|信|短信|微信|消息)"
    r"|个?(?:答复|回复|回话|准信))|邮件|来信|上门|来一趟|来[^,。!?]{0,3}坐坐|面谈|见面|联系我|找我|告诉[你您]|开[^,。!?]{0,2}会|(?:问|反映|咨询)(?:过|了)"
    # other debts
    r"|(?:房租|房贷|车贷|月供)[^,。!?]{0,8}?[还交付扣缴](?:得|要|该)?[还交付扣缴]?|\b(?:mortgage|rent|car loan)\b[^,.!?]{0,20}?\b(?:due|paid|goes out|comes out)\b"
    r"|\b(?:surgery|operation|op|birthday|anniversary|wedding|funeral|accident|in hospital|(?:was|is) born|died|passed away|turn(?:s|ed)? \d+"
    r"|flight|flying|fly|exams?|mock|results?|grades|interview|appointment|meeting"
    r"|laid off|redundant|lost my (?:job|position|work|place)|got fired|was fired|broke|broken|been dead|is dead|leak\w*|flood\w*|power cut|outage|stolen|absent|sick|(?:am|is|was|were|fell|been) ill"
    r"|failed|mov(?:ed?|ing) (?:in|out|house|home)|(?:got|get|handed over|picked up|received) the keys|keys (?:were )?handed over|handover|left the school|started|(?:i|he|she|school|term) starts?|hours (?:got|were) cut|contract ends|lease ends"
    r"|rang|ring|call(?:ed)? (?:me|you|us|your|back)|phone[ds]? (?:me|you|us|your)|e-?mail(?:ed)?|letter|wrote|spoke|spoken|talked|asked|inspection"
    r"|send (?:someone|somebody|him|her|your \w+) (?:round|over|up|down|here)|come (?:round|over|up)"
    r"|let you know|tell you|get back to you|answer you|reported|complained)\b",
    re.ASCII,
)
# What is left beside an event and tells of no paying, though it holds a verb of it.
_NO_PAYING = re.compile(
    rf"{_EVENT.pattern}|[交缴付][钱费款]?的事|\b(?:is|are) (?:over|done|behind me|out of the way)\b", re.ASCII
)
# Who is back pays: "下周四飞机回来,落地就转".
_BACK = re.compile(r"回[来国家]|到家|落地|\b(?:lands?|landing|back|home)\b")
# "my letter of 3 November", "11月17号的邮件"
_DATED_BEFORE = re.compile(r"\b(?:letter|e-?mail|message|note|text|reminder|call) (?:of|from|dated) (?:the )?$")
_DATED_AFTER = re.compile(
    r"^(?:贴|发|写|寄|送|收到)(?:来|过来|出|给我)?的|^的?(?:那封|那条|那个)?(?:邮件|来信|信(?!用)|短信|通知|消息|提醒|电话)"
)
_PAYS = re.compile(
    r"交(?!房|楼|代|作业|通|车)|缴|付|转(?!学|院|班|正|告|达|租|机)|汇|结(?!婚|业|束|果|石)|扣|充(?!电)|刷|补(?!考|课|习|牙)|还(?:款|钱|清|上|你|您)|清(?:账|了|掉|款)"
    r"|打(?:款|钱|给|过去|到|卡|[一二两三四五六七八九\d])|给(?:你|您|贵|物业|钱|清|上|齐|[一二两三四五六七八九百千\d]|$)|到账|入账|处理|搞定|送[过去来]|[拿带]过|[拿取收][钱费款]"
    r"|\b(?:pay(?! ?day)\w*|paid|transfer\w*|settl\w*|sen[dt]|wire\w*|clear\w*|remit\w*|deposit\w*|debit\w*|due|deadline|cash|cheque|check|money|bank(?:ed)? in"
    r"|charged|sort(?:ed)? (?:it|this)|do (?:it|this|so|the)|done|(?:have|get) it|covered|venmo|zelle|instead)\b",
    re.ASCII,
)
# "My surgery is on the 6th, I'll pay that day": the event's day is the day of payment after all.
_THAT_DAY = re.compile(
    rf"(?:那天|当天|当日|这天|当场|顺便|顺带|顺路)[^,。!?]{{0,8}}(?:{_PAYS.pattern})|(?:留|等|拖|缓|宽|放|容).{{0,3}}那天|\b(?:that (?:very |same )?(?:day|morning|afternoon|evening)|(?:the )?same day)\b",
    re.ASCII,
)
_UNKNOWN_DAY = re.compile(
    r"(?:哪天|哪一天|几号|啥时候|什么时候|日子|时间)[^,。!?]{0,3}(?:不好[讲说]|说不[准好定]|没准|不一定|定不下|不确定)|(?:说不准|不确定|没定)(?:具体)?是?(?:哪天|哪一天|几号|啥时候|什么时候)"
    r"|\b(?:no idea (?:which|what) day|not sure (?:which|what) day|(?:can't|cannot) say (?:which day|when)|(?:don't|do not) know (?:which|what) day|hard to say when)\b"
)


def is_other_day(text: str, start: int, end: int) -> bool:
    """Whether the day at `start` to `end` is that of an event and not of a payment."""
    if _DATED_BEFORE.search(text[:start]) or _DATED_AFTER.search(text[end:]):
        return True
    first, last = _part(text, start, end)
    # the day's own characters must not glue its neighbours into a word
    part = f"{text[first:start]} {text[end:last]}"
    if not _EVENT.search(part) or _BACK.search(part) or _PAYS.search(_NO_PAYING.sub(" ", part)):
        return False
    return not _THAT_DAY.search(text, last) and not _THAT_DAY.search(text[:first])


def tells_of_paying(text: str, start: int, end: int) -> bool:
    """Whether the day's own part of the sentence holds a verb of paying."""
    first, last = _part(text, start, end)
    return _PAYS.search(text, first, start) is not None or _PAYS.search(text, end, last) is not None


def leaves_the_day_open(text: str) -> bool:
    """Whether the person says not to know the day: "等15号工资到手再说,具体哪天不好讲"."""
    return _UNKNOWN_DAY.search(text) is not None


def _part(text: str, start: int, end: int) -> tuple[int, int]:
    starts, ends = _joints(text)
    before, after = bisect_right(ends, start), bisect_left(starts, end)
    return ends[before - 1] if before else 0, starts[after] if after < len(starts) else len(text)


@lru_cache(maxsize=1)  # every day of a sentence asks for them
def _joints(text: str) -> tuple[list[int], list[int]]:
    found = [joint.span() for joint in _JOINT.finditer(text)]
    return [start for start, _ in found], [end for _, end in found]


# What is never the fee. Of what may be billed here too (_UTILITY), only where the fee is named beside it.
_INCOME = r"工程款|货款|奖金|年终奖|提成|工资|薪水|退休金|养老金|低保|补助|拆迁款|赔偿款?|理赔|保险赔的?"
_OTHER_BILL = (
    r"房贷|车贷|贷款|月供|按揭|白条|网贷|房租|租金|彩礼|礼金|份子钱?|随礼"
    r"|医院|医药费|医疗费|住院费?|看病|治病|装修|手术费?|药费|药钱|生活费|伙食费|奶粉钱?|车险|保险费?|油费|话费|手机费|(?<![用刷])(?:信用卡|花呗)(?:账单|要?还|欠|每月)|罚单"
)
_UTILITY = r"水费|电费|水电费?|燃气费|煤气费|天然气费?|暖气费|取暖费|网费|宽带费?|停车费|车位费"
_ENGLISH_BILL = (
    r"mortgage|rent|salary|wages?|bonus|pension|(?:(?:car|student|bank|home) )?loan|overtime|severance|commission"
    r"|(?:(?:hospital|medical|doctor's|dentist's?|vet'?s?|phone|credit card) )bills?|bills? for (?:that|it|him|her)"
    r"|surgery|operation|groceries|car repair|repairs|vet|dentist|doctor|hospital|garage|funeral|tax(?: ?man)?|take home|earn"
)
_LINKS = r"(?:刚|每个?月|一个月|上个?月|这个?月|下周|下个?月|我|就|都|还|要|得|是|有|着|花|去|的|又|了|涨到|只|才|到手|一共|共|欠|发|来|押金|:|¥|\$)*"
_PAID_LINKS = _LINKS.replace("(?:", "(?:交|付|扣|", 1)  # "房租刚交了2400", but a pension that pays 860 pays the fee
_ENGLISH_LINKS = r"(?:(?:of|is|was|are|were|at|about|takes?|took|comes?|came|to|costs?|payment|payments|money|up|went|alone|already|only|just|now|a|my|the|another|us|me|:) ?|[¥$£€] ?)*"
_OTHER_BEFORE = re.compile(
    rf"(?:{_INCOME}){_LINKS}$|(?:{_OTHER_BILL}){_PAID_LINKS}$|\b(?:{_ENGLISH_BILL})(?:'s)?,? {_ENGLISH_LINKS}$"
    r"|(?<!你们)那边[^,。!?\d]{0,4}$|(?<!你们)(?<!物业)(?<!公司)[欠借][了着]?我$|(?<!you )\b(?:owes?|lent|gives?) me (?:his |her |a )?$"
)
# Bought: other things than lessons.
_BOUGHT = re.compile(
    r"(?:买|抢|换)(?:了|的|个|台|部|件|张|套)[^,。!?\d课班期学]{0,6}$|\b(?:bought|spent)\b[^,.!?\d]{0,25}$"
)
_LESSONS = re.compile(r"lesson|class|course|\bterm\b|pack\b|课|班")
_OTHER_AFTER = re.compile(
    rf"^(?:元|块钱?|万|千)?的?(?:{_INCOME}|{_OTHER_BILL})|^(?:元|块钱?)?给我(?=[,。!?]|$)"
    rf"|^ ?(?:k|grand|yuan|rmb|dollars|pounds)?(?: a month)?(?: in| of| for| on| as)?(?: my| his| her| the| our)? ?(?:{_ENGLISH_BILL})\b",
)
_UTILITY_BEFORE = re.compile(
    rf"(?:{_UTILITY}){_PAID_LINKS}$|\b(?:(?:water|electric\w*|power|gas|heating|internet)(?: bill| cost)?s?|parking(?: fee)?),? {_ENGLISH_LINKS}$"
)
_THE_FEE = re.compile(
    r"物业费?(?!公司|人)|管理费|学费|续费|\b(?:property|management|service|hoa) (?:fee|charge)|tuition|levy|\bdues\b"
)
# What is left to live on is not offered, unless it is: "卡里只有500,先给你".
_LEFT_BEFORE = re.compile(
    r"(?:卡[里上]|零钱|身上|兜里|口袋|钱包|余额)[^,。!?\d]{0,6}$|\b(?:in my (?:account|bank|purse|wallet|pocket)|on my card|my balance is|my last)\b[^,.!?\d]{0,12}$"
)
_LEFT_AFTER = re.compile(
    r"^(?: yuan| rmb| dollars| pounds| quid)?(?: left| only)? (?:to my name|in my (?:account|bank|purse|wallet|pocket)|(?:left )?on my card|in the bank)\b"
)
_OFFERED = re.compile(
    r"先|[全都](?:给|转|交)|拿去|收[着下住]|\b(?:take|accept|have) (?:that|it|this|them)\b|\bas a (?:start|part|first)"
)


def is_other_sum(text: str, start: int, end: int) -> bool:
    """Whether the sum at `start` to `end` is that of something else than the fee."""
    end = start + len(text[start:end].rstrip())
    before, after = text[max(0, start - 40) : start], text[end : end + 40]
    if _OTHER_BEFORE.search(before) or _OTHER_AFTER.search(after):
        return True
    if (bought := _BOUGHT.search(before)) and not _LESSONS.search(bought[0] + after[:20]):
        return True
    if _UTILITY_BEFORE.search(before) and _THE_FEE.search(text):
        return True
    return bool(_LEFT_BEFORE.search(before) or _LEFT_AFTER.search(after)) and not _OFFERED.search(text)
