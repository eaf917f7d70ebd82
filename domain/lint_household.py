"""What would show one household to a group: a room, a name beside a debt, a sum, a telephone number, a small count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.lint_text import HAN

_DIGIT = "0-9零〇一二三四五六七八九十百两"
_OWES = (
    "欠|未[交缴付续]|没[有]?[交缴付续]|逾期|拖|催|[交缴](?!流|通|给我们|汇|警|界|接|换)"
    "|物业费|学费|续费|续报|账单|费用|欠款|应收|还款|付款|还没|尚未|分期|承诺|滞纳|违约"
)
_OWES_EN = (
    r"owe\w*|unpaid|overdue|arrears|paid|pay\w*|fees?|balance|debts?|due|outstanding|instal\w*|"
    r"promise\w*|behind"
)
# Frequent surnames; those that are ordinary words at the start of a phrase (全 时 单 费 都 …) are left out.
_SURNAME = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    "叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔"
    "贺赖龚文"
)
_COMPOUND = "欧阳|上官|司马|诸葛|司徒|慕容|皇甫|尉迟|公孙|令狐|夏侯|东方"
_NOT_NAMES = re.compile(
    "^(?:周[末内一二三四五六日天边围期报]|高[兴度温级层]|金额|金[融卡]|方[便式法案面]|易[于]|"
    "常[见用规]|文[件明书]|任[何务意]|程[序]|马上|江[边苏]|白天|万[一]|何[时处]|许[多可]|"
    "于[是]|石|龙|唐|宋|夏[季天]|陆续|余[额下]|应|毛|孔|康|叶|史|段|雷|田|温馨|谢谢|林[荫]|"
    "曾[经]|常年|高峰|石材|方可|于\\d|安|何以|何种|程度|高层|高区|范围|任一|段时间|金秋|"
    "黄金)"
)

_ROOMS = (
    (
        rf"(?<![{_DIGIT}.])[{_DIGIT}a-z]{{1,4}} ?(?:栋|幢|座|号楼|楼|#|号院)[ ,\-]?(?:[{_DIGIT}]{{1,"
        rf"3}} ?(?:单元|门|梯)[ ,\-]?)?(?:[{_DIGIT}]{{1,2}}楼)?[{_DIGIT}]{{3,5}}(?![{_DIGIT}年月日点元户家人"
        rf"度.%块万平])"
    ),
    (
        r"(?<![\d.:/\-])\d{1,3} ?(?:-|—|–|/|#|·|之|\\) ?(?:\d{1,2} ?(?:-|—|–|/|#|之) ?)?(?!20[0-9]{2}\b|"
        r"000)\d{3,4}(?![\d.:/\-%]|年|元|月| ?(?:米|人|户|平|kg|个|分|点|字|号线))"
    ),
    (
        rf"(?<![{_DIGIT}.\-])[{_DIGIT}]{{3,5}} ?(?:室|房(?!间)|号房|号室|户主|业主|住户|那户|"
        rf"那家|家的|号家|的业主|的住户|的女士|的先生|的那)"
    ),
    rf"(?:房号|门牌|门牌号|室号|户号|房间)[:是为 ]{{0,2}}[{_DIGIT}a-z\-#/]{{3,}}",
    (
        rf"[{_DIGIT}]{{1,3}} ?(?:单元|栋|幢|座|号楼)[ ,]?(?:[{_DIGIT}]{{1,2}}(?:楼|层))[{_DIGIT}东西南北中左"
        rf"右]{{1,3}}(?:室|户|手|边|侧)"
    ),
    (
        rf"[{_DIGIT}]{{1,3}} ?(?:栋|幢|座|号楼)[ ,]?(?:[{_DIGIT}]{{1,2}}单元)?[ ,]?[{_DIGIT}]{{1,"
        rf"2}}(?:楼|层).{{0,3}}(?:那|这)?(?:家|户|东|西|左|右)"
    ),
    (
        r"(?<![a-z])(?:room|rm|flat|apt|apartment|suite|villa|house|door|unit|no)\.? ?(?:no\.?|"
        r"number)? ?#?\d{1,3}[\- ]?\d{2,4}[a-z]?(?![\d%])"
    ),
    r"(?<![a-z])(?:flat|apt|apartment|suite|villa|unit|room) ?#?\d{1,4}[a-z]?(?![a-z0-9])",
    (
        r"(?<![a-z])(?:flat|apt|apartment|unit|room) [a-z]\d{1,4}(?![a-z0-9])|(?<![a-z0-9])#\d{3,"
        r"4}(?!\d)|(?<![a-z0-9])[a-h]-?\d{3,4}(?![\d.%a-z])"
    ),
    (
        r"(?:building|block|tower|bldg\.?) ?#?[0-9a-z]{1,3}[ ,\-/]{1,3}(?:(?:unit|room|flat|"
        r"apt|no\.?|#) ?)?\d{3,4}(?!\d)"
    ),
    rf"(?:别墅|排屋|商铺|车位|铺位)[{_DIGIT}a-z]{{1,4}}(?:号|幢)?.{{0,4}}(?:业主|住户|欠|未缴|没交)",
)
_NAMED = rf"(?:{_COMPOUND}|[{_SURNAME}])"
_TITLE = "女士|先生|小姐|阿姨|叔叔|太太|大哥|大姐|大爷|大妈|奶奶|爷爷|妈妈|爸爸|家长|同学|老板|师傅|总|夫人|伯伯|婶"
_NAMES = (
    (rf"(?:{_NAMED}[{HAN}]{{0,2}}|小[{HAN}]{{1,2}}|老{_NAMED}|[{HAN}]{{2}})(?:{_TITLE})", _OWES),
    (
        (
            rf"(?:^|[,。!?;:、 @(（\n\"“《和与及]|业主|住户|家长|同学|学员|感谢|表扬|恭喜){_NAMED}[{HAN}*某x]{{1"
            rf",2}}(?:家|户|同学|一家|本人)?(?=[ ,(（:0-9还仍一已尚又也]|欠|未|没|拖|逾|补?[交缴]|请)"
        ),
        _OWES,
    ),
    (
        (
            r"@ ?(?!所有|全体|全员|大家|all|everyone|here|channel|各位|物业|客服|管家|老师)[^\s,"
            r"。!@]{1,12}"
        ),
        f"{_OWES}|{_OWES_EN}",
    ),
    (r"(?<![a-z])(?:mr|mrs|ms|miss|mme|dr|auntie|uncle)\.? [a-z]+", _OWES_EN),
    (
        r"(?<![a-z])[a-z]+'?s? (?:family|mum|mom|dad|mother|father|parents|household)(?![a-z])",
        rf"(?<!every )(?<!each )\b(?:{_OWES_EN})\b",
    ),
    (
        (
            r"(?<![a-z])(?:wang|li|zhang|liu|chen|yang|zhao|huang|zhou|wu|xu|sun|hu|zhu|gao|lin|"
            r"he|guo|ma|luo|liang|song|zheng|xie|han|tang|feng|dong|cao|deng|xiao) [a-z]{2,}(?: "
            r"[a-z]+)?(?: \([^)]*\))? (?:has|hasn't|have|owes|still|is|did|paid|from|of|in)(?![a-z])"
        ),
        _OWES_EN,
    ),
    (rf"(?:{_NAMED})(?:某|x+|\*+)(?:某|x+|\*+)?", _OWES),
)
_SUMS = (
    (
        rf"(?:欠(?:费|款|缴|交)?|拖欠|未缴|未交|没交|没缴|应缴|待缴|逾期金额|账单(?:金额)?|[你您](?:家|"
        rf"的|户)+.{{0,8}}|该户|这户|这家|那家|他家|她家|某户|一户|某业主|某家长|有位业主|他|"
        rf"她)[{HAN}:, ]{{0,8}}?(?:¥|￥|rmb ?)?\d[\d,]*(?:\.\d+)?(?: ?(?:元|块|万|rmb|yuan|k)"
        rf")"
    ),
    (
        r"(?:¥|￥|\$|rmb ?|cny ?)\d[\d,]*(?:\.\d+)?.{0,8}(?:没交|未缴|未交|没缴|欠|逾期|拖)|"
        r"\d[\d,]*(?:\.\d+)?(?:元|块(?:钱)?).{0,6}(?:没交|未缴|未交|没缴|欠着|逾期|拖着|物业费(?:没|"
        r"未|还)|学费(?:没|未|还)|的?(?:欠款|欠费))"
    ),
    (
        r"\bowes?\b.{0,20}\d|\b(?:your|his|her|their) (?:bill|balance|fee|arrears|debt|account)"
        r"\b.{0,25}\d|\b(?:unpaid|overdue|outstanding|arrears|balance)\b.{0,16}(?:¥|￥|\$|rmb|"
        r"cny|yuan)? ?\d[\d,]*(?:\.\d+)?(?: ?(?:yuan|rmb|cny|元))|(?:¥|￥|\$|rmb|cny) ?\d[\d,"
        r"]*(?:\.\d+)?.{0,16}\b(?:unpaid|overdue|outstanding|in arrears|still due)\b"
    ),
    (
        r"(?:[一二三四五六七八九十百千万两]{2,})(?:元|块).{0,6}(?:没交|未缴|欠)|(?:欠(?:费|款)"
        r"?|拖欠)了?[一二三四五六七八九十百千万两零多几]{2,}(?:元|块|多)?"
    ),
)
_TOTALS = re.compile(
    r"合计|总计|累计|共收|总共|全小区|全体|公共收益|维修基金|总额|总欠|每平|/㎡|元/|每月每|"
    r"单价|收费标准|标准为|优惠|立减|total|per (?:square|m2|sqm|month per)|whole estate|"
    r"in all|discount"
)
_PHONES = (
    r"(?<!\d)1[3-9]\d[ \-]?[\d*x]{4}[ \-]?\d{4}(?!\d)",
    r"(?:尾号|后四位|last four)[^0-9]{0,6}\d{4}",
    r"(?<![a-z])\+?86[ \-]?1[3-9]\d{9}",
    r"(?<!\d)\d{17}[\dx](?!\d)",
)
_OFFICE_PHONE = re.compile(
    r"(?:客服|热线|服务|值班|前台|物业|管家|办公室|咨询|报修|校区|招生|收费处|财务|中心|"
    r"经理|联系电话|联系方式|微信同号|hotline|office|desk|service|front)[^0-9]{0,12}$"
)
_LISTS = (
    (
        r"(?:未[交缴续付]|欠费|欠款|没[交缴续]|已[交缴续]|逾期|拖欠|还没)(?:费)?(?:的)?(?:业主|"
        r"住户|家长|学员|同学|家庭|房号|人员|户主|邻居)*(?:的)?(?:名单|清单|明细|列表|房号|如下|"
        r"包括|有[:]|是[:])"
    ),
    (
        r"名单如下|名单见|名单[:]|(?:以下|下列|如下|下面)(?:这?(?:几|些|\d+)?(?:位|户|家|个|"
        r"名)?)?(?:业主|住户|家长|同学|学员|房号|家庭|邻居|房间|户)[^。!\n]{0,12}(?:未|没|欠|"
        r"还|已|请|尽快|抓紧|交|缴)"
    ),
    (
        r"\b(?:list of|following|these|here are the) (?:\w+ ){0,3}(?:unpaid|debtors|defaulters|"
        r"households|families|residents|owners|flats|units|rooms|names|parents|students|apartments)"
        r"\b(?: \w+){0,6}? ?(?:owe|unpaid|not paid|haven't|have not|yet to|paid|:|are behind)"
        r"|\b(?:have not|haven't|not yet|yet to) pa(?:id|y)[^.]{0,12}:"
    ),
)
_ONE_TO_FOUR = "[1-4一二三四两俩仨]"
_UP_TO_19 = "(?:1[0-9]|[1-9]|十[一二三四五六七八九]?|[一二三四五六七八九两])"
_COUNTED = "户|家(?!电|长会|园|政)|位|名(?!额)|个(?:人|家庭|业主|家长|同学|学员|住户|邻居|孩子)|人(?!民|员|行|工|脸)|套"
_COUNTS = (
    (
rf"(?<![{_DIGIT}.第每])(?:{_ONE_TO_FOUR}) ?(?:{_COUNTED})(?:业主|住户|家长|家庭|邻居|"
rf"同学|学员)?[^。!,\n一]{{0,8}}(?:未|没|欠|还差|逾期|拖|不[交缴]|已?[交缴](?:了|清|费)"
rf"|续)"
),
    (
rf"(?:未[交缴续]|没[交缴续]|欠费|还差|还剩|仅剩|只剩|剩下?|就差|只差|只有|仅有|逾期|拖欠|"
rf"最后)(?:的)?(?:业主|住户|家长|家庭|户数|同学|学员|户)?(?:仅|只|还|共|有|剩|为|是|:)"
rf"*(?<![{_DIGIT}.])(?:{_ONE_TO_FOUR}) ?(?:{_COUNTED})(?!以上)"
),
    (
rf"(?:共|总共|一共|全[楼栋班]|本[楼栋班单元]+|单元|总户数)(?:有|共|只有|计|为)*(?<![{_DIGIT}.])"
rf"(?:{_UP_TO_19}) ?(?:户|家(?!长会|电)|位家长|名(?:学员|同学|学生)|个家庭|人)[^。!\n]{{0,"
rf"16}}(?:[交缴]|未|没|欠|续)"
),
    (
r"\b(?:only |just |last )?(?:one|two|three|four|[1-4]) (?:\w+ )?(?:households?|families|"
r"family|residents?|owners?|flats?|units?|parents?|students?|people|person|homes?|neighbou?rs?)"
r"\b[^.]{0,30}\b(?:unpaid|not paid|haven'?t|hasn'?t|owe|owes|left|remain\w*|yet to|overdue|"
r"behind|outstanding|still|paid)\b"
),
    (
r"\b(?:unpaid|remaining|outstanding|overdue)[^.]{0,12}\b(?:only |just )?(?:one|two|three|"
r"four|[1-4]) (?:households?|families|flats?|owners?|residents?|units?)\b"
),
    (
r"(?:这|那|有|某|唯一|最后|仅)(?:一)?(?:户|家|位业主|位家长|个业主)(?:业主|住户|人家|"
r"人)?[^。!\n,]{0,8}(?:未|没|欠|不[交缴]|拖|赖)"
),
)  # fmt: skip


def household_data(text: str) -> Iterator[tuple[str, str]]:
    """(rule, words) of each piece of a household's data in a plain text."""
    for pattern in _ROOMS:
        for hit in re.finditer(pattern, text):
            if not _NO_ROOM.search(text[max(0, hit.start() - 8) : hit.end() + 6]):
                yield "household_data", hit[0]
    for sentence in re.split("[。!?;\n]", text):
        for pattern, needs in _NAMES:
            for hit in re.finditer(pattern, sentence):
                name = hit[0].strip(' ,。!?;:、@(（"“《')
                if not _NOT_NAMES.search(name) and not _NO_NAME.search(hit[0]) and re.search(needs, sentence):
                    yield "household_data", name
        if not _TOTALS.search(sentence):
            for pattern in _SUMS:
                if (found := re.search(pattern, sentence)) is not None and not _EVERYONE.search(sentence):
                    yield "household_data", found[0]
        for pattern in _COUNTS:
            if (found := re.search(pattern, sentence)) is not None and not _EVERYONE_COUNT.search(found[0]):
                yield "household_data", found[0]
    for pattern in _PHONES:
        for hit in re.finditer(pattern, text):
            if not _OFFICE_PHONE.search(text[: hit.start()]):
                yield "household_data", hit[0]
    for pattern in _LISTS:
        if (found := re.search(pattern, text)) is not None:
            yield "household_data", found[0]


_NO_ROOM = re.compile(
    r"热线|电话|tel|号码|(?<![\d\-])400[ \-]?\d|转\d|频道|版|型号|编号|单号|工单|年(?:第)?\d|\d月\d|文号|\d:\d\d|"
    r"会议室|活动室|教室|办公室|多功能|classroom|hotline|ticket|物业(?:中心|服务|办公)|收费处|"
    r"前台|meeting|合同|政策|v\d|停车场|周年"
)
_NO_NAME = re.compile(
    "各位|所有|亲爱|尊敬|全体|请家长|老师|经理|管家|师傅|保安|同学们|妈妈们|爸爸们|家长们|"
    "位家长|名家长|邻居|些家长|的家长|家长群|家长会|家长(?:可|您|好)|分家长|和家长|学员家长|"
    "新生家长|女士们|先生们|户业主|奶奶们|孩子|大家|爷爷奶奶|学生家长|班家长|如果|每位|"
    "感谢家长|告家长|宝妈|如有家长|已有|让家长|与家长|给家长|向家长|为家长|是家长|未缴|"
    "已缴|和爸爸|和妈妈|或妈妈|班同学|班级|的同学|位同学|提醒家长|欢迎家长|需要家长|dear|"
    "every|each|all|any|your|new|young|another|whole|school|the family|per family|one family|"
    "our"
)
_EVERYONE = re.compile("每户|每家|各户|一户一|比如|例如|举例|示例|example|for instance|起(?:步)?价|押金标准")
_EVERYONE_COUNT = re.compile(
    "每|一户一|第|一家人|两家(?:银行|公司)|一人一|一位工作|家(?:里|人)|如有一|逐户|一位家长(?:陪|参加)|大家"
)
