"""One token for everybody: fetched once, renewed once, forced with care; and what every code of the platform means."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.channels.channel import Sendable
from bot.channels.wechat import WechatChannel
from bot.channels.wechat_api import Timeouts
from bot.channels.wechat_errors import TABLE, Code, Do, of_code
from bot.settings import Wechat
from bot.wechat_memory import DatabaseMemory
from domain.clock import ManualClock, SystemClock
from domain.errors import ChannelDown, DeliveryError, Rejected, Shut, TryLater, Unknown, Unreachable
from models import platforms
from models.base import Database
from tests.channels.wechat_stage import CUSTOMER, WechatStage
from tests.wechat_server.server import WechatServer

SHORT = Timeouts(connect=0.5, answer=0.5, total=2.0)


@pytest.fixture
async def cold(wechat_settings: Wechat, memory: DatabaseMemory) -> WechatChannel:
    """Not started: it has no token yet."""
    return WechatChannel(wechat_settings, SystemClock(), memory, SHORT)


async def test_twenty_first_calls_fetch_one_token(cold: WechatChannel, wechat_server: WechatServer) -> None:
    await asyncio.gather(*(cold.start() for _ in range(20)))
    assert wechat_server.token_calls == [False]


async def test_a_second_process_uses_the_same_token(
    cold: WechatChannel, wechat_settings: Wechat, sqlite: Database, wechat_server: WechatServer
) -> None:
    other_memory = DatabaseMemory(sqlite, SystemClock(), "wechat", wechat_settings.app_id)
    other = WechatChannel(wechat_settings, SystemClock(), other_memory, SHORT)
    await asyncio.gather(*(each.start() for each in (cold, other) * 10))
    assert wechat_server.token_calls == [False]


async def test_a_refused_token_is_renewed_once(cold: WechatChannel, wechat_server: WechatServer) -> None:
    await cold.start()
    wechat_server.revoke_tokens()
    await asyncio.gather(*(cold.start() for _ in range(20)))
    assert wechat_server.token_calls == [False, False]


async def test_an_expired_token_is_renewed_before_anybody_notices(
    wechat_settings: Wechat, sqlite: Database, wechat_server: WechatServer
) -> None:
    clock = ManualClock(SystemClock().now())
    memory = DatabaseMemory(sqlite, clock, "wechat", wechat_settings.app_id)
    channel = WechatChannel(wechat_settings, clock, memory, SHORT)
    await channel.start()
    clock.advance(timedelta(hours=2))
    wechat_server.skipped_seconds += 7200
    await channel.start()
    assert wechat_server.token_calls == [False, False]
    assert [call.code for call in wechat_server.calls if call.code] == []


async def test_a_token_refused_for_good_ends_after_one_refresh_a_call_and_careful_force(
    stage_of_wang: WechatStage, wechat: WechatChannel, wechat_server: WechatServer
) -> None:
    before = len(wechat_server.token_calls)
    wechat_server.fail(CUSTOMER, 40001, times=100)
    message = Sendable(stage_of_wang.person, "您好")
    for number, forced in enumerate((False, True), start=1):
        with pytest.raises(ChannelDown, match="40001"):
            await wechat.send(message)
        assert len(wechat_server.token_calls) == before + number
        assert wechat_server.token_calls[-1] is forced
    for _ in range(5):  # within thirty seconds nothing is forced again
        with pytest.raises(ChannelDown):
            await wechat.send(message)
    assert wechat_server.token_calls[before:].count(True) == 1
    assert not wechat.health.ok


@pytest.fixture
def stage_of_wang(wechat_stage: WechatStage) -> WechatStage:
    return wechat_stage


async def test_force_has_its_own_limits(memory: DatabaseMemory, sqlite: Database) -> None:
    clock = ManualClock(SystemClock().now().replace(hour=1))
    careful = DatabaseMemory(sqlite, clock, "wechat", "app")
    await careful.may_fetch()
    allowed = 0
    for _ in range(30):
        allowed += await careful.may_force()
        assert not await careful.may_force()
        clock.advance(timedelta(seconds=31))
    assert allowed == 20


async def test_an_empty_allow_list_names_the_address_to_add(cold: WechatChannel, wechat_server: WechatServer) -> None:
    wechat_server.allowed_ips = set()
    with pytest.raises(ChannelDown, match=r"add 127\.0\.0\.1 to the IP allow-list"):
        await cold.start()
    assert not cold.health.ok
    assert "127.0.0.1" in cold.health.detail


@pytest.mark.parametrize(("key", "cure"), [("app_id", "app_id"), ("app_secret", "app_secret")])
async def test_wrong_keys_are_named(wechat_settings: Wechat, memory: DatabaseMemory, key: str, cure: str) -> None:
    wrong = wechat_settings.model_copy(update={key: "wrong"})
    with pytest.raises(ChannelDown, match=cure):
        await WechatChannel(wrong, SystemClock(), memory, SHORT).start()


async def test_nobody_at_home_is_no_doubt(cold: WechatChannel, wechat_server: WechatServer) -> None:
    await wechat_server.go_down()
    with pytest.raises(TryLater):
        await cold.start()
    await wechat_server.come_back()
    await cold.start()


async def test_a_slow_token_is_given_up(cold: WechatChannel, wechat_server: WechatServer) -> None:
    wechat_server.faults.add("slow", method="stable_token", delay_ms=1500, times=1)
    with pytest.raises(TryLater):
        await cold.start()


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [("reset_before", Unknown), ("hang_after", Unknown), ("garbage", Unknown), ("server_error_after", Unknown)],
)
async def test_what_nobody_knows_is_unknown(
    wechat_settings: Wechat, memory: DatabaseMemory, wechat_server: WechatServer, wechat_stage: WechatStage,
    fault: str, meaning: type[DeliveryError],
) -> None:  # fmt: skip
    channel = WechatChannel(wechat_settings, SystemClock(), memory, SHORT)
    wechat_server.faults.add(fault, method=CUSTOMER, times=1, delay_ms=1000)
    with pytest.raises(meaning):
        await channel.send(Sendable(wechat_stage.person, "您好"))


async def test_secrets_stay_out_of_logs_and_errors(
    wechat: WechatChannel, wechat_server: WechatServer, wechat_stage: WechatStage, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.log import QUIET

    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    told = []
    for code in (40001, 40013, 45009, 99999, -1):
        wechat_server.fail(CUSTOMER, code, times=3, message=f"secret {wechat_server.secret}")
        with pytest.raises(DeliveryError) as refused:
            await wechat.send(Sendable(wechat_stage.person, "您好王女士"))
        told.append(f"{refused.value!r} {refused.value.detail} {refused.value.__cause__!r}")
        wechat_server.errors.clear()
    everything = "".join(told) + caplog.text
    hidden = [wechat_server.secret, *wechat_server.tokens, wechat_stage.person, "王女士"]
    assert [each for each in hidden if each in everything] == []


# the table

KINDS: dict[Do, type[DeliveryError]] = {
    Do.AGAIN: TryLater,
    Do.REFRESH: TryLater,
    Do.STOP: ChannelDown,
    Do.UNREACHABLE: Unreachable,
    Do.SHUT: Shut,
    Do.TOMORROW: Shut,
    Do.WAIT: TryLater,
    Do.SPLIT: Rejected,
    Do.REJECT: Rejected,
}


@pytest.mark.parametrize("number", sorted(TABLE))
def test_each_code_means_what_its_row_says(number: int) -> None:
    row, now = TABLE[number], SystemClock().now()
    meant = of_code(Code(number, "invalid ip 10.1.2.3, not in whitelist"), now)
    assert type(meant) is KINDS[row.do]
    assert str(number) in meant.detail
    if row.do is Do.STOP:
        assert row.cure
    if "{ip}" in row.cure:
        assert "10.1.2.3" in meant.detail


def test_the_days_quota_comes_back_at_midnight_in_beijing() -> None:
    now = SystemClock().now()
    meant = of_code(Code(45009), now)
    assert isinstance(meant, Shut)
    assert meant.until is not None
    assert meant.until.isoformat()[11:] == "00:00:00+08:00"
    assert timedelta() < meant.until - now <= timedelta(days=1)


async def test_an_unknown_code_is_refused_and_counted(
    wechat: WechatChannel, wechat_server: WechatServer, wechat_stage: WechatStage, sqlite: Database
) -> None:
    wechat_server.fail(CUSTOMER, 61450, times=2)
    for _ in range(2):
        with pytest.raises(Rejected, match="61450"):
            await wechat.send(Sendable(wechat_stage.person, "您好"))
    async with sqlite.read() as session:
        counted = await platforms.unknown_errors(session, (SystemClock().now() - timedelta(days=1)).date())
    assert counted == [("wechat", "61450", 2)]
