"""The platform's memory: the account, its followers, tokens, templates, menu, codes; and what it lets the account do."""

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from tests.telegram_server.faults import Faults
from tests.wechat_server.envelope import Envelope

Json = dict[str, Any]
HOUR = 3600.0
# Customer messages that each thing a person does allows: how many (None: any number), for how many seconds.
QUOTAS: dict[str, tuple[int | None, float]] = {
    "message": (5, 48 * HOUR),
    "menu": (3, 60.0),
    "follow": (3, 60.0),
    "payment": (None, 48 * HOUR),
}
TEMPLATE_A_DAY = 100_000
SAME_ID_SECONDS = 600.0


class Refused(Exception):
    """The call is answered with this code."""

    def __init__(self, code: int, message: str = "refused") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass
class Message:
    """What a person got. `kind`: reply (in the same breath), customer, template, notice."""

    kind: str
    text: str = ""
    template_id: str = ""
    data: dict[str, str] = field(default_factory=dict)
    message_id: str = ""
    client_id: str = ""
    at: float = 0.0


@dataclass
class Call:
    """One request of the account. `code` is what it was answered with."""

    path: str
    body: Json
    code: int = 0
    at: float = 0.0


@dataclass
class Window:
    left: int | None
    until: float


@dataclass
class Follower:
    """A WeChat user as this account knows them. `accepts`: whether template messages reach them."""

    openid: str
    following: bool = False
    accepts: bool = True
    windows: dict[str, Window] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)  # template id -> agreed and not used
    got: list[Message] = field(default_factory=list)
    broken: int = 0  # how often they read that the service is out of order


@dataclass
class ScriptedError:
    path: str
    code: int
    times: int
    message: str = "scripted"
    after: int = 0  # so many calls go through before


class World:
    """One account and everybody it can reach."""

    def __init__(self, *, token_seconds: float = 7200.0) -> None:
        self.app_id = "wx5823bf96d3bd56c7"
        self.secret = "c0ffee-of-the-fake-platform-000000"
        self.callback_token = "callback-token-of-the-fake"
        self.aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
        self.account = "gh_0123456789ab"
        self.envelope = Envelope(self.callback_token, self.aes_key, self.app_id)
        self.token_seconds = token_seconds
        self.tokens: dict[str, float] = {}  # token -> end
        self.token_calls: list[bool] = []  # forced or not
        self.allowed_ips: set[str] | None = None
        self.people: dict[str, Follower] = {}
        self.templates: dict[str, str] = {}
        self.notice_templates: dict[str, str] = {}  # of one-time notices
        self.ticket: tuple[str, float] | None = None  # that signs web pages, and its end
        self.js_domains: set[str] | None = None  # whose pages may use WeChat's script; None: all
        self.menu: Json | None = None
        self.codes: dict[str, str] = {}  # ticket -> scene
        self.media: dict[str, bytes] = {}  # what people sent, by its id
        self.calls: list[Call] = []
        self.errors: list[ScriptedError] = []
        self.faults = Faults(0)
        self.skipped_seconds = 0.0
        self.template_calls = 0
        self.template_a_day = TEMPLATE_A_DAY
        self.news = asyncio.Event()
        self.numbers = itertools.count(1)
        self._sent_ids: dict[tuple[str, str], tuple[float, str]] = {}

    def now(self) -> float:
        """Seconds since 1970, as the platform's clock stands."""
        return time.time() + self.skipped_seconds

    def settings(self, base_url: str) -> Json:
        """What a bot needs to know of this account."""
        return {
            "enabled": True,
            "app_id": self.app_id,
            "app_secret": self.secret,
            "token": self.callback_token,
            "aes_key": self.aes_key,
            "base_url": base_url,
        }

    # -- tokens ---------------------------------------------------------------------------------------------------

    def give_token(self, app_id: str, secret: str, *, force: bool, ip: str) -> Json:
        """The ordinary way gives out the same token while it lives; a forced one ends all others."""
        self.token_calls.append(force)
        if app_id != self.app_id:
            raise Refused(40013, "invalid appid")
        if secret != self.secret:
            raise Refused(40125, "invalid appsecret")
        if self.allowed_ips is not None and ip not in self.allowed_ips:
            raise Refused(40164, f"invalid ip {ip}, not in whitelist rid: 1234-5678")
        alive = [token for token, end in self.tokens.items() if end > self.now()]
        if force:
            self.tokens.clear()
        if force or not alive:
            alive = [f"token-{next(self.numbers)}-{'x' * 40}"]
            self.tokens[alive[0]] = self.now() + self.token_seconds
        return {"access_token": alive[-1], "expires_in": max(1, int(self.tokens[alive[-1]] - self.now()))}

    def check_token(self, token: str) -> None:
        """Raises Refused unless the token lives."""
        if not token:
            raise Refused(41001, "access_token missing")
        if token not in self.tokens:
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if self.tokens[token] <= self.now():
            raise Refused(42001, "access_token expired")

    def revoke_tokens(self) -> None:
        """Another program forced a refresh."""
        self.tokens.clear()

    # -- people ---------------------------------------------------------------------------------------------------

    def follower(self, openid: str) -> Follower:
        """A person who can be written to at all."""
        person = self.people.get(openid)
        if person is None:
            raise Refused(40003, "invalid openid")
        if not person.following:
            raise Refused(43004, "require subscribe")
        return person

    def open_window(self, person: Follower, kind: str) -> None:
        """What the person does allows messages anew."""
        number, seconds = QUOTAS[kind]
        person.windows[kind] = Window(number, self.now() + seconds)

    def take_from_window(self, person: Follower) -> None:
        """Count one customer message, against the window that ends first."""
        alive = [window for window in person.windows.values() if window.until > self.now()]
        if not alive:
            raise Refused(45015, "response out of time limit or subscription is canceled")
        usable = [window for window in alive if window.left != 0]
        if not usable:
            raise Refused(45047, "out of response count limit")
        first = min(usable, key=lambda window: (window.left is not None, window.until))
        if first.left is not None:
            first.left -= 1

    def deliver(self, person: Follower, message: Message) -> None:
        """A message reaches the person's phone."""
        message.at = self.now()
        person.got.append(message)
        self.news.set()

    # -- template messages ----------------------------------------------------------------------------------------

    def known_template_message(self, openid: str, client_id: str) -> str | None:
        """The number of a message that was sent under this id lately."""
        at, number = self._sent_ids.get((openid, client_id), (0.0, ""))
        return number if client_id and self.now() - at < SAME_ID_SECONDS else None

    def note_template_message(self, openid: str, client_id: str, number: str) -> None:
        """Remember an id, so that a repeated request is known."""
        if client_id:
            self._sent_ids[openid, client_id] = (self.now(), number)

    def scripted(self, path: str) -> None:
        """Raises the error that a test wants for this path."""
        for error in self.errors:
            if error.path == path and error.after > 0:
                error.after -= 1
            elif error.path == path and error.times > 0:
                error.times -= 1
                raise Refused(error.code, error.message)
