"""One spelling for a text that hides something: signs, sentences, letters spelled out; and forbidden words in disguise."""

from __future__ import annotations

import pytest

from domain.lint import lint
from domain.lint_evasions import disguised, read_disguises
from domain.lint_text import Sentence, english, plain, sentences, squeezed, squeezed_words
from domain.lint_words import CONTENT
from domain.policy import PolicyError


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("ＡＢｃ１２３", "abc123"),  # full width
        ("停\u200b水", "停水"),  # an invisible sign between
        ("停\u0301水", "停水"),  # a mark on it
        ("一\n二", "一\n二"),  # lines stay
        ("斷電繳費", "断电缴费"),  # Traditional
        ("сuт оff", "cuт off"),  # Cyrillic letters that look Latin; one that does not stays
        ("αεο", "aeo"),  # Greek ones
        ("don’t ‘now’", "don't 'now'"),
        ("等等…", "等等..."),
        ("GROẞ", "gross"),
        ("您好,请看。", "您好,请看。"),
    ],
)
def test_every_spelling_becomes_one(text: str, spelled: str) -> None:
    assert plain(text) == spelled


def test_only_letters_digits_and_characters_are_left() -> None:
    assert squeezed("停 - 水!3 *a_") == "停水3a"
    assert squeezed_words(" 停 水, cut  off_now! 3 栋 ") == "停水cut off now3栋"
    assert squeezed_words("请 pay now 谢谢") == "请pay now谢谢"


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("c u t off", "cut off"),
        ("c-u-t off", "cut off"),
        ("c.u.t. off", "cut. off"),
        ("c*u*t", "cut"),
        ("a b", "a b"),  # two letters are no word
        ("c u t  wat3r", "cut water"),
        ("p4y n0w", "pay now"),
        ("$hame", "shame"),
        ("sh1t", "shlt shit"),  # a one may be an l or an i: both are looked at
        ("3rd floor", "3rd floor"),  # an ordinal is none
        ("room 502", "room 502"),
        ("pay-now", "paynow"),
        ("pay - now", "pay - now"),
    ],
)
def test_letters_are_spelled_out(text: str, spelled: str) -> None:
    assert english(text) == spelled


def split(text: str) -> list[tuple[str, str, bool]]:
    return [(each.zh, each.en, each.question) for each in sentences(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("!?。", []),
        ("您好", [("您好", "您好", False)]),
        ("您好。再见!", [("您好", "您好", False), ("再见", "再见", False)]),
        ("您好\n再见", [("您好", "您好", False), ("再见", "再见", False)]),
        ("您好,再见", [("您好,再见", "您好 , 再见", False)]),  # a pause ends nothing
        ("您好、再见;谢谢:好的", [("您好,再见,谢谢,好的", "您好 , 再见 , 谢谢 , 好的", False)]),
        ("您好?", [("您好", "您好", True)]),
        ("会停水吗", [("会停水吗", "会停水吗", True)]),  # a question without its sign
        ("您呢。好么", [("您呢", "您呢", True), ("好么", "好么", True)]),
        ("停。水。停电", [("停水", "停水", False), ("停电", "停电", False)]),  # one character alone is glued back on
        ("停,水", [("停水", "停水", False)]),
        ("3.20元", [("320元", "3.20元", False)]),  # a point in a figure ends nothing
        ("pay now. thanks", [("pay now", "pay now", False), ("thanks", "thanks", False)]),
        ("请pay费", [("请pay费", "请 pay 费", False)]),
        ("您好,。再见", [("您好", "您好", False), ("再见", "再见", False)]),  # of two marks the stronger counts
    ],
)
def test_where_a_sentence_ends(text: str, found: list[tuple[str, str, bool]]) -> None:
    assert split(plain(text)) == found


def test_a_sentence_holds_both_spellings() -> None:
    assert list(sentences("请 pay,now?")) == [Sentence("请pay,now", "请 pay , now", True)]


# words in disguise


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ting水", "utilities"),
        ("停shui", "utilities"),
        ("亭水", "utilities"),
        ("停氺", "utilities"),
        ("t水", "utilities"),
        ("停1水", "utilities"),
        ("停x水", "utilities"),
        ("tingshui", "utilities"),
        ("ting shui", "utilities"),
        ("ting-dian", "utilities"),
        ("明天ts", "utilities"),
        ("明天给你家td!", "utilities"),
        ("断d", "utilities"),
        ("d电了", "utilities"),
        ("门j卡", "access"),
        ("佬赖", "exposure"),
        ("lao赖", "exposure"),
        ("爆光", "exposure"),
        ("上hmd", "exposure"),
        ("怔信", "authority"),
        ("上zx", "authority"),
        ("进您的个人zx", "authority"),
        ("fy见", "authority"),
        ("lsh", ""),  # a lawyer's letter by its initials alone says nothing
        ("lsh起诉", "authority"),
        ("法yuan", "authority"),
        ("后果zi负", "pressure"),
        ("概不tui款", "no_refund"),
        ("傻b", "insult"),
    ],
)
def test_a_forbidden_word_in_disguise(text: str, rule: str) -> None:
    assert {found for found, _ in disguised(plain(text))} == ({rule} if rule else set())


@pytest.mark.parametrize(
    "text",
    [
        "停水",  # written openly it is for the rules, which know what surrounds it
        "公所",
        "水电",
        "停车,水费",  # two words that touch over a pause
        "停。水",
        "在3栋停,12水表",
        "断汽",
        "stop tinging shuipers",
        "通知ts123",
        "abctsx",
        "3月停12345水",
        "老师失约",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert list(disguised(plain(text))) == []


def test_the_words_are_told_as_they_were_written() -> None:
    assert list(disguised("明天停 7 水,别急")) == [("utilities", "停 7 水")]
    assert list(disguised("明天ting shui")) == [("utilities", "ting shui")]


@pytest.mark.parametrize("word", ["停*水", "停 水", "停_水", "停-水", "停\u200b水", "停~~水"])
def test_a_word_with_mere_signs_between_its_characters_is_read_by_the_rules(word: str) -> None:
    assert list(disguised(plain(word))) == []
    assert {each.rule for each in lint(f"再不缴费就{word}")} == {each.rule for each in lint("再不缴费就停水")}
    assert "utilities" in {each.rule for each in lint(f"再不缴费就{word}")}


# what is cut to pieces


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("马上!立刻!缴费", "pressure"),
        ("现在、马上缴费", "pressure"),
        ("请看!!!", "pressure"),
        ("请看! ? !", "pressure"),
        ("请看!!", ""),
        ("在吗????", "pressure"),
        ("在吗???", ""),
        ("退费?不可能", "no_refund"),
        ("退 款 是 不可能 的", "no_refund"),
    ],
)
def test_what_is_cut_to_pieces_by_its_own_signs(text: str, rule: str) -> None:
    found = {each.rule for each in lint(text)}
    assert (rule in found) if rule else not found & {"pressure", "no_refund"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("utilities =", "utility =", "[words]: 'utility' is not one of utilities, access"),
        ("停水 停电", "停船 停电", "[words]: 停船: how does 船 sound? Add a line for it to [sounds]"),
        ("暖 nuan", "暖nuan", "[sounds]: '暖nuan': write a character, its pinyin, and what sounds or looks alike: "),
        ("门 men 冂", "门 men 冂 囧", "[sounds]: '门 men 冂 囧': write a character, its pinyin, and what sounds"),
        ("[[slang]]\n", "[[slang]]\nwhy = ''\n", "slang 1: unknown key why: it has rule, example and words"),
        ('rule = "exposure"', 'rule = "shame"', "slang 2: 'shame' is not one of utilities, access"),
        ("hmd(?![a-z])|", "hmd(?![a-z])||", "slang 2: words: empty words are found in every text: take out the |"),
        ("{han}", "{hans}", "slang 3: words: no list above is called {hans}: there are han"),
    ],
)
def test_a_fault_of_the_disguises_is_told_with_its_place_and_the_cure(old: str, new: str, complaint: str) -> None:
    shipped = (CONTENT / "lint.disguises.toml").read_text(encoding="utf-8")
    start = shipped.index("[words]")  # behind the remarks
    if old == "{han}":
        start = shipped.index("[[slang]]")
    assert old in shipped[start:]
    with pytest.raises(PolicyError, match=r"^lint\.disguises\.toml:\d+: ") as refused:
        read_disguises(shipped[:start] + shipped[start:].replace(old, new, 1), "lint.disguises.toml")
    assert str(refused.value).partition(": ")[2].startswith(complaint)
