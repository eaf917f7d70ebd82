"""One spelling for a text that may hide something: the forms that domain/lint.py looks at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

HAN = "\u3400-\u9fff"
_TRADITIONAL = (
    "@@TRAD@@"
)
_SIMPLIFIED = str.maketrans(dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)))
# Letters of other alphabets that look Latin.
_LOOKALIKE = str.maketrans("аеорсухіјѕԁɡո𝚊αεικνορτυχ", "aeopcyxijsdgnaaeiknoprtux"[: len("аеорсухіјѕԁɡո𝚊αεικνορτυχ")])
_LEET = str.maketrans("0134578@$", "oleastbas")
_LEET_I = str.maketrans("0134578@$", "oieastbas")
_STOP = "。!?;\n"
_PAUSE = ",、:"
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
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("…", "。")
    kept = "".join(c for c in folded if unicodedata.category(c) not in {"Cf", "Mn", "Me"} or c == "\n")
    return kept.casefold().translate(_SIMPLIFIED).translate(_LOOKALIKE)


def squeezed(text: str) -> str:
    """Only letters, digits and Chinese characters of a plain text."""
    return "".join(c for c in text if c.isalnum())


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a plain text. One character alone between two marks is no sentence: it is glued back on."""
    pieces: list[tuple[str, str]] = []
    for piece, mark in re.findall(rf"([^{_STOP}{_PAUSE}.]*(?:\.(?=\d)[^{_STOP}{_PAUSE}.]*)*)([{_STOP}{_PAUSE}.]|$)", text):
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
    """Letters spelled out (`c u t  0ff` → `cut off`), one space between words."""
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
