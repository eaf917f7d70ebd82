"""Trains the weights of the second look from content/tone.*.toml: python -m understanding.train_tone. Same lines, same bytes.

Needs numpy, which nothing needs at run time.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from domain.lint import lint
from understanding.linear import keys
from understanding.text import Syllables
from understanding.tone import KIND, LABELS, features
from understanding.train import save, train

_TEMPERATURE = 1.0
# More is left out than of questions: staff's texts are longer, and no single word should condemn them.
_EPOCHS, _DROPPED_SHARE = 14, 0.65


def read_lines(content: Path) -> list[tuple[str, str]]:
    """(label, text) of every line of tone.*.toml, in the order of files, rules and lines. Raises ValueError: no such rule."""
    lines = []
    for path in sorted(content.glob("tone.*.toml")):
        for label, block in tomllib.loads(path.read_text("utf-8")).items():
            if label not in LABELS:
                raise ValueError(f"{path.name}: no such rule {label!r}; one of {', '.join(LABELS)}")
            lines += [(label, text.strip()) for text in block.splitlines() if text.strip()]
    return lines


def main(content: Path) -> None:
    folder = content / "understanding"
    syllables = Syllables(folder / "syllables.txt")
    lines = read_lines(content)
    found = [keys(features(text, syllables, [each.rule for each in lint(text)])) for _, text in lines]
    labels: list[tuple[str, ...]] = [(label,) for label, _ in lines]
    trained = train(found, labels, names=LABELS, epochs=_EPOCHS, dropped_share=_DROPPED_SHARE)
    save(folder / "tone.bin", trained, _TEMPERATURE, [], LABELS)
    kind = sum(label == KIND for label, _ in lines)
    sys.stdout.write(f"{len(lines) - kind} unkind and {kind} kind texts\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "content")
