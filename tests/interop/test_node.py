"""WeChat's crypto and our stand-in of its platform against other people's programs: `make interop`."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as CorpCrypto

from bot.channels.wechat_gate import Gate
from tests.wechat_server.server import WechatServer

HERE = Path(__file__).parent
NODE = Path(os.environ["NUANLING_NODE_FOLDER"])  # holds node_modules
FROZEN = json.loads((HERE.parent / "wechat_server/vectors.json").read_text(encoding="utf-8"))
CRYPTO: dict[str, Any] = {"wechat-crypto": WeChatCrypto, "@wecom/crypto": CorpCrypto}
WORDS = ["1", "我家这个月物业费多少钱？", "🔔🏠 谢谢", "长" * 680]


async def node(script: str, *arguments: str, folder: Path = NODE) -> str:
    """What a script printed; its packages are looked up from the folder it runs in."""
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / script), *arguments, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_fresh_bytes_of_other_packages_pass_the_gate(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    await node("make_vectors.mjs", folder=tmp_path)
    made = json.loads((tmp_path / "vectors.json").read_text(encoding="utf-8"))
    assert made["made_with"] == FROZEN["made_with"]
    assert [each["xml"] for each in made["vectors"]] == [each["xml"] for each in FROZEN["vectors"]]

    async def unseen(nonce: str) -> bool:
        return False

    for each in made["vectors"]:
        crypto = CRYPTO[each["package"]](made["token"], made["aes_key"], each["id"])
        query = {"timestamp": each["timestamp"], "nonce": each["nonce"], "msg_signature": each["signature"]}
        body = f"<xml><Encrypt><![CDATA[{each['encrypt']}]]></Encrypt></xml>".encode()
        now = datetime.fromtimestamp(int(each["timestamp"]), UTC)
        assert await Gate(made["token"], crypto, each["id"]).opened(query, body, now, unseen) == each["xml"]


@pytest.mark.parametrize("package", CRYPTO)
async def test_other_packages_open_what_we_encrypt(package: str) -> None:
    token, key, account = FROZEN["token"], FROZEN["aes_key"], "wx5823bf96d3bd56c7"
    crypto = CRYPTO[package](token, key, account)
    sealed = [crypto.encrypt_message(words, secrets.token_hex(8), "1795492800") for words in WORDS]
    common = {"package": package, "token": token, "key": key, "id": account}
    opened = json.loads(await node("open_reply.mjs", json.dumps([common | {"xml": xml} for xml in sealed])))
    assert [each["message"] for each in opened] == WORDS
    assert {each["id"] for each in opened} == {account}
    assert all(each["signed"] for each in opened)


async def test_another_projects_client_can_use_our_stand_in() -> None:
    async with WechatServer() as server:
        server.templates["TPL"] = "房号：{{thing1.DATA}}"
        person = server.person()
        person.follower.following = True
        server.open_window(person.follower, "message")
        told = {"url": server.url, "app_id": server.app_id, "secret": server.secret, "openid": person.openid}
        results = json.loads(await node("other_client.mjs", json.dumps(told | {"template": "TPL"})))
        assert results.pop("refused") == {"refused": 40003}
        assert {name: each["errcode"] for name, each in results.items()} == dict.fromkeys(results, 0)
        assert results["getMenu"]["menu"] == server.menu
        assert [(message.kind, message.text) for message in person.got] == [("customer", "您好"), ("template", "")]
