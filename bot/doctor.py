"""Looks the set-up over: one check a line, each with its cure."""

from __future__ import annotations

import shutil
import stat
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot import telegram_me
from bot.commands.context import DEFAULT_CONFIG, database_of
from bot.content import CONTENT, load_calendar, load_policies, load_wording
from bot.language_model import language_model
from bot.phrases import in_language
from bot.settings import ROOT, ConfigError, Organisation, Settings, enabled_channels
from domain.calendar import SPRING_FESTIVAL, WEEKENDS_WORKED
from domain.clock import SystemClock, local_date
from domain.policy import PolicyError

if TYPE_CHECKING:
    from models.base import Database

OK, WARN, FAIL = "ok", "warn", "fail"
PYTHON_LEAST = (3, 11)
DISK_FAIL_BYTES, DISK_WARN_BYTES = 100 * 2**20, 2**30
CLOCK_SLACK = timedelta(minutes=5)
SECRETS = ("password", "token", "secret_token", "app_secret", "secret", "aes_key", "api_key", "key")
FONT = ROOT / "bot/web/static/noto-sans-sc.woff2"
SHOWN = 5
SMALL_TALK = "你好"  # asked of a language model: it tells nothing about anybody


@dataclass(frozen=True)
class Check:
    name: str
    state: str
    detail: str
    cure: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    def line(self, language: str) -> str:
        """For people; the state is the same word in every language, so that an office's script may look for it."""
        name, detail, cure = (in_language(each, language) for each in (self.name, self.detail, self.cure))
        colon = "：" if language == "zh" else ": "
        return f"{self.state:<5}{name}{colon}{detail}" + (f" → {cure}" if cure else "")


async def examine(settings: Settings, config: Path | None) -> list[Check]:
    """Every check, in the order of what to cure first."""
    return [
        _python(),
        _config_file(config),
        _organisation(settings),
        _channels(settings),
        *[check async for check in _database(settings)],
        _disk(settings),
        _time_zone(settings),
        _clock(settings),
        _calendar(settings),
        _messages(),
        _policies(settings),
        _font(),
        await _telegram(settings),
        *[check async for check in _wechat(settings)],
        *[check async for check in _wecom(settings)],
        await _email(settings),
        await _language_model(settings),
    ]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_LEAST:
        return Check("python", FAIL, version, "install Python 3.11 or newer")
    return Check("python", OK, version)


def _config_file(config: Path | None) -> Check:
    path = config or DEFAULT_CONFIG
    if not path.exists():
        return Check("config file", WARN, "none: safe defaults hold", "run `python -m bot init`")
    if path.stat().st_mode & stat.S_IROTH and _holds_secret(path):
        return Check("config file", WARN, f"{path} holds a secret and everyone may read it", f"run `chmod 600 {path}`")
    return Check("config file", OK, str(path))


def _organisation(settings: Settings) -> Check:
    """Each reminder says who writes it."""
    name, placeholder = settings.organisation.name.strip(), Organisation().name
    cure = "write organisation.name, the name that people know you by"
    if not name:
        return Check("organisation", FAIL, "has no name: nobody would know who writes", cure)
    if name == placeholder:
        return Check("organisation", WARN, f"is still called {placeholder}, as in the example", cure)
    hotline = (
        f"telephone {number}" if (number := settings.organisation.hotline.strip()) else "no telephone number is shown"
    )
    return Check("organisation", OK, f"{name}, {hotline}")


def _channels(settings: Settings) -> Check:
    if enabled := enabled_channels(settings):
        return Check("channels", OK, ", ".join(enabled))
    cure = "set telegram.enabled, wechat.enabled, wecom.enabled or email.enabled = true (docs/quickstart.md); to look first: `make demo`"
    return Check("channels", WARN, "none is enabled: nothing can be sent, nobody can write in", cure)


def _holds_secret(path: Path) -> bool:
    raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    tables = [table for table in raw.values() if isinstance(table, dict)]
    tables += [robot for table in tables for robot in table.get("robots", [])]
    userinfo, at, _ = str(raw.get("database", {}).get("url", "")).partition("://")[2].partition("@")
    in_url = bool(at and userinfo.partition(":")[2])
    return in_url or any(table.get(key) for table in tables for key in SECRETS)


async def _database(settings: Settings) -> AsyncIterator[Check]:
    from sqlalchemy.exc import SQLAlchemyError

    from models.base import sqlite_path

    try:
        database = database_of(settings)
    except (ConfigError, OSError) as wrong:
        yield Check("database", FAIL, str(wrong), "correct database.url")
        return
    try:
        path = sqlite_path(settings.database.url)
        if path is not None and not path.exists():
            yield Check("database", WARN, f"{path} is not there yet", "the first command creates it")
            return
        state = await _reach(database)
        yield state
        if state.state == OK:
            async for check in _people(database):
                yield check
            async for check in _readings(database, local_date(SystemClock().now(), settings.organisation.zone)):
                yield check
            yield await _printable(database)
            yield await _days_of_places(settings, database)
    except (SQLAlchemyError, OSError) as wrong:
        said = str(getattr(wrong, "orig", wrong)).splitlines()[0]
        yield Check(
            "database", FAIL, f"not reachable or not writable: {said}", "correct database.url or its permissions"
        )
    finally:
        await database.close()


async def _reach(database: Database) -> Check:
    from bot.database import is_current

    async with _write_lock(database):
        pass
    if not await is_current(database):
        return Check("database", FAIL, "has the shape of another version", "run `python -m bot db upgrade`")
    return Check("database", OK, "reachable, writable, of this version")


@asynccontextmanager
async def _write_lock(database: Database) -> AsyncIterator[None]:
    """Takes the right to write and gives it back: a file that may only be read refuses."""
    async with database.engine.connect() as connection:
        await connection.begin()
        if not database.is_sqlite:
            await connection.exec_driver_sql("CREATE TEMPORARY TABLE nuanling_may_write (id integer) ON COMMIT DROP")
        yield
        await connection.rollback()


async def _people(database: Database) -> AsyncIterator[Check]:
    from models.overview import accounts_without_payer, communities_without_group, has_staff_group, staff_at_work

    async with database.read() as session:
        lonely = await communities_without_group(session)
        unbound, accounts = await accounts_without_payer(session)
        staff, grouped = await staff_at_work(session), await has_staff_group(session)
    yield _staff(*staff)
    if grouped:
        yield Check("staff group", OK, "cards go to the staff's group, too")
    else:
        cure = "add the bot to the staff's group and press the button it sends you, or `groups add --audience staff`"
        yield Check("staff group", WARN, "there is none: cards go to each colleague's own chat only", cure)
    if not accounts:
        yield Check("households", WARN, "there are none yet", "run `python -m bot import accounts FILE`")
        return
    if lonely:
        names = ", ".join(lonely[:SHOWN]) + (" …" if len(lonely) > SHOWN else "")
        yield Check("groups", WARN, f"no group chat for {names}", "run `python -m bot groups add`")
    else:
        yield Check("groups", OK, "every community has its group chat")
    if unbound:
        detail = f"{unbound} of {accounts} households have nobody who can be reminded"
        yield Check("payers", WARN, detail, "print slips: `python -m bot invite --all --out slips.csv`")
    else:
        yield Check("payers", OK, f"{accounts} households, each with a payer")


async def _readings(database: Database, today: date) -> AsyncIterator[Check]:
    """Nothing is said where no fee goes by meter."""
    from bot.meters import unread
    from domain.metering import closes
    from models.bulk import fee_items
    from models.readings import bills_leaning_on

    period = closes(today, "month").before
    async with database.read() as session:
        places = sorted({fee.community_id for fee in await fee_items(session) if fee.formula == "metered"})
        missing = await unread(session, period, places)
        doubtful = await bills_leaning_on(session)
    if missing:
        codes = ", ".join(account.code for account, _, _ in missing[:SHOWN]) + (" …" if len(missing) > SHOWN else "")
        cure = f"`python -m bot export readings --missing {period} --out FILE.csv`, fill it in, `import readings`"
        yield Check("readings", WARN, f"{len(missing)} meters have no reading of {period}: {codes}", cure)
    elif places:
        yield Check("readings", OK, f"every meter has its reading of {period}")
    if doubtful:
        number = len({each.bill.id for each in doubtful})
        cure = "`python -m bot bill recalculate` shows them"
        yield Check("corrected readings", WARN, f"{number} bills still follow a reading that was corrected", cure)


async def _printable(database: Database) -> Check:
    """Names and addresses that our fonts can't draw: a letter to them would be refused."""
    from bot.letters import missing_letters
    from models.overview import printed_words

    async with database.read() as session:
        found = {code: letters for code, words in await printed_words(session) if (letters := missing_letters(words))}
    if not found:
        return Check("printing", OK, "every name and address can be printed")
    shown = [f"{code} {' '.join(sorted(letters))}" for code, letters in list(found.items())[:SHOWN]]
    detail = f"{len(found)} names or addresses hold letters that no font has: {'; '.join(shown)}"
    return Check("printing", WARN, detail, "put a font that has them into content/letters/fonts")


def _staff(everybody: int, admins: int, reachable: int) -> Check:
    if not admins:
        detail = "nobody is on the staff" if not everybody else "nobody is an administrator"
        return Check("staff", WARN, f"{detail}: nobody hears when somebody waits", "run `python -m bot staff add`")
    if not reachable:
        return Check("staff", WARN, f"{everybody} colleagues, none can be written to", "let each write to the bot once")
    return Check("staff", OK, f"{everybody} colleagues, {admins} administrators, {reachable} can be written to")


def _disk(settings: Settings) -> Check:
    from models.base import sqlite_path

    path = sqlite_path(settings.database.url)
    folder = next(each for each in (path or Path.cwd() / "x").absolute().parents if each.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free"
    if free < DISK_FAIL_BYTES:
        return Check("disk", FAIL, detail, "make room: without it nothing can be sent")
    return Check("disk", WARN, detail, "make room soon") if free < DISK_WARN_BYTES else Check("disk", OK, detail)


def _time_zone(settings: Settings) -> Check:
    local = SystemClock().now().astimezone(settings.organisation.zone)
    return Check("time zone", OK, f"{settings.organisation.timezone}, it is {local:%Y-%m-%d %H:%M} there")


def _clock(settings: Settings) -> Check:
    """A machine without a battery wakes up in the past: files are then younger than now."""
    from models.base import sqlite_path

    now = SystemClock().now()
    path = sqlite_path(settings.database.url)
    files = [each for each in (ROOT / "bot" / "__main__.py", path) if each is not None and each.exists()]
    newest = max(datetime.fromtimestamp(each.stat().st_mtime, UTC) for each in files)
    if now < newest - CLOCK_SLACK:
        return Check("clock", FAIL, f"it says {now:%Y-%m-%d %H:%M} UTC, but files are newer", "set the clock, use NTP")
    return Check("clock", OK, f"{now:%Y-%m-%d %H:%M} UTC")


def _calendar(settings: Settings) -> Check:
    try:
        own = load_calendar(settings)
    except (PolicyError, ConfigError) as wrong:
        return Check("calendar", FAIL, str(wrong), "correct the file")
    year = local_date(SystemClock().now(), settings.organisation.zone).year
    missing = [str(each) for each in (year, year + 1) if each not in SPRING_FESTIVAL]
    if missing:
        return Check(
            "calendar", WARN, f"Spring Festival of {', '.join(missing)} is not known", "install a newer version"
        )
    if year not in WEEKENDS_WORKED and not any(day.year == year for day in own.worked):
        return Check(
            "calendar",
            WARN,
            f"the holidays of {year} are known as the law names them, without the weekends that are worked for them",
            "write this year's arrangement into content/calendar.toml",
        )
    days = len(own.off) + len(own.worked) + len(own.festivals) + len(own.exams)
    return Check("calendar", OK, f"festivals of {year} and {year + 1} are known, {days} entries of the office's own")


async def _days_of_places(settings: Settings, database: Database) -> Check:
    """A festival of an estate, or an exam of a class, that nobody is called by would disturb them all the same."""
    from models.overview import places

    try:
        calendar = load_calendar(settings)
    except (PolicyError, ConfigError):
        return Check("days of places", WARN, "the calendar can't be read", "see above")
    async with database.read() as session:
        communities, classes = await places(session)
    for span in (*calendar.festivals, *calendar.exams):
        if strange := sorted(span.communities - communities) + sorted(span.classes - classes):
            detail = f"content/calendar.toml: {span.name}: no community or class is called {strange[0]}"
            return Check("days of places", WARN, detail, "write the name as it stands in the accounts")
    return Check("days of places", OK, "every festival and exam names places that there are")


def _messages() -> Check:
    try:
        load_wording()
    except ConfigError as wrong:
        return Check("messages", FAIL, str(wrong), "correct the file")
    return Check("messages", OK, "complete in Chinese and English")


def _policies(settings: Settings) -> Check:
    try:
        policies = load_policies(settings)
    except (PolicyError, ConfigError) as wrong:
        return Check("policies", FAIL, str(wrong), "correct the file")
    stages = [f"{kind} {len(policy.stages)} stages" for kind, policy in policies.first.items()]
    later = [f"{kind} changes on {each.starts_on}" for kind, some in policies.to_come.items() for each in some]
    return Check("policies", OK, ", ".join([*stages, *later]))


def _font() -> Check:
    if not FONT.exists() or not FONT.stat().st_size:
        return Check("font", WARN, f"{FONT.name} is missing: the page may show boxes", "get the complete checkout")
    return Check("font", OK, FONT.name)


async def _telegram(settings: Settings) -> Check:
    if not settings.telegram.enabled:
        return Check("telegram", OK, "off")
    try:
        me = await telegram_me.ask(settings.telegram)
    except telegram_me.TelegramFault as wrong:
        cure = (
            "paste the token of @BotFather anew" if wrong.refused else "look at the network, telegram.proxy, base_url"
        )
        return Check("telegram", FAIL, str(wrong), cure)
    if not me.reads_groups:
        return Check(
            "telegram",
            WARN,
            f"@{me.name}: privacy mode hides plain questions in groups from the bot; only commands and mentions arrive",
            "@BotFather: /setprivacy, Disable; then remove the bot from its groups and add it again",
        )
    return Check("telegram", OK, f"@{me.name}")


def _wechat(settings: Settings) -> AsyncIterator[Check]:
    from bot.wechat_doctor import examine as look  # its SDK takes a third of a second to import

    return look(settings)


def _wecom(settings: Settings) -> AsyncIterator[Check]:
    from bot.wecom_doctor import examine as look  # its SDK takes a third of a second to import

    return look(settings)


async def _email(settings: Settings) -> Check:
    """Log in at the mail server; no mail is sent."""
    own = settings.email
    if not own.enabled:
        return Check("email", OK, "off")
    from bot.app import CHANNELS
    from domain.errors import DeliveryError

    with_words = load_wording()
    channel = CHANNELS["email"](settings, SystemClock(), with_words, database_of(settings))
    try:
        await channel.start()
    except DeliveryError as wrong:
        return Check("email", FAIL, wrong.detail, "check host, port, security, user and password under [email]")
    if not (settings.web.public_url and settings.web.link_keys):
        cure = "write web.public_url and web.link_keys, so that each mail has an address that stops them"
        return Check("email", WARN, f"{own.host} answers; mails have no stop address", cure)
    return Check("email", OK, f"{own.host} answers")


async def _language_model(settings: Settings) -> Check:
    try:
        model = language_model(settings, CONTENT)
    except ConfigError as wrong:
        return Check("language model", FAIL, str(wrong), "correct the file")
    if model is None:
        return Check("language model", OK, "off")
    opinion = await model.choose(SMALL_TALK)
    if opinion.outcome in ("chosen", "no_label"):
        return Check("language model", OK, f"{model.model} answers in {opinion.milliseconds} ms")
    cure = "look at language_model.base_url, model and api_key; until then the bot reads by itself"
    return Check("language model", WARN, f"{model.model}: {opinion.outcome}", cure)
