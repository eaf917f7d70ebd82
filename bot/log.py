"""Logs: one line an event, with what must never be in a log taken out."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from structlog.typing import ExcInfo

ROOT = Path(__file__).resolve().parent.parent
SECRETS = (
    # A bot's token; in a URL the letters of "bot" stand right before it, and the colon may be encoded.
    re.compile(r"(?<!\d)\d{6,12}(?::|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE),
    # Tokens of our own, of both cases: slips have 22 characters, buttons 24; class names are none.
    re.compile(
        r"(?<![A-Za-z0-9_-])(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])(?!\w+(?:Error|Exception|Warning|Timeout)\b)"
        r"[A-Za-z0-9_-]{22}(?:[A-Za-z0-9_-]{2})?(?![A-Za-z0-9_-])"
    ),
    # WeChat's openids: an o and 27 signs, letters of both cases and digits among them.
    re.compile(r"(?<![\w-])(?=o[\w-]*[A-Z])(?=o[\w-]*\d)o[A-Za-z0-9_-]{27}(?![\w-])"),
    # Addresses that open a file or a bill by themselves.
    re.compile(r"(?<=/download/)[\w.~-]+|(?<=/b/)[\w.~-]{20,}"),
    # Whatever follows /start, or opens a private chat or a group by link.
    re.compile(r"(?<=/start )\S+|(?<=start=)[A-Za-z0-9_-]+|(?<=startgroup=)[A-Za-z0-9_-]+"),
    re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),  # Chinese mobile numbers
    re.compile(r"(?<=secret=)[^&\s]+|(?<=access_token=)[^&\s]+|(?<=[?&]key=)[^&\s]+"),
)
HIDDEN = "[hidden]"
# Libraries that tell, at DEBUG or INFO, what a request or a statement held: they stay at WARNING whatever the level.
QUIET = (
    *("httpx", "httpcore", "aiohttp", "telegram", "wechatpy", "urllib3", "requests", "apscheduler"),
    *("uvicorn", "uvicorn.error", "uvicorn.access", "sse_starlette", "sqlalchemy", "aiosqlite", "psycopg", "asyncio"),
)
MUTE = "telegram.request"  # repeats whole answers, texts and names in them; what failed we say ourselves


class Stderr:
    """Standard error as it is at the moment, whose own failure stops nothing: a full disk there must not end a lane."""

    def write(self, text: str) -> None:
        with suppress(OSError):  # there is nobody left to tell
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def redact(text: str) -> str:
    """The text without phone numbers and secrets."""
    for pattern in SECRETS:
        text = pattern.sub(HIDDEN, text)
    return text


def _fault(exc_info: ExcInfo) -> str:
    """An exception by class and by the places in our code it passed, outermost first.

    Its words stay out: those of a database hold the row, with what a person wrote; those of a request the bot's token.
    """
    kind, _, trace = exc_info
    ours = [
        f"{place.relative_to(ROOT)}:{frame.lineno}"
        for frame in traceback.extract_tb(trace)
        if (place := Path(frame.filename)).is_relative_to(ROOT) and "site-packages" not in place.parts
    ]
    return " ".join([kind.__name__, *ours])


def _redact_line(_logger: Any, _name: str, line: str | MutableMapping[str, Any]) -> str:
    """The last step, on the finished line: whatever an event carried, a list or an exception, is text by now."""
    return redact(str(line))


class _RedactFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0] is not None:
            # Exceptions of libraries carry whole requests: URLs with the bot's token, rows with what people wrote.
            record.msg, record.exc_info = f"{record.msg} ({record.exc_info[0].__name__})", None
        record.exc_text = record.stack_info = None
        return True


def set_up(level: int = logging.INFO) -> None:
    """Our own events as key=value lines on stderr; libraries only from WARNING on, redacted too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_RedactFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(MUTE).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(_fault),
            structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event"), bool_as_flag=False),
            _redact_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Stderr())),
        cache_logger_on_first_use=False,
    )
