"""Secrets on their way in: read from files that others can't read, and never the ones that an example shipped."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel

BYTES_MAX = 64 * 1024
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,256}")  # what Telegram takes, and long enough not to be guessed
PLACEHOLDER = re.compile(
    r"(?:change|replace|set|fill)[-_ ]?(?:me|this|it|in).*|.*\byour[-_ ]?.*(?:token|secret|key|password).*"
    r"|(?:my|the|a)?[-_ ]?(?:secret|password|passwd|token|key|api[-_]?key)|default|example.*|sample.*|dummy|test|todo"
    r"|admin|nuanling|postgres|(.)\1*|0?1234567890?|12345\d?|<.*>|\{.*\}|\.\.\.",
    re.IGNORECASE,
)


class NotSecret(ValueError):
    """This is no secret; the message says why and names the cure."""


def read_secret(path: Path) -> str:
    """The secret in a file, without the white space around it. Raises NotSecret: everybody may read it, or nobody."""
    try:
        mode = path.stat().st_mode
        if mode & stat.S_IROTH:
            raise NotSecret(f"{path}: everybody on this machine may read it: run `chmod o-r {path}`")
        if not stat.S_ISREG(mode) or path.stat().st_size > BYTES_MAX:
            raise NotSecret(f"{path}: not a file with a secret in it: write the secret alone into a small text file")
        secret = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise NotSecret(f"{path}: not a text file: write the secret alone into it") from None
    except OSError as wrong:
        raise NotSecret(f"{path}: {wrong.strerror}") from None
    if not secret:
        raise NotSecret(f"{path}: the file is empty")
    return secret


def default_secret(settings: BaseModel) -> str | None:
    """The name of a key that still has the value of an example, or None."""
    return next(
        (name for name, secret in secrets_of(settings) if secret and PLACEHOLDER.fullmatch(secret.strip())), None
    )


def secrets_of(settings: BaseModel, place: str = "") -> Iterator[tuple[str, str]]:
    """(key, value) of every secret: the fields that are kept out of `repr`, and a database's password."""
    for name, field in type(settings).model_fields.items():
        value, key = getattr(settings, name), f"{place}{name}"
        if isinstance(value, BaseModel):
            yield from secrets_of(value, f"{key}.")
        elif isinstance(value, tuple):
            for number, each in enumerate(value):
                if isinstance(each, BaseModel):
                    yield from secrets_of(each, f"{key}[{number}].")
                elif not field.repr:
                    yield key, str(each)
        elif not field.repr:
            yield key, str(value)
        elif key == "database.url":
            yield key, urlsplit(str(value)).password or ""
