"""What no text may say: the words of each rule, and the company in which the same words are harmless.

Chinese patterns read a sentence without gaps in Simplified characters, English ones a sentence in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Ban:
    """`pattern` is forbidden, where `needs` (if any) is in the sentence too, unless `unless` is.

    `strict`: not even "we will not …" or a question makes it harmless.
    """

    rule: str
    pattern: re.Pattern[str]
    needs: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    strict: bool = False


def _bans(rule: str, *rows: tuple[str, ...] | str, strict: bool = False) -> tuple[Ban, ...]:
    """Rows are (pattern, needs, unless); the last two may be left out or empty."""
    found = []
    for row in rows:
        pattern, needs, unless = ((row,) if isinstance(row, str) else row) + ("",) * (2 if isinstance(row, str) else 3 - len(row))
        found.append(
            Ban(
                rule,
                re.compile(pattern),
                re.compile(needs) if needs else None,
                re.compile(unless) if unless else None,
                strict,
            )
        )
    return tuple(found)


# --- company: words that tell a threat from a notice -------------------------------------------------------------
# The sentence ties a consequence to money that is not there.
UNPAID = (
    "不[交缴付还给续]|未[交缴付还续]|没[有]?[交缴付还给续]|欠|拖|逾期|再不|拒[交缴付不]|否则|不然|清缴|缴清|交清|结清|付清|还清|不到账|"
    "老赖|对[你您]|给[你您]|把[你您]|[你您](们)?家?的?[水电气]|收费率"
)
PAY = "[交缴付还清]|费|款|钱|账"
# Something technical, a plan of works, or the weather is the reason.
WORKS = (
    "检修|维修|抢修|施工|改造|清洗|消毒|水箱|管网|管道|爆[管裂]|供电局|供电公司|自来水公司|水务|燃气公司|热力公司|电力公司|市政|储水|备水|蓄水|恢复|故障|维护|"
    "保养|年检|升级|计划性|应急|台风|暴雨|天气|放假|节假日|国庆|中秋|春节|元旦|五一|端午|清明|调休|寒假|暑假|系统|挂失|补办|丢失|遗失|损坏|更换|"
    "投诉|抱歉|道歉|致歉|歉意|理解|给您带来不便|漏水|漏气|漏电|出门|外出|离家|节约|随手|安全|火灾|消防|演练|巡检|改线|换新|测试|停水通知|停电通知|接到.{0,6}通知"
)
SCAM = "诈骗|骗子|骗术|骗局|冒充|假冒|自称|谎称|冒名|轻信|反诈|钓鱼|上当|谣言|不实|谨防|警惕|可疑|当心"
SCAM_EN = r"scam|fraud|phish|impersonat|pretend|fake|claim(s|ing) to be|suspicious|hoax|rumou?r|beware"
HONOUR = "积极|获奖|优秀|表彰|候选|业委会|志愿|中奖|活动|录取|自愿|荣誉|收支|公共收益|标准|服务|预算|决算|账目|明细|用途|评选|先进|价格|方案|工程|检测|水质|光荣榜|捐"

UNPAID_EN = (
    r"\b(unpaid|overdue|owe|owes|owing|arrears|debts?|non-?pay\w*|unless|until you|if (you|the|this|payment|your|we|they|no|it|fees?)|"
    r"fail(ure|ed|s)? to|outstanding|or (else|we|your|i|the|you)|not paid|haven'?t paid|don'?t pay|refus\w+|debtors?|defaulters?|"
    r"non-?payers?|settle|pay (up|now|today|by|or|your)|your (water|power|electricity|gas|heat\w*|lights))\b"
)
WORKS_EN = (
    r"\b(maint\w+|repair\w*|inspect\w+|scheduled|planned|upgrad\w*|tanks?|pipes?|pump\w*|store some|store water|water company|power company|"
    r"grid|apolog\w+|sorry|inconvenience|restor\w+|clean\w*|emergency|burst|leak\w*|storm|typhoon|holiday|weather|renovat\w*|"
    r"replac\w+|lost|broken|fault\w*|servic(ed|ing)|install\w*|drill|test(ing|ed)?|works?|city|council|safety|save (water|energy))\b"
)

# --- Chinese -----------------------------------------------------------------------------------------------------
_WHOSE = "(?:掉|了|止|用|给|住|封|[你您他她]|们|贵|本|家|户|的|该|欠费|业主|住户|房|屋|一切|全部|生活|自来|小区|整栋|部分){0,8}"
_SUPPLY = (
    "(?:水电|供?水(?!平|果|准|泥|彩)|供?电(?!话|梯|视|影|脑|子|动|瓶|邮|商|力公司|扶)|供?气(?!候|温|味|氛|球|象|愤|死)|供?暖|供热|暖气|热水|燃气|煤气|天然气|"
    "宽带|网络|断?网(?!课|上|站|点|银|页|购|格|红|约|贷))"
)
_UTILITIES = _bans(
    "utilities",
    (f"(?<!暂)(?<!调)(?:停|断|掐|限){_WHOSE}{_SUPPLY}", "", f"停(?:止)?.{{0,6}}水费|{WORKS}"),
    (f"(?:切断|剪断|掐断|中断|停供|停止供应|停止供|暂停供|停送|限供|限制供|停用|关停|掐掉|掐了|断掉|停掉|关掉|切掉|断绝).{{0,6}}{_SUPPLY}", "", WORKS),
    (f"{_SUPPLY}(?:表|阀|闸|管|线|源|卡)?.{{0,4}}(?:停了|停掉|给停|断了|断掉|给断|掐|给关|切断|切了|拆了|拆走|拆掉|锁了|锁上|锁死|封了|封掉|剪了|剪断|拔了|卸了|停供|限供|都?没(?:有)?了)",
     f"{UNPAID}|{PAY}|等|就|小心|直接|我们", WORKS),
    ("(?:关|拧|锁|封|拆|卸|掐|剪|拔|砸|堵)(?:掉|死|上|了|闭|断|走|除)?(?:[你您他]|们|家|户|的|欠费|业主|住户|贵)*(?:水|电|气|暖|煤气|燃气)?(?:总)?(?:阀|闸|表箱|水表|电表|气表|网线|电线|水管|阀门)",
     "", f"{WORKS}|请|记得|好|冬|防冻|注意|旋转"),
    (f"(?:关|停|断)(?:掉|了)?(?:[你您他]们?|贵)家?的?{_SUPPLY}",),
    ("拉(?:掉|了)?(?:[你您]|家|的|们|欠费户|电)*闸|拉电",  "", WORKS),
    (f"不(?:再|予|给|会再|会给|准备给|打算给|能再)(?:继续)?(?:为|给|向|对)?(?:[你您]|们|家|贵|户|欠费户|的)*(?:继续)?(?:提供|供应|供|送|通|用|开通|恢复){{1,2}}(?:生活)?(?:水|电|气|暖|热)",),
    ("(?:别想|休想|甭想|别指望)(?:再|还|能|有|用|喝|享受|家里)*.{0,4}(?:水(?!平)|电|暖|热水|气)",),
    ("(?:让|叫|等|使)?(?:[你您]|家里?|全家|一家)+.{0,6}(?:没水|没电|没暖|没有水|没有电|没有暖|断水|断电|没热水|黑灯瞎火|摸黑|点蜡烛|挨冻|受冻|冻着|喝西北风|打不开水龙头|洗不了澡)", "", WORKS),
    ("(?:没水没电|没电没水|摸黑过|点蜡烛|过没水|过没电|喝西北风|断供)", "", WORKS),
    ("用不(?:上|了|成|着)(?:[你您]家)?(?:水|电|暖气|燃气|热水)", UNPAID, WORKS),
    ("(?:停止|暂停|中止|终止|取消|拒绝|不再|不予|减少|降低|停掉|撤销|不)(?:为|给|向|对|提供|[你您]|们|家|户|欠费|业主|住户|一切|所有|全部|任何|相关|物业|的|予){0,12}(?:服务(?!通知|消息|器|时间|号|费|热线)|报修|收垃圾|清运|收快递|代收|开门)",
     "不[交缴付还]|未[交缴付]|没[有]?[交缴付]|欠|逾期|拖|再不|否则|不然", "服务通知"),
    ("(?:家里|厨房|房间|[你您]家).{0,6}(?:变黑|一片漆黑|全黑)", "", WORKS),
)
_ENTRY = "门禁|门卡|房卡|一卡通|通行证|通行权|出入证|出入卡|人脸(?:识别|权限)?|蓝牙开门|电梯卡|梯控|车牌|停车证|停车卡|车位权限|通行|进出权|开门权|二维码开门|道闸"
_OFF = "停用|禁用|注销|失效|冻结|消磁|停掉|停了|锁定|锁住|锁掉|锁死|拉黑|作废|收回|降权|暂停|停止|删除|删掉|删了|无法使用|用不了|打不开|不能用|刷不开|刷不了|关掉|关了|关闭|取消|限制|屏蔽|注消|禁止|不好使|没用了|失灵|移除|清除|封掉|封了|停(?!车)"
_KEEP = "升级|更换|丢失|挂失|补办|遗失|损坏|故障|过期|旧卡|换卡|搬|退租|不再使用|检修|维修|维护|保养|年检|安全|调试|系统|漏水|停电|节|外来|外卖|电动车|电瓶车|消防|宠物|陌生|推销|快递员|施工|访客|货车|疫|台风|火"
_ACCESS = _bans(
    "access",
    (f"(?:{_ENTRY}).{{0,8}}(?:{_OFF})", "", _KEEP),
    (f"(?:{_OFF}).{{0,8}}(?:{_ENTRY})", "", _KEEP),
    ("锁(?:[你您他]|们|家|户|的|了|住|死|掉|欠费)+.{0,3}(?:车|门|车位|大门|单元门|自行车|电瓶车|地锁)", "", "请|记得|随手|注意"),
    ("锁车|锁门", f"{UNPAID}|[交缴]费|我们将|就要?锁|直接|处理|措施", "请|记得|随手|注意|离开|好"),
    ("(?:车|车辆|车位|车子|爱车|大门|家门).{0,5}(?:锁了|锁住|锁死|上锁|锁上|被锁|拖走|拖车|扣下|扣留|扣了|贴条|放气)", "", f"请|记得|{_KEEP}|违停|违章"),
    ("给.{0,6}(?:车|门|车位).{0,3}(?:上锁|加锁|锁)",),
    ("(?:地锁|道闸|车闸|杆).{0,4}(?:升起|不抬|不开|锁)|不(?:给|会|予)?(?:[你您])?抬杆|换(?:了|掉)?(?:[你您]|家|的|们)+门?锁|换锁芯|堵(?:[你您]|家|的|们|住)*(?:门|锁眼|车)|焊.{0,3}门", "", _KEEP),
    ("(?:不让|不准|不许|不能|禁止|不予|不给|拒绝|限制|休想|别想|甭想|不得|不放|无法|别再想|不允许|谢绝|阻止).{0,8}(?:进小区|进门|入园|进入|进来|进去|进出|出入|回家|进家|进大门|放行|车库|地库|进院|开门|上楼|坐电梯|乘电梯|乘坐|用电梯|使用电梯|刷卡|通行|进校|入校|停车|停进|抬杆|装修|放行条|搬家|搬出|出门|用车位|小区大门|单元门)",
     f"{UNPAID}|[你您]|业主|住户|{PAY}", f"{_KEEP}|装修.{{0,6}}时间"),
    ("(?:进不(?:了|去|来)|出不(?:了|去)|回不了|上不了楼|坐不(?:了|上|成)电梯|开不了门|停不了车|别进小区|别回家|别坐电梯|刷不开门|进门都难|进不得)", f"{UNPAID}|小心|等着|让[你您]|叫[你您]|就|{PAY}", _KEEP),
    ("(?:爬|走)(?:着)?楼梯", f"{UNPAID}|[吧去]$|让[你您]", f"{WORKS}|锻炼|火"),
    ("电梯.{0,6}(?:停用|停运|限制|禁用|不能|不让|停了|停掉|锁|关|不给|别坐|没份|无权|禁止)", f"{UNPAID}|{PAY}|处理|限制[你您]?|直接|我们", f"{WORKS}|电动车|电瓶车|请"),
    ("停梯|限梯|锁梯|(?:限制|停用|停掉|关闭|关掉|关停|停|锁|禁用|控制|取消|不让|断)(?:了|掉|[你您]|家|们|的|户|该|楼|层|使用|乘坐|单元|整栋){0,6}电梯", "", WORKS),
    ("(?:扣|拖|移)(?:押|留|走|掉)?(?:[你您]|家|的|们)+车",),
    ("(?:保安|门岗|岗亭).{0,6}(?:拦|堵|不让|不放)", "", _KEEP),
    ("关在(?:门|小区|家)外|拒之门外|赶出(?:小区|去|家门)|搬出去|滚出(?:小区|去)|清退|驱逐|被关在外面|扫地出门",),
)
_PLACE = "公告栏|大厅|楼道|门上|门口|电梯|宣传栏|墙上|群里|业主群|家长群|微信群|朋友圈|抖音|网上|微博|快手|小区|门卫|大门|楼下|显示屏|大屏|头条|媒体|公众号|单元门"
_WHO = "单位|公司|领导|老板|上司|同事|邻居|邻里|街坊|亲戚|亲友|亲朋|朋友|同学|老师|班主任|父母|爸妈|老人|岳父|丈母娘|亲家|配偶|老婆|老公|爱人|媳妇|对象|居委会|村委会|朋友圈|抖音|网上|微博|业主群|家长群|通讯录|家人|家属|儿女|子女|紧急联系人|全小区|整栋楼|整个小区|全班|学校|房东|客户|组织"
_EXPOSURE = _bans(
    "exposure",
    ("曝光|爆光|暴光", "", "照片曝光|曝光度|过度曝光"),
    ("老赖|赖账户|欠费大户|欠费钉子户|钉子户|欠费榜|黑榜|红黑榜|耻辱|示众|游街|人肉|社死|身败名裂|社会性死亡|催收榜|曝晒名单|欠费排行|欠费排名|龙虎榜",),
    ("失信", "", "不会因失信"),
    ("黑名单", "", "骚扰|号码|手机号|短信|误|移出|解除|垃圾|我们(?:加|拉|放)|公众号|拦截|来电"),
    ("拉黑", "黑榜|小区|物业|系统|[你您]会被", "号码|误|把我们|公众号|骚扰|拦截"),
    ("公示(?:名单|欠费|未缴|[你您]|拖欠|房号|姓名|出来|处理)|(?:名单|姓名|名字|房号|照片|欠费|欠款|拖欠|未缴|门牌|情况).{0,10}(?:公示|公布|公开|张贴|贴|上墙|发群|发到|挂出|挂在|通报|点名|群发|晒|曝|登报|播|发布)", "", f"{HONOUR}|不贴|贴心"),
    ("(?:公示|公布|公开|张贴|通报|发布|晒|挂|贴|播报|曝|宣读|念).{0,14}(?:欠费|欠款|欠账|拖欠|未缴|不缴|没交|不交|名单|[你您](?:的)?(?:大?名|姓名|名字|照片|房号)|黑材料|门牌)", "", HONOUR),
    (f"(?:贴|挂|晒|发|写|印|打|放|登|滚动播放|公布|公示|播放)(?:在|到|上|满|进).{{0,8}}(?:{_PLACE})", f"名|欠|[你您](?!可|的(?:意见|建议))|未缴|不交|不缴", f"通知|收支|{HONOUR}|方便"),
    (f"(?:在|到|去|上).{{0,4}}(?:{_PLACE}).{{0,4}}(?:点名|公开|喊|@|艾特|见|念|骂|通报|广播|贴|公布|晒|挂|说道|曝)", f"名|欠|[你您]|未缴|不交|不缴|谁|见", f"{HONOUR}|通知|建议|意见"),
    ("(?:拉|挂|打|扯).{0,3}(?:横幅|条幅|大字报|标语)|大字报|横幅(?:伺候|见)|(?:大?喇叭|广播|扩音器).{0,8}(?:喊|播|叫|念|循环|宣传|[你您])|(?:喊|播|叫|念).{0,4}喇叭", "", "迎|祝|新春|活动|寻|失物|安全|疏散|不会"),
    (f"(?:告诉|告知|通知|联系|打电话|打给|致电|找|去|到|上|发给|发函|寄给|知会|通报|捅到|闹到|反映到|反映给|抄送|转告|汇报|找到|追到|群发给|让|骚扰|拜访)(?:给|到|至|去|您|[你他]|们|的|所在|工作|孩子|全|所有|整个|老家|本人|家里|左右|左邻右舍|周围|隔壁|楼上楼下|那些|那个|里|和|各位|每个|一?下){{1,8}}(?:{_WHO})", f"{UNPAID}|[你您]|催|评理|聊|谈|说道|知道|讨", "孩子在学校|方便|开票|发票|咨询|抬头|学校(?:上课|学习)|咨询老师|帮|如需|可以|可随时|学习"),
    (f"(?:单位|公司|领导|老板|同事|邻居|街坊|邻里|亲戚|亲友|朋友|同学|老师|全小区|整栋楼|整个小区|所有人|大家|全楼|全班|全网|孩子|父母|家人|左邻右舍|家长|人人).{{0,8}}(?:都|就|也|会|全|将)*.{{0,4}}(?:知道|看看|看到|看见|笑话|评评|评理|议论|指指点点|认识|晓得|围观|瞧瞧|嘲笑|看不起|瞧不起)",
     "[你您].{0,8}(?:欠|不交|没交|是什么|什么人|真面目|嘴脸|德行|赖|拖)|欠|不交|不缴|没交|赖|拖|丢|什么(?:样的)?人|真面目|嘴脸|德性|名声|[你您]家的事|小心|怎么看|议论|笑话|指指点点|看不起|瞧不起|嘲", "花在|用在|去向|活动|收支"),
    ("(?:让|叫)(?:全|整个?|所有|大家|邻居|街坊|单位|同事|左邻右舍|亲戚|同学|老师|楼上楼下).{0,12}(?:知道|看看|看到|看见|笑话|评评|认识|晓得|围观|瞧瞧).{0,6}(?:[你您]|谁|什么人|真面目|嘴脸)",),
    ("丢人|丢脸|丢面子|没面子|面子(?:上)?.{0,2}(?:不好看|过不去|挂不住|往哪)|颜面|抬不起头|脸往哪|老脸|见不得人|出丑|出洋相|脸上.{0,3}无光|不嫌丢|(?:名声|名誉|口碑).{0,6}(?:坏|臭|毁|扫地|受损|不好)|出名|(?:让|给)[你您].{0,3}好看|羞不羞|害不害臊|不害臊|不知羞|可耻|羞耻|颜面扫地|脸丢", "", "不丢人|没什么丢人|并不丢|不用觉得|不必觉得|没什么不好意思"),
    ("点名(?:批评|通报|示众|公布|催)|通报批评|公开(?:点名|批评|处理|讨债|催缴|[你您])|(?:群里|业主群|家长群).{0,4}(?:见|点[你您]|点名|@[你您]|挂[你您]|公布)",),
    ("上(?:电视|新闻|热搜|抖音|黑榜|曝光台|头条)", f"{UNPAID}|[你您]",),
    ("(?:贴|刷|喷|泼)(?:在|到)?(?:[你您]|们|家|的)+(?:大|房)?门", "", "通知单|如您同意"),
    ("(?:身份证|照片|隐私|个人信息|手机号).{0,8}(?:公开|发到|发出|挂|泄|曝|公布|贴)", "", "不会|保护|不得"),
)
_LAWFUL = "(?:您|家长|业主|居民|住户|客户|学员|双方)(?:也|还|都|如|若)?(?:可以?|有权|可随时|可依法|随时可)"
_AUTHORITY = _bans(
    "authority",
    ("征信|(?:个人)?信用(?:记录|报告|评分|污点|档案|分|受损|黑|系统|受影响|破产|不良|会|将|有问题|状况|历史)|(?:影响|毁|坏|损害|留下|拉低|降低).{0,8}(?:信用(?!卡)|信誉)", "", "不影响您的信用|信用卡"),
    ("报警(?!器|铃|电话|按钮|装置|系统|灯)|报公安|(?:警察|公安|派出所|民警|巡捕|警方|110).{0,10}(?:找|来|上门|抓|处理|介入|见|带走|传唤|等|请|会|联系[你您]|传)|(?:叫|喊|找|请|带|联系|移交|移送|惊动|通知|交给|送)(?:了|来|给)?(?:警察|公安|派出所|民警|警方|110)|(?:派出所|公安局|警察局|局子)(?:见|里|喝茶|备案|立案|走一趟)", "", f"盗|偷|可疑|陌生|丢失|走失|反诈|宣传|讲座|反电诈|安全|火|噪音|扰民|拨打110|紧急|高空抛物|慰问|打架|{SCAM}"),
    ("(?:^|[^紧])(?:抓|逮)(?:[你您]|人|起来|走|进去|捕)|拘留|拘传|坐牢|蹲(?:监|大牢|号|局)|牢饭|判刑|犯罪|犯法|刑事|进去(?:坐|蹲)|铐|逮捕|吃官司|牢里|违法行为",),
    ("法院|法庭|传票|起诉|公诉|上诉|诉讼|诉至|诉诸|告(?:[你您])(?!知|诉|别|一声)|告上|打官司|对簿公堂|仲裁|律师|强制执行|强制(?:划扣|扣款|征收|收取|措施)|强执|被执行|查封|拍卖|限高|限制(?:高|出境|消费|乘|坐)|执行局|支付令|司法|立案|法务|诉前|开庭|判决|法槌|被告", "",
     f"法院(?:路|街|站|旁|对面|附近)|法律(?:咨询|援助|讲座|服务|顾问)|律师(?:咨询|讲座|值班|朋友|楼)|普法|讲座|宣传|开庭(?:路|街)|{_LAWFUL}(?!.{{0,10}}(?:等|收|看着|见|试|不交|不缴))|模拟法庭|(?:作为|当|是|从事|做)律师|公益"),
    ("法律(?:责任|手段|途径|程序|行动|武器|制裁|后果|追究|部门|渠道|诉讼|惩|惩罚|见|解决)|依法(?:追|起|处|维权|采取|向|对[你您]|强|移|提|查|催)|走(?:司法|法律)|诉诸法律|法律(?:上)?见|法律不会|法律严惩|追究(?:[你您]|到底|责任|其|法)|追讨到底|讨个说法|法律是公正", "", "法律责任险|承担我们"),
    ("冻结.{0,6}(?:账户|账号|银行卡|资产|工资|存款|财产|支付宝|微信|卡)|(?:账户|银行卡|工资卡|资产|存款|房产|房子|财产|公积金).{0,6}(?:冻结|查封|拍卖|扣|划扣|没收|收走|抵)|扣(?:[你您]|的|家)*(?:工资|公积金|存款|养老金)|没收.{0,4}(?:房|财产|车)|收房|收回(?:[你您])?.{0,3}房", "", "自动扣|代扣|账户余额|签约|授权"),
    ("上门(?:催收|讨|要债|要钱|收账|堵|闹|蹲|坐|收钱|催|守|找[你您])|催收(?:公司|团队|人员|员|机构|部)|第三方(?:催|机构催|公司)|催债|讨债|要债|追债|收账公司|委外|专业(?:催|讨|清欠)|清欠(?:公司|队|小组)|社会上的人|道上|带人(?:来|去|找)|派人(?:去|到|上|来|找|蹲|守|堵)|(?:天天|每天|轮流|轮番|一直)(?:打|上门|去|找|蹲|守|敲|堵|轰炸)|电话轰炸|短信轰炸|敲(?:[你您]|家|的|到)*门|堵在(?:[你您]|家|单位|门)|呼死[你您]", "",
     "派人(?:去|到|上|来)(?:修|查看|检查|维修|处理|看|帮)|上门(?:维修|服务|收费服务|检查)|清洁|打扫|保洁|巡"),
    ("(?:子女|孩子|孙|后代|下一代).{0,8}(?:考公|当兵|参军|入学|上学|公务员|政审)|影响.{0,6}(?:贷款|买房|出行|坐高铁|坐飞机|出国|政审|考公|找工作|就业|升职|前途|工作|子女|晋升|后代)|(?:坐|乘)不了(?:高铁|飞机|动车)|(?:买|订)不了(?:机票|高铁|车票)|出不了国|贷不了款|买不了房|过不了政审|寸步难行", "", f"{WORKS}"),
    ("报送|上报.{0,6}(?:人行|人民银行|央行|征信|信用|失信|单位|政府|街道|公安)|(?:人民银行|央行|人行).{0,6}(?:报|记录|系统|名单)",),
)
_NOW = "(?:今[天日晚夜]|明[天日早]|当[天日]|本周|这周|周[一二三四五六日天末]|月底|下班|\\d+个?(?:小时|分钟|天|日|点|号)(?:之?内|前|以内)?|三天|两天|一天|三日|限期|到期|期限|[零〇一二三四五六七八九十两]+(?:小时|天|日)(?:之?内|以内)?|年底|中午|晚上)"
_PRESSURE = _bans(
    "pressure",
    ("最后(?:的)?(?:一次|1次)?(?:机会|警告|通知|通告|催告|告知|催促|通谍|警示|提示|宣告|忠告|催缴|催收|仁慈)|最后通[牒谍碟]|最终(?:警告|通知|通告|期限|催告|催缴|提醒)|下最后|末次(?:通知|催)|最後通牒", "", "候补|抽奖|报名参加"),
    ("最后(?:的)?(?:一次|1次)?提醒", "", "打扰|不再(?:发|提醒|联系)|之后不|安静"),
    ("后果(?:自负|自行|很|非常|不堪|严重|[你您]|请|由|将由|会很|全|可想|难料|难以|概)|一切(?:后果|责任|损失).{0,8}(?:承担|自负|自理|由[你您])|承担.{0,8}(?:后果|一切|全部责任|相应责任|法律)|自行承担|责任自负|自己承担|自食其果|吃不了兜着走|有你(?:好看|好受)|没(?:有)?好果子|后悔(?:莫及|都来不及|也来不及|药|一辈子)|会后悔|别后悔|要[你您]好看|代价",),
    ("不客气|不讲情面|不留情|不再留情|不手软|手下留情|(?:别|莫|勿|休|不要|不能|可别|就别|可不要)(?:来)?怪(?:我|物业|学校|公司|咱|本|[他她]|别人)|谓言不预|言之不预|走着瞧|等着瞧|等着(?:吧|看|收|接|被|倒霉|[你您])|颜色(?:看|瞧)|颜色$|好看的|不吃这一套|奉陪到底|没完|跟[你您]没完|撕破脸|翻脸|动真格|来硬的|硬的|奉劝|警告|勿谓|给脸不要|敬酒不吃|不见棺材|休怪", "", "别客气|不客气$|^不客气|不用客气|不客气,|应该的|火灾|气象|台风|暴雨"),
    ("立[即刻马]|马上|即刻|火速|赶紧|赶快|速速|从速|限时|即日起?(?:内)?", "(?:立[即刻马]|马上|即刻|火速|赶紧|赶快|速速|从速|限时|即日起?(?:内)?).{0,12}(?:[交缴付还]|结清|补齐|补上|清账|转账|打款|汇款|行动|处理|清偿|到账|来物业|来办公室|来财务|解决)|(?:请|务必|必须|要求|你|勒令|责令)(?:[你您])?(?:立[即刻]|马上|即刻)",
     "(?:我们|会|将|已|帮您|为您|客服|师傅|工程|人员|系统|后|即可|就能|给您|我|管家)(?:会|将|已|可|就)?(?:在)?(?:第一时间)?(?:立[即刻]|马上|赶紧|赶快)|不用|不必|无需|不急|漏|火|燃气|119|报修|限时(?:优惠|折扣|活动|免费)|检修|到账后|关闭|撤离|忙完|(?:立即|马上)联系我们|我(?:现在|这就|今天)?(?:马上|立即|立刻|赶紧)"),
    (f"{_NOW}.{{0,6}}(?:不[交缴付还来]|再不|还不|未[交缴付到]|没[交缴付]|必须|要是不|若不|如不|如果不|见不到钱|仍不|仍未)(?!.{{0,6}}(?:没关系|也没|也可以|也行|也不|的话告诉|可以))", "", "可以晚|随时|不用担心|也没关系|没关系|没收到|请忽略|忽略|不交也|不必着急|不急|不用急|在路上|忘记|忘了|方便"),
    ("再(?:[你您])?不(?:[交缴付还结理回来处动表补去把]|打款|转账|行动|配合|解决|主动|清|给钱|听|抓紧|掏)", "", "再不用|再也不"),
    ("(?:要是|如果|若|如|倘若|假如|只要|胆敢|敢|谁)?(?:还|仍|继续|一直|坚持|硬是|就是|故意|拒)?(?:不|拒|没|未)(?:按时|及时|主动|按期|如期|肯|想|愿意?)?(?:[交缴付还续]|给钱)(?:费|钱|清|齐|上|款|纳|掉|满|物业费|学费)*(?:的)?(?:话|人|户|业主|家长)?,?(?:那|我们|物业|公司|学校|我|本公司|一律|[你您])*(?:就(?!没|不|告诉|跟|联系|说|行|可以|好|来|打|点|请|会扣|用)|便|只好|只能|只有|不得不|被迫|直接|休想|别想|甭想|别|等着|看我|统统|将被|必将|有[你您]|一定)", "", "没关系|也可以|不用担心|不会|提醒|忽略"),
    ("否则|要不然|不然的?话?就|如若不然", "(?:[交缴付还]|费|欠|款|钱|清|不办理|不配合|处理|今天|明天|期限|小时).{0,30}(?:否则|要不然|不然|如若不然)|(?:否则|要不然|不然的话|不然就|如若不然).{0,12}(?:将|就|我们|后|会|别|有[你您]|等|只|一切|要)", "否则(?:无法(?:开|核|查|识)|可能(?:收不到|影响核)|查不到|对不上)|开票|凭证|留好|请假"),
    ("必须(?:要|得)?(?:[你您])?(?:在|于|今|明|马上|立|尽快|尽早|无条件|一次性|全额|一次|当|把|本|\\d|到|先|给|现在|按时|补)*.{0,8}(?:[交缴付还]|结清|清|到账|补齐|来)", "", "不是必须|并非必须|不必须|必须先(?:登录|绑定)|核对"),
    ("限(?:[你您]|期|令|于|在|\\d|三|两|一|五|七|十|今|明|本|时(?:缴|交|清|付|还|内))|勒令|责令|敦促|严正|郑重警告|正告|命令|通牒|务必(?:今|立|马|现在|在?\\d+小时|火速|马上)", "", "限期内?优惠|无期限|权限|时限|有限|不限|期限|年限|限(?:今天|本|三|\\d).{0,6}(?:名|份|优惠|免费)|上限|下限|限(?:一|两|\\d+)(?:人|份|张|次|户)"),
    ("严惩|严肃(?:处理|追)|严厉|绝不姑息|决不姑息|绝不轻饶|不姑息|姑息|轻饶|追究到底|(?:采取|启动|动用|使用|执行)(?:进一步|强制|必要|相应|法律|其他|其它|一切|更严|更严厉|特殊|非常|有力|后续|限制|手段|催缴|惩罚|处罚|果断|强硬|别的|极端|最|行动|催收){1,3}(?:性)?(?:的)?(?:措施|手段|行动|程序|办法|流程)|非常手段|强硬手段|特殊手段|铁腕|重拳|罚款|重罚|处罚|惩罚|没收",
     "", "安全|消防|食品|防汛|检修|停车|高空|不会|保护|保护措施|疫"),
    ("试试看|你(?:敢|试试)|敢不[交缴付]|看着办|掂量|想清楚(?:后果|了)|好自为之|识相|不要逼|别逼|逼我们|逼(?:得|到)我们|不要挑战|别挑战|底线|耐心(?:是有限|有限|已|用|耗|到)|忍无可忍|忍耐.{0,4}(?:限度|极限|有限)|别以为|不要以为|休想|逃不(?:掉|过|了)|跑不(?:掉|了)|躲得(?:过|了)|躲不|跑得了和尚|迟早|早晚(?:要|得)|别不识|不识抬举|一天不[交缴]|一日不[交缴]|把[你您].{0,6}怎么样|拿[你您]没办法|有的是办法|有的是手段|有办法(?:让|对付|治)|对付[你您]|收拾[你您]|治[你您]|整[你您]|信不信|知道(?:我们的?)?厉害|让[你您](?:知道|后悔|难受|不好过)|不好过|不得安宁|没好日子|日子.{0,4}(?:难过|到头)|盯上[你您]|盯着[你您]|我们知道[你您](?:住|家|在哪|孩子|上班|单位)|小心点|当心点|走夜路|[你您].{0,4}小心|后果你",
     "", "早晚(?:高峰|温差|各)|楼梯|路滑|台阶|小心地滑|水滑|烫|试试看能|帮您|让您知道|躲雨|您知道|迟早会好"),
    ("过(?:时|期|了这个村)(?:不候|就没|作废|不补|恕不)|逾期(?:不候|恕不|作废|概不|不予|自动放弃|视为|取消)|没有?(?:任何)?(?:商量|余地)|没得商量|不容商量|(?:名额|席位|座位|学位)?(?:仅|只)(?:剩|余)(?:最后)?.{0,3}\\d*(?:个)?(?:名额|席|座位|位置|学位)|(?:名额|座位|学位).{0,4}(?:只剩|仅剩|告急|即将(?:告罄|抢光)|秒光|马上没|快没)|手慢无|错过(?:不再|就没|再无|后悔|再等|这村|这次就|将)|最后\\d+(?:个)?(?:小时|天|名额|分钟|席)|倒计时|涨价|不等人|抢(?:不到|光)|再不.{0,6}就没|明天就(?:涨|没)", "", "不涨价|没有涨价|未涨价|为什么涨价|涨价了吗|是不是涨价|活动倒计时|春节倒计时|倒计时牌|晚会"),
    ("[!]{3,}|(?:[!?]{1}){4,}", strict=False) if False else ("!!!",),
)
_NO_REFUND = _bans(
    "no_refund",
    ("概不(?:负责)?退|(?:一概|一律|恕|均|都|绝|坚决|从来|全部|统统|永)不(?:予|能|可|会|再)?退|不予退|不退(?:款|费|还|不换|课|钱|学费|定金|押金|任何|的)|不支持(?:任何)?(?:形式的?)?退|不(?:可|可以|得|允许|接受|办理|受理|会|再|给|做|同意|承诺|提供|享受)(?:任何)?(?:理由|形式|申请|办理|给)?(?:的)?退(?:款|费|还|课|钱|学费|定金|押金|班)?|(?<!能)不能(?:申请|办理|再|要求)?退|无法(?:办理|申请|给您|为您)?退(?:款|费|还|课|钱)|拒绝退|售出.{0,4}不退|(?:交|缴|付|报|续)(?:费|钱|款|名|了|上|完|清)*(?:之?后|就|即|了|,)*(?:不|别|没).{0,3}退|退(?:款|费|课|钱)(?:一律|概|申请|要求|均|都|恕)?(?:不|免谈|没门|休想|别想|没有可能|无门|不可能)|退费免谈|(?:别|休|甭|不要)(?:再|要|指望|想)*.{0,2}退(?:款|费|钱|课)|没得退|放弃(?:一切|任何|全部|申请|要求)?退|视为放弃.{0,4}退|不退不换|不开退|无退款|零退款|没有退款|退款无效|钱.{0,4}退不了|退不了(?:款|费|钱|的)",
     "", "不退群|不退出|退不退|不会不退|不能不退|退租|不退房|退而"),
    ("(?:定金|押金|学费|费用|预付款|报名费|留位费|已[缴交付](?:费用|款项|学费)?).{0,8}(?:没收|不退|归(?:学校|公司|我们|机构)|不予返还|恕不返还|概不|不返还|充公|扣除全部)",),
)
_KIND_OF = "外地|外来|租户|租客|租房|单亲|离异|离婚|残疾|少数民族|农村|乡下|低保|老年人|老人|女业主|女人|男人|回族|维族|藏族|东北|河南|打工|农民工|务工|外国|外省|小地方|拆迁户|回迁户|安置户|公租房|贫困|穷人|穷|没文化|学历低|黑人|同性恋|大龄|光棍|寡妇|文盲"
_INSULT = _bans(
    "insult",
    ("无赖|流氓|不要脸|没脸|脸皮.{0,3}厚|厚脸皮|厚颜|无耻|(?:素质|人品).{0,4}(?:低|差|太|堪忧|有问题|呢|何在|这么)|没(?:有)?(?:素质|教养|良心|人性|文化|皮没脸)|垃圾(?:业主|住户|家长|人(?!员)|租户|东西|学生|家庭)|人渣|败类|穷鬼|穷光蛋|穷酸|穷逼|哭穷|装穷|人穷|傻[逼瓜叉x比b]|煞笔|沙比|sb(?![a-z])|白痴|智障|脑残|弱智|愚蠢|蠢货|蠢猪|猪(?:脑|头|狗|一样)|狗(?:东西|杂|日|屁|眼|腿)|贱(?:人|货|骨头|民)|犯贱|混蛋|混账|王八|他妈|妈的|tmd|cnm|滚(?:蛋|出|开|吧|远|回)|废物|饭桶|神经病|有病(?:吧|啊|是不是|吗|就)|有毛病|脑子.{0,3}(?:有|进|坏|不好使|没)|赖账|赖皮|耍赖|死皮赖脸|白住|白吃|白嫖|吃白食|寄生虫|蛀虫|吸血|铁公鸡|抠门|吝啬|小气鬼|这么小气|自私|缺德|丧良心|昧良心|良心(?:何在|不会痛|被狗|过得去|呢|喂|安|发现|痛)|道德(?:败坏|低下|沦丧|何在|底线)|害群之马|老鼠屎|老东西|老不死|残废|瘸子|死瘸|瞎子|瞎了|死聋子|聋了|乡巴佬|土包子|土鳖|泼妇|刁民|恶霸|人模狗样|不是人|畜生|下三滥|跳梁|装什么|算什么东西|什么东西$|什么玩意|丑恶嘴脸|嘴脸|骗吃骗喝|老油条|滚刀肉|死赖|癞皮|贪小便宜|占(?:大家|小区|别人|我们|全体)?(?:的)?便宜|要饭|讨饭|乞丐|不像人|奇葩|极品(?:业主|家长|住户)|渣(?:男|女)|去死|死全家|断子绝孙|不得好死|短命|倒霉|遭报应|报应|天打雷劈",
     "", "素质教育|综合素质|高素质|有没有好|没素质差|倒霉了|垃圾人工|师傅"),
    ("(?:你|您)(?:们)?(?:这|就|真|可真|简直|根本|果然|分明)?(?:个|是|种|家|的|些)*(?:骗子|小偷|强盗|贼|懒|笨|蠢|坏|老糊涂)", "", SCAM[:0] or "不是骗子吗"),
    ("(?:没钱|穷|交不起|缴不起)(?:就|还|别|也敢|也配|却|买什么|住什么|读什么|装|的人|,别)+|(?:住|买|读|上|学|养|付|交|缴)不起(?:就|还|别|的话就|,|吗|的)|(?:没钱|钱都没有).{0,6}(?:别住|住什么|买什么|上什么|读什么|养什么|生什么|搬)|不配(?:住|做|当|享|在|上|读|拥有|得)|也配|没资格(?:住|享|投诉|说|做|当|用|提)|(?:没|无)权(?:投诉|享受|说话|提要求|使用|要求)", "", "没关系|可以申请|不配套"),
    (f"(?:{_KIND_OF})(?:的|人|们|业主|家长|家庭|户|老)*(?:就是|都是|就这|果然|素质|滚|不配|没资格|别来|不收|不欢迎|不让|拖后腿|没教养|另收|加收|多收|更要|事多|最会|最爱|最|就爱|净|没一个|没几个|靠不住|信不过|不可靠|信用差|爱拖|爱赖|赖|欠费|难怪|怪不得|活该|低人)", "", "优惠|最需要|减免|照顾|服务|申请"),
    (f"(?:难怪|怪不得|果然|到底|毕竟|又是|不愧)是?(?:{_KIND_OF})|(?:你们?|您)(?:们)?(?:这些|这种|这帮|这群|这类|那些).{{0,8}}(?:人|户|家长|业主|东西|租户|租客|穷)|(?:不收|不欢迎|不接待|拒绝|不接|不租给|不服务)(?:{_KIND_OF})|活该|狗眼|看不起[你您]|瞧不起[你您]",),
)
_BLAME = _bans(
    "blame",
    ("(?:都|全|就|只)怪(?:[你您])|(?:都|全)(?:是)?因为(?:[你您])|因为(?:[你您])(?:们)?(?:一|个|家|不|没|欠|拖|这|的拖|的欠|的不|总|老|迟迟|的原因)|由于(?:[你您])(?:的)?(?:原因|拖欠|不|欠|拒|没|未|迟迟)", "", "没及时通知您"),
    ("(?:[你您])(?:们)?(?:一户|一家|一个人|的行为|家|不[交缴]|欠|拖|这样|这种).{0,12}(?:害|连累|拖累|影响了?|拖了?|损害|让|给)(?:到)?(?:[了]?)(?:大家|全|邻居|小区|整|别人|其他|我们|班级|老师|保洁|保安|所有|物业|员工|别的)|(?:害|连累|拖累|坑)(?:了|得|到|苦)?(?:大家|全|邻居|小区|整|别人|其他|我们|班级|老师|员工|所有)|拖.{0,12}后腿|损害.{0,6}(?:其他|全体|广大)?(?:业主|家长).{0,4}(?:利益|权益)|侵害.{0,8}(?:业主|利益|权益)"),
    ("(?:就|只|唯独|偏偏|仅|单单)(?:差|剩|剩下|有|是)?(?:[你您])(?:们)?(?:一|家|没|不|这|了|还|拖|欠)|(?:人家|别人|邻居们?|大家|其他(?:人|业主|家长|住户|家庭|同学)|全(?:楼|班|小区|栋)|左邻右舍|隔壁|楼上|楼下|对门|别家|别的家长|整栋楼).{0,4}(?:都|早就|早|全|也都|均)?.{0,2}(?:已经)?(?:交|缴|付|续)(?:了|清|完|齐|过|上|费|得起)*.{0,6}(?:就|只|唯独|偏|凭什么|怎么|为什么|[你您]|难道)|(?:楼上|楼下|隔壁|对门|邻居).{0,6}(?:没交|没缴|未缴|欠|不交)",
     "", "不用管|没关系|我家|我"),
    ("凭什么(?:[你您]|不|大家|我们|别人|让)|(?:怎么|还|真|也)好意思|好意思(?:吗|么|不[交缴])|(?:[是]?[你您]|完全是[你您])(?:们)?(?:自己)?的(?:错|责任|问题|过错|失职|不对|原因)|(?:全部|一切|主要)?责任(?:在|都在|全在)[你您]|不负责任|没(?:有)?(?:责任心|责任感|公德|道德|诚信|信用|担当|契约|自觉)|不自觉|自觉(?:一)?点|不讲(?:诚信|信用|理|道理)|诚信(?:缺失|有问题|何在|呢|堪忧)|言而无信|出尔反尔|说话不算|不守信|(?:构成|属于|已经?|严重|根本|恶意)违约|恶意|故意(?:拖|不|欠|赖|逃)|赖着|拖着不|屡(?:次|教|催)|多次催(?:告|缴|促|收|交)?.{0,4}(?:仍|未果|无果|均|都|不|,)|一再(?:拖|推|催|提醒)|一拖再拖|三番(?:五|两)次|三番|装(?:死|聋|睡|糊涂|看不见|没看|傻|失踪|病|可怜)|躲(?:着|避|债|猫猫|起来)|玩失踪|(?:找|编|各种|别拿|少找|都是).{0,2}借口|忘恩|对(?:得|不)起.{0,6}(?:邻居|大家|孩子|良心|我们|服务|老师)|心安理得|(?:好好|自己|深刻)?反(?:思|省)|检讨|说得过去|拖到什么时候|拖到(?:何时|猴年|哪天)|到底(?:想|要|交|缴|什么时候)|还想(?:拖|赖|欠)|打算(?:拖|赖|欠)到|没有任何理由|没有理由不|有什么理由|理由不成立|不成理由|不是理由|还要(?:我们)?(?:催|说)(?:多少|几)|催了(?:多少|几|这么多|无数|好几)|说了多少|浪费(?:我们|大家)|添(?:乱|堵)|不像话|太过分|过分了|说不过去|天经地义|理所当然|欠债还钱|杀人偿命|无视|置之不理|不闻不问|不理不睬|不当回事|明知|存心",
     "", "不是您的|不怪|非您|不算|没有恶意|无恶意|抱歉|对不起您|对不起,|我们的错|我们.{0,6}反思|我们的问题|恶意(?:软件|链接|程序)|不用(?:到底|担心)|到底(?:要交多少|怎么|是多少|多少)|提醒,"),
)
_KID = "孩子|小孩|娃|宝宝|宝贝|学生|小朋友|儿子|女儿|学员|小[\u4e00-\u9fff]"
_HEALTH = "请假|补课|调课|补上|生病|身体|发烧|感冒|发热|休息|放假|台风|暴雨|天气|节|疫|装修|假期|考试(?:周|期间|安排)|老师(?:生病|临时|外出)|不用担心|雨|雪|高温|调整|临时有事|提前(?:说|告诉|联系|告知)|停电|搬家|转学|时间冲突|忙|水痘|安全|路远"
_CHILD = _bans(
    "child",
    ("停(?:了)?(?:[你您]|孩子|小孩|[他她]|们|家|的|小朋友|学员|宝宝|所有|全部){0,8}(?:课(?!后|外|程表)|学(?!费|校))|停学|劝退|开除|退学处理|勒令退|请.{0,4}(?:退班|离班|离校)|踢出(?:班|群|去)|移出班|清出(?:班|教室)|赶出|逐出|取消.{0,8}(?:课程|学籍|考试资格|上课资格|座位|学位|听课|参赛|上课|入学|参加)|剥夺",
     "", f"{_HEALTH}|停课通知|课时"),
    (f"(?:{_KID}|[他她]|[你您]家.{{0,3}}).{{0,8}}(?:不能|不让|不准|不许|不用|不必|不得|无法|没法|休想|别想|不可以|不给|不予|不再|别|甭|禁止|不安排|不可|没资格|拒绝).{{0,3}}(?:再|来|进|上|参加|继续|进入|听|安排|发|考|入|排|批|辅导|教|领|拿|毕业|接待|管|到)",
     f"{UNPAID}|费|钱|款|{PAY}|吧$|了$", f"{_HEALTH}|不用再?(?:带|背|担心)|不再打扰|不能吃|不必再|坚持|强迫|费心|没(?:上|来)成"),
    ("(?:别|不用|不要|甭|休想|不准|不许|不让|不能|禁止|不必)(?:再|让|叫|带|送|把|孩子|[他她])*(?:来|进|到|去)?(?:再)?(?:上课|上学|教室|学校|校门|校区|听课|补习|班里|学了|课了)", f"{UNPAID}|{PAY}|[了吧]$|明天|下周|以后|再", f"{_HEALTH}|不能上课|忘"),
    ("(?:没(?:有)?课上|上不(?:了|成)(?:课|学)|没(?:有)?学上|没书读|没人教|进不了教室|坐不了教室)", f"{UNPAID}|{PAY}|就", _HEALTH),
    (f"(?:让|叫|罚|请|只能)?(?:{_KID}|[他她]).{{0,6}}(?:站(?:着|在|到)|坐(?:到|在)?(?:后排|最后|冷板凳|走廊|门口|外面|一边|角落)|罚站|在(?:门口|外面|走廊|校门口)(?:等|站)|罚抄|留堂|单独坐)",),
    ("(?:不|扣|压|拒)(?:给|发|押|留|再|放|予|下|住|绝)*.{0,6}(?:毕业证|结业证|证书|教材|成绩单|成绩|课本|录取|奖状|学习资料|作业本|书包|准考证|考试)(?!.{0,6}(?:影响|没关系))", UNPAID + "|费", "不影响|不会影响"),
    (f"影响(?:到)?.{{0,6}}(?:升学|孩子|[他她]的|毕业|考试|成绩|前途|{_KID}|学业|学籍|入学)|耽误.{{0,6}}(?:孩子|前途|升学|学习|一生|[他她]|学业|{_KID})|输在起跑线|毁了?(?:[你您])?.{{0,4}}(?:孩子|前途|未来|一生|一辈子)|害了?(?:[你您])?.{{0,4}}(?:孩子|[他她])|拿孩子(?:的)?(?:前途|未来|学业)|对(?:不起|得起)孩子|孩子(?:会|将)?恨[你您]|不爱孩子|为人父母|做父母的|当(?:家长|父母|爸妈)的(?:怎么|不|连|就)|不配(?:当|做)(?:家长|父母|妈|爸)|亏待孩子|舍不得.{0,6}(?:花钱|给孩子)",
     "", "不影响|不会影响|不耽误|不会耽误|怕(?:影响|耽误)|以孩子|担心(?:影响|耽误)|影响孩子(?:休息|安全)|不希望影响|避免影响孩子(?:休息|学习)|如果?(?:时间|课程).{0,6}影响"),
    ("不续(?:报|费|班|课)?.{0,14}(?:跟不上|落后|输|毁|耽误|废|考不上|完了|后悔|掉队|白学|退步|差距|淘汰|没希望|没救)|(?:跟不上|落后|掉队|淘汰|考不上|没希望|废了|完了|垫底).{0,10}(?:不续|别怪|就晚了|后悔|[你您]负责)|被.{0,6}(?:同学|班里|别的孩子|老师|小朋友).{0,6}(?:笑|看不起|孤立|区别|知道|嘲|议论|瞧不起|排挤|歧视)|当(?:着|众).{0,10}(?:孩子|同学|全班|老师)|(?:孩子|[他她]).{0,8}(?:抬不起头|丢脸|没面子|自卑|难堪|受委屈|受苦|受罪|遭罪|低人一等|另眼|特殊对待|穿小鞋|不好过|吃苦头)|(?:班里|全班|同学|班上).{0,6}(?:就|只有|只剩|都知道|笑话).{0,6}(?:[你您]家|[他她]|孩子)", "", "不要|不会|不用|不希望"),
    ("(?:老师|我们|学校|机构).{0,6}(?:不会|不再|不|没法|懒得|没空|不愿|不想|拒绝)(?:再)?(?:好好)?(?:管|教|关心|理|辅导|照顾|重视|负责)(?:你|您|[他她]|孩子|学|娃)", "", "不会不|我们不会|不是不"),
)
_LOAN = _bans(
    "loan",
    ("网贷|借呗|微粒贷|有钱花|金条|分期贷|培训贷|教育贷|学费贷|物业贷|消费贷|小额贷|现金贷|低息贷|免息贷|信用贷|助学贷|(?:申请|办理?|做|用|走|推荐|提供|帮您|找|去|有|支持|合作|介绍|开通|选择|先|可以|考虑|一笔|个人|银行|平台|优惠|快捷|方便)(?:个|一下|一笔|点|些|我们的?|合作的?|第三方|银行|平台|小额|低息|免息|无息|快速|无抵押|我们|方|的|便捷|机构){0,6}贷款?|贷款(?:交|缴|付|来|平台|机构|专员|合作|公司|额度|产品|利率|很|方便|学习|渠道|服务|补|一下)|贷个?款(?:来|交|缴|吧|呗|付)|贷一|借贷|放贷|高利贷|高利|抵押|典当|套现|透支",
     "", "房贷|车贷|还贷|贷款压力|压力|公积金|担保"),
    ("花呗|白条|信用卡(?:分期|垫|套|先|周转|贷|额度|申请|取现)|(?:办|刷|申请|开)(?:一?张|个)?信用卡", "", "没有|支付方式|支持(?:微信|支付宝)|都可以|均可"),
    ("(?:找|向|跟|问|去|先|可以|不妨|想办法|让).{0,8}(?:借(?:点|一|些|钱|款|到|来)|凑(?:钱|一凑|凑)|周转)|借(?:点|些|一笔|到)?(?:钱|款)(?:来|也|先|,|都|给|去|把|就)?.{0,6}(?:[交缴付还]|垫|学费|物业费)|借(?:钱|款)(?:平台|app|软件|公司|渠道)|砸锅卖铁|卖(?:房|车|血|肾|东西)(?:也|来|都)?|刷爆|金融(?:平台|公司|机构|服务|方案|产品)|贷一笔|垫资|先学后付|先上课后付款", "", "借(?:用|书|阅)|资金周转.{0,8}(?:晚|延|分|没关系|告诉|困难)|周转不(?:开|过来)|垫付的|周转困难"),
)

# --- English -----------------------------------------------------------------------------------------------------
_SUP_EN = r"(?:water|electric\w*|power|gas|heat\w*|utilit\w+|suppl(?:y|ies)|lights?|internet|wi-?fi|broadband|services?|hot water)"
_ENGLISH = (
    *_bans(
        "utilities",
        (rf"\b(?:cut|cutting|cuts|shut|shutting|turn|turning|switch|switching|disconnect\w*|stop|stopping|suspend\w*|discontinu\w+|terminat\w+|restrict\w*|withdraw\w*|withhold\w*|kill|pull\w*|interrupt\w*)\b(?: \w+){{0,5}}? ?\b{_SUP_EN}\b", "", WORKS_EN + r"|\b(this service|messages?|reminders|notices|turn off the (water|gas|lights) (before|when))\b"),
        (rf"\b{_SUP_EN}\b(?: \w+){{0,6}}? (?:cut|cut ?off|off|disconnected|shut|stopped|suspended|interrupted|gone|terminated|disappear\w*|withdrawn|restricted)\b", "", WORKS_EN),
        (rf"\b(?:without|no|lose|losing|say goodbye to|goodbye to|kiss) (?:your |any |all |more )?(?:running )?{_SUP_EN}\b", UNPAID_EN + r"|\b(your|you)\b", WORKS_EN + r"|no service (charge|fee)|without (interruption)"),
        r"\b(?:sit|live|living|sitting|be|left) in the (?:dark|cold)\b|\bcandles?\b.{0,30}\b(?:pay|dark)\b|\btaps? (?:will )?(?:run |go )dry\b|\bfreez\w+ (?:this|at|in)\b",
    ),
    *_bans(
        "access",
        (r"\b(?:access cards?|key ?cards?|key ?fobs?|fobs?|gates?|doors?|entrance|entry|lifts?|elevators?|parking|cars?|vehicles?|garage|barrier|access|pass|face recognition|locks?)\b(?: \w+){0,7}? (?:deactivat\w*|disabl\w*|block\w*|lock(?:ed)?|suspend\w*|cancel\w*|revok\w*|clamp\w*|tow(?:ed)?|restrict\w*|barred|den(?:y|ied)|bann?(?:ed)?|stop(?:s)? working|cut|refus\w*|removed|closed|switched off|turned off|changed|immobili\w+|impound\w*)\b", "", WORKS_EN + r"|\b(lost|visitors?|delivery|bikes?|e-?bikes?|please lock|remember)\b"),
        (r"\b(?:deactivat\w*|disabl\w*|block\w*|lock|locking|suspend\w*|cancel\w*|revok\w*|clamp\w*|tow(?:ing)?|restrict\w*|den(?:y|ied|ying)|bann?(?:ing)?|cut|cutting|refus\w*|remov\w*|switch off|turn off|stop|limit\w*|impound\w*|chang\w+)\b(?: \w+){0,5}? (?:access cards?|key ?cards?|fobs?|gates?|doors?|entrance|entry|lifts?|elevators?|parking|cars?|vehicles?|garage|access|pass|locks?)\b", "", WORKS_EN + r"|\b(lost|visitors?|delivery|bikes?|e-?bikes?|please|remember)\b"),
        (r"\block(?:ed|ing)? (?:you |them |your family )?out\b|\b(?:won't|will not|can't|cannot|not) (?:be )?(?:let|allow\w*|able to|permitted to)(?: \w+){0,3}? (?:in|enter|into|home|inside|park|use the (?:lift|elevator|gate|gym|pool))\b|\bbarred from\b|\btak(?:e|ing) the stairs\b|\bkept? out(?:side)?\b|\bevict\w*|\bthrow(?:n)? (?:you |them )?out\b", UNPAID_EN + r"|\b(we|you|your|residents who)\b", WORKS_EN),
    ),
    *_bans(
        "exposure",
        (r"\b(?:expos(?:e|ed|ing)|sham(?:e|ed|ing)|humiliat\w*|embarrass\w*|name and shame|named and shamed|ridicul\w*|disgrac\w*)\b", "", r"no shame|nothing to be (ashamed|embarrassed)|not embarrass|shame to miss|what a shame|exposed (wire|pipe)"),
        r"\bblack ?list\w*|\bdeadbeats?\b|\bdefaulters?'? list\b|\blist of (?:debtors|defaulters|non-?payers|unpaid|those who)|\bwall of shame\b|\bbanners?\b.{0,30}\b(?:name|debt|owe|pay|door|balcony)\b",
        (r"\b(?:publish\w*|post(?:ed|ing)?|display\w*|announc\w*|broadcast\w*|shar(?:e|ed|ing)|put up|pin(?:ned)?|print\w*|list(?:ed|ing)?|read out|hang\w*|circulat\w*|go(?:es)? up|pasted?)\b(?: \w+){0,6}? (?:names?|photos?|pictures?|flat number|apartment number|unit number|room number|debts?|arrears|debtors?|defaulters|unpaid (?:list|households|residents|families)|who (?:has|have)n'?t|who owes?)\b", "", r"\b(winners?|volunteers?|never|photos of|event|class photos|festival|don't share)\b"),
        (r"\b(?:your|the|their) (?:name|photo|picture|flat|unit|debt|details|arrears)\b(?: \w+){0,6}? (?:publish\w*|post(?:ed)?|display\w*|announced|public|on the (?:notice ?board|wall|door|gate|lobby)|in the (?:group|lobby|lift)|up in|shared|online)\b",),
        (r"\b(?:tell|telling|inform\w*|contact\w*|call(?:ing)?|notify\w*|notifying|phone|ring|write to|writing to|visit\w*|let|email\w*|message|speak to|report you to|show up at|turn up at|come to|send\w* (?:this|it|a letter) to)\b(?: \w+){0,3}? (?:employers?|boss|company|neighbou?rs?|colleagues|friends|family|relatives|classmates|landlord|whole (?:building|estate|class|school)|everyone|every one|everybody|parents|wife|husband|workplace|office where you work|work place|hr department|entire (?:building|estate|class)|in-laws|children's school|all the other|social media|press|newspaper)\b", r"\b(your|you|about|know|the whole|the entire|everyone)\b", r"\b(water company|insurance|if you (?:like|wish|want|would like)|family (?:doctor|friend)|friends and family|everyone (?:is|can)|dear|holiday|party|feel free|thank)\b"),
        (r"\b(?:everyone|everybody|neighbou?rs?|colleagues|the whole (?:building|estate|class|school)|your (?:boss|family|friends|children|kids|employer))\b(?: \w+){0,4}? (?:know|see|hear|find out|laugh|gossip|talk about|learn)\b", r"\b(you|your)\b", r"\b(let us know|where the money|event|festival|we want everyone|so everyone can)\b"),
        (r"\b(?:on|all over|to|in) (?:your (?:front )?door|social media|facebook|wechat moments|the notice ?board|tiktok|the lobby|weibo)\b", r"\b(name|debt|owe|unpaid|your door|expose|who|arrears)\b", r"\b(parcel|flyer|schedule|leaflet)\b"),
        r"\blose face\b|\bloss of face\b|\bpublicly (?:named|shamed|identified|listed)\b|\breputation\b.{0,40}\b(?:ruin\w*|damage\w*|destroy\w*|suffer\w*)|\b(?:ruin\w*|damage\w*|destroy\w*) (?:your|his|her|their) (?:\w+ )?reputation",
    ),
    *_bans(
        "authority",
        (r"\b(?:courts?|su(?:e|ed|ing)|lawsuits?|legal (?:action|proceedings?|steps|team|measures|consequences|department|notice|route|letter|means|remed\w+|costs)|lawyers?|attorneys?|solicitors?|litigat\w+|summons|prosecut\w+|tribunal|bailiffs?|sheriff|magistrate|judge|judg(?:e)?ments?|writ|enforcement|law firm|criminal\w*)\b", "", r"\b(tennis|basketball|badminton|sports?|food|squash|volleyball|play\w*|mock|book(ed|ing)? (the|a) court|free legal|legal aid|legal advice|law day|traffic enforcement|judge for yourself|you (may|can|have the right to)(?! (expect|look|see)).{0,30}(court|tribunal|arbitrat))\b"),
        (r"\b(?:police|cops?|arrest\w*|jail\w*|prison|behind bars|handcuff\w*|detain\w*|fraud charges?)\b", "", r"\b(suspicious|stranger|emergenc\w+|theft|stolen|lost (child|pet|dog|cat)|fire|safety|visit|open day|community|talk|burgl\w+|break-?in|noise|thank|officer will give)\b|" + SCAM_EN),
        (r"\bcredit (?:scores?|records?|rating|bureaus?|report\w*|history|file|standing|status|agenc\w+|system)\b|\b(?:ruin|damage|hurt|harm|destroy|affect)\w* your credit\b|\bbad credit\b",),
        r"\bdebt (?:collect\w*|recovery|agenc\w+|agents?)|\bcollection(?:s)? (?:agenc\w+|agents?|department|team|company)|\brepossess\w*|\bgarnish\w*|\bseiz(?:e|ed|ing|ure)\b|\bfreez\w+ your (?:bank |)(?:accounts?|assets?|cards?)|\bauction\w* (?:off )?your\b|\bwarrant (?:for|against)|\btravel ban\b|\b(?:banned|barred) from (?:flying|trains|travel\w*|high-speed)|\bthugs?\b|\bsend (?:some(?:one| people| guys| men)|people|men|our guys|a team|collectors) (?:to|round|over|after)|\bwe know where (?:you|your)\b|\bknock(?:ing)? on your door\b|\bvisit(?:s)? you at (?:work|home|night)|\bcall(?:ing)? you (?:day and night|every (?:day|hour)|non-?stop)|\bimmigration\b.{0,40}\b(?:report|tell|visa)|\b(?:report|tell)\b.{0,30}\bimmigration\b|\bdeport\w*",
    ),
    *_bans(
        "pressure",
        (r"\b(?:final|last|very last)(?: and final)? (?:notice|warning|chance|demand|opportunity|call|ultimatum|reminder)\b|\bultimatum\b", "", r"\b(boarding|we will not (?:write|remind)|won't (?:write|bother|remind)|last call for (?:volunteers|registration|the (?:party|event|trip)))\b"),
        r"\bor else\b|\bor face\b|\bface (?:the |serious |severe )?consequences|\b(?:serious|severe|grave|dire|unpleasant|bear the|suffer the|consequences will|of the) consequences?\b|\bconsequences\b|\byou(?:'ll| will) (?:regret|be sorry|pay for this|see what)|\b(?:don't|do not) (?:make|force|test|push|try|mess)(?: with)? (?:us|me|our)\b|\bforc(?:e|ed|ing) (?:us|to take|our hand)|\b(?:we|i) (?:warned|have warned|are warning|will not warn)|\bthis is (?:a|your|the) (?:\w+ )?warning|\bbe warned\b|\bwarned you\b|\byou (?:have|had) been warned|\bno choice but|\bno alternative but|\bno mercy\b|\bno more (?:excuses|delays?|chances?|warnings?|mr nice|patience|extensions?)|\brun(?:ning)? out of patience|\bpatience (?:is|has|is wearing|won't)|\bwatch (?:your back|out|yourself)|\bthink twice\b|\bthink you can (?:hide|escape|get away)|\bget away with|\bcan(?:'|no)?t (?:hide|run|escape)|\bsooner or later\b|\byour (?:time|chance) is (?:up|over|running)|\btime is (?:running out|up)\b|\bclock is ticking|\bnon-?negotiable|\bno exceptions\b|\bzero tolerance|\bteach you a lesson|\bmake (?:your|you).{0,20}(?:life (?:hard|difficult|hell|miserable)|suffer|pay for)|\bmiserable\b",
        (r"\b(?:immediately|at once|right now|right away|instantly|this instant|without (?:any )?(?:further )?delay|asap|straight ?away|forthwith|this minute|urgent\w*)\b", r"\b(pay\w*|settle|clear|transfer|remit|balance|act|owe\w*|overdue|fees?|respond|demand\w*|comply)\b", r"\b(we|i|i'll|we'll|staff|team|engineer)\b(?: \w+){0,6}? (?:immediately|at once|right away|right now|straight ?away|instantly)\b|\b(leak|fire|gas|emergency|no need to|not urgent|don't (?:have|need) to|needn't|receipt|(?:is|are|be) (?:sent|updated|issued|shown) (?:immediately|right away|instantly|at once)|nothing urgent|no urgency|isn't urgent)\b"),
        (r"\bwithin \d+ (?:hours?|minutes?|days?)\b.{0,40}\b(?:or|otherwise|will be|failing)\b|\bby (?:today|tonight|midnight|tomorrow|noon|\d+ ?(?:am|pm)|friday|monday|the end of (?:the )?day|close of business)\b.{0,30}\b(?:or|otherwise|failing which|else)\b|\bfail(?:ure|ing|ed)? to (?:pay|comply|settle|do so|act|respond|clear)\b|\bfailing which\b|\byou (?:must|have to|had better|better|need to) (?:\w+ )?(?:pay|settle|clear|transfer)\b|\b(?:must|have to|has to) be (?:paid|settled|cleared)\b|\bpay (?:up|now|today or|immediately|at once|or)\b|\bpay(?:ment)? or\b|\bact now\b|\bhurry\b|\bbefore it'?s too late|\btoo late\b.{0,20}\b(?:regret|pay)|\bdemand (?:payment|that|full|the|you|immediate)|\b(?:further|stronger|serious|drastic|harsh\w*|tough\w*|strong|severe|necessary|appropriate|extreme|additional) (?:action|measures?|steps?)\b|\btak(?:e|ing) (?:action|measures|matters)\b|\b(?:action|measures|steps) (?:will|shall) be taken|\b(?:only|last|just) (?:\d+|one|two|three|a few) (?:places?|spots?|seats?|hours?|slots?)(?: are| is)?(?: left| remain\w*)?\b|\b(?:seats|places|spots) (?:are )?(?:going|selling|running|filling|vanish\w*|almost gone)\b|\bprices? (?:go(?:es)? up|rise|will rise|increase\w*)|\bnever (?:again )?be offered|\bnow or never|\bthis offer (?:ends|expires|dies)|\bif you (?:still )?(?:don'?t|do not|won'?t|fail|refuse)(?: \w+)? (?:pay|settle|renew|clear|act|respond)\b(?: \w+){0,6}? (?:we will|we'll|we shall|you will|you'll|your|expect|i will|i'll|there will|then)\b",
         "", r"\b(no need to|needn't|don't have to|do not have to|(?:will|would|'ll) (?:gladly|happily|be happy|understand|simply|just|still|not)|don't worry|no worries|only a few (?:minutes)|just one (?:tap|minute))\b|\bno hurry|\bin a hurry|\bplan|\bcall (?:119|110|911)"),
        "!!!",
    ),
    *_bans(
        "no_refund",
        (r"\bno (?:\w+ )?refunds?\b|\bnon-?refund\w*|\bnot (?:\w+ )?refund\w*|\b(?:cannot|can't|won't|will not|never|not) (?:\w+ )?(?:be )?(?:\w+ )?(?:refund\w*|get (?:your )?money back|return (?:your )?money|give (?:any )?(?:money back|refunds?)|issue refunds?|offer refunds?)|\bno money back|\brefunds? (?:are|is|will|shall)(?: \w+)? (?:not|never|impossible|refused|denied)|\b(?:all )?sales? (?:is |are )?final|\bforfeit\w*|\brefuse (?:\w+ )?refunds?|\bforget (?:about )?(?:a |any |your )?refund|\bdon't (?:even )?(?:ask|bother)(?: \w+){0,3} refund|\bwaive\w* (?:\w+ ){0,4}refund|\bunder no circumstances.{0,20}refund|\bkeep(?:s)? your (?:money|deposit)|\bno returns\b",
         "", r"\bnot only refund|no refund (?:form|fee) (?:is )?needed|no refund fees?|never refuse|will not refuse|won't refuse|cannot refuse"),
    ),
    *_bans(
        "insult",
        (r"\b(?:deadbeats?|freeload\w*|scum\w*|losers?|idiots?|stupid\w*|shameless\w*|parasites?|cheapskates?|liars?|thie(?:f|ves)|disgusting|pathetic|morons?|dumb(?:ass)?|beggars?|leech\w*|selfish\w*|dishonest\w*|crooks?|scoundrels?|bastards?|assholes?|bitch\w*|damn(?:ed)?|shit\w*|fuck\w*|retard\w*|fools?|foolish|imbecile\w*|low-?lifes?|lowlife|broke (?:people|ass|family|loser)|stingy|greedy|trailer trash|white trash|peasants?|riff-?raff|good-for-nothing|worthless|useless (?:people|tenants?|residents?|parents?|owner)|cheats?|cheater\w*|scroung\w*|brat\w*|lazy (?:people|tenants?|owners?|parents?|bum)|ignorant|bloody|hell with|filthy|vermin|pigs?|sponger\w*|miser\w*)\b", "", r"april fool|no fool|piggy|guinea|pig\b.{0,12}\b(year|farm)|anti-?theft|" + SCAM_EN + r"|bike th|beware of th|prevent"),
        r"\b(?:you|your) (?:kind|sort|people|lot|type)\b(?! (?:of )?(?:help|note|words?|reply|support|regards|understanding|message|can|may|are welcome))|\bpeople like you\b|\bshame on you|\bashamed of yoursel|\bshould be ashamed|\bwhat(?:'s| is) wrong with you|\bare you (?:deaf|blind|crazy|illiterate|too poor|mad)|\bcan'?t (?:even )?afford to (?:live|stay|be) here|\bif you can'?t afford|\btoo (?:poor|cheap|dumb|lazy|old) to|\bgo back (?:to )?(?:your|where|home)|\bforeigners?(?: like you| always| never| who| are| don'?t)|\btenants? are all|\b(?:migrants?|immigrants?|single mothers?|disabled|old people|poor people|outsiders?|renters|refugees?|muslims?|blacks?|villagers?|farmers?)(?: \w+)? (?:always|never|are all|like you|don'?t|cannot be trusted|should not|bring|are the)|\b(?:don't|do not) (?:deserve|belong)|\bpoor (?:excuse|people like)|\bno right to complain|\bget lost\b|\bgo to hell|\bshut up\b|\btrash like|\byou(?:'re| are) (?:trash|a disgrace|a burden|a joke|nothing|a cancer|the worst|sick)|\bmoney-?less|\bno (?:decency|conscience|manners|morals|shame)\b|\bhave you no\b",
    ),
    *_bans(
        "blame",
        (r"\b(?:it'?s |it is |all )?your (?:own |)(?:fault|failure|negligence|mess|irresponsib\w+|bad behaviou?r|selfish\w*|carelessness|doing)\b|\bbecause of (?:you|your|people like|families like|owners like)\b|\bbecause you (?:didn'?t|haven'?t|refus\w*|won'?t|keep|are|never|failed)|\b(?:you are|you're) (?:the (?:only|last) (?:one|household|family|person|owner|parent)|to blame|responsible for|irresponsible|letting|holding|dragging|hurting|the reason|causing)|\b(?:everyone|everybody|all (?:your |the |other )?(?:neighbou?rs|families|parents|residents)|your neighbou?rs)(?: \w+){0,2}? (?:else )?(?:has|have|already|all)(?: \w+)? paid\b|\beveryone else (?:has |have |)(?:already |)(?:paid|pays|managed)|\bonly you\b|\bletting (?:everyone|us|your neighbou?rs|the|down)|\bhow (?:dare|can|could) you\b|\b(?:no|without|any|your) excuses?\b|\byou (?:have )?(?:failed|ignored|neglected|refuse[ds]?|keep ignoring|broke your|always|never (?:pay|answer|bother)|obviously|clearly don'?t)\b|\birresponsible\b|\bholding everyone back|\bburden (?:on|to|for)|\bhow many times\b|\bstop (?:lying|hiding|ignoring|pretending|making excuses|playing)|\bdo you (?:think|have any|even)\b|\bwhat kind of (?:person|parent|owner|neighbou?r|mother|father)|\bdeliberate\w*|\bintentional\w*|\bbad faith\b|\bdespite (?:our )?(?:repeated|many|several|numerous)|\brepeated(?:ly)? (?:remind\w*|request\w*|warn\w*|told|asked|demand\w*)|\btired of (?:your|you|chasing|waiting)|\bsick of|\bfed up",
         "", r"\b(?:not|isn't|is not|never|wasn't|no one thinks it's) (?:in any way )?your (?:fault|mistake|own fault)|\bour fault|\bwe (?:have )?failed|\bno excuses? (?:needed|necessary)|without excuse us|how can you (?:pay|reach|see|find|get)|only you (?:can|will|see|and)|how could you"),
    ),
    *_bans(
        "child",
        (r"\b(?:child(?:ren)?|kids?|sons?|daughters?|students?|pupils?|little one)\b(?:'s)?(?: \w+){0,8}? (?:won'?t|will not|can ?not|can'?t|may not|not be|barred|banned|excluded|suspend\w*|expel\w*|removed|sent home|kicked|stand(?:ing)?|fall(?:s|ing)? behind|be dropped|dropped from|no longer|suffer\w*|humiliat\w*|embarrass\w*|pay(?:s)? (?:for|the price)|lose (?:his|her|their|the)|miss out|left out|turned away|withdrawn|be punished|punished|singled out|fail (?:the|his|her|their)|wait outside|sit (?:outside|in the (?:corridor|back|hall))|laughed|teased|grades? (?:will|may))\b", "", r"\b(sick|ill|unwell|fever|holiday|absen\w+|weather|typhoon|rain|make-?up|catch up|reschedul\w+|tired|not feel\w*|can'?t (?:make|come|attend|join)|cannot (?:make|come|attend|join)|leave early|allerg\w*|will not be affected|won't be affected|will not miss|won't miss|no matter|not affect|exam (?:week|season)|vacation|if (?:he|she|they|your child) (?:can't|cannot)|no longer want\w*|no longer wish\w*|don't worry)\b"),
        (r"\b(?:don'?t|do not|not) (?:bring|send|let)(?: \w+){0,3}? (?:child(?:ren)?|kids?|son|daughter|him|her|them)\b", r"\b(class|school|lesson|pay|fee|tuition|unless|until|back|come)\w*", r"\b(sick|ill|unwell|fever|rain|storm|typhoon|peanut|food|toys?|weather|alone)\b"),
        (r"\b(?:suspend\w*|cancel\w*|stop\w*|withdraw\w*|terminat\w*|expel\w*|remov\w*|exclud\w*|block\w*|bar|ban|kick\w*|withhold\w*|refus\w*)\b(?: \w+){0,5}? (?:class(?:es)?|lessons?|enrol\w*|seat|child(?:ren)?|kid|son|daughter|pupil|student|certificates?|report card|exam|textbooks?|transcript|diploma)\b", UNPAID_EN + r"|\b(your|pay\w*|fees?|tuition)\b", r"\b(sick|ill|holiday|typhoon|weather|free of charge|any time|anytime|whenever|if you wish|you can cancel|you may cancel|refund\w*|teacher is|rain|refunds?)\b"),
        r"\bbad (?:parents?|mother|father)|\bwhat kind of parent|\bdon'?t (?:you )?(?:love|care about) your (?:child|son|daughter|kid)|\bif you (?:really )?(?:loved?|cared?)(?: \w+){0,2} your (?:child|son|daughter|kid)|\b(?:ruin\w*|harm\w*|hurt\w*|destroy\w*|jeopardi[sz]\w*|sacrific\w*|damag\w*|risk\w*|gambl\w*) (?:with )?(?:your|his|her|their) (?:child\w*|son\w*|daughter\w*|kid\w*|future|education|chances)|\b(?:your|the) (?:child|son|daughter|kid)(?:'s)? (?:classmates|friends|teacher) (?:will|would) (?:know|find|laugh|hear|see)|\bin front of (?:the (?:whole |entire )?class|your child|his|her|classmates|everyone)",
    ),
    *_bans(
        "loan",
        (r"\b(?:take(?: out)?|get|apply for|use|offer\w*|arrange|recommend\w*|consider|try|provide|sign up for|partner\w*|help you (?:get|with)|quick|easy|instant|cheap|low-?interest|interest-?free|online|consumer|payday|tuition|student|small|personal)\b(?: \w+){0,5}? (?:loans?|credit line|cash advance|financing|lenders?|mortgage|overdraft)\b|\bloan (?:to pay|available|offer|partner|officer|service|app|approved)|\bpayday\b.{0,10}\bloan|\bborrow (?:\w+ ){0,3}(?:money|from|cash|some|the (?:amount|sum|money))|\bmax out\b|\bcredit card (?:advance|instalment loan|debt)|\bpawn\w*|\bsell (?:your|the) (?:car|house|flat|kidney|jewel\w*)|\blending (?:app|platform|partner)|\bfinance (?:it|the fee|your fee|company|partner)|\bloan shark",
         "", r"\b(?:not|never|no|isn't|without) (?:\w+ ){0,3}loans?\b|\b(?:don't|do not|never|please don't|no need to|needn't|not|without) (?:\w+ ){0,3}(?:borrow|loan|lend)|library|borrow (?:a |the )?(?:book|umbrella|tool|ladder|trolley)"),
    ),
)

BANS_ZH = (
    *_UTILITIES, *_ACCESS, *_EXPOSURE, *_AUTHORITY, *_PRESSURE, *_NO_REFUND, *_INSULT, *_BLAME, *_CHILD, *_LOAN,
)  # fmt: skip
BANS_EN = _ENGLISH
