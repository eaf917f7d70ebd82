"""A whole cycle of a sample world, one step at a time: each step says and presses what a visitor could, on the same doors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from bot.channels.sandbox_platform import BOT, Line, NotPossible
from bot.demo_stage import CYCLE, CYCLE_ACTS, Demo
from domain.clock import at_local

LINES_LOOKED_AT = 15  # of a chat, for what a step must have brought there


class Cycle:
    """Plays content/demo/{world}/cycle.toml. How far it is stands in the platform's notes, so a restart goes on from there.

    Nothing is written past the program: people speak, press and pay; the clock moves; jobs, gate and lanes do the rest.
    """

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._playing = asyncio.Lock()

    @property
    def playing(self) -> bool:
        return self._playing.locked()

    @property
    def played(self) -> int | None:
        """How many steps are done; None when no cycle was begun."""
        noted = self._demo.platform.noted.get(CYCLE, "")
        return int(noted) if noted else None

    @property
    def _halted_at(self) -> str:
        """How many actions of the next step are done already, where it was halted on its way; else empty."""
        return self._demo.platform.noted.get(CYCLE_ACTS, "")

    @property
    def _script(self) -> dict[str, Any]:
        return self._demo.scenario.told("cycle")

    def state(self, language: str) -> dict[str, Any]:
        """The steps in one language, each with the chat to look at, and how far the cycle is.

        `played`: None, not begun; `halfway`: the next step was halted on its way.
        """
        steps = [
            {"caption": step["caption"][language], "chat": self._chat(step["chat"]), "tab": step.get("tab", "")}
            for step in self._script["step"]
        ]
        return {
            "intro": self._script["intro"][language],
            "steps": steps,
            "played": self.played,
            "halfway": bool(self._halted_at),
            "busy": self.playing,
        }

    async def begin(self) -> None:
        """The world afresh, at the cycle's first morning, with a clock that stands between the steps."""
        async with self._playing:
            await self._demo.reset(self._script["scenario"], {CYCLE: "0"})

    def leave(self) -> None:
        """The visitor goes on by themselves from here; the clock runs again."""
        self._demo.platform.note(CYCLE, "")
        self._demo.platform.note(CYCLE_ACTS, "")
        self._demo.hold(False)
        self._demo.hub.tell("cycle", {"played": None})

    async def step(self) -> None:
        """Play the next step, or what is left of one that was halted; halted again it is not over.

        Raises NotPossible when none is left, or when the chats are not as the story needs them.
        """
        async with self._playing:
            number, steps = self.played, self._script["step"]
            if number is None or number >= len(steps):
                raise NotPossible("cycle_over")
            step = steps[number]
            try:
                done = int(self._halted_at or 0)
                self._demo.platform.note(CYCLE_ACTS, "")
                for at, action in enumerate(step.get("do", ())[done:], start=done):
                    if not await self._do(action):
                        self._demo.platform.note(CYCLE_ACTS, str(at))
                        return
            finally:
                self._demo.halting = False
            if step["shows"] not in self._said(self._chat(step["chat"])):
                raise NotPossible("cycle_astray")
            self._demo.platform.note(CYCLE, str(number + 1))
        self._demo.hub.tell("cycle", {"played": number + 1})

    async def _do(self, action: Mapping[str, Any]) -> bool:
        """False when the clock was halted on its way."""
        demo, now = self._demo, self._demo.clock.now()
        who = self._chat(action.get("as", ""))
        if "clock" in action:
            wanted = datetime.fromisoformat(action["clock"])
            if not await demo.forward(at_local(wanted.date(), wanted.time(), demo.app.office.zone)):
                return False
        elif "say" in action:
            demo.platform.say(who, self._chat(action.get("in", action["as"])), now, text=action["say"])
        elif "press" in action:
            line, token = self._button(who, action["press"], action.get("under", ""))
            demo.platform.press(who, who, line.id, token, now)
        elif "pay" in action:
            await self._pay(action["pay"], now)
        await demo.settle()
        await demo.app.follow(demo.clock.now())  # papers that were asked for
        await demo.settle()
        return True

    async def _pay(self, seat: str, now: datetime) -> None:
        """All that is open there arrives at the bank; what was promised is kept with it, and it is thanked for."""
        code = self._demo.platform.profiles[self._chat(seat)].account
        if not await self._demo.residents.pay(code, now):
            raise NotPossible("cycle_astray")
        for job in ("promises", "settled", "thanks"):
            await self._demo.app.tick(now, only=job, on_demand=True)

    def _chat(self, name: str) -> str:
        """The chat of a seat, a member of staff, or a group by its title."""
        platform = self._demo.platform
        seats = {profile.seat or profile.id: profile.id for profile in platform.profiles.values()}
        return seats.get(name) or next((room.id for room in platform.rooms.values() if room.title == name), name)

    def _button(self, chat: str, pattern: str, under: str) -> tuple[Line, str]:
        """The newest button not pressed yet whose label fits, under a message with these words. Raises NotPossible."""
        for line in reversed(self._demo.platform.chats.get(chat, [])):
            for button in _buttons(line) if under in line.text else ():
                if fnmatchcase(button["label"], pattern) and button.get("token", "") not in ("", *line.pressed):
                    return line, button["token"]
        raise NotPossible("cycle_astray")

    def _said(self, chat: str) -> str:
        lines = self._demo.platform.chats.get(chat, [])[-LINES_LOOKED_AT:]
        names = [(line.attachment or {}).get("name", "") for line in lines if line.sender == BOT]
        return "\n".join([*(line.text for line in lines if line.sender == BOT), *names])


def _buttons(line: Line) -> Iterator[dict[str, str]]:
    return (button for row in line.choices for button in row)
