"""The bot's updates: numbered in sequence, kept until confirmed, fetched by long polling or pushed to a webhook."""

import asyncio
import time
from collections import deque
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import httpx

from tests.telegram_server.refusals import Refused

# All kinds this server makes, but those the platform leaves out unless asked for by name (chat_member).
DEFAULT_ALLOWED = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})
MAX_BATCH = 100
LONGEST_WEBHOOK_WAIT_SECONDS = 60.0


@dataclass
class Webhook:
    """Where updates are pushed to, and how the last push failed."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    last_error_date: int = 0
    last_error_message: str = ""
    attempts: int = 0


class Updates:
    """One bot's queue."""

    def __init__(self, first_id: int = 1) -> None:
        self.pending: deque[dict[str, Any]] = deque()
        self.allowed: frozenset[str] = DEFAULT_ALLOWED
        self.webhook: Webhook | None = None
        self.first_webhook_wait_seconds = 1.0
        self.on_method_in_answer: Any = None
        self._next_id = first_id
        self._poller: asyncio.Future[None] | None = None
        self._arrived = asyncio.Event()
        self._pushing: asyncio.Task[None] | None = None

    def put(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queues an update; None when this kind is not among those the bot asked for."""
        if kind not in self.allowed:
            return None
        update_id = self._next_id
        self._next_id += 1
        self.pending.append({"update_id": update_id, kind: deepcopy(payload)})
        self._arrived.set()
        self._release_poller()
        return update_id

    def allow(self, kinds: Any) -> None:
        """Sets what is queued from now on; an empty list means the default, None keeps what was."""
        if isinstance(kinds, list):
            self.allowed = frozenset(str(kind).lower() for kind in kinds) or DEFAULT_ALLOWED

    async def poll(self, offset: int, limit: int, timeout_seconds: int) -> list[dict[str, Any]]:
        """getUpdates. An offset confirms all before it; a negative one keeps that many of the newest.

        Raises:
            Refused: 409 while a webhook is set, or when a newer getUpdates or a setWebhook takes over.
        """
        if self.webhook:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._confirm(offset)
        self._abort_poller("Conflict: terminated by other getUpdates request; "
                           "make sure that only one bot instance is running")  # fmt: skip
        if not self.pending and timeout_seconds > 0:
            poller = self._poller = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(poller, timeout_seconds)
            except TimeoutError:
                return []
            finally:
                if self._poller is poller:
                    self._poller = None
        return list(self.pending)[: min(max(limit, 1), MAX_BATCH)]

    def _confirm(self, offset: int) -> None:
        while offset < 0 and len(self.pending) > -offset:
            self.pending.popleft()
        while offset > 0 and self.pending and self.pending[0]["update_id"] < offset:
            self.pending.popleft()

    def _abort_poller(self, why: str) -> None:
        if self._poller and not self._poller.done():
            self._poller.set_exception(Refused(409, why))

    def _release_poller(self) -> None:
        if self._poller and not self._poller.done():
            self._poller.set_result(None)

    def set_webhook(self, webhook: Webhook | None) -> None:
        """setWebhook and deleteWebhook: pushing starts, or stops."""
        self.stop_pushing()
        self.webhook = webhook
        if webhook:
            self._abort_poller("Conflict: terminated by setWebhook request")
            self._pushing = asyncio.get_running_loop().create_task(self._push(webhook))

    def stop_pushing(self) -> None:
        """Ends the push task, if one runs."""
        if self._pushing:
            self._pushing.cancel()
            self._pushing = None

    def close(self) -> None:
        """Lets everyone go who waits here."""
        self.stop_pushing()
        self._release_poller()

    async def _push(self, webhook: Webhook) -> None:
        """One update at a time, in order; anything but a 2xx is tried again after a wait that doubles."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret_token} if webhook.secret_token else {}
        wait_seconds = self.first_webhook_wait_seconds
        async with httpx.AsyncClient(timeout=60, headers=headers, trust_env=False) as client:
            while True:
                if not self.pending:
                    self._arrived.clear()
                    await self._arrived.wait()
                failure = await self._push_one(client, webhook, self.pending[0])
                if failure is None:
                    self.pending.popleft()
                    wait_seconds = self.first_webhook_wait_seconds
                    continue
                webhook.last_error_date, webhook.last_error_message = int(time.time()), failure
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(2 * wait_seconds, LONGEST_WEBHOOK_WAIT_SECONDS)

    async def _push_one(self, client: httpx.AsyncClient, webhook: Webhook, update: dict[str, Any]) -> str | None:
        """What went wrong, or None. A 2xx answer may hold one method call as JSON."""
        webhook.attempts += 1
        try:
            answer = await client.post(webhook.url, json=update)
        except httpx.TimeoutException:
            return "Read timeout expired"
        except httpx.HTTPError as error:
            return f"Connection failed: {type(error).__name__}"
        if not answer.is_success:
            return f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        if answer.headers.get("content-type", "").startswith("application/json"):
            self.on_method_in_answer(answer.json())
        return None
