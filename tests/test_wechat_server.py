"""The stand-in of WeChat's platform: it works as a process of its own. For other people's clients see tests/interop."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx

HERE = Path(__file__).parent / "wechat_server"


async def test_it_runs_as_a_process_and_is_driven_over_http() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, str(HERE), "--port", "0", stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        account = json.loads(await process.stdout.readline())
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            person = (await http.post("/_control/people/oWang/follow", json={})).json()
            assert person == {"openid": "oWang", "broken": 0, "got": []}
            wanted = {"grant_type": "client_credential", "appid": account["app_id"], "secret": account["app_secret"]}
            token = (await http.post("/cgi-bin/stable_token", json=wanted)).json()["access_token"]
            text = {"touser": "oWang", "msgtype": "text", "text": {"content": "您好"}}
            sent = [
                (await http.post("/cgi-bin/message/custom/send", params={"access_token": token}, json=text)).json()
                for _ in range(4)
            ]
            assert [each["errcode"] for each in sent] == [0, 0, 0, 45047]
            await http.post("/_control/skip", json={"seconds": 61})
            late = await http.post("/cgi-bin/message/custom/send", params={"access_token": token}, json=text)
            assert late.json()["errcode"] == 45015
            got = (await http.get("/_control/people/oWang/got")).json()["got"]
            assert [each["text"] for each in got] == ["您好"] * 3
    finally:
        process.terminate()
        await process.wait()


async def test_it_is_a_company_too_and_prints_a_section_to_paste() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE), "--port", "0", "--company", stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        account = json.loads(await process.stdout.readline())
        printed = [(await process.stdout.readline()).decode() for _ in range(len(account) + 2)]
        assert tomllib.loads("".join(printed)) == {"wecom": account}
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            made = (await http.post("/_control/groups", json={"owner": "wang", "name": "桂花苑业主群"})).json()
            assert [(each["name"], each["followers"], each["got"]) for each in made.values()] == [
                ("桂花苑业主群", ["wang"], [])
            ]
            wang = (await http.get("/_control/colleagues/wang")).json()
            assert wang == {"userid": "wang", "got": [], "to_confirm": []}
    finally:
        process.terminate()
        await process.wait()
