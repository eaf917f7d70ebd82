"""What preview, tick and status show to people on a terminal, in the office's language. Programs read --json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from domain.money import yuan
from domain.wording import Wording, day_words, tongue
from models.outbox import CLAIMABLE, State

if TYPE_CHECKING:
    from models.status import Done
    from models.verdicts import Row

DECISIONS = ("remind", "staff", "wait")
COLUMNS = ("account", "decision", "stage", "channel", "reason", "at")


@dataclass(frozen=True)
class Terminal:
    """Says things in one language."""

    wording: Wording
    language: str

    def say(self, name: str, **fields: object) -> str:
        return self.wording.text(f"terminal.{name}", self.language, {key: str(value) for key, value in fields.items()})

    def word(self, group: str, code: str | None) -> str:
        """A code in words; one that an office made up itself, such as a stage of its own policy, as it is."""
        name = f"{group}.{code}"
        return self.wording.text(name, self.language) if code and self.wording.has(name) else (code or "")

    def listed(self, counts: Mapping[str, int]) -> str:
        """`已缴清 41、离上次太近 3`, the most first."""
        ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return self.joined(f"{words} {number}" for words, number in ranked)

    def joined(self, parts: Iterable[str]) -> str:
        return ("、" if tongue(self.language) == "zh" else ", ").join(parts)

    def show(self, table: Table) -> None:
        Console().print(table)

    # preview and tick

    def rows(self, rows: Sequence[Row]) -> None:
        """The decisions as a table; nothing where there are none."""
        if not rows:
            return
        table = Table(*(self.say(f"column_{name}") for name in COLUMNS))
        for row in rows:
            reason = self.word("why", row.reason) + self._moved(row.moved)
            stage, channel = self.word("stage_name", row.stage), self.word("channel_name", row.channel)
            decision = self.word("preview", row.decision)
            table.add_row(row.account, decision, stage, channel, reason, self.moment(row.at))
        self.show(table)

    def _moved(self, moved: str) -> str:
        rule, _, day = moved.partition(" ")
        name = f"preview.moved_{rule}"
        return self.wording.text(name, self.language, {"day": self.day(day)}) if moved else ""

    def day(self, iso: str) -> str:
        return day_words(datetime.fromisoformat(iso).date(), self.language)

    def moment(self, iso: str) -> str:
        at = datetime.fromisoformat(iso)
        return f"{day_words(at.date(), self.language)} {at:%H:%M}"

    def counts(self, rows: Iterable[Row]) -> list[str]:
        """One line a decision, with the stages or the reasons that it is made of."""
        whats: dict[str, Counter[str]] = {name: Counter() for name in DECISIONS}
        for row in rows:
            group, code = ("why", row.reason) if row.decision == "wait" else ("stage_name", row.stage)
            whats[row.decision][self.word(group, code)] += 1
        return [
            self.say(name, number=found.total(), kinds=self.listed(found)) for name, found in whats.items() if found
        ]

    def ticked(
        self, rows: Sequence[Row], done: Done, connected: bool, upcoming: datetime | None, zone: ZoneInfo
    ) -> list[str]:
        """What one pass did: planned, sent, waiting and why; or that there was nothing to do."""

        def at(moment: datetime | None) -> str:
            return self.moment(moment.astimezone(zone).isoformat()) if moment else self.say("none")

        told = {
            "sent": done.sent,
            "failed": done.failed,
            "planned": done.waiting.get(State.PLANNED, 0),
            "later": sum(done.waiting.get(state, 0) for state in CLAIMABLE),
            "confirm": done.waiting.get(State.WAITING_FOR_STAFF, 0),
            "unknown": done.waiting.get(State.UNKNOWN, 0),
        }
        lines = self.counts(rows)
        lines += [
            self.say(name, number=number, **({"at": at(done.next_at)} if name == "later" else {}))
            for name, number in told.items()
            if number
        ]
        if not connected:
            lines.append(self.say("unconnected"))
        return lines or [self.say("nothing", at=at(upcoming))]

    # status

    def board(self, figures: Mapping[str, Any]) -> None:
        """The figures of `status --json`, each by its name."""
        table = Table(show_header=False)
        for name, value in figures.items():
            if name == "offers_open" and not value:
                continue  # an estate never has any
            shown = "—" if name == "rate" and not figures["due_fen"] else self.figure(name, value)
            table.add_row(self.say(f"board_{name.removesuffix('_fen')}"), shown)
        self.show(table)

    def figure(self, name: str, value: Any) -> str:
        """One figure of the board as people read it."""
        if name.endswith("_fen"):
            return self.say("yuan", amount=yuan(value))
        if name == "rate":
            return f"{value:.1%}"
        if name == "paused":
            return self.say("yes" if value else "no")
        if name == "channels":
            return "\n".join(self._channel(each, state) for each, state in value.items()) or self.say("no_channel")
        if name == "next_run":
            return self.moment(value) if value else self.say("none")
        return str(value)

    def _channel(self, name: str, state: Mapping[str, Any]) -> str:
        strange = "".join(
            self.say("strange", code=code, number=number) for code, number in state.get("unknown_errors", {}).items()
        )
        used = "".join(self.say("templates", number=number) for number in state.get("quota", {}).values())
        return self.say("works" if state["ok"] else "down", channel=self.word("channel_name", name)) + used + strange
