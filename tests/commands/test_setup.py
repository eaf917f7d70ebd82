"""The first start, and the example that shows every key."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from bot.__main__ import main
from bot.settings import ROOT, Section, Settings, load
from bot.setup import EXAMPLE, filled

SHOWN_KEY = re.compile(r"(?:# )?(\w+) = ")
SHOWN_SECTION = re.compile(r"(?:# )?\[+([\w.]+)\]+")


def shown() -> dict[str, list[str]]:
    """The keys that the example shows in each section, those in comments too."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if heading := SHOWN_SECTION.fullmatch(line):
            section = heading[1]
            found[section] = []
        elif key := SHOWN_KEY.match(line):
            found[section].append(key[1])
    return found


def declared(model: type[BaseModel], prefix: str = "") -> dict[str, list[str]]:
    """The keys that the settings have in each section."""
    found: dict[str, list[str]] = {}
    for name, field in model.model_fields.items():
        kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        sections = [kind for kind in kinds if issubclass(kind, Section)]
        if sections and str in kinds:  # a table of sections: the example shows one
            found.setdefault(prefix.rstrip("."), []).append(name)
            found |= declared(sections[0], f"{prefix}{name}.reminder.")
        elif sections:
            found |= declared(sections[0], f"{prefix}{name}.")
        else:
            found.setdefault(prefix.rstrip("."), []).append(name)
    return found


def test_the_example_shows_every_key_once_and_no_other() -> None:
    assert {section: sorted(keys) for section, keys in shown().items()} == {
        section: sorted(keys) for section, keys in declared(Settings).items()
    }


def test_the_example_is_the_defaults() -> None:
    assert load(EXAMPLE, {}) == Settings()


def test_the_example_says_what_each_key_is_for() -> None:
    """A comment stands above each key, or above its neighbour of the same matter."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for section in ("organisation", "database", "telegram", "policy"):
        start = lines.index(f"[{section}]")
        assert lines[start + 1].startswith("# ")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_questions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--defaults"]) == 0
    settings = load(folder / "config.toml", {})
    assert settings == Settings.model_validate({"policy": {"approve_first_run": True}})
    assert (folder / "config.toml").stat().st_mode & 0o777 == 0o600
    assert (folder / "data/nuanling.db").exists()
    text = (folder / "config.toml").read_text(encoding="utf-8")
    assert text.count("#") == EXAMPLE.read_text(encoding="utf-8").count("#")
    capsys.readouterr()
    assert main(["init", "--defaults"]) == 2
    assert "已经有了：加 --force 覆盖它" in capsys.readouterr().err
    (folder / "config.toml").write_text("", encoding="utf-8")
    assert main(["init", "--defaults", "--force"]) == 0
    assert (folder / "config.toml").read_text(encoding="utf-8") == text
    assert main(["--config", "other.toml", "init", "--out", "nowhere/x.toml", "--defaults"]) == 2


def run_init(folder: Path, answers: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "init"],
        cwd=folder,
        input=answers,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_six_questions(tmp_path: Path) -> None:
    """A wrong answer is asked for again; the name holds what TOML must escape."""
    answers = [
        '阳光"物业\\',
        "学校",
        "Mars",
        "Asia/Urumqi",
        "0571-88886666",
        "123:abc",
        "mysql://x",
        "sqlite:///office.db",
    ]
    result = run_init(tmp_path, "\n".join(answers) + "\n")
    assert result.returncode == 0, result.stderr
    settings = load(tmp_path / "config.toml", {})
    assert settings.organisation.model_dump() == {
        "name": '阳光"物业\\',
        "kind": "training",
        "timezone": "Asia/Urumqi",
        "hotline": "0571-88886666",
        "language": "zh",
    }
    assert (settings.telegram.enabled, settings.telegram.token) == (True, "123:abc")
    assert settings.policy.approve_first_run
    assert (tmp_path / "office.db").exists()
    assert "'Mars' is not a time zone" in result.stderr
    assert "database.url is not an address" in result.stderr


def test_an_empty_name_is_asked_for_again_and_a_missing_channel_is_said(tmp_path: Path) -> None:
    result = run_init(tmp_path, "\n   \n阳光物业\n\n\n\n\n\n")
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("请写一个大家认得的名称，不能空着\n  people must know who writes: give a name") == 2
    assert load(tmp_path / "config.toml", {}).organisation.name == "阳光物业"
    assert "还没有接通任何渠道，现在什么也发不出去" in result.stdout
    assert "No channel is enabled yet, so nothing can be sent: in config.toml set enabled = true" in result.stdout
    assert "organisation.name" not in result.stdout


def test_without_questions_the_examples_name_is_pointed_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--defaults"]) == 0
    said = capsys.readouterr().out
    assert "提醒里还写着例子里的名称“我们的物业”：请改 config.toml 里的 organisation.name" in said
    assert "No channel is enabled yet" in said


def test_stopping_halfway_writes_nothing(tmp_path: Path) -> None:
    result = run_init(tmp_path, "阳光物业\n")
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == "nuanling: 已停止"
    assert list(tmp_path.iterdir()) == []


def test_filling_needs_the_keys() -> None:
    text = filled("[a]\n# why\nb = 1\n[c]\nb = 2\n", {"a.b": "x", "c.b": True})
    expected: Mapping[str, Any] = {"a": {"b": "x"}, "c": {"b": True}}
    assert tomllib.loads(text) == expected
    with pytest.raises(KeyError):
        filled("[a]\nb = 1\n", {"a.c": 1})
