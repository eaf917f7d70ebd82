"""Who lives in a home: a tenant asks what the landlord owes, somebody says on which day they move out, family shall see the bill.

Each is read from the words alone, and closely: what could as well be something else is left to the labels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from understanding.rooms import rooms

LANDLORD, LEAVING, FAMILY = "landlord_owes", "moving_out", "family_wish"

# What the landlord owes, asked by who rents; other people's landlords are other people

_LANDLORD = re.compile(
    r"(?<!前)房东(?:还|到底|现在|是不是|有没有|有无|名下|这边|那边|他|她|是否|都|有|的)*(?:拖)?欠(?!我|押金|条)"
    r"|房东(?:把)?.{0,6}(?:交|缴|付|结)(?:(?:了|过|清|上|齐)*(?:没有|没)|(?:了|过|清|上|齐)+(?:吗|么|不))|房东.{0,6}(?:交没交|缴没缴|付没付|欠不欠)"
    r"|(?:租客|租户|租的|租房).{0,12}(?:房东|业主).{0,8}(?:拖)?欠"
)
_LANDLORD_EN = re.compile(
    r"\b(?:my|the|our) landlord(?:'s)?\b.{0,24}\b(?:owe|owes|owing|behind|arrears|debts?|outstanding)\b"
    r"|\b(?:has|did) (?:my|the|our) landlord\b.{0,24}\b(?:paid|pay|settled?|cleared?)\b"
    r"|\b(?:tenant|rent(?:ing)?)\b.{0,24}\b(?:owner|landlord)\b.{0,12}\bowes?\b"
)
_ASKS = re.compile(
    r"吗|么|没有|没[?。!]?$|有没有|有无|是不是|是否|不欠|交没交|缴没缴|付没付|多少|[?]|\b(?:does|do|has|is|did|whether|if|how much)\b"
)
_NOT_THAT = re.compile(
    r"隔壁|楼上|楼下|邻居|对门|别人|别家|人家|他家|她家|该|由房东|谁来?[交缴付]|押金|房租|租金|\b(?:former|previous|deposit|rent money|supposed|should|must|neighbou?r|owes? me)\b"
)

# Moving out, on a day to come

_LEAVES = re.compile(
    r"(?:搬走|搬离|搬出去|搬出|退租|不租了|不续租|腾房|退房(?!款))|(?:租期|租约|合同|租房合同).{0,4}(?:到期|到)(?:.{0,10}(?:搬|走|退|手续|结清|交接))"
    r"|搬家.{0,10}(?:结清|怎么结|交接|手续|清算)|^(?:你好|您好|请问)?[,。]?(?:我|我们|我家|咱家).{0,12}搬家(?:了|啦)?(?:[,。!]|$)"
)
_TO_COME = re.compile(
    r"(?:要|准备|打算|就|将|快)(?=.{0,6}(?:搬|退租|到期|走|腾|不租|不续))|下个?|这个?(?:周|月)|明天|后天|大后天|月底|月初|月中|年底|年前|节前|\d+[号日]|[一二三四五六七八九十][号日]|周[一二三四五六日天]|星期"
)
_GONE = re.compile(
    r"已经|早就|早已|上个?(?:月|周|星期|礼拜)|去年|前年|昨天|前天|之前就|都搬|搬走(?:了)?(?:好|很|\d|半|几)|邻居|隔壁|楼上|楼下|人家|房客|租客(?:要|也|都|已|准备)|租户(?:要|也|都|已|准备)"
    r"|原来?的?(?:业主|房东|住户)|如果|要是|等我|[缓宽]|晚(?:几|点|些|两)|手头|没钱|分期|再[交缴付]|不搬|没搬|能不能搬|电动车|堆|杂物|发票|(?:能|可以|怎么|给|可)退|退(?:不|吗|款|费|钱|租押金|押金)|押金|别再|(?<!下个)(?<!这个)月份?(?:我们?)?就(?:搬|退租)"
)
_LEAVES_EN = re.compile(
    r"\b(?:i|we|i'm|we're|i'll|we'll|my family)\b.{0,24}\b(?:mov(?:e|ing) out|(?:mov(?:e|ing) away)|(?:leav(?:e|ing)|vacat(?:e|ing)) (?:the |this |my |our )?(?:flat|apartment|house|home|place|unit|estate))\b"
    r"|\b(?:i|we|i'm|we're|i'll|we'll)\b.{0,16}\bmov(?:e|ing)(?: house| home)? on (?:the )?(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)"
    r"|^(?:hi,? |hello,? )?moving out\b|\b(?:my|our) (?:lease|tenancy|rental contract) (?:ends|is ending|expires|is up|runs out|will end|is over)\b"
)
_GONE_EN = re.compile(
    r"\balready\b|\bsince\b|\bdeposit\b|\brefund|\blast (?:week|month|year)\b|\bago\b|\btenants? (?:is|are|will)\b|neighbou?r|\bif (?:i|we)\b|\b(?:empty|vacant|instal+ments?|later|delay|extension|invoice)\b|\b(?:not|n't) (?:mov|leav)"
)
_PAYS = re.compile(r"付款|支付|缴|交(?!接|房)|转账|付|\bpay")

# Family shall see the bill, too

_KIN = (
    r"(?:我|我们|俺|咱)?(?:家|的)?(?:老婆|老公|爱人|太太|妻子|丈夫|媳妇|老伴|女儿|儿子|闺女|妈妈|爸爸|爸妈|父母|母亲|父亲|家人|家里人|家属|哥哥|姐姐|弟弟|妹妹"
    r"|(?<=我)(?:妈|爸|先生|对象|哥|姐|弟|妹))(?!家|那套|的房|的账)"
)
_SEES = r"(?:看|查|收到?|接收|绑定?|加入|知道)"
_FAMILY = re.compile(
    rf"(?:让|给|帮|叫){_KIN}.{{0,4}}(?:也|都|一起|能|可以|一块)+.{{0,4}}{_SEES}.{{0,4}}(?:账单|提醒|通知|费用|缴费)"
    rf"|{_KIN}.{{0,4}}(?:也|都|一起)(?:想|要|能|可以|需要|得|一起)*{_SEES}(?:到|一下|看)*.{{0,4}}(?:账单|提醒|通知|费用|缴费|绑)"
    rf"|{_KIN}.{{0,4}}(?:也|都|怎么|能|可以|要|想)+.{{0,4}}(?:绑定|绑一下|绑上)"
    rf"|(?:添加|增加|新增|绑定|多绑|再绑|加上?)(?:一个|一下|一位|个)?{_KIN}(?:进来|绑定|的?微信|的?账号|[?!。]|$)"
    rf"|(?:账单|提醒|通知).{{0,6}}(?:也|同时|一起|顺便)(?:发|抄送|推送|给)+(?:一份)?(?:给|到)?.{{0,2}}{_KIN}"
)
_FAMILY_NOT = re.compile(r"别再?发|不要再?发|不用再?发|别给我|改成|换成|只发|续班|续报|报名|上课|发票")
_KIN_EN = r"(?:wife|husband|spouse|partner|daughter|son|mother|mom|mum|father|dad|parents|family|sister|brother)"
_FAMILY_EN = re.compile(
    rf"\b(?:my|our) {_KIN_EN}(?: also| too)?(?: wants?| would like| needs?| should| could| can| may)?(?: to)?(?: also)? (?:see|view|get|receive|have)\b.{{0,16}}\b(?:bills?|reminders?|notices?|access)\b"
    rf"|\b(?:add|link|bind|include) (?:my|a|another|our) (?:{_KIN_EN}|family member|relative)\b(?= ?[?.!]|$| too| as well| here| please| (?:to|on) (?:the |my |our |this )?(?:bill|account|home|flat|chat|reminder))"
    rf"|\b(?:send|copy|share)\b.{{0,20}}\b(?:bills?|reminders?|notices?)\b.{{0,12}}\b(?:to|with) (?:my|our) {_KIN_EN}\b.{{0,8}}\b(?:too|also|as well)\b"
)
_FAMILY_NOT_EN = re.compile(r"\b(?:instead|not me|stop|invoice|renew|class|course|only to)\b")


def living(tight: str, plain: str) -> tuple[str, Mapping[str, str]] | None:
    """The thing said, by its name above, and what it says more closely; None when it is none of them.

    `plain` is the sentence in lower case and half-width signs, `tight` the same without the spaces between Chinese words.
    """
    if (_LANDLORD.search(tight) or _LANDLORD_EN.search(plain)) and _ASKS.search(plain):
        return None if _NOT_THAT.search(plain) or rooms(plain) else (LANDLORD, {})
    if (_FAMILY.search(tight) and not _FAMILY_NOT.search(tight)) or (
        _FAMILY_EN.search(plain) and not _FAMILY_NOT_EN.search(plain)
    ):
        return FAMILY, {}
    leaves = (_LEAVES.search(tight) and _TO_COME.search(tight) and not _GONE.search(tight)) or (
        _LEAVES_EN.search(plain) and not _GONE_EN.search(plain)
    )
    return (LEAVING, {"pays": "yes"} if _PAYS.search(plain) else {}) if leaves else None
