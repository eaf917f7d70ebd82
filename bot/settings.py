"""Configuration: config.toml and the environment, read once, checked, frozen."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.secrecy import SECRET_TOKEN, NotSecret, default_secret, read_secret
from domain.links import KEY_CHARACTERS_MIN
from domain.notice import DAYS_TO_PAY_MAX, DAYS_TO_PAY_MIN
from domain.policy import NORMAL_FROM, NORMAL_UNTIL

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "NUANLING_"


ROBOT_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
NOTICES_MAX = 3  # WeChat asks for so many one-time notices in one tap


class ConfigError(ValueError):
    """The configuration can't be used; the message names the key and the cure."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Organisation(Section):
    name: str = "我们的物业"
    kind: Literal["property", "training"] = "property"
    timezone: str = "Asia/Shanghai"
    hotline: str = ""
    language: Literal["zh", "en"] = "zh"

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is not a time zone: write one such as Asia/Shanghai") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class StaffSection(Section):
    """When people are at the desk, and how soon they answer."""

    opens_at: time = time(9)
    closes_at: time = time(18)
    weekends: bool = False
    digest_at: time = time(8, 30)
    answer_within_minutes: int = Field(120, ge=5, le=24 * 60)
    # Calls to households: inside the law's window, and no more to one household than this.
    calls_from: time = NORMAL_FROM
    calls_until: time = NORMAL_UNTIL
    calls_per_day: int = Field(1, ge=1, le=2)
    calls_per_week: int = Field(3, ge=1, le=5)
    calls_unanswered: int = Field(3, ge=1, le=5)
    # Visits: only at these hours of the office's working days, and no more to one household in thirty days than this.
    visit_hours: tuple[time, ...] = (time(10), time(14), time(16), time(18, 30))
    visits_per_month: int = Field(2, ge=1, le=4)

    @model_validator(mode="after")
    def in_order(self) -> StaffSection:
        if self.opens_at >= self.closes_at:
            raise ValueError("opens_at must be before closes_at")
        if not NORMAL_FROM <= self.calls_from < self.calls_until <= NORMAL_UNTIL:
            raise ValueError("calls_from and calls_until must lie between 09:00 and 20:00, in this order")
        if not self.visit_hours or not all(NORMAL_FROM <= hour < NORMAL_UNTIL for hour in self.visit_hours):
            raise ValueError("visit_hours must be hours between 09:00 and 20:00, at least one")
        return self


class RoleLimits(Section):
    """How much money a role may decide about by itself, in yuan. Absent: as domain/limits.py says."""

    waive_yuan: int | None = Field(None, ge=0)
    discount_yuan: int | None = Field(None, ge=0)
    plan_yuan: int | None = Field(None, ge=0)
    correct_yuan: int | None = Field(None, ge=0)


class LimitsSection(Section):
    teacher: RoleLimits = RoleLimits()
    collector: RoleLimits = RoleLimits()
    manager: RoleLimits = RoleLimits()


class DatabaseSection(Section):
    url: str = "sqlite:///data/nuanling.db"


class Telegram(Section):
    enabled: bool = False
    token: str = Field("", repr=False)
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    proxy: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str = ""
    secret_token: str = Field("", repr=False)
    global_per_second: float = Field(28, gt=0, le=30)
    per_chat_per_second: float = Field(1, gt=0, le=1)
    group_per_minute: int = Field(20, gt=0, le=20)


class Template(Section):
    """One of WeChat's templates. Without fields it is filled by the types of its own; `notice_*`: one-time notices."""

    id: str = ""
    fields: Mapping[str, str] = Field(default_factory=dict)  # WeChat's field -> our words: thing1 = "{room}"
    url: str = ""
    notice_id: str = ""
    notice_fields: Mapping[str, str] = Field(default_factory=dict)


class Wechat(Section):
    enabled: bool = False
    app_id: str = ""
    app_secret: str = Field("", repr=False)
    token: str = Field("", repr=False)
    aes_key: str = Field("", repr=False)
    base_url: str = "https://api.weixin.qq.com"
    sdk_url: str = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"  # of the page that asks for one-time notices
    templates: Mapping[str, Template] = Field(default_factory=dict)

    @property
    def notices(self) -> tuple[str, ...]:
        """The one-time notices that people may agree to, each once."""
        return tuple(dict.fromkeys(each.notice_id for each in self.templates.values() if each.notice_id))

    @field_validator("templates", mode="before")
    @classmethod
    def bare_ids(cls, value: Any) -> Any:
        """A bare id is enough: `templates = { reminder = "…" }`."""
        if isinstance(value, Mapping):
            return {name: {"id": each} if isinstance(each, str) else each for name, each in value.items()}
        return value


class Robot(Section):
    name: str
    key: str = Field(repr=False)


class Wecom(Section):
    enabled: bool = False
    corp_id: str = ""
    agent_id: str = ""
    secret: str = Field("", repr=False)
    token: str = Field("", repr=False)
    aes_key: str = Field("", repr=False)
    base_url: str = "https://qyapi.weixin.qq.com"
    robots: tuple[Robot, ...] = ()
    # Messages that one customer or group may get by a colleague's hand: the platform's own caps, or fewer.
    tasks_per_day: int = Field(1, ge=1, le=7)
    tasks_per_month: int = Field(28, ge=1, le=31)


class Email(Section):
    """E-mail by SMTP; it is a way out only."""

    enabled: bool = False
    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"  # none: only to a server on the same machine
    user: str = ""
    password: str = Field("", repr=False)
    sender: str = ""  # "翠湖物业 <fee@example.com>"
    reply_to: str = ""  # a mailbox that a person reads
    ca_file: str = ""  # of a server with a certificate of its own


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    link_keys: tuple[str, ...] = Field((), repr=False)

    @field_validator("link_keys", mode="before")
    @classmethod
    def one_a_line(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("link_keys")
    @classmethod
    def not_to_be_guessed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < KEY_CHARACTERS_MIN for key in value):
            raise ValueError(f"a key needs {KEY_CHARACTERS_MIN} random characters or more")
        return value


class PolicySection(Section):
    """Which policy files to use and the office's own, stricter limits."""

    property: str = "content/policy.property.toml"
    training: str = "content/policy.training.toml"
    calendar: str = "content/calendar.toml"  # the office's days off, worked weekends, festivals and exams
    rewards: str = "content/rewards.toml"  # discounts, points, late fees, events
    quiet_from: time | None = None
    quiet_until: time | None = None
    per_day: int | None = None
    per_week: int | None = None
    per_month: int | None = None
    approve_first_run: bool = False


class TrialSection(Section):
    """Two wordings of one reminder that are compared."""

    template: str = ""
    other: str = ""


class Letters(Section):
    """What the office prints about itself on letters, and how much time they leave."""

    payee: str = ""
    bank: str = ""
    bank_account: str = ""
    address: str = ""
    ways: tuple[str, ...] = ()
    days_to_pay: int = Field(15, ge=DAYS_TO_PAY_MIN, le=DAYS_TO_PAY_MAX)
    approval: bool = True

    @field_validator("ways", mode="before")
    @classmethod
    def one_a_line(cls, value: Any) -> Any:
        return tuple(filter(None, map(str.strip, value.splitlines()))) if isinstance(value, str) else value


class LanguageModel(Section):
    """Optional: it is off while base_url is empty."""

    base_url: str = ""
    model: str = ""
    api_key: str = Field("", repr=False)


class Settings(Section):
    organisation: Organisation = Organisation()
    staff: StaffSection = StaffSection()
    limits: LimitsSection = LimitsSection()
    database: DatabaseSection = DatabaseSection()
    telegram: Telegram = Telegram()
    wechat: Wechat = Wechat()
    wecom: Wecom = Wecom()
    email: Email = Email()
    web: Web = Web()
    policy: PolicySection = PolicySection()
    letters: Letters = Letters()
    trial: TrialSection = TrialSection()
    language_model: LanguageModel = LanguageModel()


def load(path: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from a TOML file (none: defaults) with the environment on top.

    `NUANLING_SECTION__KEY` sets a key; `NUANLING_SECTION__KEY_FILE` names a file that holds its value.
    Raises ConfigError naming the key and the cure.
    """
    raw = _raw(path, os.environ if environment is None else environment)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as wrong:
        raise ConfigError(_first_fault(wrong, path)) from None
    return _checked(settings)


def language_of(path: Path | None) -> str:
    """The office's language, as far as it can be read: for saying that something else can't be."""
    for each in (path, None):
        with suppress(ConfigError, LookupError, TypeError, ValidationError):
            return Organisation(language=_raw(each, os.environ)["organisation"]["language"]).language
    return Organisation().language


def _raw(path: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    """The keys as they were written, the environment's on top. Raises ConfigError when there is no file, or it is no TOML."""
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise ConfigError(f"{path}: no such file: create it with `python -m bot init`") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
            raise ConfigError(f"{path}: {wrong}") from None
    for section, key, value in _from_environment(environment):
        raw.setdefault(section, {})[key] = value
    return raw


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, str, str]]:
    found = []
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if key.endswith("_file"):
            try:
                value = read_secret(Path(value))
            except NotSecret as wrong:
                raise ConfigError(f"{name}: {wrong}") from None
            key = key.removesuffix("_file")
        found.append((section, key, value))
    return found


def _first_fault(wrong: ValidationError, path: Path | None) -> str:
    fault = wrong.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in fault["loc"])
    where = f"{path}: " if path else ""
    if fault["type"] == "extra_forbidden":
        return f"{where}unknown key {key}: correct its spelling or remove it (config.example.toml shows every key)"
    return f"{where}{key}: {fault['msg'].removeprefix('Value error, ')}"


def _checked(settings: Settings) -> Settings:
    if (key := default_secret(settings)) is not None:
        raise ConfigError(f"{key} still has the value of an example: write your own")
    model = settings.language_model
    if model.base_url and not model.base_url.startswith(("http://", "https://")):
        raise ConfigError("language_model.base_url is not an address: write one such as https://models.example.org/v1")
    if model.base_url and not model.model:
        raise ConfigError(
            "language_model.model is missing: write the model's name, or remove base_url to switch it off"
        )
    _check_wechat(settings.wechat)
    _check_wecom(settings.wecom)
    _check_email(settings.email)
    telegram = settings.telegram
    if telegram.enabled and not telegram.token:
        raise ConfigError("telegram.token is missing: paste the token that @BotFather gave you")
    if telegram.enabled and telegram.mode == "webhook":
        if not telegram.webhook_url:
            raise ConfigError("telegram.webhook_url is missing: webhook mode needs the public https address")
        if not SECRET_TOKEN.fullmatch(telegram.secret_token):
            fault = "is missing" if not telegram.secret_token else "can be guessed, or has signs that Telegram refuses"
            raise ConfigError(f"telegram.secret_token {fault}: webhook mode needs 16 or more random letters and digits")
    return settings


def _check_wechat(wechat: Wechat) -> None:
    if not wechat.enabled:
        return
    for key in ("app_id", "app_secret", "token"):
        if not getattr(wechat, key):
            raise ConfigError(f"wechat.{key} is missing: copy it from the account's backend (设置与开发 → 基本配置)")
    if not re.fullmatch(r"[A-Za-z0-9]{43}", wechat.aes_key):
        raise ConfigError(
            "wechat.aes_key must be the 43 letters and digits of EncodingAESKey: choose the encrypted mode"
        )
    if not wechat.base_url.startswith(("http://", "https://")):
        raise ConfigError("wechat.base_url is not an address: write https://api.weixin.qq.com")
    if not re.fullmatch(r"https?://[^\s'\";,<>]+", wechat.sdk_url):
        raise ConfigError(f"wechat.sdk_url is not an address: write {Wechat().sdk_url}")
    if len(wechat.notices) > NOTICES_MAX:
        raise ConfigError(
            f"wechat.templates: WeChat asks people for {NOTICES_MAX} notices at once: use no more different notice_id"
        )


def _check_email(email: Email) -> None:
    if not email.enabled:
        return
    if not email.host:
        raise ConfigError("email.host is missing: write your mail server's name, such as smtp.example.com")
    if not re.fullmatch(r"(?:[^<>]*<)?[^@<>\s]+@[^@<>\s]+>?", email.sender.strip()):
        raise ConfigError('email.sender is not an address: write one such as "翠湖物业 <fee@example.com>"')
    if email.reply_to and not re.fullmatch(r"[^@<>\s]+@[^@<>\s]+", email.reply_to):
        raise ConfigError("email.reply_to is not an address: write one such as office@example.com")
    if bool(email.user) != bool(email.password):
        raise ConfigError("email.user and email.password belong together: write both, or none")
    if email.security == "none" and email.host not in ("localhost", "127.0.0.1", "::1"):
        raise ConfigError('email.security = "none" would send names and sums in the clear: choose starttls or tls')


def _check_wecom(wecom: Wecom) -> None:
    if not wecom.enabled:
        return
    places = {
        "corp_id": "我的企业 → 企业信息",
        "agent_id": "应用管理 → the app",
        "secret": "应用管理 → the app",
        "token": "应用管理 → the app → 接收消息",
    }
    for key, place in places.items():
        if not getattr(wecom, key):
            raise ConfigError(f"wecom.{key} is missing: copy it from WeCom's backend ({place})")
    if not wecom.agent_id.isdecimal():
        raise ConfigError("wecom.agent_id must be a number: it is the app's AgentId")
    if not re.fullmatch(r"[A-Za-z0-9]{43}", wecom.aes_key):
        raise ConfigError("wecom.aes_key must be the 43 letters and digits of EncodingAESKey")
    if not wecom.base_url.startswith(("http://", "https://")):
        raise ConfigError("wecom.base_url is not an address: write https://qyapi.weixin.qq.com")
    names = [robot.name for robot in wecom.robots]
    if len(set(names)) < len(names):
        raise ConfigError("wecom.robots: two robots have the same name")
    if len({robot.key for robot in wecom.robots}) < len(names):
        raise ConfigError(
            "wecom.robots: two robots have the same key: the platform counts twenty a minute for each key"
        )
    for robot in wecom.robots:
        if not ROBOT_KEY.fullmatch(robot.key):
            raise ConfigError(
                f"wecom.robots: the key of {robot.name!r} is only what follows key= in the robot's address"
            )


def enabled_channels(settings: Settings) -> tuple[str, ...]:
    """The names of the channels that a configuration switches on."""
    return tuple(name for name in ("wechat", "telegram", "wecom", "email") if getattr(settings, name).enabled)
