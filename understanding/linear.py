"""The learned part: features of a sentence and a multinomial linear model over them, in plain Python."""

import array
import json
import math
import re
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from understanding.concepts import ENGLISH_WORD
from understanding.reading import Slots
from understanding.text import Syllables

_MAGIC = b"NLWT3\n"
_FEE = re.compile(r"物业管理费|物业服务费|物业费|管理费|培训费|课时费|学费|课费|补习费|服务费")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_RAISED = bytes((value + 128) % 256 for value in range(256))  # a signed byte as its value plus 128
_NOVELTY_ECHOES = 4  # it weighs as much as several words
_CHINESE_RUN = re.compile(r"[\u4e00-\u9fff§]+")


def features(text: str, concepts: list[tuple[int, str]], slots: Slots, syllables: Syllables) -> Iterator[str]:
    """Names of the features of a sentence in plain spelling; duplicates are allowed and count once."""
    short = _FEE.sub("§", _NUMBER.sub("0", text))
    padded = f"^{short}$"
    for size in (1, 2, 3, 4):
        for start in range(len(padded) - size + 1):
            gram = padded[start : start + size]
            if not gram.isascii() or size == 4:
                yield f"c{gram}"
    yield from sounds(short, syllables)
    yield from words(short)
    yield from _meanings(text, concepts, slots)


def sounds(text: str, syllables: Syllables) -> Iterator[str]:
    """Syllable pairs and triples: 物业非 and 物业费 sound the same."""
    for run in _CHINESE_RUN.findall(text):
        sounds = [syllables.of.get(c, c) for c in run]
        for size in (2, 3):
            for start in range(len(sounds) - size + 1):
                yield "y" + "-".join(sounds[start : start + size])


def words(text: str) -> Iterator[str]:
    """English words, stemmed, alone and with their neighbours."""
    stems = [_stem(w) for w in ENGLISH_WORD.findall(text)]
    for i, word in enumerate(stems):
        yield f"w{word}"
        for step in (1, 2):
            if i + step < len(stems):
                yield f"w{step}{word} {stems[i + step]}"
        if i + 2 < len(stems):
            yield f"w3{word} {stems[i + 1]} {stems[i + 2]}"
    if stems:
        yield f"w^{stems[0]}"
        yield f"w${stems[-1]}"


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def _meanings(text: str, concepts: list[tuple[int, str]], slots: Slots) -> Iterator[str]:
    names = [name for _, name in concepts]
    names += [f"slot.{key}" for key in slots.to_json()]
    for i, name in enumerate(names):
        yield f"k{name}"
        for other in names[i + 1 :]:
            yield f"k{name} {other}"
    yield f"n{min(len(text) // 4, 6)}"
    yield f"q{'?' in text or text.endswith(('吗', '么', '呢', '不', '没'))}"
    yield f"e{text.isascii()}"


def tokens(text: str) -> set[int]:
    """The words and pairs of Chinese characters of a sentence, as numbers: what it can be new by."""
    pairs = {f"p{run[i : i + 2]}" for run in _CHINESE_RUN.findall(_FEE.sub("§", text)) for i in range(len(run) - 1)}
    words = {f"o{_stem(w)}" for w in ENGLISH_WORD.findall(text) if len(w) > 1 and w.isalpha()}
    return {zlib.crc32(name.encode()) for name in pairs | words}


def novelty(text: str, found: int, new: int) -> Iterator[str]:
    """How much of the sentence was never said in scope, `new` of the tokens found: weather and recipes have words that
    fees don't."""
    if not found:
        return
    language = "e" if text.isascii() else "c"
    share = round(4 * new / found)
    for echo in range(_NOVELTY_ECHOES):
        yield f"u{echo}{language}{min(new, 5)}"
        yield f"v{echo}{language}{share} {min(found // 2, 4)}"


def keys(names: Iterable[str]) -> list[int]:
    """Features as 32-bit numbers, each once, in order of first appearance."""
    return list(dict.fromkeys(map(zlib.crc32, map(str.encode, names))))


class Keys:
    """32-bit numbers, ascending, and where each of them stands."""

    _SHIFT = 22  # what is left of a number names its shelf: so few numbers stand there that they are searched at once

    def __init__(self, numbers: "array.array[int]") -> None:
        self._numbers = numbers
        shelves = range((1 << 32 - self._SHIFT) + 1)
        self._starts = [bisect_left(numbers, shelf << self._SHIFT) for shelf in shelves]

    def places(self, wanted: Iterable[int]) -> list[int]:
        """Where the wanted numbers stand, in their order; those that are not there are left out."""
        numbers, starts, shift = self._numbers, self._starts, self._SHIFT
        found = []
        for number in wanted:
            shelf = number >> shift
            end = starts[shelf + 1]
            place = bisect_left(numbers, number, starts[shelf], end)
            if place < end and numbers[place] == number:
                found.append(place)
        return found


@dataclass(frozen=True)
class Linear:
    """Weights of the known features and how to turn scores into probabilities.

    A row of `weights` holds a signed byte for each label; the rows stand in the order of the features' keys.
    """

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    known: Keys
    weights: bytes
    scale: float
    temperature: float
    said: Keys

    @classmethod
    def load(cls, path: Path) -> "Linear":
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ValueError(f"{path}: not a weights file of this version; run python -m understanding.train")
            (size,) = struct.unpack("<I", file.read(4))
            head = json.loads(file.read(size))
            known = _numbers(file.read(4 * head["features"]))
            weights = file.read(len(head["labels"]) * head["features"])
            said = _numbers(file.read())
        labels, bias = tuple(head["labels"]), tuple(head["bias"])
        return cls(labels, bias, Keys(known), weights, head["scale"], head["temperature"], Keys(said))

    def scores(self, found: list[int]) -> dict[str, float]:
        """Score of each label for the given feature keys; higher is likelier."""
        width = len(self.labels)
        places = self.known.places(found)
        rows = b"".join([self.weights[at * width : (at + 1) * width] for at in places]).translate(_RAISED)
        raised = 128 * len(places)
        norm = self.scale / math.sqrt(max(len(found), 1))
        return {
            label: (sum(rows[column::width]) - raised) * norm + bias
            for column, (label, bias) in enumerate(zip(self.labels, self.bias, strict=True))
        }


def _numbers(data: bytes) -> "array.array[int]":
    numbers = array.array("I")
    numbers.frombytes(data)
    return numbers


def probabilities(scores: dict[str, float], temperature: float) -> dict[str, float]:
    """Scores as probabilities that add up to one; a higher temperature is more modest."""
    top = max(scores.values())
    powers = {label: math.exp((s - top) / temperature) for label, s in scores.items()}
    total = sum(powers.values())
    return {label: power / total for label, power in powers.items()}


def write_weights(
    path: Path,
    labels: tuple[str, ...],
    bias: list[float],
    known: list[int],
    rows: list[bytes],
    scale: float,
    temperature: float,
    said: list[int],
) -> None:
    """The weights file: magic, length and JSON head, feature keys ascending, one byte per label and feature, then the
    tokens that were said in scope."""
    head = {"labels": list(labels), "bias": bias, "features": len(known), "scale": scale, "temperature": temperature}
    text = json.dumps(head, sort_keys=True).encode()
    body = struct.pack(f"<{len(known)}I", *known) + b"".join(rows) + struct.pack(f"<{len(said)}I", *said)
    path.write_bytes(_MAGIC + struct.pack("<I", len(text)) + text + body)
