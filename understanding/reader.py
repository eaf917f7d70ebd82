"""The reader: a sentence in, a Reading out. Everything it needs is loaded once."""

import re
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from understanding import situation
from understanding.clauses import clauses
from understanding.concepts import Lexicon
from understanding.linear import Linear, features, keys, novelty, probabilities, tokens
from understanding.reading import OUT_OF_SCOPE, Context, Guess, Reading, Slots
from understanding.rules import Rules
from understanding.slots import find_slots
from understanding.text import Speller

_LONGEST = 600  # characters read of a message: what matters of a longer one stands at its head
_TOO_DEAR = re.compile(
    r"^[^,。!?]{0,6}贵[了啊呀哦吧]?$|\b(?:too (?:dear|expensive|much|steep)|(?:so|very|really|quite) (?:dear|expensive|steep))\b"
)
_LETTER = re.compile(r"[a-z\u4e00-\u9fff]")
_NO_CONTEXT = Context()
# Words that hold an angry or a sad one and are neither.
_INNOCENT = re.compile(
    r"操作|操心|操场|体操|滚动|滚梯|poor (?=service|quality|work|job|maintenance|management|cleaning|security|teaching)"
    r"|benefits? (?=of|from|do|does)|(?<=what )benefits|投诉电话|撤(?:销|回)投诉|我的投诉|投诉(?:怎么样|处理|进度)|(?:是不是|会不会是|不会是|不是)骗(?:子|人)|骗(?:子|人)的?[吗吧]"
)
# "My father left us last month": 走了 said of the old of the family, and not of moving house.
_DEATH = re.compile(
    r"(?:爸|妈|爷爷|奶奶|外公|外婆|老伴|老头子?|父亲|母亲|老人家?|老爷子|老太太)[^,。!?搬带先出跟]{0,6}(?:走了(?![的吗进路])|不在了|没了(?!工作|钱))"
)

# A second intent is returned when a clause is this certain of it and the whole sentence leaves it a chance.
_CLAUSE_SURE = 0.6
_CLAUSE_CERTAIN = 0.9  # ... or leaves it none
_WHOLE_CHANCE = 0.03
_MOST_CLAUSES = 6
_ONLY_ALONE = frozenset({"greet_thanks", OUT_OF_SCOPE})


@dataclass(frozen=True)
class Seen:
    """A sentence in plain spelling with its concepts and slots."""

    text: str
    concepts: list[tuple[int, str]]
    slots: Slots


@dataclass(frozen=True)
class Eyes:
    """What reader and training share: spelling, lexicon, slots, rules."""

    speller: Speller
    lexicon: Lexicon
    rules: Rules

    @classmethod
    def load(cls, content: Path) -> "Eyes":
        folder = content / "understanding"
        lexicon = Lexicon.load(folder / "lexicon.toml")
        return cls(Speller(folder, tuple(lexicon.chinese)), lexicon, Rules.load(folder / "rules.toml"))

    def see(self, text: str, today: date, context: Context = _NO_CONTEXT) -> Seen:
        return self.look(situation.completed(self.speller.plain(text), context), today)

    def look(self, plain: str, today: date) -> Seen:
        return Seen(plain, self.lexicon.find(plain), find_slots(plain, today))


@dataclass(frozen=True)
class Reader:
    """Reads sentences with the lexicons and weights of one content folder."""

    eyes: Eyes
    linear: Linear

    @classmethod
    def load(cls, content: Path) -> "Reader":
        """Read everything the reader needs from `content`; nothing is read from disk afterwards.

        Raises OSError when a file is missing, ValueError when one is not as it should be.
        """
        return cls(Eyes.load(content), Linear.load(content / "understanding" / "weights.bin"))

    def read(self, text: str, *, today: date, context: Context = _NO_CONTEXT) -> Reading:
        """Read one message. `today` is the local date that relative days count from."""
        seen = self.eyes.see(text[:_LONGEST], today, context)
        tone = self._tone(seen)
        hinted = self.eyes.rules.hints(seen.text)
        chances = self._chances(seen, hinted, situation.hints(seen.text, seen.slots, context))
        inside, outside = _by_scope(chances)
        ranked = sorted(inside, key=lambda name: -inside[name])
        likely = tuple(ranked[:3])
        if not _LETTER.search(seen.text) and not context.pending:
            return Reading(text, (Guess(OUT_OF_SCOPE, 0.98),), seen.slots, "noise", likely, tone)
        beyond = sum(outside.values())
        if beyond >= inside[ranked[0]]:
            reason = max(outside, key=lambda name: outside[name])
            return Reading(text, (Guess(OUT_OF_SCOPE, beyond),), seen.slots, reason, likely, tone, inside[ranked[0]])
        intents, told = self._several(seen, hinted, inside, ranked[0], today)
        named = {guess.intent for guess in intents}
        rest = max([beyond, *(inside[name] for name in ranked if name not in named)])
        return Reading(text, intents, seen.slots, None, likely, tone, rest, told)

    def _tone(self, seen: Seen) -> tuple[str, ...]:
        innocent = _INNOCENT.search(seen.text)
        found = self.eyes.lexicon.find(_INNOCENT.sub(" ", seen.text)) if innocent else seen.concepts
        heard = [name for _, name in found if name in self.eyes.lexicon.tones]
        return tuple(dict.fromkeys(["bereavement", *heard] if _DEATH.search(seen.text) else heard))

    def _chances(self, seen: Seen, *hints: dict[str, float]) -> dict[str, float]:
        names = features(seen.text, seen.concepts, seen.slots, self.eyes.speller.syllables)
        told = tokens(seen.text)
        new = len(told) - len(self.linear.said.places(told))
        scores = self.linear.scores(keys(chain(names, novelty(seen.text, len(told), new))))
        for hinted in hints:
            for label, strength in hinted.items():
                scores[label] += strength
        return probabilities(scores, self.linear.temperature)

    def _several(
        self, seen: Seen, hinted: dict[str, float], inside: dict[str, float], top: str, today: date
    ) -> tuple[tuple[Guess, ...], tuple[str, ...]]:
        """The top intent and those that a clause of the sentence says for certain; and all in the sentence's order."""
        guesses = {top: inside[top]}
        place: dict[str, int] = {}
        parts = clauses(seen.text)
        if top not in _ONLY_ALONE and 2 <= len(parts) <= _MOST_CLAUSES:
            for number, part in enumerate(parts):
                clause, _ = _by_scope(self._chances(self.eyes.look(part, today), self.eyes.rules.hints(part)))
                name = max(clause, key=lambda n: clause[n])
                place.setdefault(name, number)
                if name == "complain_refuse" and top == "ask_discount" and _TOO_DEAR.search(part):
                    continue  # "太贵了,便宜点吧" asks for less and complains of nothing else
                likely = inside[name] >= _WHOLE_CHANCE or name in hinted
                enough = _CLAUSE_SURE if likely else _CLAUSE_CERTAIN
                if name not in guesses and name not in _ONLY_ALONE and clause[name] >= enough:
                    # it is surer than the whole sentence says, and never surer than the top
                    guesses[name] = max(inside[name], 0.9 * min(clause[name], inside[top]))
        ordered = sorted(guesses, key=lambda n: -guesses[n])
        told = sorted(ordered, key=lambda n: place.get(n, -1)) if len(ordered) > 1 else ()
        return tuple(Guess(name, guesses[name]) for name in ordered), tuple(told)


def _by_scope(chances: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Chances of the intents, and of the sub-reasons of out_of_scope."""
    inside = {name: chance for name, chance in chances.items() if "." not in name}
    outside = {name.partition(".")[2]: chance for name, chance in chances.items() if "." in name}
    return inside, outside
