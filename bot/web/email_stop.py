"""`/email-stop/{signed}`: stops the reminders of whoever got the mail; a button first, for mail programs open every address.

Mail programs with a "unsubscribe" button of their own post to it at once (RFC 8058).
"""

from __future__ import annotations

import asyncio
import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import App
from bot.channels.email import STOP_PATH, mail_number
from bot.web.download import POLICY
from domain.wording import tongue
from models.mailboxes import addresses, stop_by_mail
from models.staff import audit


def email_stop(app: App) -> Route:
    async def ask_or_stop(request: Request) -> Response:
        person_id = await _reader(app, request.path_params["signed"])
        if person_id is None:  # forged, too late, or nobody's any more: all in the same words
            return PlainTextResponse("not found", 404)
        language = tongue(request.headers.get("accept-language", "zh"))
        if request.method != "POST":
            return HTMLResponse(_page(app, language, "ask", button=True), headers=POLICY)
        async with app.database.write() as session:
            if await stop_by_mail(session, person_id, app.clock.now()):
                await audit(session, f"person/{person_id}", "stop", f"person/{person_id}", app.clock.now())
        return HTMLResponse(_page(app, language, "done", button=False), headers=POLICY)

    return Route(f"/{STOP_PATH}/{{signed}}", ask_or_stop, methods=["GET", "POST"])


async def _reader(app: App, signed: str) -> int | None:
    subject = app.office.links.subject(signed, app.clock.now())
    kind, _, number = (subject or "").partition("-")
    if kind != "mail":
        return None
    async with app.database.read() as session:
        known = await addresses(session)
    return await asyncio.to_thread(
        lambda: next((person_id for person_id, address in known if mail_number(address) == int(number)), None)
    )


def _page(app: App, language: str, name: str, *, button: bool) -> str:
    office = {"office": app.office.name, "hotline": app.office.hotline}
    title = html.escape(app.office.wording.text("email.stop_title", language, {"office": app.office.name}))
    note = html.escape(app.office.wording.text(f"email.stop_{name}", language, office))
    press = html.escape(app.office.wording.text("email.stop_button", language))
    form = f'<form method="post"><button type="submit">{press}</button></form>' if button else ""
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><h1>{title}</h1><p>{note}</p>{form}</html>"
    )
