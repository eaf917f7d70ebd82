"""E-mail by SMTP: one message, one connection. It writes only; what people want to say, they say in a chat or by phone."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import re
import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, parseaddr
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from starlette.routing import BaseRoute

from bot.channels.channel import Health, Sendable, Store
from bot.settings import Email
from domain.clock import Clock
from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable
from domain.links import STOP_LIFE, Links
from domain.messages import IncomingMessage, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import TEXT_LIMITS, length
from domain.wording import Wording

log = structlog.get_logger(__name__)
CHANNEL = "email"
STOP_PATH = "email-stop"
TIMEOUT_SECONDS = 18.0
BUSY = timedelta(seconds=50)  # after a server asked us to wait
SIGNATURE = "\n-- \n"  # what follows is no part of the message
SERVICE_BUSY = 421
NEEDS_LOGIN = (530, 534, 535, 538)
TOO_LARGE = 552


class EmailChannel:
    """One mailbox of the office. `links`: the signed addresses by which a reader stops the mails."""

    name = CHANNEL
    text_limit, text_unit = TEXT_LIMITS[CHANNEL]
    takes_back_within: timedelta | None = None
    limits = Limits(global_per_second=5, per_chat_per_second=1, group_per_minute=1, concurrency=2)

    def __init__(
        self, settings: Email, clock: Clock, wording: Wording, links: Links, office: str, language: str, zone: ZoneInfo
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._wording = wording
        self._links = links
        self._office = office
        self._language = language
        self._zone = zone
        self._last_ok_at: datetime | None = None
        self._fault = ""

    @property
    def public_name(self) -> str:
        return ""

    @property
    def health(self) -> Health:
        detail = self._fault or ("" if self._last_ok_at else "the mail server has not answered yet: check [email]")
        return Health(not detail, self._last_ok_at, detail)

    async def start(self) -> None:
        """Log in once. Raises ChannelDown with a cure, TryLater when nobody answers."""
        await self._noted(lambda: self._connect().quit())

    async def stop(self) -> None:
        """Nothing is kept open between two messages."""

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """Mails have no menu."""

    def parse(self, payload: str) -> IncomingMessage | None:
        """Nothing comes in by this channel."""
        return None

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        return WriteFirst.YES

    async def send(self, message: Sendable) -> Receipt:
        """One mail to one person. Raises a DeliveryError and nothing else."""
        if not message.text.strip() or length(message.text, self.text_unit) > self.text_limit:
            raise Rejected("empty, or longer than a mail may be")
        if not ADDRESS.fullmatch(message.chat):
            raise Unreachable("not an address")
        mail = await asyncio.to_thread(self._written, message)
        await self._noted(lambda: self._deliver(mail, message.chat))
        return Receipt(str(mail["Message-ID"]))

    async def delete(self, chat: str, message_id: str) -> None:
        raise Rejected("a mail that was sent can't be taken back")

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        """There are no buttons to acknowledge."""

    async def busy(self, chat: str) -> None:
        """Mails have no such sign."""

    async def receive(self, store: Store) -> None:
        """Nothing comes in; the task waits like those of the other channels."""
        await asyncio.Event().wait()

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        return ()

    # writing

    def _written(self, message: Sendable) -> EmailMessage:
        """The mail: plain text, a neutral subject, addresses instead of buttons, and two ways to stop."""
        now, sender = self._clock.now(), self._settings.sender
        language = "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in message.text) else self._language
        domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
        # The same row always has the same id: a server or reader that gets it twice shows it once.
        stem = hashlib.blake2b(
            f"{message.key or now.isoformat()}/{message.chat}/{message.text}".encode(), digest_size=16
        )
        mail = EmailMessage()
        mail["Message-ID"] = f"<{stem.hexdigest()}@{domain}>"
        mail["Date"] = format_datetime(now.astimezone(self._zone))
        name, address = parseaddr(sender)
        mail["From"] = Mailbox(name or self._office, addr_spec=address)
        mail["To"] = message.chat
        if self._settings.reply_to:
            mail["Reply-To"] = self._settings.reply_to
        mail["Subject"] = self._wording.text(f"email.subject_{message.kind}", language, {"office": self._office})
        mail["Auto-Submitted"] = "auto-generated"
        stop = self._stop_address(message, now)
        ways = [f"<{stop}>"] if stop else []
        ways += [f"<mailto:{self._settings.reply_to}?subject=stop>"] if self._settings.reply_to else []
        if ways:
            mail["List-Unsubscribe"] = ", ".join(ways)
        if stop:
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        links = [f"{each['label']}: {each['url']}" for row in message.choices for each in row if "url" in each]
        footer = self._wording.text(
            "email.footer_link" if stop else "email.footer",
            language,
            {
                "office": self._office,
                "stop": stop,
            },
        )
        mail.set_content("\n".join((message.text, *links)) + SIGNATURE + footer, cte="base64")
        if message.attachment is not None and message.attachment.path:
            path = Path(message.attachment.path)
            kind = mimetypes.guess_type(message.attachment.name)[0] or "application/octet-stream"
            main, _, sub = kind.partition("/")
            mail.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=message.attachment.name)
        return mail

    def _stop_address(self, message: Sendable, now: datetime) -> str:
        """Signed, so that nobody can stop somebody else's reminders."""
        return self._links.address(STOP_PATH, f"mail-{mail_number(message.chat)}", now, STOP_LIFE)

    # the wire

    async def _noted(self, work: object) -> None:
        """Do it in a thread and keep what it says of the account. Raises a DeliveryError and nothing else."""
        assert callable(work)
        try:
            await asyncio.to_thread(work)
        except ChannelDown as fault:
            self._fault = fault.detail
            raise
        except DeliveryError as refused:
            if isinstance(refused, Unreachable | Rejected):
                self._last_ok_at, self._fault = self._clock.now(), ""  # the server itself answered
            raise
        self._last_ok_at, self._fault = self._clock.now(), ""

    def _connect(self) -> smtplib.SMTP:
        """Connected, encrypted where it is asked for, logged in. Raises TryLater or ChannelDown: nothing was sent."""
        own = self._settings
        server: smtplib.SMTP | None = None
        try:
            if own.security == "tls":
                server = smtplib.SMTP_SSL(own.host, own.port, timeout=TIMEOUT_SECONDS, context=_trust(own))
            else:
                server = smtplib.SMTP(own.host, own.port, timeout=TIMEOUT_SECONDS)
            return self._greeted(server)
        except BaseException as wrong:
            if server is not None:
                server.close()
            raise self._meaning(wrong) from None

    def _greeted(self, server: smtplib.SMTP) -> smtplib.SMTP:
        """Encrypted and logged in, as the office wants it."""
        own = self._settings
        server.ehlo_or_helo_if_needed()
        if own.security == "starttls":
            server.starttls(context=_trust(own))
            server.ehlo()
        if own.user:
            try:
                server.login(own.user, own.password)
            except smtplib.SMTPServerDisconnected:  # some close the door on a wrong password instead of saying so
                raise smtplib.SMTPAuthenticationError(535, b"") from None
        return server

    def _meaning(self, wrong: BaseException) -> BaseException:
        """What it means that no connection came about: certainly nothing was sent."""
        match wrong:
            case smtplib.SMTPAuthenticationError():
                return ChannelDown(
                    f"the mail server refused user and password ({wrong.smtp_code}): check user and password under [email]"
                )
            case smtplib.SMTPNotSupportedError():
                return ChannelDown(f"the mail server can't do it: {wrong}: check security and user under [email]")
            case ssl.SSLCertVerificationError():
                return ChannelDown("the mail server's certificate is not trusted: check host and ca_file under [email]")
            case smtplib.SMTPResponseException():
                return TryLater(f"not connected ({wrong.smtp_code})", at=self._clock.now() + BUSY, free=True)
            case OSError() | smtplib.SMTPException():
                return TryLater(f"not connected: {type(wrong).__name__}")
        return wrong

    def _deliver(self, mail: EmailMessage, to: str) -> None:
        """Envelope, then the mail. Until the mail itself is on its way nothing is sent; from then on a break is a doubt."""
        server = self._connect()
        try:
            try:
                self._checked(server.mail(parseaddr(self._settings.sender)[1]), to_person=False)
                self._checked(server.rcpt(to), to_person=True)
            except (OSError, smtplib.SMTPServerDisconnected) as wrong:
                raise TryLater(f"broken before the mail: {type(wrong).__name__}") from None
            try:
                code, _ = server.data(mail.as_bytes(policy=WIRE))
            except smtplib.SMTPDataError as refused:  # it did not want the mail at all
                code = refused.smtp_code
            except (OSError, smtplib.SMTPException) as wrong:
                raise Unknown(f"broken within the mail: {type(wrong).__name__}") from None
            if code != 250:
                self._refused_mail(code)
        finally:
            server.close()

    def _checked(self, told: tuple[int, bytes], *, to_person: bool) -> None:
        """The answer to one line of the envelope."""
        code, said = told
        if code in (250, 251):
            return
        if code in NEEDS_LOGIN:
            raise ChannelDown(f"the mail server wants a login ({code}): write email.user and email.password")
        if code < 500:
            raise self._later(code)
        if not to_person:
            raise ChannelDown(f"the mail server refuses the sender ({code}): check email.sender")
        if b"relay" in said.lower():
            raise ChannelDown(f"the mail server doesn't pass mail on for us ({code}): check email.user, or its rules")
        raise Unreachable(f"no such mailbox ({code})")

    def _refused_mail(self, code: int) -> None:
        if code < 500:
            raise self._later(code)
        raise Rejected(f"the mail server refused this mail ({code})" + (": too large" if code == TOO_LARGE else ""))

    def _later(self, code: int) -> TryLater:
        busy = code == SERVICE_BUSY
        return TryLater(f"later ({code})", at=self._clock.now() + BUSY if busy else None, free=busy)


def _trust(settings: Email) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file or None)


def mail_number(address: str) -> int:
    """The number by which a signed address names a mailbox without showing it."""
    return int.from_bytes(hashlib.blake2b(address.lower().encode(), digest_size=7).digest())


ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
