"""Paper: a layout of content/letters filled with plain data, as PDF or as a picture. What no font can draw is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import segno
import typst
from fontTools.ttLib import TTFont

from bot.content import CONTENT

LAYOUTS = CONTENT / "letters"
FONTS = LAYOUTS / "fonts"  # an office with rarer names puts a fuller font beside the one we bring
PICTURE_PPI = 200
_one_at_a_time = Lock()  # a compiler keeps the data of its latest page


class MissingLetters(ValueError):
    """Letters that none of the fonts has: printed, they would be boxes."""

    def __init__(self, letters: Iterable[str]) -> None:
        self.letters = "".join(sorted(letters))
        super().__init__(
            f"no font has {' '.join(self.letters)}: put one that does (.ttf, .otf) into content/letters/fonts"
        )


def compose(layout: str, data: Mapping[str, Any], *, timestamp: int | None = None, tags: bool = True) -> bytes:
    """`content/letters/{layout}.typ` filled with `data` (JSON types), as one PDF.

    `timestamp`: seconds since 1970, written into the file as its date; with it the same data always makes the same bytes.
    `tags`: for screen readers; without them a thousand pages take half the time and a quarter of the space.
    Raises MissingLetters; typst.TypstError when the layout itself is wrong, with its line.
    """
    made = _compile(layout, data, format="pdf", timestamp=timestamp, pdf_tags=tags)
    assert isinstance(made, bytes)
    return made


def pictures(layout: str, data: Mapping[str, Any], ppi: float = PICTURE_PPI) -> list[bytes]:
    """The same as PNG, one for each page."""
    made = _compile(layout, data, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made)


def _compile(layout: str, data: Mapping[str, Any], **how: Any) -> bytes | list[bytes]:
    if missing := missing_letters(data):
        raise MissingLetters(missing)
    filled = {"data": json.dumps(data, ensure_ascii=False)}
    with _one_at_a_time:
        made = _compiler(layout).compile(sys_inputs=filled, **how)
    assert made is not None
    return made


@lru_cache(maxsize=8)
def _compiler(layout: str) -> typst.Compiler:
    """Reads fonts and layout once: the second page of a kind takes a fraction of the first one's time."""
    # No fonts of the machine: the same letter everywhere.
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    return typst.Compiler(input=str(LAYOUTS / f"{layout}.typ"), root=str(LAYOUTS), font_paths=fonts)


def missing_letters(data: object) -> set[str]:
    """The letters in any text of `data` that no font has."""
    return {letter for text in _texts(data) for letter in text if letter.isprintable()} - drawable()


@lru_cache(maxsize=1)
def drawable() -> frozenset[str]:
    """All that the fonts of the office can draw."""
    files = sorted(path for path in FONTS.iterdir() if path.suffix.lower() in (".ttf", ".otf", ".ttc"))
    return frozenset(chr(point) for file in files for point in _points(file))


def _points(file: Path) -> Iterator[int]:
    with TTFont(file, fontNumber=0, lazy=True) as font:
        yield from font.getBestCmap()


def spelled(text: str) -> str:
    """Words as they were said, fit to print: what no font has is named by its number instead of becoming a box."""
    return "".join(sign if not sign.isprintable() or sign in drawable() else f"[U+{ord(sign):04X}]" for sign in text)


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Iterable):
        for value in data:
            yield from _texts(value)


def qr(link: str) -> str:
    """A QR code as SVG, for a layout to draw."""
    code: str = segno.make(link, error="m").svg_inline(border=0, scale=1)
    return code.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
