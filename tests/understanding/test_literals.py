"""What a pattern cannot match without: never more than is true."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.literals import LONGEST, alternatives, asked


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        ("水费", {"水费"}),
        ("(交|缴).{0,4}物业费", {"物业费"}),
        ("(查|看)一?下账", {"查下账", "看下账", "查一下", "看一下"}),
        ("(忽略|无视)(上|前)文", {"忽略上", "忽略前", "无视上", "无视前"}),
        ("[交缴付]了(?!吗)", {"交了", "缴了", "付了"}),
        (r"\bwho\b.{0,30}\bowes?\b", {"who"}),
        ("(?<!不)(?=交)停电$", {"停电"}),
        ("(退款|还)+", {"退款", "还"}),
        ("(款|钱){2,3}", {"款", "钱"}),
        ("(款|钱){0,3}", set()),
        ("(款|钱)*", set()),
        ("a?|b", set()),
        (r"\d+", set()),
        (r"(a)\1", set()),
        ("(?i)stop", set()),
    ],
)
def test_asked(pattern: str, strings: set[str]) -> None:
    assert asked(pattern) == {text[:LONGEST] for text in strings}


def test_alternatives_are_cut_at_the_outermost_bars() -> None:
    assert alternatives(r"a(b|c)|[|]\||d") == ["a(b|c)", r"[|]\|", "d"]
    assert alternatives("(a)|(b)\\1") == ["(a)|(b)\\1"]


_SIGNS = "ab物.{"
_ATOMS = st.sampled_from(
    ["a", "b", "物", "ab", r"\.", "{", "[ab]", "[^a]", "[]a]", r"[\]b]", "[a-c]", ".", r"\w", "^", "$", r"\b"]
)
_QUANTIFIERS = st.sampled_from(["", "", "", "?", "*", "+", "??", "{0,2}", "{1,2}", "{2}", "{,2}"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.tuples(st.sampled_from(["(", "(?:", "(?=", "(?!"]), inner, st.just(")")).map("".join)
    pieces = st.lists(st.tuples(_ATOMS | group, _QUANTIFIERS).map("".join), max_size=4).map("".join)
    return st.lists(pieces, min_size=1, max_size=3).map("|".join)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


@given(st.recursive(_ATOMS, _grown, max_leaves=12).filter(_is_pattern), st.text(_SIGNS, max_size=8))
def test_what_is_found_holds_what_was_asked_for(pattern: str, text: str) -> None:
    found = re.search(pattern, text) is not None
    pieces = [piece for piece in alternatives(pattern) if re.search(piece, text)]
    assert bool(pieces) == found
    for spoken in (*pieces, *([pattern] if found else [])):
        strings = asked(spoken)
        assert not strings or any(string in text for string in strings)
