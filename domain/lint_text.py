"""One spelling for a text that may hide something: the forms that domain/lint.py looks at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

HAN = "\u3400-\u9fff"
_TRADITIONAL = (
    "並并亂乱佈布併并來来係系倆俩個个們们側侧備备傳传債债僅仅價价儘尽償偿優优儲储內内兩两凍冻別别刪删則则剛刚劃划劉刘動动務务區区協协卻却參参吳吴員员問问啟启喚唤喪丧喫吃喬乔單单嗎吗噴喷嚇吓嚴严囍喜國国圍围"
    "園园團团執执堅坚報报場场塊块墊垫壓压壞坏奪夺婦妇媽妈嬸婶孫孙學学實实寧宁寫写寬宽寶宝將将專专尋寻對对導导層层屬属崗岗師师帳账帶带幣币幫帮幾几庫库廢废廣广廳厅張张強强彙汇後后徑径從从復复徵征愛爱慮虑慶庆"
    "憂忧憐怜憑凭憤愤應应懲惩懶懒戀恋戰战戶户拋抛捨舍掃扫掛挂採采換换損损搶抢摺折撥拨擇择擔担擠挤擬拟擴扩擾扰攔拦敗败數数斷断於于昇升時时晉晋暫暂曆历曉晓曬晒書书會会東东桿杆條条棟栋楊杨業业極极榮荣構构樑梁"
    "樓楼標标樣样機机檔档檢检檯台欄栏權权歐欧歡欢歷历歸归殘残殺杀毀毁氣气決决沒没沖冲況况淨净減减測测湊凑湯汤準准溫温滯滞滾滚滿满漲涨潑泼潔洁濕湿濫滥災灾為为煉炼熱热燈灯燒烧燙烫燭烛爺爷爾尔牆墙狀状猶犹獅狮"
    "獎奖獨独獲获現现瑣琐環环產产畢毕異异當当發发盜盗盡尽監监盧卢眾众睏困瞭了碼码祇只種种稱称積积穫获窮穷筆笔節节範范簡简簽签籤签糰团約约紅红納纳級级細细紹绍終终組组結结絕绝絡络給给統统綁绑經经綜综綠绿綫线"
    "維维網网緊紧線线編编練练緻致總总績绩織织繫系繳缴繼继續续纔才罰罚罵骂罷罢羅罗義义習习聞闻聯联聲声職职聽听聾聋肅肃腎肾腦脑膽胆臉脸臨临臺台與与興兴舉举舊旧萬万葉叶著着蔣蒋蔭荫薑姜薦荐藍蓝藥药蘇苏處处號号"
    "虧亏蟲虫蠟蜡衆众術术衛卫衝冲衹只裏里補补裝装裡里製制複复見见規规視视親亲覺觉觀观訂订計计訊讯討讨訓训記记訟讼訪访許许訴诉註注詐诈評评詢询試试話话該该認认語语誠诚誤误說说誰谁課课調调談谈請请論论諮咨諾诺"
    "謊谎講讲謝谢謠谣證证識识譚谭議议護护譽誉讀读變变讓让豬猪貓猫貝贝負负財财貧贫貨货貪贪責责貴贵買买貸贷費费貼贴賀贺資资賈贾賊贼賣卖質质賬账賴赖購购趕赶趙赵蹤踪車车軍军軟软輔辅輕轻輛辆輩辈輪轮輸输轉转轟轰"
    "辦办農农迴回逕径這这連连週周進进遊游運运過过違违遞递遠远遲迟選选遺遗還还邊边郵邮鄉乡鄒邹鄧邓鄭郑鄰邻醜丑釘钉鈕钮鈴铃銀银銷销鋪铺錄录錢钱錯错錶表鍊链鍋锅鍛锻鍾钟鎖锁鏈链鐘钟鐵铁長长門门閉闭開开間间閘闸"
    "閱阅闆板關关陳陈陸陆陽阳隊队階阶隨随險险隱隐隻只雙双雜杂雞鸡難难電电靈灵靜静韓韩響响頁页項项預预領领頭头頻频題题額额顏颜願愿類类顧顾顯显風风颱台飛飞飯饭餘余餵喂饒饶馬马馮冯騙骗騷骚驅驱驚惊體体髮发鬚须"
    "鬧闹魚鱼麵面麼么麽么黃黄點点黴霉齊齐齡龄齣出龍龙龔龚棄弃橫横"
)
_SIMPLIFIED = str.maketrans(dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)))
# Letters of other alphabets that look Latin.
_LOOKALIKE = str.maketrans("аеорсухіјѕԁɡո𝚊αεικνορτυχ", "aeopcyxijsdgnaaeiknoprtux"[: len("аеорсухіјѕԁɡո𝚊αεικνορτυχ")])
_LEET = str.maketrans("0134578@$", "oleastbas")
_LEET_I = str.maketrans("0134578@$", "oieastbas")
_STOP = "。!?\n"
_PAUSE = ",、:;"
_BESIDE = re.compile(rf"(?<=[{HAN}])(?=[a-z])|(?<=[a-z])(?=[{HAN}])")


@dataclass(frozen=True)
class Sentence:
    """One sentence in two spellings, both lower case, half width and Simplified.

    `zh`: nothing between the characters but pauses (`,`); `en`: words with single spaces.
    """

    zh: str
    en: str
    question: bool


def plain(text: str) -> str:
    """NFKC, lower case, Simplified, without invisible or combining characters; everything else stays."""
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    kept = "".join(c for c in folded if unicodedata.category(c) not in {"Cf", "Mn", "Me"} or c == "\n")
    return kept.casefold().translate(_SIMPLIFIED).translate(_LOOKALIKE)


def squeezed(text: str) -> str:
    """Only letters, digits and Chinese characters of a plain text."""
    return "".join(c for c in text if c.isalnum())


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a plain text. One character alone between two marks is no sentence: it is glued back on."""
    pieces: list[tuple[str, str]] = []
    for piece, mark in re.findall(
        rf"([^{_STOP}{_PAUSE}.]*(?:\.(?=\d)[^{_STOP}{_PAUSE}.]*)*)([{_STOP}{_PAUSE}.]|$)", text
    ):
        letters = len(squeezed(piece))
        if not letters:
            if pieces and mark and pieces[-1][1] in _PAUSE:
                pieces[-1] = (pieces[-1][0], mark)
        elif pieces and (letters == 1 or len(squeezed(pieces[-1][0])) == 1):
            pieces[-1] = (pieces[-1][0] + piece, mark)
        else:
            pieces.append((piece, mark))
    run: list[tuple[str, str]] = []
    for piece, mark in pieces:
        run.append((piece, mark))
        if mark not in _PAUSE or not mark:
            yield _sentence(run)
            run = []
    if run:
        yield _sentence(run)


def _sentence(run: list[tuple[str, str]]) -> Sentence:
    zh = ",".join(squeezed_words(piece) for piece, _ in run)
    spaced = " , ".join(_BESIDE.sub(" ", piece) for piece, _ in run)
    return Sentence(zh, english(spaced), run[-1][1] == "?" or zh.endswith(("吗", "么", "呢")))


def squeezed_words(text: str) -> str:
    """Without anything between Chinese characters; Latin words keep one space between them."""
    text = re.sub(r"[^\w]+|_+", " ", text)
    return re.sub(r"(?<![a-z]) | (?![a-z])", "", text.strip())


def english(text: str) -> str:
    """Letters spelled out (`c u t  wat3r` → `cut water`), one space between words."""
    text = re.sub(r"(?<![a-z])(?:[a-z][ .\-_*]+){2,}[a-z](?![a-z])", lambda m: re.sub(r"[^a-z]", "", m[0]), text)
    words = []
    for word in text.split():
        if re.search(r"[a-z].*[0134578@$]|[@$0-9][a-z]{3,}", word) and not re.fullmatch(r"\W*\d+[a-z]{0,2}\W*", word):
            words.append(word.translate(_LEET))
            if "1" in word:
                words.append(word.translate(_LEET_I))
        else:
            words.append(word)
    joined = re.sub(r"(?<=[a-z])[*_.\-](?=[a-z])", "", " ".join(words))
    return " ".join(joined.split())
