"""The one place that joins the real parts: database, office, channels, dispatcher, lanes, timetable, web."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

import structlog
import uvicorn

import scheduler
from bot import exporting, fetching, papers
from bot.channels.channel import Channel
from bot.content import CONTENT, load_office
from bot.dispatch import Dispatcher
from bot.handing_out import data_folder
from bot.inbound import Inbound
from bot.lanes import Lane
from bot.language_model import language_model
from bot.menus import StaffMenus, menus
from bot.paper_kinds import MAKERS
from bot.settings import Settings, enabled_channels
from bot.taking_back import take_back
from bot.wechat_memory import DatabaseMemory
from domain.clock import Clock, SystemClock, monotonic
from domain.confirmations import Confirming
from domain.errors import ChannelDown, DeliveryError
from domain.links import Links
from domain.office import Office
from domain.wording import Wording
from jobs import broadcast, handing_over
from models.base import Database
from models.runtime import bot_names, keep_bot_name, note_health
from understanding.reader import Reader

log = structlog.get_logger(__name__)
HANDLING_SECONDS = 3  # for the update that is being answered when the stop comes
STOP_SECONDS = 22  # a clean stop ends well before a supervisor's 30 s
START_AGAIN_SECONDS = (5, 300)  # first and longest wait before a refused channel is tried again


@dataclass
class App:
    """Everything that runs, joined and ready."""

    settings: Settings
    database: Database
    office: Office
    clock: Clock
    channels: Mapping[str, Channel]
    dispatcher: Dispatcher
    inbound: Inbound
    lanes: Mapping[str, Lane]
    names: dict[str, str]  # of the bot, by channel: the office reads it, a started channel writes it
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.menus = StaffMenus()
        self.tried = {name: asyncio.Event() for name in self.channels}  # a first start succeeded or failed

    async def tick(self, now: datetime, *, only: str | None = None, on_demand: bool = False) -> list[scheduler.Ran]:
        """One pass of the due jobs, then a word to the lanes."""
        ran = await scheduler.tick(
            self.database, self.office, now, only=only, on_demand=on_demand, platforms=self.confirming
        )
        await self.write_files(now)
        for lane in self.lanes.values():
            lane.wake()
        return ran

    async def write_files(self, now: datetime) -> None:
        """The spreadsheets and papers that staff asked for, and the files that are to be kept."""
        sheets = await self.write_exports(now)
        desk = papers.Desk(self.database, self.office, now, data_folder(self.settings))
        made = await papers.write_waiting(desk, MAKERS)
        fetched = await fetching.fetch_waiting(desk, self.channels)
        if sheets or made or fetched:
            for lane in self.lanes.values():
                lane.wake()

    async def write_exports(self, now: datetime) -> int:
        return await exporting.write_waiting(self.database, self.office, now, exporting.folder_of(self.settings))

    async def follow(self, now: datetime) -> None:
        """Carry broadcasts on between two ticks: the next rows, how far they are, what is to be taken back."""
        await self.write_files(now)
        await self._hand_over(now)
        for channel in self.channels.values():
            await take_back(self.database, channel, self.clock)
        if any((await broadcast.run(self.database, self.office, now)).values()):
            for lane in self.lanes.values():
                lane.wake()

    async def deliver(self) -> None:
        """Send everything that is due now or within five seconds. What one channel can't deliver may go on to the next."""
        for _ in self.lanes:
            await asyncio.gather(*(lane.drain() for lane in self.lanes.values()))
        if await self._hand_over(self.clock.now()):
            await asyncio.gather(*(lane.drain() for lane in self.lanes.values()))  # a word to who has to confirm

    @property
    def confirming(self) -> dict[str, Confirming]:
        """The platforms on which a colleague confirms what residents get, by channel."""
        return {name: channel.tasks for name, channel in self.channels.items() if isinstance(channel, WithTasks)}

    async def _hand_over(self, now: datetime) -> int:
        """What a colleague has to confirm becomes a task on its platform; returns how many tasks were made."""
        platforms = self.confirming.values()
        made = sum([await handing_over.run(self.database, self.office, each, now) for each in platforms])
        for lane in self.lanes.values() if made else ():
            lane.wake()
        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Channels, lanes, dispatcher and timetable at work while the block runs; then a clean stop."""
        timer = scheduler.timer(self.clock, self._on_time)
        for lane in self.lanes.values():
            lane.listens = True
        lanes = [asyncio.create_task(lane.run(), name=f"lane {name}") for name, lane in self.lanes.items()]
        loops = [asyncio.create_task(self._receive(channel)) for channel in self.channels.values()]
        inbound = asyncio.create_task(self._handle(), name="inbound")
        loops.append(asyncio.create_task(self._follow(), name="broadcasts"))
        for task in [*loops, *lanes, inbound]:
            task.add_done_callback(self._fatal)
        timer.start()
        first = asyncio.create_task(self._on_time(self.clock.now()), name="first tick")
        try:
            yield
        finally:
            timer.shutdown(wait=False)
            self.stopping.set()
            for task in [*loops, first]:
                task.cancel()
            self.inbound.stop()
            await asyncio.wait({inbound, first, *loops}, timeout=HANDLING_SECONDS)
            inbound.cancel()
            await asyncio.gather(inbound, first, *loops, return_exceptions=True)
            for lane in self.lanes.values():
                await lane.stop()
            await asyncio.wait(lanes, timeout=STOP_SECONDS)
            for channel in self.channels.values():
                await channel.stop()

    async def serve(self, application: uvicorn.Config) -> None:
        """Run with the web server until SIGTERM or Ctrl-C."""
        server = uvicorn.Server(application)
        async with self.running():
            loop = asyncio.get_running_loop()
            serving = asyncio.create_task(server.serve())
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stopping.set)
            waiting = asyncio.create_task(self.stopping.wait())
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            waiting.cancel()
            await asyncio.gather(serving, waiting, return_exceptions=True)

    async def close(self) -> None:
        await self.database.close()

    async def _on_time(self, now: datetime) -> None:
        try:
            await self._note_health(now)
            await self.tick(now)
            await self.menus.offer(self.database, {name: self.channels[name] for name in self._started})
        except Exception as wrong:
            log.error("tick failed", exc_info=wrong)

    @property
    def _started(self) -> list[str]:
        return [name for name, channel in self.channels.items() if channel.health.ok]

    async def _note_health(self, now: datetime) -> None:
        """A channel that takes nothing in any more is red, also while nothing is to be sent."""
        async with self.database.write() as session:
            for name, lane in self.lanes.items():
                if self.tried[name].is_set():
                    await lane.tell_health(session, now)

    async def _follow(self) -> None:
        """Look after broadcasts every few seconds."""
        while True:
            await asyncio.sleep(broadcast.SHOWN_EVERY.total_seconds())
            try:
                await self.follow(self.clock.now())
            except Exception as wrong:
                log.error("broadcasts not carried on", exc_info=wrong)

    async def _handle(self) -> None:
        """Handle what came in, once the channels know their own names: a mention is read by it."""
        first = [asyncio.create_task(event.wait()) for event in self.tried.values()]
        await asyncio.wait(first, timeout=START_AGAIN_SECONDS[0])
        for task in first:
            task.cancel()
        await self.inbound.run()

    async def _receive(self, channel: Channel) -> None:
        """Start a channel, keep trying while it is refused, then take its updates in."""
        wait, longest = START_AGAIN_SECONDS
        while not await self.open(channel):
            self.tried[channel.name].set()
            await asyncio.sleep(wait)
            wait = min(wait * 2, longest)
        self.tried[channel.name].set()
        await channel.receive(self.inbound.store_for(channel.name))

    async def open(self, channel: Channel) -> bool:
        """Start one channel and note how it went; False when its platform refused or didn't answer."""
        try:
            await channel.start()
        except DeliveryError as refused:
            log.error("channel did not start", channel=channel.name, detail=refused.detail)
            if isinstance(refused, ChannelDown):
                self.lanes[channel.name].breaker.failed(monotonic(), at_once=True)
            async with self.database.write() as session:
                await note_health(session, channel.name, False, refused.detail, self.clock.now())
            return False
        async with self.database.write() as session:
            await note_health(session, channel.name, True, "", self.clock.now())
            if channel.public_name:
                self.names[channel.name] = channel.public_name
                await keep_bot_name(session, channel.name, channel.public_name)
        log.info("channel ready", channel=channel.name, account=channel.public_name)
        return True

    def _fatal(self, task: asyncio.Task[None]) -> None:
        """A loop that dies takes the process with it: a supervisor restarts a dead process, not a half-dead one."""
        if not task.cancelled() and task.exception() is not None and not self.stopping.is_set():
            log.critical("a loop died", loop=task.get_name(), exc_info=task.exception())
            self.stopping.set()


async def build(
    settings: Settings,
    database: Database,
    clock: Clock | None = None,
    channels: Mapping[str, Channel] | None = None,
    reader: Reader | None = None,
) -> App:
    """Join the parts of a configuration. `channels` and `clock` can be given: the sandbox and tests do."""
    clock = clock or SystemClock()
    async with database.read() as session:
        names = await bot_names(session)
    office = load_office(
        settings, tuple(channels) if channels is not None else enabled_channels(settings), names, clock
    )
    if channels is None:
        channels = open_channels(settings, clock, office.wording, database)
    if reader is None:
        reader = await asyncio.to_thread(Reader.load, CONTENT)
    lanes: dict[str, Lane] = {}

    memories = {name: channel.memory for name, channel in channels.items() if isinstance(channel, Remembering)}

    def wake(name: str) -> None:
        if name in memories:
            memories[name].wake()
        if name in lanes:
            lanes[name].wake()

    model = language_model(settings, CONTENT)
    dispatcher = Dispatcher(database, office, reader, channels, clock, wake, language_model=model)
    for name, channel in channels.items():
        lanes[name] = Lane(database, channel, office, clock)
    inbound = Inbound(database, dispatcher, clock)
    return App(settings, database, office, clock, channels, dispatcher, inbound, lanes, names)


@runtime_checkable
class Remembering(Protocol):
    """A channel whose answers can go back in the same breath: it waits for news of what was handled."""

    memory: DatabaseMemory


@runtime_checkable
class WithTasks(Protocol):
    """A channel whose messages to residents go out by a colleague's hand."""

    tasks: Confirming


def open_channels(settings: Settings, clock: Clock, wording: Wording, database: Database) -> dict[str, Channel]:
    """The channels that the configuration enables, by name."""
    return {name: CHANNELS[name](settings, clock, wording, database) for name in enabled_channels(settings)}


def _telegram(settings: Settings, clock: Clock, wording: Wording, database: Database) -> Channel:
    from bot.channels.telegram import TelegramChannel  # its SDK takes half a second to import

    return TelegramChannel(settings.telegram, clock, menus(wording))


def _wechat(settings: Settings, clock: Clock, wording: Wording, database: Database) -> Channel:
    from bot.channels.wechat import WechatChannel  # its SDK takes a third of a second to import

    memory = DatabaseMemory(database, clock, "wechat", settings.wechat.app_id)
    return WechatChannel(settings.wechat, clock, memory)


def _wecom(settings: Settings, clock: Clock, wording: Wording, database: Database) -> Channel:
    from bot.channels.wecom import WecomChannel  # as above

    account = f"{settings.wecom.corp_id}/{settings.wecom.agent_id}"
    return WecomChannel(settings.wecom, clock, DatabaseMemory(database, clock, "wecom", account))


def _email(settings: Settings, clock: Clock, wording: Wording, database: Database) -> Channel:
    from bot.channels.email import EmailChannel

    own, links = settings.organisation, Links(settings.web.public_url, settings.web.link_keys)
    return EmailChannel(settings.email, clock, wording, links, own.name, own.language, own.zone)


# Every channel of this version and how it is made.
CHANNELS: dict[str, Callable[[Settings, Clock, Wording, Database], Channel]] = {
    "telegram": _telegram,
    "wechat": _wechat,
    "wecom": _wecom,
    "email": _email,
}
