"""`/download/{signed}`: a file for whoever holds its address, for as long as that lasts; fetched by a button, not by a look.

Messengers open every address once to show a preview: the first page therefore only asks, and a press fetches the file.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import App
from bot.exporting import folder_of
from bot.handing_out import data_folder
from bot.paper_kinds import MAKERS
from bot.papers import FOLDER
from domain.roles import Right, Role, may
from domain.wording import tongue
from models.exports import Export
from models.papers import Paper
from models.staff import Staff, audit

PATH = "download"
MEDIA = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
# The page is one button: nothing but its own form may run.
POLICY = {"content-security-policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}


def download(app: App) -> Route:
    async def ask_or_send(request: Request) -> Response:
        about, number = app.office.links.parts(request.path_params["signed"], app.clock.now())
        path = await FILES[about](app, number) if about in FILES else None
        if path is None:  # forged, too late, taken back, gone: all in the same words
            return PlainTextResponse("not found", 404)
        if request.method != "POST":
            return HTMLResponse(_page(app, tongue(request.headers.get("accept-language", "zh"))), headers=POLICY)
        async with app.database.write() as session:
            await audit(session, "link", f"{about}.downloaded", f"{about}/{number}", app.clock.now())
        return FileResponse(path, media_type=MEDIA[path.suffix], filename=f"{about}{path.suffix}")

    return Route(f"/{PATH}/{{signed}}", ask_or_send, methods=["GET", "POST"])


async def _export(app: App, number: int) -> Path | None:
    """An exported spreadsheet, while the one who asked for it may still have it."""
    async with app.database.read() as session:
        wish = await session.get(Export, number)
        member = await session.get(Staff, wish.staff_id) if wish is not None else None
    if member is None or not member.active or not may(Role(member.role), Right.EXPORT):
        return None
    return next(iter(folder_of(app.settings).glob(f"{number}-*.xlsx")), None)


async def _paper(app: App, number: int) -> Path | None:
    """A paper, in the same way."""
    async with app.database.read() as session:
        wish = await session.get(Paper, number)
        member = await session.get(Staff, wish.staff_id) if wish is not None else None
    if wish is None or member is None or not member.active or not may(Role(member.role), MAKERS[wish.kind][1]):
        return None
    path = data_folder(app.settings) / FOLDER / wish.file
    return path if wish.file and path.is_file() else None


# What a signed address can be about.
FILES: dict[str, Callable[[App, int], Awaitable[Path | None]]] = {"export": _export, "paper": _paper}


def _page(app: App, language: str) -> str:
    title, note, button = (
        html.escape(app.office.wording.text(f"download.{name}", language)) for name in ("title", "note", "button")
    )
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><h1>{title}</h1><p>{note}</p>"
        f'<form method="post"><button type="submit">{button}</button></form></html>'
    )
