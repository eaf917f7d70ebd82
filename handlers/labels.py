"""Codes as people read them: a stage, a channel, a state. One that has no words stays as the office wrote it."""

from __future__ import annotations

from datetime import timedelta

from domain.ladder import Reason
from handlers.turn import Turn
from models.notes import Note


def label(turn: Turn, group: str, code: str) -> str:
    name = f"{group}.{code}"
    return turn.words(name) if turn.office.wording.has(name) else code


def labels(turn: Turn, group: str, codes: str) -> str:
    """Several codes joined by `;`, as a list in words."""
    return turn.words("list.comma").join(label(turn, group, code) for code in codes.split(";") if code)


def why_words(turn: Turn, reason: str) -> str:
    return turn.words(f"why.{reason}") if reason in set(Reason) else reason


def kind_words(turn: Turn, kind: str) -> str:
    """A task's kind in words; a kind without words is called a task."""
    name = f"task_kind.{kind}"
    return turn.words(name if turn.office.wording.has(name) else "task_kind.other")


def span_words(turn: Turn, span: timedelta) -> str:
    return turn.office.wording.span(span, turn.language)


def note_line(turn: Turn, note: Note, name: str) -> str:
    at = note.at.astimezone(turn.office.zone)
    return turn.words("note.line", at=f"{at:%m-%d %H:%M}", name=name, text=note.text)
