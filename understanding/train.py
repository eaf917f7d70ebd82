"""Trains the weights from content/questions.*.toml: python -m understanding.train. Same lines, same bytes.

Needs numpy, which nothing needs at run time.
"""

import math
import random
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np

from understanding.linear import features, keys, novelty, probabilities, tokens, write_weights
from understanding.reader import Eyes, Seen
from understanding.reading import INTENTS, OUT_OF_SCOPE, REASONS
from understanding.rules import Rules, prepare

# Lines are read as on this day; any day would do as long as it stays the same.
_TODAY = date(2026, 11, 23)
LABELS = (*(i for i in INTENTS if i != OUT_OF_SCOPE), *(f"{OUT_OF_SCOPE}.{r}" for r in REASONS))

_Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
_Vector = np.ndarray[tuple[int], np.dtype[np.float64]]

_EPOCHS = 10
_RATE = 1.2
_BIAS_RATE = 0.01
_DECAY = 5e-5
_DROPPED_SHARE = 0.5  # of the features, at random, so that no single word decides
_FEWEST = 2  # lines a feature must stand in
_SEEDS = (20261123, 20261124)  # several orders, averaged: the order should not matter


@dataclass(frozen=True)
class Line:
    """One training sentence, its labels (two when it holds two intents) and who speaks."""

    text: str
    labels: tuple[str, ...]
    author: str


def read_lines(content: Path) -> list[Line]:
    """All lines of questions.*.toml in the order of files, authors, labels and lines."""
    lines: list[Line] = []
    for path in sorted(content.glob("questions.*.toml")):
        for author, table in tomllib.loads(path.read_text("utf-8")).items():
            for label, block in table.items():
                names = tuple(
                    f"{OUT_OF_SCOPE}.{author if author in REASONS else 'other'}" if name == OUT_OF_SCOPE else name
                    for name in label.split("+")
                )
                if any(name not in LABELS for name in names):
                    raise ValueError(f"{path.name}, [{author}]: no such label {label!r}; see INTENTS in reading.py")
                lines += [Line(text.strip(), names, author) for text in block.splitlines() if text.strip()]
    return lines


@dataclass(frozen=True)
class Trained:
    """Weights before they are written: one row per kept feature."""

    known: list[int]
    weights: _Matrix
    bias: _Vector


def train(
    found: list[list[int]],
    labels: list[tuple[str, ...]],
    seeds: tuple[int, ...] = _SEEDS,
    names: tuple[str, ...] = LABELS,
    epochs: int = _EPOCHS,
    dropped_share: float = _DROPPED_SHARE,
) -> Trained:
    """Multinomial logistic regression by AdaGrad over the lines in shuffled, seeded orders.

    `found` holds the feature keys of each line, `names` all labels there are, `dropped_share` (0 to 1) is left out of a
    line at random each time. The weights are the mean over several runs.
    """
    counts = Counter(key for line in found for key in line)
    known = sorted(key for key, count in counts.items() if count >= _FEWEST)
    row_of = {key: row for row, key in enumerate(known)}
    data = [np.array([row_of[k] for k in line if k in row_of], dtype=np.int64) for line in found]
    sizes = [1 / math.sqrt(max(len(line) * (1 - dropped_share), 1)) for line in found]
    goals = _goals(labels, names)
    runs = [_descend(data, sizes, goals, len(known), seed, epochs, dropped_share) for seed in seeds]
    weights = np.sum([run[0] for run in runs], axis=0) / len(runs)
    return Trained(known, weights, np.sum([run[1] for run in runs], axis=0) / len(runs))


def _descend(
    data: "list[np.ndarray[tuple[int], np.dtype[np.int64]]]",
    sizes: list[float],
    goals: _Matrix,
    known: int,
    seed: int,
    epochs: int,
    dropped_share: float,
) -> tuple[_Matrix, _Vector]:
    """Weights and bias of one run: the mean over its later epochs."""
    weights = np.zeros((known, goals.shape[1]))
    squares = np.full((known, goals.shape[1]), 1e-2)
    bias = np.zeros(goals.shape[1])
    summed = np.zeros_like(weights)
    rng = random.Random(seed)
    drops = np.random.RandomState(seed)  # its numbers are the same in every numpy
    order = list(range(len(data)))
    for epoch in range(epochs):
        rng.shuffle(order)
        for i in order:
            rows = data[i][drops.random_sample(len(data[i])) >= dropped_share]
            scores = weights[rows].sum(axis=0) * sizes[i] + bias
            powers = np.exp(scores - scores.max())
            error = powers / powers.sum() - goals[i]
            gradient = error * sizes[i] + _DECAY * weights[rows]
            squares[rows] += gradient**2
            weights[rows] -= _RATE * gradient / np.sqrt(squares[rows])
            bias -= _BIAS_RATE * error
        if epoch >= epochs // 2:
            summed += weights
    return summed / (epochs - epochs // 2), bias


def _goals(labels: list[tuple[str, ...]], all_names: tuple[str, ...]) -> _Matrix:
    """One row per line: the chance of each label that the model should give, shared where a line has several."""
    goals = np.zeros((len(labels), len(all_names)))
    for i, names in enumerate(labels):
        for name in names:
            goals[i, all_names.index(name)] = 1 / len(names)
    return goals


def save(path: Path, trained: Trained, temperature: float, said: list[int], names: tuple[str, ...] = LABELS) -> None:
    """Write eight-bit weights, dropping rows that round to nothing."""
    scale = float(np.abs(trained.weights).max()) / 127
    small = np.rint(trained.weights / scale).astype(np.int8)
    kept = [row for row in range(len(trained.known)) if small[row].any()]
    write_weights(
        path,
        names,
        [round(float(b), 6) for b in trained.bias],
        [trained.known[row] for row in kept],
        [small[row].tobytes() for row in kept],
        scale,
        temperature,
        said,
    )


def main(content: Path) -> None:
    """Train on all lines of `content` and rewrite its weights file; report rules that are often wrong."""
    prepare(content / "understanding" / "rules.toml")
    eyes = Eyes.load(content)
    lines = read_lines(content)
    seen = [eyes.see(line.text, _TODAY) for line in lines]
    said = _said(lines, seen)
    found = [_features(line, s, said, eyes) for line, s in zip(lines, seen, strict=True)]
    hints = [eyes.rules.hints(s.text) for s in seen]
    labels = [line.labels for line in lines]
    temperature = _temperature(found, hints, labels)
    save(content / "understanding" / "weights.bin", train(found, labels), temperature, sorted(said))
    _report_rules(eyes.rules, lines, hints)


def _said(lines: list[Line], seen: list[Seen]) -> Counter[int]:
    """In how many lines in scope each token stands."""
    inside = [s.text for line, s in zip(lines, seen, strict=True) if scope(line.labels[0]) != OUT_OF_SCOPE]
    return Counter(token for text in inside for token in tokens(text))


def _features(line: Line, seen: Seen, said: Counter[int], eyes: Eyes) -> list[int]:
    """Feature keys of a training line. What only this line says counts as new, as it would be to the reader."""
    here = 1 if scope(line.labels[0]) != OUT_OF_SCOPE else 0
    told = tokens(seen.text)
    new = sum(said[token] <= here for token in told)
    names = features(seen.text, seen.concepts, seen.slots, eyes.speller.syllables)
    return keys(chain(names, novelty(seen.text, len(told), new)))


def _temperature(found: list[list[int]], hints: list[dict[str, float]], labels: list[tuple[str, ...]]) -> float:
    """The temperature at which held-out lines are as often right as said. Every third block of ten lines is held out,
    so that neighbours in the file, which resemble each other, stay together."""
    held = [i for i in range(len(found)) if i // 10 % 3 == 0]
    rest = [i for i in range(len(found)) if i // 10 % 3 != 0]
    trained = train([found[i] for i in rest], [labels[i] for i in rest], _SEEDS[:1])
    scores = [_scores(trained, found[i], hints[i]) for i in held]

    def loss(temperature: float) -> float:
        chances = [probabilities(s, temperature) for s in scores]
        return -sum(math.log(sum(c[name] for name in labels[i]) + 1e-9) for c, i in zip(chances, held, strict=True))

    return min((t / 20 for t in range(10, 41)), key=loss)


def _scores(trained: Trained, found: list[int], hints: dict[str, float]) -> dict[str, float]:
    row_of = {key: row for row, key in enumerate(trained.known)}
    rows = [row_of[key] for key in found if key in row_of]
    sums = trained.weights[rows].sum(axis=0) / np.sqrt(max(len(found), 1)) + trained.bias
    return {label: float(s) + hints.get(label, 0.0) for label, s in zip(LABELS, sums, strict=True)}


def _report_rules(rules: Rules, lines: list[Line], hints: list[dict[str, float]]) -> None:
    for label in dict.fromkeys(rule.label for rule in rules.rules):
        hits = [line for line, hint in zip(lines, hints, strict=True) if label in hint]
        wrong = [line for line in hits if scope(label) not in map(scope, line.labels)]
        if len(wrong) * 10 > len(hits):
            sys.stdout.write(f"{label}: wrong on {len(wrong)} of {len(hits)} lines, e.g. {wrong[0].text}\n")


def scope(label: str) -> str:
    """The intent of a training label: out_of_scope for all its sub-reasons."""
    return label.partition(".")[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "content")
