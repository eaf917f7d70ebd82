"""What a callback must pass before anything of it is parsed; the same for Official Accounts and WeCom."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import InvalidAppIdException
from wechatpy.utils import WeChatSigner

BODY_BYTES_MAX = 64 * 1024
DEPTH_MAX = 8
FRESH_SECONDS = 300
NONCE_MAX = 64
ECHO = re.compile(r"[A-Za-z0-9]{1,64}")
# The envelope has these parts and no others; what can vary is where the platform puts line ends.
PART = r"\s*<{0}>(?:<!\[CDATA\[)?([^<>\[\]]*)(?:\]\]>)?</{0}>"
ENVELOPE = re.compile(
    r"\s*<xml>"
    + f"(?:{PART.format('ToUserName')})?{PART.format('Encrypt')}(?:{PART.format('AgentID')})?"
    + r"\s*</xml>\s*"
)
BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
CDATA = ("<![CDATA[", "]]>")
TAG = re.compile(r"<(/?)[A-Za-z_][^<>]*?(/?)>")

NonceUsed = Callable[[str], Awaitable[bool]]


class Refused(Exception):
    """The callback is not let in. `status` is what it is answered with; `reason` is for our counters."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Gate:
    """Checks in this order: size, no declarations, depth, freshness, nonce, signature, decryption and account id."""

    def __init__(self, token: str, crypto: Any, account_id: str) -> None:
        """`crypto`: wechatpy's WeChatCrypto, of either account type."""
        self._token = token
        self._cipher = PrpCrypto(crypto.key)
        self._account_id = account_id

    async def opened(self, query: Mapping[str, str], body: bytes, now: datetime, nonce_used: NonceUsed) -> str:
        """The message inside a callback, as XML. Raises Refused."""
        text = _text(body)
        _check_shape(text)
        timestamp, nonce = _fresh(query, now)
        if await nonce_used(nonce):
            raise Refused(200, "replayed")
        to, encrypted = _envelope(text)
        self._check_signature(query.get("msg_signature", ""), timestamp, nonce, encrypted)
        message = self._decrypted(encrypted)
        _check_shape(message)
        if to and to not in message:
            raise Refused(403, "other envelope")
        return message

    def echo(self, query: Mapping[str, str], now: datetime) -> str:
        """The answer to the platform's check of our address. Raises Refused.

        WeCom's is encrypted; an Official Account's is plain in every mode, signed by time and nonce alone.
        """
        timestamp, nonce = _fresh(query, now)
        echo = query.get("echostr", "")
        if "msg_signature" in query:
            self._check_signature(query["msg_signature"], timestamp, nonce, echo)
            return self._decrypted(echo)
        self._check_signature(query.get("signature", ""), timestamp, nonce)
        if not ECHO.fullmatch(echo):
            raise Refused(403, "no echo")
        return echo

    def _check_signature(self, given: str, *signed: str) -> None:
        signer = WeChatSigner()
        signer.add_data(self._token, *signed)
        if not hmac.compare_digest(signer.signature.encode(), given.encode("utf-8", "replace")):
            raise Refused(403, "signature")

    def _decrypted(self, encrypted: str) -> str:
        try:
            return str(self._cipher.decrypt(encrypted, self._account_id))
        except InvalidAppIdException:
            raise Refused(403, "other account") from None
        except (
            Exception
        ):  # wechatpy lets through whatever base64, AES, struct and UTF-8 raise on bytes that aren't ours
            raise Refused(403, "undecryptable") from None


def _text(body: bytes) -> str:
    if len(body) > BODY_BYTES_MAX:
        raise Refused(413, "too large")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "no text") from None


def _check_shape(text: str) -> None:
    """No declarations, which could define entities, and no deep nesting; what people wrote stands in CDATA."""
    bare = _without_cdata(text)
    if "<!" in bare:
        raise Refused(400, "declaration")
    depth = 0
    for closing, empty in TAG.findall(bare):
        depth = max(0, depth - 1) if closing else depth + (not empty)
        if depth > DEPTH_MAX:
            raise Refused(400, "too deep")


def _without_cdata(text: str) -> str:
    """In one pass: a pattern would take seconds for a body made of beginnings."""
    opening, closing = CDATA
    kept: list[str] = []
    rest = text
    while True:
        before, found, after = rest.partition(opening)
        _, closed, behind = after.partition(closing)
        if not found or not closed:
            return "".join([*kept, rest])
        kept.append(before)
        rest = behind


def _envelope(text: str) -> tuple[str, str]:
    """To whom it is addressed, where that is said, and the encrypted message in base64."""
    found = ENVELOPE.fullmatch(text)
    if found is None or not BASE64.fullmatch(found[2]):
        raise Refused(403, "not encrypted")
    return found[1] or "", found[2]


def _fresh(query: Mapping[str, str], now: datetime) -> tuple[str, str]:
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise Refused(400, "no time")
    if abs(now.timestamp() - int(timestamp)) > FRESH_SECONDS:
        raise Refused(403, "stale")
    if not 1 <= len(nonce) <= NONCE_MAX or not nonce.isprintable():
        raise Refused(400, "no nonce")
    return timestamp, nonce
