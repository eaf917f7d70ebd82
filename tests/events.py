"""Events in tests: told in plain words. By default structlog prints the variables of each frame of a fault, minutes of them."""

from __future__ import annotations

import structlog


def tell_plainly() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
