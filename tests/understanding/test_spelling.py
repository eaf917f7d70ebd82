"""One spelling for what people type."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.reader import Eyes

CONTENT = Path(__file__).parents[2] / "content"
EYES = Eyes.load(CONTENT)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("請問管理費幾多錢", "请问管理费多少钱"),
        ("聽日俾得唔得", "明天给行不行"),
        ("wuyefei duoshao", "物业费多少"),
        ("wo mingtian jiao", "我明天交"),
        ("什么时侯交物业非", "什么时候交物业费"),
        ("ＯＫ", "ok"),
        ("不要!!!!", "不要!"),
        ("how much do u owe", "how much do you owe"),
        ("cant pay tmr", "can not pay tomorrow"),
        ("i paid 1.2k", "i paid 1.2k"),
        ("几点交", "几点交"),
        ("fp怎么开", "发票怎么开"),
        ("znj多少", "滞纳金多少"),
        ("TD", "退订"),
        ("rg", "人工"),
        ("what's the name", "what is the name"),
        ("👍", "ok"),
        ("好的👌", "好的"),
    ],
)
def test_spelling(typed: str, plain: str) -> None:
    assert EYES.speller.plain(typed) == plain


@given(st.text(max_size=100))
def test_any_text_has_a_spelling(text: str) -> None:
    plain = EYES.speller.plain(text)
    assert plain == plain.strip()
    assert "\u200b" not in plain


def test_syllables_follow_the_character_table() -> None:
    sounds = EYES.speller.syllables.of
    assert [sounds[c] for c in "物业费缴多少钱什么"] == ["wu", "ye", "fei", "jiao", "duo", "shao", "qian", "shen", "me"]
    assert EYES.speller.syllables.cut("wuyefei") == ["wu", "ye", "fei"]
    assert EYES.speller.syllables.cut("fee") is None
