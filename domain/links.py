"""Addresses that open one thing for a while, for whoever holds them: signed, expiring, void when their key is taken out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LIFE_MAX = timedelta(hours=72)
STOP_LIFE = timedelta(
    days=60
)  # an address that can only stop mails: it opens nothing, so it may live as long as they lie about
STOPPING = "mail"
KEY_CHARACTERS_MIN = 32
SUBJECT = re.compile(r"[a-z]+-\d{1,18}")  # "export-12"
SIGNED = re.compile(
    r"(?P<what>(?P<subject>[a-z]+-\d{1,18})\.(?P<until>\d{1,12})\.(?P<key>[0-9a-f]{8}))\.(?P<mac>[\w-]{43})", re.ASCII
)


@dataclass(frozen=True)
class Links:
    """Makes and reads signed addresses. The first of `keys` signs, all of them are believed; none: no links."""

    public_url: str = ""
    keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def ready(self) -> bool:
        """Whether there are links at all: a public address, and a key to sign with."""
        return bool(self.public_url and self.keys)

    def address(self, path: str, subject: str, now: datetime, life: timedelta) -> str:
        """`https://…/path/signed`, or "" where the office has no public address or no key.

        Raises ValueError: it would live for longer than 72 hours, or the subject is not like `export-12`.
        """
        if life > (STOP_LIFE if subject.startswith(f"{STOPPING}-") else LIFE_MAX):
            raise ValueError("a link lives for 72 hours at the most")
        if not SUBJECT.fullmatch(subject):
            raise ValueError(f"not the subject of a link: {subject!r}")
        if not self.ready:
            return ""
        key = self.keys[0]
        what = f"{subject}.{int((now + life).timestamp())}.{key_id(key)}"
        return f"{self.public_url.rstrip('/')}/{path}/{what}.{_mac(key, what)}"

    def subject(self, signed: str, now: datetime) -> str | None:
        """What the last part of an address opens; None: forged, too late, or signed with a key that was taken out."""
        found = SIGNED.fullmatch(signed)
        if found is None:
            return None
        key = next((key for key in self.keys if key_id(key) == found["key"]), None)
        if key is None or not hmac.compare_digest(_mac(key, found["what"]), found["mac"]):
            return None
        return found["subject"] if now < datetime.fromtimestamp(int(found["until"]), UTC) else None

    def parts(self, signed: str, now: datetime) -> tuple[str, int]:
        """The subject's word and number: ("export", 12); ("", 0) where there is none."""
        about, _, number = (self.subject(signed, now) or "-0").partition("-")
        return about, int(number)


def key_id(key: str) -> str:
    """Which key it was, told without the key."""
    return hashlib.sha256(f"link key {key}".encode()).hexdigest()[:8]


def _mac(key: str, what: str) -> str:
    digest = hmac.digest(key.encode(), what.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
