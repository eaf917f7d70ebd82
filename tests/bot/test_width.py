"""Chinese texts that people read carry full-width signs; code, figures and English are left alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.content import CONTENT
from bot.settings import ROOT

HAN = r"\u3400-\u9fff“”（）"
NARROW = re.compile(rf"(?<=[{HAN}])[,.?!:;()]|[,.?!:;()](?=[{HAN}])")
CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|[()](?=\[)", re.DOTALL)
# Written as people type, half-width signs and all: what the reader is trained from and measured by, what the kindness check looks for.
AS_TYPED = ("questions.", "tone.", "lint.")
FILES = [
    path
    for path in CONTENT.rglob("*.toml")
    if not path.name.startswith(AS_TYPED) and not path.name.endswith(".en.toml") and path.parent.name != "understanding"
]


def chinese(value: Any, key: str = "") -> Iterator[str]:
    """Every text of a table that holds Chinese, without the English that may quote some of it."""
    if isinstance(value, str):
        if re.search(r"[\u3400-\u9fff]", value) and key != "en":
            yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from chinese(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from chinese(each, key)


def narrow_signs(text: str) -> list[str]:
    return [text[max(0, found.start() - 8) : found.end() + 8] for found in NARROW.finditer(CODE.sub("", text))]


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: path.name)
def test_a_chinese_text_has_full_width_signs(path: Path) -> None:
    texts = chinese(tomllib.loads(path.read_text(encoding="utf-8")))
    assert [sign for text in texts for sign in narrow_signs(text)] == []


@pytest.mark.parametrize(
    "path", [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs/how-to").glob("*.zh.md"))], ids=lambda path: path.name
)
def test_a_chinese_page_has_full_width_signs(path: Path) -> None:
    assert narrow_signs(path.read_text(encoding="utf-8")) == []


def test_code_and_figures_are_left_alone() -> None:
    assert narrow_signs("运行 `python -m bot`，见 [文档](docs/a.md)：14:30 到 15:00，共 1,680.00 元") == []
    assert narrow_signs("你好,世界") == ["你好,世界"]
