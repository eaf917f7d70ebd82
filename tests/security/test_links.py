"""Addresses of exported files: who holds one gets the file for a day, by a press; a changed, late or revoked one is nothing."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from bot import exporting, handing_out
from bot.app import build
from bot.exporting import folder_of
from bot.handing_out import KEPT
from bot.settings import ConfigError, Settings, load
from bot.web.server import application
from domain.links import Links
from models.base import Database
from models.exports import Export
from models.outbox import Outbox
from models.staff import Staff
from tests.handlers.staff.world import World
from tests.security.door import Door, open_door
from tests.telegram_server.loopback import Loopback
from understanding.reader import Reader

KEYS = ("k3Vb9qLxWw7TzR5dk3Vb9qLxWw7TzR5d", "Zz0QpLm8Zz0QpLm8Zz0QpLm8Zz0QpLm8")


@dataclass
class Shelf:
    """An office with one export that was too large for its chat."""

    door: Door
    http: httpx.AsyncClient
    place: str
    link: str

    @property
    def path(self) -> str:
        return self.link.removeprefix("https://bot.example.org")


@pytest.fixture
async def shelf(
    world: World, sqlite: Database, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shelf]:
    """Everything is real but the size at which a file is too large."""
    monkeypatch.setitem(handing_out.DOCUMENT_BYTES_MAX, "sandbox", 10)
    door = await open_door(sqlite, reader, world.clock.now())
    door.app.settings = Settings.model_validate({**door.app.settings.model_dump(), "database": {"url": sqlite.url}})
    office = replace(door.app.office, links=Links("https://bot.example.org", KEYS))
    door.app.office = office
    async with sqlite.write() as session:
        admin = await session.scalar(select(Staff.id).where(Staff.user == "admin"))
        session.add(Export(staff_id=admin, community_id=None, language="zh", asked_at=door.clock.now()))
    assert await exporting.write_waiting(sqlite, office, door.clock.now(), folder_of(door.app.settings)) == 1
    async with sqlite.read() as session:
        row = (await session.scalars(select(Outbox).order_by(Outbox.id.desc()).limit(1))).one()
    assert (row.template, row.attachment) == ("export.by_link", "")
    link = next(word for word in row.text.split() if word.startswith("https://"))
    async with Loopback(application(door.app)) as place, httpx.AsyncClient(base_url=place.url, trust_env=False) as http:
        yield Shelf(door, http, place.url, link)


async def test_a_look_shows_a_button_and_a_press_fetches_the_file(shelf: Shelf, tmp_path: Path) -> None:
    """A messenger's preview opens the address, too: that gives nothing away."""
    looked = await shelf.http.get(shelf.path)
    assert (looked.status_code, looked.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert "小明" not in looked.text
    assert "form-action 'self'" in looked.headers["content-security-policy"]
    assert await shelf.door.audited("export.downloaded") == 0
    fetched = await shelf.http.post(shelf.path)
    assert fetched.status_code == 200
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert fetched.headers["cache-control"] == "no-store"
    (tmp_path / "export.xlsx").write_bytes(fetched.content)
    assert zipfile.is_zipfile(tmp_path / "export.xlsx")
    assert await shelf.door.audited("export.downloaded") == 1


async def refused(shelf: Shelf, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await shelf.http.request(method, path)
        assert (answer.status_code, answer.text.lower()) == (404, "not found"), path
    assert await shelf.door.audited("export.downloaded") == 0


async def test_a_changed_address_opens_nothing(shelf: Shelf) -> None:
    start, _, mac = shelf.path.rpartition(".")
    for path in (
        *("/download/", "/download/export-1", "/download/x", "/download/..%2F..%2Fnuanling.db"),
        *(
            f"{start}.{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}",
            start.replace("export-1", "export-2") + f".{mac}",
            f"{start}.",
        ),
    ):
        await refused(shelf, path)


async def test_after_a_day_it_opens_nothing(shelf: Shelf) -> None:
    shelf.door.clock.advance(KEPT)
    await refused(shelf, shelf.path)


async def test_when_its_key_is_taken_out_it_opens_nothing(shelf: Shelf) -> None:
    office = shelf.door.app.office
    shelf.door.app.office = replace(office, links=replace(office.links, keys=KEYS[1:]))
    await refused(shelf, shelf.path)


async def test_when_the_one_who_asked_may_no_longer_have_it_it_opens_nothing(shelf: Shelf) -> None:
    for values in ({"role": "manager"}, {"role": "admin", "active": False}):
        async with shelf.door.app.database.write() as session:
            await session.execute(update(Staff).where(Staff.user == "admin").values(values))
        await refused(shelf, shelf.path)


async def test_when_the_file_is_gone_it_opens_nothing(shelf: Shelf) -> None:
    for file in folder_of(shelf.door.app.settings).glob("*.xlsx"):
        file.unlink()
    await refused(shelf, shelf.path)


async def test_without_a_key_there_is_no_address_and_the_one_who_asked_is_told_why(
    world: World, sqlite: Database, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(handing_out.DOCUMENT_BYTES_MAX, "sandbox", 10)
    app = await build(world.app.settings, sqlite, world.clock, world.app.channels, reader)
    async with sqlite.write() as session:
        admin = await session.scalar(select(Staff.id).where(Staff.user == "admin"))
        session.add(Export(staff_id=admin, community_id=None, language="en", asked_at=world.clock.now()))
    folder = Path(str(sqlite.url).removeprefix("sqlite:///")).parent / "exports"
    await exporting.write_waiting(sqlite, app.office, world.clock.now() + timedelta(minutes=1), folder)
    async with sqlite.read() as session:
        row = (await session.scalars(select(Outbox).order_by(Outbox.id.desc()).limit(1))).one()
    assert row.template == "export.too_large"
    assert "link_keys" in row.text


def test_keys_come_from_a_file_one_a_line_and_short_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("\n".join(KEYS) + "\n", encoding="utf-8")
    file.chmod(0o600)
    assert load(None, {"NUANLING_WEB__LINK_KEYS_FILE": str(file)}).web.link_keys == KEYS
    with pytest.raises(ConfigError, match="32 random characters"):
        load(None, {"NUANLING_WEB__LINK_KEYS": "short"})
    with pytest.raises(ConfigError, match="value of an example"):
        load(None, {"NUANLING_WEB__LINK_KEYS": "change-me-change-me-change-me-change-me"})
