"""The second look at words that staff want to send: learned from many unkind and many kind texts.

The first look, domain/lint.py, knows forbidden words; what it finds is evidence here. This one also hears the tone: a threat
without any forbidden word, and a kind text that has to use one. A text is weighed whole and sentence by sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.lint import Finding, lint
from domain.lint_text import english, plain, squeezed_words
from domain.messages import Audience
from understanding.linear import Linear, keys, probabilities, sounds, words
from understanding.text import Syllables

KIND = "kind"
RULES = (
    "utilities", "access", "exposure", "authority", "pressure", "insult", "blame", "discrimination", "child", "no_refund", "loan",
)  # fmt: skip
LABELS = (*RULES, KIND)
FACTS = frozenset({"household_data"})  # found by looking, not by tone: nothing overrules it
LONGEST = 2000  # characters that are weighed; staff's texts are shorter

# From these chances on a text is stopped. A sentence alone lacks what the others explain, so it must be surer than the whole.
# English is taught most by texts made to mislead, and so is doubtful sooner.
_UNKIND_WHOLE_ZH, _UNKIND_WHOLE_EN = 0.45, 0.3
_UNKIND_SENTENCE = 0.97
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
# Where a sentence ends: not within $84.50 and not behind Mr.
_END = re.compile(r"(?<=[。!?！？\n;；])|(?<=\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bMrs\.)(?=\s)")
_PART = re.compile(r"[^,，、:：。!?！？\n.;；]+")
_STOPS = ",，。.!！:：;；~～"  # behind a courtesy
_CHINESE = re.compile("[\u4e00-\u9fff]")
_SHORTEST = 4  # characters of a sentence that says something by itself


@dataclass(frozen=True)
class Tone:
    """Weighs a text. Loaded once; about a millisecond a sentence."""

    model: Linear
    syllables: Syllables
    opening: re.Pattern[str]
    closing: re.Pattern[str]

    @classmethod
    def load(cls, content: Path) -> Tone:
        folder = content / "understanding"
        courtesies = tomllib.loads((folder / "courtesies.toml").read_text("utf-8"))
        opening, closing = (
            "|".join(courtesies[place].strip().splitlines()).replace("{name}", courtesies["name"])
            for place in ("opening", "closing")
        )
        return cls(
            Linear.load(folder / "tone.bin"),
            Syllables(folder / "syllables.txt"),
            re.compile(rf"^\s*(?:(?:{opening})\s*[{_STOPS}\n]+\s*)+", re.IGNORECASE),
            re.compile(rf"(?:\s*(?:{closing})[{_STOPS}\s]*)+$", re.IGNORECASE),
        )

    def lint(self, text: str, audience: Audience | str = Audience.PRIVATE) -> tuple[Finding, ...]:
        """Everything that may not be said to this audience, each rule once; an empty tuple when it may be sent."""
        found = lint(text, audience)
        facts = tuple(each for each in found if each.rule in FACTS)
        words_found = tuple(each for each in found if each.rule not in FACTS)
        weight, sentence = self._worst(text[:LONGEST])
        if weight < 1:
            return facts
        return facts + (words_found or (Finding(self._rule(sentence), self._telling(sentence)),))

    def _worst(self, text: str) -> tuple[float, str]:
        """What speaks against a text, 1 where it is just too much, and its most unkind sentence. The whole knows more than
        its parts; a part is what kind words around it can't hide."""
        if not (bare := self._bare(text)):
            return 0.0, text
        sentences = [each.strip() for each in _END.split(text) if len(each.strip()) >= _SHORTEST]
        weighed = [(self.unkind(each), each) for each in dict.fromkeys(sentences)]
        worst = max(weighed, default=(0.0, text))
        most = _UNKIND_WHOLE_ZH if _CHINESE.search(text) else _UNKIND_WHOLE_EN
        return max(self.unkind(bare) / most, worst[0] / _UNKIND_SENTENCE), worst[1]

    def _bare(self, text: str) -> str:
        """Without greeting and thanks: they make no threat kinder. Empty where there is nothing else."""
        bare = self.closing.sub("", self.opening.sub("", f"{text}\n")).strip()
        return bare if len(bare) >= _SHORTEST or not bare else text

    def unkind(self, text: str) -> float:
        """The chance, 0 to 1, that this text is unkind."""
        return 1 - self._chances(text)[KIND]

    def _rule(self, text: str) -> str:
        chances = self._chances(text)
        return max(RULES, key=lambda rule: chances[rule])

    def _telling(self, sentence: str) -> str:
        """The part of a sentence that speaks most against it."""
        parts = [each[0].strip() for each in _PART.finditer(sentence) if len(each[0].strip()) >= _SHORTEST]
        return max(parts, key=self.unkind, default=sentence.strip())

    def _chances(self, text: str) -> dict[str, float]:
        found = keys(features(text, self.syllables, [each.rule for each in lint(text)]))
        return probabilities(self.model.scores(found), self.model.temperature)


def features(text: str, syllables: Syllables, rules: list[str]) -> Iterator[str]:
    """Names of the features of a text; `rules`: those that the first look finds broken."""
    spelled = plain(text)
    chinese = _NUMBER.sub("0", squeezed_words(spelled))
    padded = f"^{chinese}$"
    for size in (1, 2, 3, 4):
        for start in range(len(padded) - size + 1):
            gram = padded[start : start + size]
            if not gram.isascii():
                yield f"c{gram}"
    yield from sounds(chinese, syllables)
    yield from words(_NUMBER.sub("0", english(spelled)))
    yield from (f"r{rule}" for rule in rules)
    yield f"n{min(len(rules), 2)}"
