"""The commands that run the bot or ask it something: run, tick, preview, status, demo, ask, lint."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from bot.commands.context import NO_CHANNEL, CommandError, Desk, at_desk, opened, settings_of
from bot.phrases import say
from bot.settings import ConfigError, Settings, enabled_channels
from domain.clock import StartedClock, SystemClock, at_local

if TYPE_CHECKING:
    from models.verdicts import Row

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(context: typer.Context) -> None:
    """Run the bot: enabled channels, lanes, timetable and web server; SIGTERM stops it cleanly."""
    settings = settings_of(context)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    from bot.app import build
    from bot.log import set_up
    from bot.web.server import application, server_config

    with _owned(settings):
        set_up()
        async with opened(settings) as database:
            built = await build(settings, database)
            if not built.channels:
                raise ConfigError(NO_CHANNEL)
            routes = [
                route
                for channel in built.channels.values()
                for route in channel.routes(built.inbound.store_for(channel.name))
            ]
            web = application(built, routes)
            typer.echo(
                f"running: {', '.join(built.channels)}; http://{settings.web.host}:{settings.web.port}/readyz; Ctrl-C ends"
            )
            await built.serve(server_config(web, settings.web.host, settings.web.port))


@contextmanager
def _owned(settings: Settings) -> Iterator[None]:
    """Alone with a database that is sound. Raises OwnedElsewhere, or CommandError with what is torn and the cure."""
    from bot.database import Ownership, damage

    with Ownership(settings.database.url):
        if found := damage(settings.database.url):
            raise CommandError(
                f"the database is damaged ({found}): nothing is sent; restore a backup with `python -m bot db restore FILE`"
            )
        yield


@app.command()
def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The page's port; 0 takes a free one.")] = 8080,
    scenario: Annotated[str, typer.Option(help="Which sample month to play; none: the world's first.")] = "",
    world: Annotated[str, typer.Option(help="Which sample world: property or school.")] = "",
    directory: Annotated[
        Path, typer.Option("--dir", help="Where the demo keeps its own databases, one a world.")
    ] = Path("data"),
) -> None:
    """The sandbox: a local page with sample estates and a school. No account, no token, no network."""
    from bot.demo import serve

    settings = settings_of(context)
    if real := enabled_channels(settings):
        raise ConfigError(f"demo: {real[0]}.enabled is true: the sandbox never runs beside a real channel")
    asyncio.run(serve(port, scenario, directory, world))


@app.command()
def tick(
    context: typer.Context,
    now: Annotated[str, typer.Option(help="Pretend that it is this moment (ISO); the clock moves on from there.")] = "",
    job: Annotated[str, typer.Option(help="Run only this job.")] = "",
    as_json: Json = False,
) -> None:
    """One pass of the due jobs, deliveries included; ends when nothing is due within five seconds."""
    settings = settings_of(context)
    asyncio.run(_tick(settings, now, job, as_json))


async def _tick(settings: Settings, now: str, job: str, as_json: bool) -> None:
    from bot.app import build
    from bot.log import set_up
    from bot.terminal import Terminal
    from models.status import done_since
    from models.verdicts import Row
    from scheduler import JOBS, next_run

    if job and job not in {entry.name for entry in JOBS}:
        raise CommandError(f"--job {job}: no such job: one of {', '.join(entry.name for entry in JOBS)}")
    clock = StartedClock(moment(now, settings.organisation.zone)) if now else SystemClock()
    with _owned(settings):
        set_up()
        async with opened(settings) as database:
            built = await build(settings, database, clock)
            await asyncio.gather(*(built.open(channel) for channel in built.channels.values()))
            since = clock.now()
            ran = await built.tick(since, only=job or None, on_demand=True)
            await built.deliver()
            await asyncio.gather(*(channel.stop() for channel in built.channels.values()))
            async with database.read() as session:
                done = await done_since(session, since, clock.now())
    planned = (each.result for each in ran if each.name in ("plan", "offers") and isinstance(each.result, list))
    rows = [row for result in planned for row in result if isinstance(row, Row)]
    failed = [each for each in ran if each.error]
    if as_json:
        print_rows(rows)
    else:
        terminal = Terminal(built.office.wording, settings.organisation.language)
        terminal.rows(rows)
        upcoming = next_run(built.office, clock.now())
        for line in terminal.ticked(rows, done, bool(built.channels), upcoming, settings.organisation.zone):
            typer.echo(line)
    for each in failed:
        typer.echo(f"job {each.name} failed: {each.error} (see the log)", err=True)
    if failed:
        raise typer.Exit(1)


@app.command()
def preview(
    context: typer.Context,
    on: Annotated[str, typer.Option(help="The date, such as 2026-12-01.")],
    as_json: Json = False,
) -> None:
    """Who would get what on a date, who goes to staff, who waits, and why. Sends nothing."""
    from bot.content import load_office, load_wording
    from bot.terminal import Terminal
    from jobs.offers import preview as plan_preview

    day = parse_day(on)

    async def work(desk: Desk) -> list[Row]:
        office = load_office(desk.settings, enabled_channels(desk.settings))
        morning = at_local(day, office.policy(office.kind).window_from, office.zone)
        return await plan_preview(desk.database, office, day, morning)

    rows = at_desk(context, work)
    if as_json:
        print_rows(rows)
        return
    settings = settings_of(context)
    terminal = Terminal(load_wording().of_kind(settings.organisation.kind), settings.organisation.language)
    terminal.rows(rows)
    for line in terminal.counts(rows) or [terminal.say("no_accounts")]:
        typer.echo(line)
    if not enabled_channels(settings):
        say(context, f"nobody can be written to: {NO_CHANNEL}", err=True)


def print_rows(rows: Sequence[Row]) -> None:
    typer.echo(json.dumps([row.to_json() for row in rows], ensure_ascii=False))


@app.command()
def status(
    context: typer.Context,
    now: Annotated[str, typer.Option(help="As of this moment (ISO).")] = "",
    as_json: Json = False,
) -> None:
    """The board: due, received, open, what was sent, who waits, how the channels are."""
    from bot.content import load_office, load_wording
    from bot.terminal import Terminal
    from models.status import Channel, board
    from scheduler import next_run

    async def work(desk: Desk) -> dict[str, object]:
        office = load_office(desk.settings, enabled_channels(desk.settings))
        at = moment(now, office.zone) if now else desk.now
        async with desk.database.read() as session:
            figures = await board(session, at, office.zone)
        upcoming = next_run(office, at)
        silent = {name: Channel(ok=True, last_ok=None) for name in enabled_channels(desk.settings)}
        return replace(figures, next_run=upcoming, channels={**silent, **figures.channels}).to_json()

    figures = at_desk(context, work)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    own = settings_of(context).organisation
    Terminal(load_wording().of_kind(own.kind), own.language).board(figures)


@app.command()
def ask(
    today: Annotated[str, typer.Option(help="The day a sentence is read on (ISO); today when left out.")] = "",
    tz: Annotated[str, typer.Option(help="The time zone of today.")] = "Asia/Shanghai",
) -> None:
    """Read one sentence a line from standard input; print what each was understood as, one JSON object a line."""
    from bot.content import CONTENT
    from understanding.reader import Reader

    try:
        zone = ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CommandError(f"--tz {tz}: not a time zone: write one such as Asia/Shanghai") from None
    day = parse_day(today) if today else SystemClock().now().astimezone(zone).date()
    reader = Reader.load(CONTENT)
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", "replace").rstrip("\r\n").removeprefix("\ufeff")
        if not line.strip():
            continue
        reading = reader.read(line, today=day)
        intents = [{"name": guess.intent, "confidence": round(guess.confidence, 4)} for guess in reading.intents]
        print_line({"text": line, "intents": intents, "slots": reading.slots.to_json()})


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled sentences: text, lang, source, intent, slots, tab by tab.")],
    today: Annotated[str, typer.Option(help="The day the sentences are read on (ISO).")] = "2026-11-23",
) -> None:
    """Score the reading of sentences on a labelled file: accuracy, false accepts, harm, slots, calibration."""
    from bot.content import CONTENT
    from understanding.reader import Reader
    from understanding.scoring import BadFile, read_rows, report, score

    day = parse_day(today)
    reader = Reader.load(CONTENT)
    try:
        rows = read_rows(file)
    except BadFile as wrong:
        raise CommandError(str(wrong)) from None
    typer.echo(report(score(rows, lambda text: reader.read(text, today=day))))


@app.command()
def lint(
    file: Annotated[Path | None, typer.Argument(help="A text file; standard input when left out.")] = None,
    audience: Annotated[str, typer.Option(help="private, group or staff.")] = "private",
) -> None:
    """Look for forbidden content in each line; one JSON object a line, exit 1 when anything was found."""
    from bot.content import tone
    from domain.messages import Audience

    if audience not in set(Audience):
        raise CommandError(f"--audience {audience}: one of private, group, staff")
    try:
        raw = file.read_bytes() if file else sys.stdin.buffer.read()
    except OSError as wrong:
        raise CommandError(f"{file}: {wrong.strerror}") from None
    clean, look = True, tone().lint
    for line in raw.decode("utf-8-sig", "replace").splitlines():
        if not line.strip():
            continue
        found = look(line, Audience(audience))
        clean = clean and not found
        print_line({"ok": not found, "findings": [{"rule": each.rule, "text": each.text} for each in found]})
    if not clean:
        raise typer.Exit(1)


def print_line(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a date: write it as 2026-12-01") from None


def moment(text: str, zone: ZoneInfo) -> datetime:
    """An ISO moment; without an offset it is the organisation's local time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a moment: write it as 2026-12-01T10:00:00+08:00") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
