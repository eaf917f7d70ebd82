"""Who may come in to the sandbox, and what a wrong request is told: one line, nothing else."""

from __future__ import annotations

import json

import pytest

from bot import demo as demo_command
from bot.web.sandbox_door import BODY_BYTES_MAX
from tests.served_demo import TOKEN, ServedDemo

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRETS = ("王慧", "GH-3-1201", TOKEN)


async def test_without_the_token_there_is_only_a_door(demo: ServedDemo) -> None:
    page = await demo.outside.get("/sandbox")
    assert page.status_code == 200
    assert "请用带钥匙的地址打开" in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


@pytest.mark.parametrize("path", ["/state", "/board", "/outbox", "/jobs", "/events", "/households/GH-3-1201", "/tour"])
async def test_nothing_is_read_without_the_token(demo: ServedDemo, path: str) -> None:
    answer = await demo.outside.get(f"/sandbox/api{path}")
    assert answer.status_code == 403
    assert answer.json() == {"error": "请用终端里打印的地址打开。"}


async def test_a_wrong_token_says_so(demo: ServedDemo) -> None:
    page = await demo.outside.get("/sandbox", params={"token": "guess"})
    assert "这把钥匙不对" in page.text
    assert "set-cookie" not in page.headers


async def test_the_token_leaves_the_address_bar(demo: ServedDemo) -> None:
    answer = await demo.outside.get("/sandbox", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sandbox")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/sandbox" in cookie


@pytest.mark.parametrize("host", ["evil.example", "nuanling.example:8080", "192.168.1.5"])
async def test_a_foreign_name_for_this_machine_is_refused(demo: ServedDemo, host: str) -> None:
    for path in ("/sandbox", "/sandbox/api/state", "/healthz"):
        answer = await demo.client.get(path, headers={"host": host})
        assert answer.status_code == 400
        assert not [secret for secret in SECRETS if secret in answer.text]


async def test_writing_needs_the_header_and_the_page_itself(demo: ServedDemo) -> None:
    body = {"as": demo.person("王慧").id, "chat": demo.person("王慧").id, "text": "账单"}
    for headers in ({"x-sandbox-token": ""}, {"x-sandbox-token": "guess"}, {"origin": "https://evil.example"}):
        answer = await demo.client.post("/sandbox/api/say", json=body, headers=headers)
        assert answer.status_code == 403
    assert len(demo.lines(body["chat"])) == 1  # the morning's reminder, nothing else
    ours = await demo.client.post("/sandbox/api/say", json=body, headers={"origin": demo.address})
    assert ours.status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"null", b'"text"', b"\xff\xfe", b"[" * 60_000])
async def test_a_body_that_is_no_json_object_gets_a_line(demo: ServedDemo, body: bytes) -> None:
    answer = await demo.client.post("/sandbox/api/say", content=body)
    assert answer.status_code == 400
    assert answer.json() == {"error": "没看懂这次请求：要一个 JSON 对象。"}


async def test_a_huge_body_is_refused(demo: ServedDemo) -> None:
    answer = await demo.client.post("/sandbox/api/say", content=b" " * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()) == (413, {"error": "太长了。"})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/say", {}, 400),
        ("/say", {"as": 1, "chat": "1001", "text": "x"}, 400),
        ("/say", {"as": "1001", "chat": "1001", "attachment": "virus"}, 400),
        ("/say", {"as": "0", "chat": "0", "text": "x"}, 409),
        ("/say", {"as": "1001", "chat": "1002", "text": "x"}, 409),
        ("/say", {"as": "1001", "chat": "1001", "text": "  "}, 409),
        ("/say", {"as": "1001", "chat": "1001", "text": "长" * 4097}, 409),
        ("/say", {"as": "8001", "chat": "8001", "text": "没按开始"}, 409),
        ("/press", {"as": "1001", "chat": "1001", "message": "999999", "token": "x"}, 409),
        ("/clock", {"action": "back"}, 400),
        ("/faults", {"chat": "1001", "kind": "meteor"}, 400),
        ("/faults", {"chat": "nobody", "kind": "slow"}, 404),
        ("/scenario", {"name": "no-such-month"}, 400),
        ("/pay", {"account": "no-such-code"}, 409),
        ("/pay", {"account": "GH-3-1201", "fen": -5}, 400),
        ("/pay", {"account": "GH-3-1201", "fen": True}, 400),
    ],
)
async def test_a_wrong_wish_gets_a_clear_line(
    demo: ServedDemo, path: str, body: dict[str, object], status: int
) -> None:
    answer = await demo.client.post(f"/sandbox/api{path}", json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text


async def test_what_does_not_exist_is_a_404_with_a_line(demo: ServedDemo) -> None:
    for path in ("/outbox/999999", "/households/nobody", "/households/nobody/export"):
        answer = await demo.client.get(f"/sandbox/api{path}")
        assert (answer.status_code, answer.json()) == (404, {"error": "没有这一项。"})


async def test_lines_are_in_the_language_of_the_page(demo: ServedDemo) -> None:
    answer = await demo.client.post("/sandbox/api/clock?lang=en", json={"action": "back"})
    assert answer.json() == {"error": "action is wrong in this request."}


async def test_every_answer_shuts_the_page_off_from_the_world(demo: ServedDemo) -> None:
    for path in ("/sandbox", "/sandbox/api/state", "/sandbox/static/sandbox.js"):
        headers = (await demo.client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
    page = (await demo.client.get("/sandbox")).text
    assert "http://" not in page
    assert "https://" not in page


async def test_words_of_a_visitor_cannot_become_markup(demo: ServedDemo) -> None:
    text = "<script>alert(1)</script>&\"'"
    await demo.say("孙丽", text)
    person = demo.person("孙丽")
    lines = (await demo.get(f"/chats/{person.id}"))["lines"]
    assert text in [line["text"] for line in lines]
    raw = await demo.client.get(f"/sandbox/api/chats/{person.id}")
    assert raw.headers["content-type"] == "application/json"
    assert json.loads(raw.text)["lines"]


async def test_the_demo_listens_on_loopback_alone() -> None:
    assert demo_command.HOST == "127.0.0.1"
    with demo_command._listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
