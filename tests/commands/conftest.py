"""A folder with a configuration and a database on both backends, for the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.cli import ESTATE, Cli

CONFIG = """
[organisation]
name = "阳光物业"
language = "en"
[database]
url = {url}
"""


@pytest.fixture
def cli(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cli]:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(url=json.dumps(database_url)), encoding="utf-8")
    config.chmod(0o600)
    cli = Cli(tmp_path, database_url, capsys)
    yield cli
    cli.engine.dispose()


@pytest.fixture
def estate(cli: Cli) -> Cli:
    """An estate of three households, imported."""
    file = cli.file("estate.csv", ESTATE)
    assert cli("import", "accounts", str(file)).code == 0
    return cli
