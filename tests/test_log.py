"""Nothing that identifies a person or opens a door is ever in a log line, however it gets there."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import aiohttp
import httpx
import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bot.log import redact, set_up
from tests.events import tell_plainly

BOT_TOKEN = "7123456789:AAHkQz-4nP_v0sLwYcXtRfGhJkLmNoPqRsT"
START_TOKEN = "Zk3pQ-9sVxW_aB7cDeFgHi"
PHONE = "13812345678"
CANARIES = (BOT_TOKEN, START_TOKEN, PHONE)
URL = f"http://127.0.0.1:9/bot{BOT_TOKEN}/sendMessage?start={START_TOKEN}"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    tell_plainly()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"POST https://api.telegram.org/bot{BOT_TOKEN}/getMe", "POST https://api.telegram.org/bot[hidden]/getMe"),
        (f"token {BOT_TOKEN.replace(':', '%3A')}", "token [hidden]"),
        (f"/start {START_TOKEN}", "/start [hidden]"),
        (f"https://t.me/nuanling_bot?start={START_TOKEN}", "https://t.me/nuanling_bot?start=[hidden]"),
        (f"https://t.me/nuanling_bot?startgroup={START_TOKEN}", "https://t.me/nuanling_bot?startgroup=[hidden]"),
        (f"button {START_TOKEN} is used up", "button [hidden] is used up"),
        (f"call {PHONE}, +86 138 1234 5678 or 138-1234-5678", "call [hidden], [hidden] or [hidden]"),
        ("webhook/send?key=693a91f6-7abc-4bc4-97a0 failed", "webhook/send?key=[hidden] failed"),
        ("grant?secret=abc&access_token=def", "grant?secret=[hidden]&access_token=[hidden]"),
    ],
)
def test_secrets_are_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "row=1234567 chat=-1002000000123 lane=telegram",
        "2026-11-24T01:29:45.123456Z claimed 13 of 17, 12800 fen",
        "ConnectionRefusedError < ClientConnectorError",  # the first has 22 letters
        "a_name_of_22_lower_cas UPPER_CASE_NAME_OF_22_",
        "remind/12/345/overdue_gentle",
    ],
)
def test_the_rest_stays_readable(text: str) -> None:
    assert redact(text) == text


def test_our_own_events_are_redacted_in_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(logging.DEBUG)
    log = structlog.get_logger("bot.canary")
    try:
        raise ValueError(f"failed for {PHONE} at {URL}")
    except ValueError as wrong:
        log.error(f"event {PHONE}", address=URL, several=[*CANARIES], nested={"a": {"b": BOT_TOKEN}}, exc_info=wrong)
        log.warning("plain", error=wrong)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "address=" in said
    assert not [canary for canary in CANARIES if canary in said]


def test_a_fault_is_told_by_its_class_and_place_never_by_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A database repeats the row that it refused, with what a person wrote."""
    set_up()
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(text("INSERT INTO inbox (text) VALUES (:text)"), {"text": "我离婚了,实在交不起"})
    except OperationalError as wrong:
        structlog.get_logger().error("handler failed", exc_info=wrong)
    engine.dispose()
    [line] = capsys.readouterr().err.splitlines()
    assert re.search(r'exception="OperationalError tests/test_log\.py:\d+"', line)
    assert "离婚" not in line
    assert "INSERT" not in line


def test_libraries_are_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(logging.DEBUG)
    log = logging.getLogger("some.library")
    log.warning("request to %s for %s failed", URL, PHONE)
    try:
        raise ConnectionError(URL)
    except ConnectionError:
        log.exception("no answer from %s", URL, stack_info=True)
    said = capsys.readouterr().err
    assert "some.library request to" in said
    assert "no answer from" in said
    assert "(ConnectionError)" in said
    assert not [canary for canary in CANARIES if canary in said]


async def test_http_libraries_say_nothing_of_their_requests(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(logging.DEBUG)
    async with aiohttp.ClientSession() as ours, httpx.AsyncClient() as theirs:
        with pytest.raises(aiohttp.ClientConnectorError):
            await ours.get(URL)
        with pytest.raises(httpx.ConnectError):
            await theirs.get(URL)
    assert capsys.readouterr().err == ""
