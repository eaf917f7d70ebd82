"""The callback's gate against everything that is not the platform: nothing passes, nothing is a fault of ours."""

from __future__ import annotations

import gc
import json
import os
import random
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as CorpCrypto

from bot.channels.wechat import WechatChannel
from bot.channels.wechat_gate import Gate, Refused
from domain.clock import SystemClock, monotonic
from tests.wechat_server.callbacks import Person
from tests.wechat_server.envelope import Envelope
from tests.wechat_server.server import WechatServer

PATH = "/wechat/callback"
VECTORS = json.loads((Path(__file__).parents[1] / "wechat_server/vectors.json").read_text(encoding="utf-8"))
MUTATIONS = 100_000 if os.environ.get("NUANLING_FULL") else 3_000


class Door:
    """The callback of a real channel, with a store that remembers."""

    def __init__(self, channel: WechatChannel, server: WechatServer, person: Person) -> None:
        self.stored: dict[str, str] = {}
        self.server = server
        self.person = person
        self.channel = channel
        application = Starlette(routes=list(channel.routes(self._store)))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://bot.test")

    async def _store(self, external_id: str, payload: str) -> None:
        self.stored[external_id] = payload

    def text(self, words: str = "您好", number: int = 0) -> str:
        number = number or 90_000_000 + len(self.stored)
        return self.server.callbacks.xml(self.person.follower, {"MsgType": "text", "Content": words, "MsgId": number})

    async def post(self, query: dict[str, str], body: bytes | str) -> httpx.Response:
        return await self.http.post(f"{PATH}?{urlencode(query)}", content=body)

    async def refuses(self, query: dict[str, str], body: bytes | str) -> None:
        """4xx or empty, and nothing is kept."""
        before = dict(self.stored)
        answer = await self.post(query, body)
        assert 400 <= answer.status_code < 500 or (answer.status_code == 200 and not answer.content)
        assert self.stored == before


@pytest.fixture
async def door(wechat: WechatChannel, wechat_server: WechatServer) -> AsyncIterator[Door]:
    door = Door(wechat, wechat_server, wechat_server.person())
    yield door
    await door.http.aclose()


async def test_the_platforms_own_call_is_stored(door: Door) -> None:
    query, body = door.server.callbacks.request(door.text("账单多少钱 <!DOCTYPE> </xml>", 4711))
    answer = await door.post(query, body)
    assert (answer.status_code, answer.content) == (200, b"")
    message = door.channel.parse(door.stored["4711"])
    assert message is not None
    assert (message.text, message.chat) == ("账单多少钱 <!DOCTYPE> </xml>", door.person.openid)


async def test_the_address_is_confirmed_plainly_and_encrypted(door: Door) -> None:
    envelope, now = door.server.envelope, str(int(door.server.now()))
    plain = {"timestamp": now, "nonce": "n", "echostr": "5927782489442352469"}
    plain["signature"] = envelope.signature(now, "n")
    answer = await door.http.get(PATH, params=plain)
    assert (answer.status_code, answer.text) == (200, plain["echostr"])
    secret = envelope.encrypt("1616140317555161061")
    sealed = {"timestamp": now, "nonce": "n", "echostr": secret, "msg_signature": envelope.signature(now, "n", secret)}
    assert (await door.http.get(PATH, params=sealed)).text == "1616140317555161061"
    for wrong in (
        plain | {"signature": "0" * 40},
        plain | {"echostr": "<script>"},
        plain | {"timestamp": str(int(now) - 400), "signature": envelope.signature(str(int(now) - 400), "n")},
        sealed | {"msg_signature": "0" * 40},
        {},
    ):
        assert (await door.http.get(PATH, params=wrong)).status_code in (400, 403)


async def test_a_replay_and_a_used_nonce_change_nothing(door: Door) -> None:
    query, body = door.server.callbacks.request(door.text(number=1), nonce="once")
    await door.post(query, body)
    assert list(door.stored) == ["1"]
    await door.refuses(query, body)
    other, another_body = door.server.callbacks.request(door.text(number=2), nonce="once")
    await door.refuses(other, another_body)
    assert list(door.stored) == ["1"]


# One in the future comes nearer while the request is on its way.
@pytest.mark.parametrize("seconds", [-301, 330, -10_000_000, 10_000_000])
async def test_stale_and_future_times_are_refused(door: Door, seconds: float) -> None:
    await door.refuses(*door.server.callbacks.request(door.text(), at=door.server.now() + seconds))


async def test_plain_mode_and_other_accounts_are_refused(door: Door) -> None:
    xml = door.text()
    query, _ = door.server.callbacks.request(xml)
    await door.refuses(query, xml)
    stranger = Envelope(door.server.callback_token, door.server.aes_key, "wx0000000000000000")
    door.server.envelope = stranger
    await door.refuses(*door.server.callbacks.request(xml))
    door.server.envelope = Envelope("another token", door.server.aes_key, door.server.app_id)
    await door.refuses(*door.server.callbacks.request(xml))


async def test_every_flipped_bit_is_noticed(door: Door) -> None:
    query, body = door.server.callbacks.request(door.text(number=5))
    dice = random.Random(5)
    raw = body.encode()
    start = raw.index(b"<Encrypt><![CDATA[") + len(b"<Encrypt><![CDATA[")
    for _ in range(300):
        place, bit = dice.randrange(start, raw.index(b"]]></Encrypt>")), 1 << dice.randrange(8)
        flipped = bytearray(raw)
        flipped[place] ^= bit
        await door.refuses(query, bytes(flipped))
    for name in ("msg_signature", "timestamp", "nonce"):
        for place in range(len(query[name])):
            changed = query[name][:place] + chr(ord(query[name][place]) ^ 1) + query[name][place + 1 :]
            await door.refuses(query | {name: changed}, body)


def bombs() -> list[str]:
    """Fifteen ways to make a small body large, deep, slow, or reach for other files."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    blowup = '<!ENTITY a "' + "x" * 10_000 + '">'
    return [
        f"<!DOCTYPE x [{laughs}]><xml><Encrypt>&l9;</Encrypt></xml>",
        f"<!DOCTYPE x [{blowup}]><xml><Encrypt>{'&a;' * 5_000}</Encrypt></xml>",
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Encrypt>&f;</Encrypt></xml>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "http://127.0.0.1:1/">]><xml><Encrypt>&f;</Encrypt></xml>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hosts">%p;]><xml/>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml/>',
        '<?xml version="1.0"?><!DOCTYPE x PUBLIC "a" "file:///dev/zero"><xml/>',
        "<a>" * 20_000,
        "<a>" * 9 + "</a>" * 9,
        "<xml>" + "<!-- " * 10_000 + "</xml>",
        "<![CDATA[" * 7_000,
        "<Encrypt>" * 7_000,
        "<Encrypt>" + " " * 60_000,
        "<xml " + 'a="1" ' * 10_000 + ">",
        "<xml><Encrypt>" + "&#x41;" * 10_000 + "</Encrypt></xml>",
    ]


async def test_bombs_are_refused_at_once_outside_and_inside(door: Door) -> None:
    slowest = 0.0
    for bomb in bombs():
        query, _ = door.server.callbacks.request("x")
        began = monotonic()
        await door.refuses(query, bomb)
        sealed, body = door.server.callbacks.request(bomb)
        await door.refuses(sealed, body)
        slowest = max(slowest, monotonic() - began)
    assert door.stored == {}
    assert slowest < 2.0


async def test_twenty_megabytes_are_not_read(door: Door) -> None:
    query, _ = door.server.callbacks.request("x")
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(20 * 16):
            read += 64 * 1024
            yield b"x" * 64 * 1024

    answer = await door.http.post(f"{PATH}?{urlencode(query)}", content=body())
    assert answer.status_code == 413
    assert door.stored == {}


def mutated(dice: random.Random, raw: bytes) -> bytes:
    """A body with a few bytes changed, taken out, doubled, or cut off."""
    body = bytearray(raw)
    for _ in range(dice.randrange(1, 6)):
        place = dice.randrange(len(body) + 1)
        match dice.randrange(6):
            case 0:
                body[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del body[place : place + dice.randrange(20)]
            case 2:
                body[place:place] = body[place : place + dice.randrange(200)]
            case 3:
                body[place:place] = dice.choice(
                    [b"<![CDATA[", b"]]>", b"<!", b"<Encrypt>", b"</xml>", b"\x00", b"\xff", b"&lt;", "字".encode()]
                )
            case 4:
                del body[place:]
            case _:
                body[place:place] = bytes(dice.randrange(256) for _ in range(8))
    return bytes(body)


async def test_mutated_bodies_are_never_a_fault_and_never_let_in(door: Door) -> None:
    """Outside, where they have no signature; and inside, where whoever has the key sends nonsense."""
    dice = random.Random(20261124)
    outcomes: set[int] = set()
    xml = door.text(number=7)
    sizes = []
    tracemalloc.start()
    for number in range(MUTATIONS):
        if number % 1000 == 0:  # a stale one would be refused for its age alone
            query, body = door.server.callbacks.request(xml)
        changed = mutated(dice, body.encode())
        outcomes.add((await door.post(query, changed if changed != body.encode() else b"")).status_code)
        if number in (MUTATIONS // 10, MUTATIONS - 1):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    # Line ends between the parts are nobody's message: with those alone changed it is still the platform's own.
    assert all(json.loads(payload)["xml"] == xml for payload in door.stored.values())
    assert outcomes <= {200, 400, 403, 413}
    assert sizes[1] - sizes[0] < 2_000_000
    for _ in range(MUTATIONS // 10):
        inner = mutated(dice, door.text(number=dice.randrange(1, 10**9)).encode()).decode("utf-8", "replace")
        answer = await door.post(*door.server.callbacks.request(inner))
        assert answer.status_code < 500
    for payload in door.stored.values():
        door.channel.parse(payload)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda each: f"{each['package']} {each['nonce']}")
async def test_what_other_programs_encrypted_is_read(vector: dict[str, Any]) -> None:
    """Bytes made with other people's packages (tests/interop/make_vectors.mjs): what all sides agree on is the platform's format."""
    token, key = VECTORS["token"], VECTORS["aes_key"]
    kind = WeChatCrypto if vector["package"] == "wechat-crypto" else CorpCrypto
    gate = Gate(token, kind(token, key, vector["id"]), vector["id"])
    query = {name: vector[name] for name in ("timestamp", "nonce")} | {"msg_signature": vector["signature"]}
    body = f"<xml><Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt></xml>".encode()
    now = SystemClock().now().fromtimestamp(int(vector["timestamp"]), SystemClock().now().tzinfo)

    async def unseen(nonce: str) -> bool:
        return False

    assert await gate.opened(query, body, now, unseen) == vector["xml"]
    ours = Envelope(token, key, vector["id"])
    assert ours.decrypt(vector["encrypt"]) == (vector["xml"], vector["id"])
    assert ours.signature(vector["timestamp"], vector["nonce"], vector["encrypt"]) == vector["signature"]
    with pytest.raises(Refused):
        await Gate(token, kind(token, key, "another"), "another").opened(query, body, now, unseen)
