"""Scores of a labelled file: accuracy, false accepts, harm, slots, calibration. Pure: rows and a reader in, figures out."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from understanding.reading import INTENTS, OUT_OF_SCOPE, Reading

# The columns of a file without a header line, by their number.
_COLUMNS = {
    2: ("text", "intent"),
    3: ("text", "intent", "slots"),
    5: ("text", "lang", "source", "intent", "slots"),
}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NEVER_INVENT_ON = frozenset({"promise_to_pay", "request_postpone", "request_instalment", "claim_paid"})
_NEVER_INVENTED = ("date", "amount_fen", "instalments")
_SLOT_KEYS = ("date", "amount_fen", "instalments", "period")
_HARMFUL_AS_PROMISE = frozenset({"claim_paid", "dispute_bill"})


class BadFile(ValueError):
    """The file can't be scored; the text names the place and the cure."""


@dataclass(frozen=True)
class Row:
    """One labelled sentence. `intents` are accepted; `several` is set for `a+b` (all of them are meant)."""

    text: str
    lang: str
    source: str
    intents: tuple[str, ...]
    several: bool
    slots: dict[str, str | int]

    @property
    def in_scope(self) -> bool:
        return self.intents != (OUT_OF_SCOPE,)


@dataclass
class Share:
    """So many of so many."""

    hits: int = 0
    total: int = 0

    def add(self, hit: bool) -> None:
        self.hits += hit
        self.total += 1

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.hits}/{self.total})" if self.total else "– (no rows)"


@dataclass
class Scores:
    """The figures of INTENTS.md for one file."""

    accuracy: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    macro_f1: float = 0.0
    false_accept: Share = field(default_factory=Share)
    false_reject: Share = field(default_factory=Share)
    both_labels: Share = field(default_factory=Share)
    slots: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    invented: Counter[str] = field(default_factory=Counter)
    harm: Counter[str] = field(default_factory=Counter)
    surest: Share = field(default_factory=Share)
    calibration: list[tuple[float, Share]] = field(default_factory=list)
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    mistakes: list[tuple[Row, Reading]] = field(default_factory=list)


def read_rows(path: Path) -> list[Row]:
    """Rows of a tab-separated file: by the names of a header line, or without one text, intent and (if any) slots, or
    text, lang, source, intent, slots.

    Raises BadFile naming the line.
    """
    try:
        content = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: can't be read as UTF-8 text ({error})") from error
    lines = list(csv.reader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    header = [name.strip().lower() for name in lines[0]] if lines else []
    names: tuple[str, ...] = ()
    first = 1
    if {"text", "intent"} <= set(header):
        names = tuple(header)
        lines = lines[1:]
        first = 2
    return [
        _row(path, number, names, cells) for number, cells in enumerate(lines, first) if any(c.strip() for c in cells)
    ]


def _row(path: Path, number: int, names: tuple[str, ...], cells: list[str]) -> Row:
    values = dict(zip(names or _COLUMNS.get(len(cells), _COLUMNS[5]), cells, strict=False))
    if not values.get("text", "").strip() or not values.get("intent", "").strip():
        raise BadFile(f"{path}, line {number}: needs a text and an intent, separated by tabs")
    label = values["intent"].strip()
    intents = tuple(part.strip() for part in label.replace("+", "|").split("|"))
    unknown = [name for name in intents if name not in INTENTS]
    if unknown:
        raise BadFile(f"{path}, line {number}: {unknown[0]!r} is no intent; known are {', '.join(INTENTS)}")
    try:
        slots = json.loads(values.get("slots", "").strip() or "{}")
    except json.JSONDecodeError as error:
        raise BadFile(f"{path}, line {number}: slots are not JSON ({error.msg}); write {{}} for none") from error
    lang = values.get("lang", "") or ("zh" if _CHINESE.search(values["text"]) else "en")
    return Row(values["text"], lang, values.get("source", "") or "unnamed", intents, "+" in label, slots)


def score(rows: Iterable[Row], read: Callable[[str], Reading]) -> Scores:
    """Read every row and count."""
    scores = Scores()
    pairs: list[tuple[str, str]] = []
    sure: list[tuple[float, bool]] = []
    for row in rows:
        reading = read(row.text)
        given = reading.intents[0].intent
        hit = given in row.intents
        for group in _groups(row):
            scores.accuracy[group].add(hit)
        if row.in_scope:
            scores.false_reject.add(given == OUT_OF_SCOPE and OUT_OF_SCOPE not in row.intents)
        else:
            scores.false_accept.add(not hit)
        if row.several:
            scores.both_labels.add(set(row.intents) <= {guess.intent for guess in reading.intents})
        else:
            pairs.append((given if hit else row.intents[0], given))
        sure.append((reading.intents[0].confidence, hit))
        _score_slots(scores, row, reading)
        _score_harm(scores, row, reading)
        if not hit:
            scores.confusions[(row.intents[0], given)] += 1
            scores.mistakes.append((row, reading))
    scores.macro_f1 = _macro_f1(pairs)
    _calibrate(scores, sure)
    return scores


def _groups(row: Row) -> list[str]:
    groups = ["all", f"lang {row.lang}", f"source {row.source}"]
    if row.in_scope:
        groups += ["in scope", f"in scope {row.lang}"]
    return groups


def _score_slots(scores: Scores, row: Row, reading: Reading) -> None:
    found = reading.slots.to_json()
    for key, value in row.slots.items():
        if key in _SLOT_KEYS:
            scores.slots[key].add(found.get(key) == value)
    if set(row.intents) & _NEVER_INVENT_ON:
        for key in _NEVER_INVENTED:
            if key in found and key not in row.slots:
                scores.invented[key] += 1


def _score_harm(scores: Scores, row: Row, reading: Reading) -> None:
    given = [guess.intent for guess in reading.intents]
    for name in _HARMFUL_AS_PROMISE & set(row.intents):
        if given[0] == "promise_to_pay" and "promise_to_pay" not in row.intents:
            scores.harm[f"{name} answered as promise_to_pay"] += 1
    for name in ("opt_out", "talk_human"):
        if row.intents == (name,) and name not in given:
            scores.harm[f"{name} missed"] += 1


def _macro_f1(pairs: list[tuple[str, str]]) -> float:
    values = []
    for label in {gold for gold, _ in pairs}:
        right = sum(gold == given == label for gold, given in pairs)
        missed = sum(gold == label != given for gold, given in pairs)
        wrong = sum(given == label != gold for gold, given in pairs)
        values.append(2 * right / (2 * right + missed + wrong))
    return sum(values) / len(values) if values else 0.0


def _calibrate(scores: Scores, sure: list[tuple[float, bool]]) -> None:
    ordered = sorted(sure, key=lambda pair: -pair[0])
    for _, hit in ordered[: round(len(ordered) * 0.8)]:
        scores.surest.add(hit)
    for low in range(10):
        share = Share()
        for confidence, hit in sure:
            if low / 10 <= confidence < (low + 1) / 10 or (low == 9 and confidence >= 1):
                share.add(hit)
        scores.calibration.append((low / 10, share))


def report(scores: Scores) -> str:
    """The figures as plain text."""
    lines = ["intent accuracy"]
    lines += [f"  {name:24} {share}" for name, share in sorted(scores.accuracy.items())]
    lines += [
        f"  {'macro-F1 over labels':24} {scores.macro_f1:.3f}",
        f"  {'surest 80 %':24} {scores.surest}",
        f"out of scope answered      {scores.false_accept}",
        f"in scope refused           {scores.false_reject}",
        f"both labels of two         {scores.both_labels}",
        "slots exact",
        *(f"  {key:24} {scores.slots[key]}" for key in _SLOT_KEYS if key in scores.slots),
        f"slots invented             {sum(scores.invented.values())} {dict(scores.invented) or ''}".rstrip(),
        f"harmful                    {sum(scores.harm.values())} {dict(scores.harm) or ''}".rstrip(),
        "calibration (said → was right)",
        *(f"  {low:.1f}–{low + 0.1:.1f}  {share}" for low, share in scores.calibration if share.total),
        "worst confusions (meant → given)",
        *(f"  {gold} → {given}: {count}" for (gold, given), count in scores.confusions.most_common(12)),
    ]
    return "\n".join(lines)
