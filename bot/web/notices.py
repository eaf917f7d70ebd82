"""`/notices/{signed}`: the page on which somebody agrees to the next one-time notices, by a button of WeChat's own.

It shows nothing of a household. Whose agreement it is, WeChat knows and tells by callback: who passes the address on gives
nothing away.
"""

from __future__ import annotations

import html
import json
import secrets
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app import App
from bot.channels.channel import Asking, WithNotices
from domain.errors import DeliveryError
from domain.wording import tongue
from handlers.notices import PATH, SUBJECT
from models.people import Contact, Person

log = structlog.get_logger(__name__)
WORDS = ("title", "note", "button", "agreed", "declined", "elsewhere", "later")
# WeChat draws its button inside a frame of its own (webcompt:).
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' {script}; style-src 'unsafe-inline'; img-src https://*.qq.com; "
    "connect-src {script}; frame-src https://*.qq.com webcompt:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body {{ font: 1.05rem/1.7 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1.25rem; color: #2b2622; background: #fdfaf6 }}
h1 {{ font-size: 1.3rem }} .told {{ background: #fff; border: 1px solid #e5dcd0; border-radius: .8rem; padding: .8rem 1rem }}
wx-open-subscribe {{ display: block; height: 3rem; margin: 1.5rem 0 }} [hidden] {{ display: none }}
</style>
<h1>{title}</h1><p>{note}</p>
{ask}
<p class="told" id="agreed" role="status" hidden>{agreed}</p>
<p class="told" id="declined" role="status" hidden>{declined}</p>
<p class="told" id="elsewhere" role="alert"{elsewhere_hidden}>{elsewhere}</p>
{scripts}</html>"""
ASK = """<wx-open-subscribe template="{templates}" id="ask"><script type="text/wxtag-template"><style>
.ask {{ width: 100%; height: 3rem; border: 0; border-radius: .8rem; font-size: 1.05rem; color: #fff; background: #a8471f }}
</style><button class="ask">{button}</button></script></wx-open-subscribe>"""
SCRIPTS = """<script nonce="{nonce}" src="{script}"></script><script nonce="{nonce}">
const ask = document.getElementById("ask");
const tell = (name) => {{
  for (const id of ["agreed", "declined", "elsewhere"]) document.getElementById(id).hidden = id !== name;
  ask.hidden = name === "elsewhere";
}};
if (!window.wx || !/MicroMessenger/.test(navigator.userAgent)) tell("elsewhere"); // elsewhere the script keeps silent
else {{
  wx.error(() => tell("elsewhere"));
  wx.config({config});
  ask.addEventListener("success", (event) => tell(/accept/.test(JSON.stringify(event.detail)) ? "agreed" : "declined"));
  ask.addEventListener("error", () => tell("elsewhere"));
}}
</script>"""


def notices(app: App) -> Route:
    async def show(request: Request) -> Response:
        about, number = app.office.links.parts(request.path_params["signed"], app.clock.now())
        contact, language = await _reader(app, number) if about == SUBJECT else (None, "")
        channel = app.channels.get(contact.channel) if contact is not None else None
        if contact is None or not isinstance(channel, WithNotices) or not app.office.notices.get(channel.name):
            return PlainTextResponse("not found", 404)  # forged, too late, or of nobody any more: all in the same words
        try:
            asking = await channel.notices.ask(_address(app, request))
        except DeliveryError as wrong:
            log.warning("a page for notices was not signed", detail=wrong.detail)
            return HTMLResponse(_page(app, language, None, ""), 503)
        nonce = secrets.token_urlsafe(12)
        script = "{0.scheme}://{0.netloc}".format(urlsplit(asking.script))
        policy = {"content-security-policy": POLICY.format(nonce=nonce, script=script)}
        return HTMLResponse(_page(app, language, asking, nonce), headers=policy)

    return Route(f"/{PATH}/{{signed}}", show, methods=["GET"])


async def _reader(app: App, number: int) -> tuple[Contact | None, str]:
    """The chat that the address was given to, and its person's language."""
    async with app.database.read() as session:
        contact = await session.get(Contact, number)
        person = await session.get(Person, contact.person_id) if contact is not None else None
    if contact is None or person is None or contact.state != "ok":
        return None, ""
    return contact, tongue(person.language)


def _address(app: App, request: Request) -> str:
    """The page's address as the reader's WeChat sees it: it signs that, with whatever query was put behind it."""
    query = f"?{request.url.query}" if request.url.query else ""
    return app.office.links.public_url.rstrip("/") + request.url.path + query


def _page(app: App, language: str, asking: Asking | None, nonce: str) -> str:
    fields = {"office": app.office.name, "hotline": app.office.hotline}
    words = {name: html.escape(app.office.wording.text(f"notices.page_{name}", language, fields)) for name in WORDS}
    ask = scripts = ""
    if asking is not None:
        templates = html.escape(",".join(asking.templates))
        ask = ASK.format(templates=templates, button=words["button"])
        config = json.dumps(asking.config).replace("<", "\\u003c")
        scripts = SCRIPTS.format(nonce=nonce, script=html.escape(asking.script), config=config)
    else:
        words["elsewhere"] = words["later"]
    hidden = "" if asking is None else " hidden"
    return PAGE.format(language=language, ask=ask, scripts=scripts, elsewhere_hidden=hidden, **words)
