"""`/download/{signed}`: a file for whoever holds its address, for as long as that lasts; fetched by a button, not by a look.

Messengers open every address once to show a preview: the first page therefore only asks, and a press fetches the file.
"""

from __future__ import annotations

import html
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import App
from bot.exporting import folder_of
from domain.roles import Right, Role, may
from domain.wording import tongue
from models.exports import Export
from models.staff import Staff, audit

PATH = "download"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The page is one button: nothing but its own form may run.
POLICY = {"content-security-policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}


def download(app: App) -> Route:
    async def ask_or_send(request: Request) -> Response:
        path = await _file(app, request.path_params["signed"])
        if path is None:  # forged, too late, taken back, gone: all in the same words
            return PlainTextResponse("not found", 404)
        if request.method != "POST":
            return HTMLResponse(_page(app, tongue(request.headers.get("accept-language", "zh"))), headers=POLICY)
        async with app.database.write() as session:
            await audit(session, "link", "export.downloaded", _subject(path), app.clock.now())
        return FileResponse(path, media_type=SHEET, filename="export.xlsx")

    return Route(f"/{PATH}/{{signed}}", ask_or_send, methods=["GET", "POST"])


async def _file(app: App, signed: str) -> Path | None:
    """The file behind an address, while the one who asked for it may still have it."""
    subject = app.office.links.subject(signed, app.clock.now())
    kind, _, number = (subject or "").partition("-")
    if kind != "export":
        return None
    async with app.database.read() as session:
        wish = await session.get(Export, int(number))
        member = await session.get(Staff, wish.staff_id) if wish is not None else None
    if member is None or not member.active or not may(Role(member.role), Right.EXPORT):
        return None
    return next(iter(folder_of(app.settings).glob(f"{number}-*.xlsx")), None)


def _subject(path: Path) -> str:
    return f"export/{path.name.partition('-')[0]}"


def _page(app: App, language: str) -> str:
    title, note, button = (
        html.escape(app.office.wording.text(f"download.{name}", language)) for name in ("title", "note", "button")
    )
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><h1>{title}</h1><p>{note}</p>"
        f'<form method="post"><button type="submit">{button}</button></form></html>'
    )
