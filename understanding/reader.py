"""The reader: a sentence in, a Reading out. Everything it needs is loaded once."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from understanding.concepts import Lexicon
from understanding.linear import Linear, features, keys
from understanding.reading import OUT_OF_SCOPE, Context, Guess, Reading, Slots
from understanding.slots import find_slots
from understanding.text import Speller

Seen = tuple[str, list[tuple[int, str]], Slots]


@dataclass(frozen=True)
class Eyes:
    """What reader and training share: spelling, lexicon, slots."""

    speller: Speller
    lexicon: Lexicon

    @classmethod
    def load(cls, content: Path) -> "Eyes":
        folder = content / "understanding"
        lexicon = Lexicon.load(folder / "lexicon.toml")
        return cls(Speller(folder, tuple(lexicon.chinese)), lexicon)

    def see(self, text: str, today: date) -> Seen:
        plain = self.speller.plain(text).text
        return plain, self.lexicon.find(plain), find_slots(plain, today)


@dataclass(frozen=True)
class Reader:
    """Reads sentences with the lexicons and weights of one content folder."""

    eyes: Eyes
    linear: Linear

    @classmethod
    def load(cls, content: Path) -> "Reader":
        """Read everything the reader needs from `content`; nothing is read from disk afterwards."""
        return cls(Eyes.load(content), Linear.load(content / "understanding" / "weights.bin"))

    def read(self, text: str, *, today: date, context: Context = Context()) -> Reading:
        """Read one message. `today` is the local date that relative days count from."""
        plain, concepts, slots = self.eyes.see(text, today)
        scores = self.linear.probabilities(keys(features(plain, concepts, slots, self.eyes.speller.syllables)))
        outside = {k.partition(".")[2]: v for k, v in scores.items() if k.startswith(OUT_OF_SCOPE)}
        inside = {k: v for k, v in scores.items() if not k.startswith(OUT_OF_SCOPE)}
        ranked = sorted(inside, key=lambda k: -inside[k])
        if sum(outside.values()) >= inside[ranked[0]]:
            reason = max(outside, key=lambda k: outside[k])
            return Reading(text, (Guess(OUT_OF_SCOPE, sum(outside.values())),), slots, reason, tuple(ranked[:3]))
        return Reading(text, (Guess(ranked[0], inside[ranked[0]]),), slots, None, tuple(ranked[:3]))
