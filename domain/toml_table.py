"""Reads a TOML table key by key: by type, within limits, and with the file, the line and the cure in every complaint."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any

from domain.policy import PolicyError
from domain.toml_lines import Place


class Table:
    """One TOML table: reads keys by type, remembers which were read, names its place in every complaint."""

    def __init__(
        self, file: str, label: str, lines: Mapping[Place, int], place: tuple[str, int], raw: Mapping[str, Any]
    ) -> None:
        self._file, self._label, self._lines, self._place = file, label, lines, place
        self._raw = dict(raw)

    def wrong(self, complaint: str, key: str = "") -> PolicyError:
        """The complaint with the file, the line of the key (else of the table) and the table."""
        line = self._lines.get((*self._place, key)) or self._lines.get((*self._place, ""))
        where = f"{self._file}:{line}" if line else self._file
        return PolicyError(f"{where}: {self._label}{': ' if self._label else ''}{complaint}")

    def _take(self, key: str, kind: type, default: Any) -> Any:
        value = self._raw.pop(key, default)
        if value is None:
            raise self.wrong(f"{key} is missing")
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            raise self.wrong(f"{key} = {value!r} must be of type {kind.__name__}", key)
        return value

    def has(self, key: str) -> bool:
        return key in self._raw

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._take(key, str, default))

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(each) for each in self._take(key, list, list(default)))

    def some_of(self, key: str, known: Collection[str]) -> frozenset[str]:
        """A list of words that are all known; left out: empty. An empty list is refused: nobody could meet it."""
        if key not in self._raw:
            return frozenset()
        words = self.texts(key, ())
        if strange := [word for word in words if word not in known]:
            raise self.wrong(f"{key}: {strange[0]!r} is not one of {', '.join(known)}", key)
        if not words:
            raise self.wrong(f"{key} = [] is met by nobody: name some, or remove it", key)
        return frozenset(words)

    def truth(self, key: str) -> bool | None:
        return bool(self._take(key, bool, False)) if key in self._raw else None

    def whole(self, key: str, default: int | None = None) -> int:
        value = self._take(key, int, default)
        assert isinstance(value, int)
        return value

    def count(self, key: str, default: int, most: int, *, least: int = 0) -> int:
        value = self.whole(key, default)
        if not least <= value <= most:
            raise self.wrong(f"{key} = {value}: choose {least} to {most}", key)
        return value

    def maybe_count(self, key: str) -> int | None:
        if key not in self._raw:
            return None
        value = self.whole(key)
        if value < 0:
            raise self.wrong(f"{key} = {value} must not be negative", key)
        return value

    def time(self, key: str, default: time) -> time:
        text = self.text(key, default.strftime("%H:%M"))
        try:
            return time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            raise self.wrong(f"{key} = {text!r} is not a time such as 09:00", key) from None

    def day(self, key: str, default: date | None = None) -> date:
        value = self._raw.pop(key, default)
        if value is None:
            raise self.wrong(f"{key} is missing: write a day such as {key} = 2027-02-08")
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.wrong(f"{key} = {value!r} is not a day: write it as {key} = 2027-02-08, without quotes", key)
        return value

    def table(self, key: str) -> Table:
        raw = self._take(key, dict, {})
        name, number = self._place
        inner = f"{name}.{key}" if name else key
        shown = f"{self._label}: [{inner}]" if self._label and not self._label.startswith("[") else f"[{inner}]"
        return Table(self._file, shown, self._lines, (inner, number), raw)

    def names(self, key: str) -> list[str]:
        """The keys of a sub-table; none where there is no such table."""
        found = self._raw.get(key)
        return list(found) if isinstance(found, dict) else []

    def tables(self, key: str, names: Collection[str]) -> list[tuple[str, Table]]:
        """Sub-tables such as [cadence.A], by name."""
        parent = self.table(key)
        for name in parent._raw:
            if name not in names:
                raise parent.wrong(f"{name!r} is not one of {', '.join(names)}", name)
        return [(name, parent.table(name)) for name in list(parent._raw)]

    def rows(self, key: str) -> list[Table]:
        rows: list[dict[str, Any]] = self._take(key, list, [])
        if not all(isinstance(row, dict) for row in rows):
            raise self.wrong(f"{key} must be written as [[{key}]] tables", key)
        label = key.replace("_", " ")
        return [Table(self._file, f"{label} {n}", self._lines, (key, n), row) for n, row in enumerate(rows, start=1)]

    def refuse_leftovers(self, cure: str = "correct or remove it") -> None:
        if self._raw:
            key = sorted(self._raw)[0]
            raise self.wrong(f"unknown key {', '.join(sorted(self._raw))}: {cure}", key)
