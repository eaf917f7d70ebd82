"""A served demo for each test of the page's requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.served_demo import ServedDemo, served


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[ServedDemo]:
    async with served(tmp_path) as running:
        yield running
