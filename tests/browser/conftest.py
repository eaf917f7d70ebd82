"""A real browser on the served demo. Its pictures go to artefacts/."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.served_demo import ServedDemo, served

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LAPTOP, PHONE = (1440, 900), (390, 844)
Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "no Chromium: install it, or name one with CHROMIUM=/path/to/chromium"
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path) -> AsyncIterator[ServedDemo]:
    async with served(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, demo: ServedDemo) -> AsyncIterator[Open]:
    """Opens the page at a size, in a visitor's own session; whatever the console complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    async def open_(size: tuple[int, int] = LAPTOP, scale: float = 1, path: str | None = None) -> Page:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale, reduced_motion="reduce"
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda sent: complaints.append(sent.url) if not sent.url.startswith(demo.address) else None)
        await page.goto(demo.entrance if path is None else f"{demo.address}{path}")
        if path is None:
            await page.wait_for_selector("html[data-ready]")
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Path:
    """Where this test's screenshot goes."""
    folder = request.config.rootpath / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder / f"{request.node.name.removeprefix('test_')}.png"
