"""Forbidden words in disguise: homophones, pinyin, initials, letters and signs between the characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from domain.lint_text import HAN, squeezed_words

# rule → words that somebody takes the trouble to disguise.
_CORE: dict[str, str] = {
    "utilities": "停水 停电 断水 断电 停气 断气 断网 停暖 断暖 停水停电",
    "access": "门禁卡 锁车 停梯 拉闸 锁门 门禁",
    "exposure": "老赖 失信 黑名单 曝光 拉横幅 横幅 公示名单 点名批评",
    "authority": "征信 起诉 法院 传票 报警 律师函 律师 强制执行 查封 警察 拘留 坐牢 催收 上门讨债 讨债",
    "pressure": "最后通牒 后果自负 最后警告 别怪我们",
    "no_refund": "概不退款 不退款 不退费 恕不退款",
    "insult": "无赖 傻逼 不要脸 人渣 穷鬼 垃圾业主 滚蛋",
    "child": "停课 退学 开除",
    "loan": "网贷 贷款 借呗 花呗 高利贷",
}
# A character's pinyin, then characters that sound or look like it.
_SOUND = dict(
    pair.split("=")
    for pair in (
        "停=ting,亭婷廷仃葶 水=shui,氺沝 电=dian,奌甸 断=duan,段缎 气=qi,汽氣炁 暖=nuan 网=wang,"
        " 门=men,冂 禁=jin,襟 卡=ka, 锁=suo,琐所 车=che, "
        "梯=ti, 拉=la, 闸=zha, 老=lao,佬姥捞 赖=lai,癞懒濑籁 失=shi,湿 信=xin,囟 黑=hei,嘿 "
        "名=ming,茗铭 单=dan, 曝=bao,爆暴 光=guang, 横=heng, 幅=fu, "
        "公=gong, 示=shi, 点=dian, 批=pi, 评=ping, 征=zheng,怔证 起=qi, 诉=su,素溯 法=fa, 院=yuan,"
        "苑 传=chuan, 票=piao, 报=bao, 警=jing,井 律=lv,绿 "
        "师=shi,狮 函=han, 强=qiang, 制=zhi, 执=zhi, 行=xing, 查=cha, 封=feng, 察=cha, 拘=ju,"
        " 留=liu, 坐=zuo, 牢=lao, 催=cui, 收=shou, 上=shang, 讨=tao, 债=zhai, "
        "最=zui, 后=hou, 通=tong, 牒=die,碟谍 果=guo, 自=zi, 负=fu, 告=gao, 别=bie, 怪=guai,"
        " 我=wo, 们=men, 概=gai, 不=bu, 退=tui, 款=kuan, 费=fei, 恕=shu, "
        "无=wu, 傻=sha, 逼=bi,比币 要=yao, 脸=lian, 人=ren, 渣=zha, 穷=qiong, 鬼=gui, 垃=la,"
        " 圾=ji, 业=ye, 主=zhu, 滚=gun, 蛋=dan, 课=ke,棵 学=xue, 开=kai, 除=chu, "
        "贷=dai, 借=jie, 呗=bei, 花=hua, 高=gao, 利=li,"
    ).split()
)
# Between two characters of one word: signs, digits, or one stray letter.
_GAP = rf"(?:[^{HAN}a-z,。!?;:\n]|(?<![a-z])[a-z](?![a-z])){{0,4}}"


def _word(word: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(mixed spelling, all pinyin) of a word."""
    mixed, spelled = [], []
    for character in word:
        sound, _, alike = _SOUND[character].partition(",")
        letters = rf"(?<![a-z]){sound}(?![a-z])|(?<![a-z]){sound[0]}(?![a-z])"
        mixed.append(f"(?:[{character}{alike}]|{letters})")
        spelled.append(sound)
    whole = r"[\W\d_]{0,2}".join(spelled)
    return re.compile(_GAP.join(mixed)), re.compile(rf"(?<![a-z]){whole}(?![a-z])")


@cache
def _words() -> tuple[tuple[str, str, re.Pattern[str], re.Pattern[str]], ...]:
    """(rule, word, mixed spelling, all pinyin) of each; compiled when the first text is looked at."""
    return tuple((rule, word, *_word(word)) for rule, words in _CORE.items() for word in words.split())


_SLANG = (
    (
        "authority",
        re.compile("(?:上|进|入|报|影响|毁)(?:[你您]|的|个人)*zx(?![a-z])|(?<![a-z])(?:fy|lsh)(?:见|传票|起诉)|法yuan"),
    ),
    ("exposure", re.compile("(?:上|进|入|拉|加入)hmd(?![a-z])|(?<![a-z])hmd(?![a-z])")),
    (
        "utilities",
        re.compile(
            rf"(?<=[{HAN}])(?:ts|td|dd|ds|tstd|dsdd)(?=[{HAN}]|$|[,。!])|(?:停|断)[sd]{{1,2}}(?![a-z])"
            rf"|(?<![a-z])[td](?:水|电)(?=$|[,。!处了])"
        ),
    ),
)


def disguised(text: str) -> Iterator[tuple[str, str]]:
    """(rule, the words as written) of a plain text; words written openly are left to the rules."""
    open_words = squeezed_words(text)
    for rule, word, mixed, spelled in _words():
        for hit in mixed.finditer(text):
            if not re.search(f"[{HAN}]", hit[0]):
                continue
            if re.sub(rf"[^{HAN}a-z0-9]", "", hit[0]) != word or word not in open_words:
                if _innocent(word, hit, text):
                    continue
                yield rule, hit[0]
        if (found := spelled.search(text)) is not None:
            yield rule, found[0]
    for rule, pattern in _SLANG:
        if (found := pattern.search(open_words)) is not None:
            yield rule, found[0]


def _innocent(word: str, hit: re.Match[str], text: str) -> bool:
    """A chance meeting of characters: two words that touch over a space or a figure."""
    written = hit[0]
    if re.fullmatch(rf"[{HAN}]+", written) and written != word:
        return written in _ORDINARY
    between = re.sub(rf"[{HAN}]", "", written)
    return bool(re.search(r"\d", between)) and not re.fullmatch(r"\W*\d\W*", between)


_ORDINARY = frozenset({"公所", "所车", "暴光", "断汽", "老懒", "所门"})
