"""The database itself: migrated, checked, backed up, restored."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.database import Ownership
from bot.settings import ROOT
from tests.commands.cli import Cli


@pytest.fixture
def sqlite(estate: Cli) -> Cli | None:
    return estate if estate.url.startswith("sqlite") else None


def path_of(cli: Cli) -> Path:
    return Path(cli.url.removeprefix("sqlite:///"))


def names(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return [row[0] for row in database.execute("SELECT code FROM accounts ORDER BY code")]


def test_check_upgrade_and_backup_on_both(estate: Cli) -> None:
    assert estate("db", "check").out == "ok\n"
    assert estate("db", "upgrade").code == 0
    result = estate("db", "backup", "b.db")
    if estate.url.startswith("sqlite"):
        assert (result.code, result.out) == (0, "b.db: copied and checked\n")
    else:
        assert result.code == 2
        assert "use pg_dump" in result.err
        assert "use pg_dump" in estate("db", "restore", str(estate.file("x.db", b"SQLite format 3\x00"))).err


def test_findings_exit_1(estate: Cli) -> None:
    estate("groups", "add", "--channel", "sandbox", "--chat", "g", "--community", "阳光花园")
    estate.execute("UPDATE audit_log SET actor = 'somebody else'")
    result = estate("db", "check")
    assert (result.code, result.out) == (1, "audit entries that were edited, or follow one that is gone: 1\n")


def test_a_backup_brings_back_what_was(sqlite: Cli | None) -> None:
    if sqlite is None:
        return
    target = path_of(sqlite)
    backup = sqlite.folder / "b.db"
    with closing(sqlite3.connect(target)) as writer:  # somebody works on it meanwhile, and has it open
        writer.execute("UPDATE accounts SET payer_name = '张三' WHERE code = 'S-1'")
        writer.commit()
        assert sqlite("db", "backup", "b.db").code == 0
    assert [path.name for path in sqlite.folder.glob("*b.db*")] == ["b.db"]  # nothing is left beside it
    assert backup.stat().st_mode & 0o777 == 0o600
    sqlite.execute("UPDATE accounts SET code = 'gone' WHERE code = 'S-3'")
    sqlite.engine.dispose()
    result = sqlite("db", "restore", "b.db")
    assert result.code == 0
    assert names(target) == ["S-1", "S-2", "S-3"]
    (kept,) = (path for path in sqlite.folder.glob("nuanling.db.before-*") if not path.name.endswith(("-wal", "-shm")))
    assert str(kept) in result.out
    assert names(kept) == ["S-1", "S-2", "gone"]
    assert sqlite("db", "check").out == "ok\n"


def test_only_a_sound_backup_is_restored(sqlite: Cli | None) -> None:
    if sqlite is None:
        return
    sqlite("db", "backup", "good.db")
    before = names(path_of(sqlite))
    broken = bytearray((sqlite.folder / "good.db").read_bytes())
    broken[3 * 4096 : 20 * 4096] = b"\x55" * 17 * 4096
    sqlite.file("broken.db", bytes(broken))
    result = sqlite("db", "restore", "broken.db")
    assert (result.code, result.err) == (1, "nothing was restored\n")
    with closing(sqlite3.connect(sqlite.folder / "other.db")) as other:
        other.execute("CREATE TABLE x (y)")
    assert sqlite("db", "restore", "other.db").code == 1
    sqlite.file("text.db", "no database")
    assert "is no backup" in sqlite("db", "restore", "text.db").err
    assert "is no backup" in sqlite("db", "restore", "none.db").err
    assert names(path_of(sqlite)) == before


def test_an_unsound_database_gives_no_backup(sqlite: Cli | None) -> None:
    if sqlite is None:
        return
    others = (
        "kind, building, address, payer_name, phone, area_m2, fee_item, rate_yuan, cycle, grade, tier, traits, language, "
        "student_name, class_name, lessons_left, first_contacted_on, created_at, updated_at"
    )
    sqlite.execute(
        f"INSERT INTO accounts (id, code, community_id, {others}) SELECT 99, 'X', 77, {others} FROM accounts "
        "WHERE code = 'S-1'"
    )
    result = sqlite("db", "backup", "b.db")
    assert result.code == 1
    assert "points at a communities that is not there" in result.out
    assert not (sqlite.folder / "b.db").exists()


def test_a_backup_never_overwrites_something_else(sqlite: Cli | None) -> None:
    if sqlite is None:
        return
    before = (sqlite.folder / "config.toml").read_bytes()
    assert "is there and is no backup" in sqlite("db", "backup", "config.toml").err
    assert (sqlite.folder / "config.toml").read_bytes() == before
    assert sqlite("db", "backup", str(path_of(sqlite))).code == 2
    assert sqlite("db", "backup", "nowhere/b.db").code == 2
    assert sqlite("db", "backup", "b.db").code == 0
    again = sqlite("db", "backup", "b.db")
    assert (again.code, "overwrite it with --force" in again.err) == (2, True)
    assert sqlite("db", "backup", "b.db", "--force").code == 0


def test_an_owned_database_is_neither_restored_nor_upgraded(sqlite: Cli | None) -> None:
    if sqlite is None:
        return
    sqlite("db", "backup", "b.db")
    with Ownership(sqlite.url):
        for command in (["db", "restore", "b.db"], ["db", "upgrade"]):
            result = subprocess.run(
                [sys.executable, "-m", "bot", *command],
                cwd=sqlite.folder,
                env={"PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (result.returncode, "is in use by another nuanling process" in result.stderr) == (2, True)
        assert sqlite("db", "check").out == "ok\n"
        assert sqlite("db", "backup", "b.db", "--force").code == 0
