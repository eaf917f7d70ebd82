"""Cuts the two Chinese fonts out of the full Noto Sans SC: one for the pages, one for what is printed.

The source is NotoSansSC-Regular.ttf 2.004 as the package `zhplot` 1.0.0 carries it, under the SIL Open Font License
(bot/web/static/OFL.txt). The cut fonts serve machines that have no Chinese font of their own. Paper takes more letters:
the traditional ones of Big5, too. Run this in a throw-away environment that has `fonttools[woff]`, then write the new
hash of the pages' font into bot/web/static/SHA256SUMS:

    python scripts/font.py NotoSansSC-Regular.ttf
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools[woff]"]
# ///

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

HOUSE = Path(__file__).parents[1]
PAGES = HOUSE / "bot" / "web" / "static" / "noto-sans-sc.woff2"
PAPER = HOUSE / "content" / "letters" / "fonts" / "noto-sans-sc.ttf"

# First and last code point of each block a page may use beside the Chinese letters.
BLOCKS = [
    (0x0020, 0x00FF),  # Latin with accents
    (0x2010, 0x203B),  # dashes, quotes, ellipsis
    (0x20AC, 0x20AC),  # euro
    (0x2116, 0x2122),  # number sign, trade mark
    (0x2190, 0x226F),  # arrows, mathematics
    (0x2300, 0x249B),  # technical signs, digits in circles
    (0x2500, 0x27BF),  # boxes, blocks, shapes, ticks
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3380, 0x33DF),  # units: square metre, kilogram
    (0xFE30, 0xFE4F),  # Chinese punctuation for vertical lines
    (0xFF01, 0xFFE6),  # full-width forms
]

# Letters that people are named with and GB 2312 lacks.
NAMES = (
    "伋佺俙偲喆喦囍垚堃奡奭姈姮婳嫚嬿峣崟彧旸旻昇昉昫晙晞暐暘曈曌朓橦沄洢浛湉溦澔濬炆炘烔烜焜煐煚燊燚犇"
    "玙玠玥玹珣珮珺琇琎琤瑀瑄瑢瑧瑨璘璟璠璿甦祎祐祾禔禛竑翀翯翾芃谞赟鋆钘锜镕镠韡頔骉龑"
)


def letters_of(encoding: str, rows: range, cells: range) -> set[int]:
    """The code points of a two-byte encoding, found by decoding each pair of its rows and cells."""
    pairs = (bytes((row, cell)) for row in rows for cell in cells)
    return {ord(letter) for pair in pairs if len(letter := pair.decode(encoding, errors="ignore")) == 1}


GB2312 = letters_of("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
BIG5_COMMON = letters_of("big5", range(0xA4, 0xC7), range(0x40, 0xFF))


def cut(source: Path, target: Path, letters: set[int], flavor: str | None) -> None:
    """Write `target` from the font at `source`; its names and licence stay inside."""
    options = Options(flavor=flavor, name_IDs=["*"], notdef_outline=True, layout_features=["kern", "locl", "palt"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters, text=NAMES)
    for first, last in BLOCKS:
        subsetter.populate(unicodes=range(first, last + 1))
    font = load_font(source, options)
    subsetter.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_font(font, target, options)
    print(f"{target.name}: {len(font.getBestCmap()):,} letters, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/font.py NotoSansSC-Regular.ttf")
    cut(Path(sys.argv[1]), PAGES, GB2312, "woff2")
    cut(Path(sys.argv[1]), PAPER, GB2312 | BIG5_COMMON, None)
