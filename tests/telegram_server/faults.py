"""Scripted, seeded trouble: what goes wrong on the way to the platform or back."""

import random
from dataclasses import asdict, dataclass
from typing import Any

ACCEPTED = {
    # what -> was the request carried out before the trouble began?
    "too_many_requests": False,
    "server_error": False,
    "reset_before": False,
    "hang_before": False,
    "server_error_after": True,
    "reset_after": True,
    "hang_after": True,
    "garbage": True,
    "empty": True,
    "slow": True,
}


@dataclass
class Fault:
    """One rule. `method` and `chat` narrow it (None = any), `times` counts it down (None = for ever)."""

    kind: str
    method: str | None = None
    chat: int | None = None
    times: int | None = None
    probability: float = 1.0
    status: int = 502
    retry_after_seconds: int = 1
    delay_ms: int = 0

    @property
    def accepts(self) -> bool:
        """Whether the platform carries the request out."""
        return ACCEPTED[self.kind]


class Faults:
    """The list of rules; the first that matches strikes. The same seed strikes the same requests."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Fault] = []
        self._dice = random.Random(seed)

    def add(self, kind: str, **options: Any) -> Fault:
        """Adds a rule. Options are the fields of Fault.

        Raises:
            ValueError: the kind is not in ACCEPTED.
        """
        if kind not in ACCEPTED:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join(ACCEPTED)}")
        rule = Fault(kind, **options)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """No more trouble."""
        self.rules.clear()

    def strike(self, method: str, chat: int | None) -> Fault | None:
        """The fault that hits this request, if any."""
        for rule in self.rules:
            if rule.method not in (None, method) and str(rule.method).lower() != method.lower():
                continue
            if rule.chat not in (None, chat) or rule.times == 0:
                continue
            if rule.probability < 1.0 and self._dice.random() >= rule.probability:
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """The rules that are left."""
        return [asdict(rule) for rule in self.rules]
