"""Takes out of a sentence what could identify somebody: names, rooms, numbers, sums, addresses of any kind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

NAME, ROOM, NUMBER, AMOUNT, CONTACT = "[name]", "[room]", "[number]", "[amount]", "[contact]"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏"
    "付方邹熊白孟秦邱侯江尹薛闫雷龙史陶贺顾毛郝龚邵万覃武钱戴严莫孔向常汤張劉陳楊黃趙吳許鄧馮蕭葉蘇呂盧鐘譚陸"
)
_TITLE = "先生|女士|小姐|太太|老师|老師|师傅|阿姨|叔叔|妈妈|媽媽|爸爸|奶奶|爷爷|同学|家长|经理"
_CHINESE_SUM = "零〇一二三四五六七八九十百千万两"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE), CONTACT),
    (re.compile(r"(微信号?|weixin|wechat|qq|telegram)[\s::是号]*[a-z0-9_-]{5,}|@[a-z]\w{3,}", re.IGNORECASE), CONTACT),
    (re.compile(rf"(?<=我是|我叫|名叫|姓名)[\s::]*[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"), NAME),
    (re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?={_TITLE})"), NAME),
    (re.compile(rf"(?<=名字)[\s::是叫]*[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"), NAME),
    (re.compile(r"\b(Mr|Mrs|Ms|Miss|Dr)\b\.?\s+[A-Z][\w'-]+"), NAME),
    (re.compile(r"(?:[Mm]y name is|[Tt]his is|I am|I'm)\s+[A-Z][a-z'-]+(?:\s+[A-Z][a-z'-]+)?"), NAME),
    (
        re.compile(
            r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s*(?:栋|幢|座|号楼)(?:\s*[\d一二三四五六]+\s*单元)?(?:\s*[\d零〇一二三四五六七八九]{2,4})?\s*室?"
            r"|\d{1,3}(?:-\d{1,4}){1,2}|[\d零〇一二三四五六七八九]{3,4}\s*(?:室|号房|房)|[一-龥]{2,4}(?:路|街|弄|巷)\s*\d+\s*号"
        ),
        ROOM,
    ),
    (
        re.compile(
            r"\b(?:room|flat|unit|apt|apartment|house|building|block)\.?\s*(?:no\.?|number|#)?\s*\d+\w*", re.IGNORECASE
        ),
        ROOM,
    ),
    (
        re.compile(
            rf"[¥¥$€£]\s*\d[\d,.]*|\d[\d,.]*\s*(?:元|块|圆|毛|千|万|k\b|rmb|cny|yuan|dollars?|bucks)(?:\d+)?"
            rf"|[{_CHINESE_SUM}]+(?:元|块|圆)|[一二三四五六七八九两][百千万][{_CHINESE_SUM}]*",
            re.IGNORECASE,
        ),
        AMOUNT,
    ),
    # Days, months and parts stay, they tell what is meant; any other number goes.
    (re.compile(r"[a-z]*\d(?:[\d,.\s-]*\d){2,}[a-z]*|(?<!\d)\d{3,}(?!\d)", re.IGNORECASE), NUMBER),
    (
        re.compile(
            r"\d+(?!\s*(?:号|日|月|期|个|天|次|点|周|年|st|nd|rd|th|days?|weeks?|months?|parts?|times?|instal|\d))"
        ),
        NUMBER,
    ),
)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """The sentence with placeholders for whatever identifies; `known` are the names the office knows it to hold."""
    plain = unicodedata.normalize("NFKC", text)
    for name in sorted({unicodedata.normalize("NFKC", each).strip() for each in known}, key=len, reverse=True):
        if len(name) >= 2 and not re.fullmatch(r"[\d-]+", name):  # numbers are taken out below, with their building
            placeholder = ROOM if re.search(r"\d", name) else NAME
            plain = re.sub(re.escape(name), placeholder, plain, flags=re.IGNORECASE)
    for pattern, placeholder in _RULES:
        plain = pattern.sub(placeholder, plain)
    return " ".join(plain.split())
