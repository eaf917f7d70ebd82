"""The web side of a running bot: health, readiness, metrics, and whatever routes its channels bring."""

from __future__ import annotations

from collections.abc import Sequence

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

import scheduler
from bot.app import App
from bot.web.download import download
from bot.web.email_stop import email_stop
from bot.web.limits import CONNECTIONS_MAX, Bodies, PerAddress, Protocol, WithHeaders
from bot.web.notices import notices
from models.runtime import kill_switch
from models.status import board


def application(app: App, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The ASGI application of a running bot."""

    async def healthz(request: Request) -> Response:
        """The process lives and its loop turns."""
        return PlainTextResponse("ok")

    async def readyz(request: Request) -> Response:
        """Ready to serve: the database answers and takes writes, and every channel works."""
        problems = [] if app.database.writable else ["database: the last write failed"]
        try:
            async with app.database.read() as session:
                paused = await kill_switch(session, app.clock.now()) is not None
        except Exception as wrong:
            return JSONResponse({"ready": False, "problems": [f"database: {type(wrong).__name__}"]}, 503)
        problems += [
            f"{name}: {channel.health.detail}" for name, channel in app.channels.items() if not channel.health.ok
        ]
        ready = not problems
        return JSONResponse({"ready": ready, "problems": problems, "paused": paused}, 200 if ready else 503)

    async def metrics(request: Request) -> Response:
        """Figures for Prometheus; none of them is about one household."""
        registry = CollectorRegistry()
        async with app.database.read() as session:
            figures = (await board(session, app.clock.now(), app.office.zone)).to_json()
        for name, value in figures.items():
            if isinstance(value, bool | int | float):
                Gauge(f"nuanling_{name}", name.replace("_", " "), registry=registry).set(float(value))
        up = Gauge("nuanling_channel_up", "1 when the channel works", ["channel"], registry=registry)
        for name, channel in app.channels.items():
            up.labels(name).set(1 if channel.health.ok else 0)
        upcoming = scheduler.next_run(app.office, app.clock.now())
        if upcoming is not None:
            Gauge("nuanling_next_run_seconds", "when planning runs next", registry=registry).set(upcoming.timestamp())
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    own = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        download(app),
        email_stop(app),
        notices(app),
    ]
    webhooks = frozenset(route.path for route in routes if isinstance(route, Route))
    limits = [Middleware(WithHeaders), Middleware(PerAddress, webhooks), Middleware(Bodies)]
    return Starlette(routes=[*own, *routes], middleware=limits)


def server_config(application: Starlette, host: str, port: int) -> uvicorn.Config:
    """One worker on this loop; no access log, for addresses and tokens don't belong in logs."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=5,
        server_header=False,
        http=Protocol,
        limit_concurrency=CONNECTIONS_MAX,
    )
