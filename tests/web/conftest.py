"""One served demo for each file of tests of the page's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.served_demo import ServedDemo, served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedDemo]:
    async with served(tmp_path_factory.mktemp("demo")) as running:
        yield running
