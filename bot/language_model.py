"""An optional language model: chooses one of the known labels for a sentence the reader is unsure of. Never more."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.settings import ConfigError, Settings
from domain.clock import monotonic
from understanding.reading import INTENTS

TIMEOUT_SECONDS = 3.0
ANSWER_BYTES_MAX = 64 * 1024
TEXT_MAX = 400  # characters of a sentence that are shown to it
_LABEL = re.compile(r"\W*([a-z_]+)\W*")


@dataclass(frozen=True)
class Opinion:
    """What became of one question. `label` is one of INTENTS, or None where the default stands; `outcome` says why."""

    label: str | None
    outcome: str  # chosen | no_label | timeout | refused | unreachable | garbage
    milliseconds: int


@dataclass(frozen=True)
class LanguageModel:
    """Any endpoint that speaks the OpenAI chat protocol."""

    base_url: str
    model: str
    api_key: str
    prompt: str
    timeout_seconds: float = TIMEOUT_SECONDS

    async def choose(self, redacted: str) -> Opinion:
        """The label for a sentence out of which everything that identifies was taken. Never raises, never takes longer."""
        begun = monotonic()
        label: str | None = None
        try:
            async with asyncio.timeout(self.timeout_seconds):
                label = _label_of(await self._ask(redacted[:TEXT_MAX]))
            outcome = "chosen" if label else "no_label"
        except TimeoutError:
            outcome = "timeout"
        except httpx.HTTPStatusError:
            outcome = "refused"
        except httpx.TimeoutException:
            outcome = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL):
            outcome = "unreachable"
        except (ValueError, KeyError, IndexError, TypeError):
            outcome = "garbage"
        return Opinion(label, outcome, round((monotonic() - begun) * 1000))

    async def _ask(self, text: str) -> str:
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        question = {
            "model": self.model,
            "temperature": 0,
            "max_tokens": 20,
            "messages": [{"role": "system", "content": self.prompt}, {"role": "user", "content": text}],
        }
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        async with (
            httpx.AsyncClient(timeout=self.timeout_seconds) as client,
            client.stream("POST", url, json=question, headers=headers) as response,
        ):
            response.raise_for_status()
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise ValueError("the answer is too long")
        content = json.loads(body)["choices"][0]["message"]["content"]
        if not isinstance(content, str):
            raise TypeError("the answer is no text")
        return content


def _label_of(answer: str) -> str | None:
    """One of the known labels, standing alone; anything else is no answer."""
    found = _LABEL.fullmatch(answer.strip().lower())
    return found[1] if found and found[1] in INTENTS else None


def language_model(settings: Settings, content: Path) -> LanguageModel | None:
    """The configured model; None when it is off. Raises ConfigError when its instructions don't name every label."""
    section = settings.language_model
    if not section.base_url:
        return None
    path = content / "language_model.toml"
    try:
        words = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from None
    labels = words.get("labels", {})
    if not isinstance(labels, Mapping) or set(labels) != set(INTENTS) or not words.get("instructions"):
        raise ConfigError(
            f"{path}: it needs `instructions`, and one line in [labels] for each of: {', '.join(INTENTS)}"
        )
    listed = "\n".join(f"{name}: {labels[name]}" for name in INTENTS)
    return LanguageModel(
        section.base_url, section.model, section.api_key, f"{words['instructions'].strip()}\n\n{listed}"
    )
