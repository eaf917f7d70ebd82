"""What no parent should read of their child from us: a verdict on the child or on the home instead of what was seen. Pure.

The words are [pupil] in content/lint.*.toml.
"""

from __future__ import annotations

import re
from functools import cache

from domain.lint import Finding
from domain.lint_text import plain
from domain.lint_words import SENTENCE, words


def unkind_of_pupil(text: str) -> Finding | None:
    """The words that judge a child or blame the home, for a text that a parent may be shown; None where there are none."""
    spelled = plain(text)
    if (hit := _said("pupil.child").search(spelled)) is not None:
        return Finding("insult", hit[0])
    if (hit := _said("pupil.home").search(spelled)) is not None:
        return Finding("blame", hit[0])
    return None


@cache
def _said(name: str) -> re.Pattern[str]:
    """In either language, whichever is said first."""
    return re.compile("|".join(words(language)[name].pattern for language in SENTENCE))
