"""Request parameters in every form the Bot API takes: query string, form, JSON, multipart with files."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request

from tests.telegram_server.refusals import bad_request


@dataclass(frozen=True)
class Upload:
    """A file that came with a request."""

    name: str
    media_type: str
    content: bytes


class Parameters:
    """What a method was called with; reads each value as the type the method needs."""

    __slots__ = ("files", "values")

    def __init__(self, values: dict[str, Any], files: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers and booleans of a JSON body become their text."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; what isn't one counts as the default, as the platform does."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """A boolean."""
        return str(self.values.get(name, "")).lower() in ("true", "1", "yes", "t", "y")

    def json(self, name: str, what: str) -> Any:
        """A JSON-serialised value, or None when absent; `what` names it in the refusal."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def for_log(self) -> dict[str, Any]:
        """The values, and of each file its name and size."""
        if not self.files:
            return self.values
        return self.values | {name: f"{file.name} ({len(file.content)} bytes)" for name, file in self.files.items()}


async def read_parameters(scope: Any, body: bytes) -> Parameters:
    """All parameters of one request.

    Raises:
        Refused: 400, the body is not UTF-8 or not the JSON it says it is.
    """
    try:
        params = await _read(scope, body)
        for value in params.values.values():
            str(value).encode()
    except UnicodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    return params


async def _read(scope: Any, body: bytes) -> Parameters:
    values: dict[str, Any] = dict(parse_qsl(scope["query_string"].decode())) if scope["query_string"] else {}
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if kind.startswith(b"multipart/form-data"):
        return await _multipart(scope, body, values)
    if kind.startswith(b"application/json"):
        try:
            content = json.loads(body or b"{}")
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        return Parameters(values | (content if isinstance(content, dict) else {}))
    if body:
        values |= parse_qsl(body.decode(), keep_blank_values=True)
    return Parameters(values)


async def _multipart(scope: Any, body: bytes, values: dict[str, Any]) -> Parameters:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    files = {}
    async with Request(scope, receive).form(max_part_size=len(body) + 1) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(value.filename or "file", value.content_type or "", await value.read())
            else:
                values[name] = value
    return Parameters(values, files)
