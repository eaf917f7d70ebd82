"""Logs: one line an event, with what must never be in a log taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Bot tokens, our own binding tokens behind /start, Chinese mobile numbers, and secrets in URLs.
SECRETS = (
    re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{30,}"),
    re.compile(r"(?<=start[= ])[A-Za-z0-9_-]{16,64}"),
    re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    re.compile(r"(?<=secret=)[^&\s]+|(?<=access_token=)[^&\s]+"),
)
HIDDEN = "[hidden]"
QUIET = ("httpx", "httpcore", "aiohttp", "telegram", "apscheduler", "uvicorn.error")


def redact(text: str) -> str:
    """The text without phone numbers and secrets."""
    for pattern in SECRETS:
        text = pattern.sub(HIDDEN, text)
    return text


def _redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redact(value)
    return event


class _RedactFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0] is not None:
            # Exceptions of HTTP libraries carry whole URLs, and the bot's token stands in them.
            record.msg, record.exc_info = f"{record.msg} ({record.exc_info[0].__name__})", None
        return True


def set_up(level: int = logging.INFO) -> None:
    """Our own events as key=value lines on stderr; libraries only from WARNING on, redacted too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_RedactFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(),
            _redact_event,
            structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event"), bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
