"""Wrong use and wrong configuration: one clear line, exit 2, never a traceback."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.database import Ownership
from bot.settings import ROOT


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real program, as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NUANLING_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "NUANLING_ORGANISATION__LANGUAGE": "en", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["db", "nonsense"], "No such command 'nonsense'"),
        (["import"], "Missing command"),
        (["invite", "--nonsense"], "No such option: --nonsense"),
        (["bill", "void", "x"], "Invalid value for 'ID'"),
        (["report", "--period", "2026-11"], "Missing option '--out'"),
        (["simulate", "--days", "0"], "--days 0: 1 to 3660"),
        (["erase", "account", "S-1"], "there is no account 'S-1'"),
        (["import", "offers", "x.csv"], "x.csv: No such file or directory"),
        (["invite", "--all", "--out", "slips.doc"], "write a .pdf to print, or a .csv"),
        (["invite"], "give one account's CODE, or --all"),
        (["--config", "none.toml", "db", "check"], "none.toml: no such file"),
        (["import", "bills", "none.csv"], "none.csv: No such file or directory"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run(tmp_path, *arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "没有 “nonsense” 这个命令（用法见 python -m bot --help）"),
        (["import", "bils", "x"], "没有 “bils” 这个命令，是不是 “bills”？（用法见 python -m bot import --help）"),
        (["invite", "--nonsense"], "没有 --nonsense 这个选项（用法见 python -m bot invite --help）"),
        (["bill", "void"], "还缺参数 “ID”：请写上（用法见 python -m bot bill void --help）"),
        (["bill", "void", "x"], "“ID” 的值不对：请写整数（用法见 python -m bot bill void --help）"),
        (["preview"], "还缺选项 “--on”：请写上它和它的值（用法见 python -m bot preview --help）"),
        (["preview", "--on"], "选项 “--on” 后面要写值"),
        (["approve", "x", "y"], "多写了 x y：请去掉"),
        (["invite"], "请写一户的编号 CODE，或用 --all 发给所有户"),
        (["invite", "S-1", "--role", "x"], "--role x：只能是其中之一：owner、family、tenant"),
        (["invite", "S-1"], "没有编号 “S-1”"),
        (["bill", "generate", "--period", "x"], "“x” 不是账期，写法如 2026-12、2026-Q4 或 2026"),
        (["import", "bills", "none.csv"], "none.csv：没有这个文件或文件夹"),
        (["--config", "none.toml", "approve"], "none.toml：没有这个文件：用 python -m bot init 建一个"),
    ],
)
def test_wrong_use_in_a_chinese_office(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run(tmp_path, *arguments, NUANLING_ORGANISATION__LANGUAGE="zh")
    assert result.returncode == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.returncode, "Commands:" in result.stderr) == (2, True)
    assert run(tmp_path, "--help").returncode == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[organisation]\nnmae = 'x'", "unknown key organisation.nmae"),
        ("[organisation]\ntimezone = 'Mars'", "organisation.timezone"),
        ("[telegram]\nenabled = true", "telegram.token is missing"),
        ("[wechat]\nenabled = true", "wechat.app_id is missing"),
        ("[database]\nurl = 'mysql://x/y'", "database.url is not an address"),
        ("[database]\nurl = 'nonsense'", "database.url is not an address"),
        ("[database", "config.toml"),
    ],
)
def test_wrong_configuration(tmp_path: Path, config: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    result = run(tmp_path, "db", "check")
    assert result.returncode == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is no database, and long enough to be looked at " * 40, encoding="utf-8")
    result = run(tmp_path, "db", "check", NUANLING_DATABASE__URL="sqlite:///x.db")
    assert (result.returncode, result.stderr) == (2, "nuanling: the database refused: file is not a database\n")


def test_a_database_of_another_version_is_not_touched(tmp_path: Path) -> None:
    assert run(tmp_path, "db", "check").stdout == "ok\n"
    with sqlite3.connect(tmp_path / "data/nuanling.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    result = run(tmp_path, "db", "check")
    assert (result.returncode, "run `python -m bot db upgrade`" in result.stderr) == (2, True)
    result = run(tmp_path, "db", "upgrade")
    assert (result.returncode, "made by a newer version" in result.stderr) == (2, True)


def test_two_first_commands_at_once(tmp_path: Path) -> None:
    """All find no database; one creates it, the others wait."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "db", "check"]
    together = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [(*process.communicate(), process.returncode) for process in together] == [("ok\n", "", 0)] * 3


def test_commands_start_without_what_they_do_not_need(tmp_path: Path) -> None:
    """Start-up time is the time of imports."""
    heavy = "telegram uvicorn starlette aiohttp wechatpy numpy httpx xlsxwriter"
    probe = (
        "import sys; from bot.__main__ import main; main(['invite', 'S-1']); "
        f"print([name for name in {heavy.split()!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUANLING_ORGANISATION__LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("[]\n", "nuanling: there is no account 'S-1'\n")


def test_a_second_demo_is_told_what_is_in_its_way(tmp_path: Path) -> None:
    """Its folder is another demo's, or its port another program's: each line names the cure, none speaks of PostgreSQL."""
    with Ownership(f"sqlite:///{tmp_path / 'demo.db'}"):
        folder = run(tmp_path, "demo", "--port", "0", "--dir", str(tmp_path))
    assert folder.returncode == 2
    assert f"演示已经开着（进程 {os.getpid()}" in folder.stderr
    assert "--port 0 --dir another-folder" in folder.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        held = run(tmp_path, "demo", "--port", str(port), "--dir", str(tmp_path))
    assert held.returncode == 2
    assert f"端口 {port} 已被别的程序占用" in held.stderr
    assert f"make demo PORT={port + 1}" in held.stderr
    for each in (folder, held):
        assert each.stderr.count("\n") == 1
        assert "PostgreSQL" not in each.stderr
