"""/_control/…: the same acts over HTTP and JSON, for tests whose bot or platform is a process of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.telegram_server.people import Group, Person
from tests.telegram_server.world import Call

if TYPE_CHECKING:
    from tests.telegram_server.server import TelegramServer

PERSON_ACTS = ("start", "say", "edit", "press", "forge", "block", "unblock", "deactivate", "send_photo", "send_voice",
               "send_sticker", "send_location")  # fmt: skip
GROUP_ACTS = ("add", "remove", "promote", "add_bot", "kick_bot", "promote_bot", "demote_bot", "another_bot_says",
              "migrate")  # fmt: skip


def control_app(server: "TelegramServer") -> Starlette:
    """POST takes a JSON object, GET a query string; a mistake is answered 400 {"error": …}."""

    def route(path: str, act: Callable[[dict[str, Any]], Any], methods: list[str]) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            given: dict[str, Any] = dict(request.query_params)
            if request.method == "POST":
                given |= await request.json()
            given |= request.path_params
            try:
                result = act(given)
                return JSONResponse(_plain(await result if isinstance(result, Awaitable) else result))
            except (ValueError, LookupError, TypeError, AttributeError, TimeoutError) as error:
                return JSONResponse({"error": f"{type(error).__name__}: {error}"}, status_code=400)

        return Route(f"/_control/{path}", endpoint, methods=methods)

    return Starlette(routes=[
        route("users", lambda given: server.user(**given), ["POST"]),
        route("crowd", lambda given: _crowd(server, int(given["number"])), ["POST"]),
        route("groups", lambda given: _new_group(server, given), ["POST"]),
        route("users/{user:int}/{act}", lambda given: _person_act(server, given), ["POST"]),
        route("groups/{group}/{act}", lambda given: _group_act(server, given), ["POST"]),
        route("messages", lambda given: server.messages(int(given["chat"])), ["GET"]),
        route("wait", lambda given: server.wait_for_message(int(given["chat"]), float(given["timeout"])), ["GET"]),
        route("calls", lambda given: _calls(server, given), ["GET"]),
        route("count", lambda given: len(_found(server, given)), ["GET"]),
        route("callback_answers", lambda given: server.callback_answers, ["GET"]),
        route("faults", lambda given: server.faults.as_json(), ["GET"]),
        route("faults", lambda given: server.faults.add(**given), ["POST"]),
        route("faults", lambda given: server.faults.clear(), ["DELETE"]),
        route("limits", lambda given: _limits(server, given), ["GET", "POST"]),
    ])  # fmt: skip


def _crowd(server: "TelegramServer", number: int) -> list[int]:
    """The chats of so many new people who all pressed Start."""
    people = [server.user(f"p{n}") for n in range(number)]
    for person in people:
        person.start()
    return [person.id for person in people]


def _new_group(server: "TelegramServer", given: dict[str, Any]) -> Group:
    members = [server.people[int(number)] for number in given.pop("members", [])]
    return server.group(given.pop("title"), members, **given)


def _person_act(server: "TelegramServer", given: dict[str, Any]) -> Any:
    person, act = server.people[int(given.pop("user"))], given.pop("act")
    if act not in PERSON_ACTS:
        raise LookupError(f"people can't {act!r}; they can {', '.join(PERSON_ACTS)}")
    if "chat" in given:
        given["chat"] = server.chats[int(given["chat"])]
    return getattr(person, act)(**given)


def _group_act(server: "TelegramServer", given: dict[str, Any]) -> Any:
    group, act = server.chats[int(given.pop("group"))], given.pop("act")
    if act not in GROUP_ACTS or not isinstance(group, Group):
        raise LookupError(f"groups can't {act!r}; they can {', '.join(GROUP_ACTS)}")
    return getattr(group, act)(**{
        name: server.people[int(value)] if name in ("person", "by") else value for name, value in given.items()
    })  # fmt: skip


def _calls(server: "TelegramServer", given: dict[str, Any]) -> list[dict[str, Any]]:
    return [asdict(call) for call in _found(server, given)]


def _found(server: "TelegramServer", given: dict[str, Any]) -> list[Call]:
    """`method` narrows, `accepted=1` leaves refusals out, `since` skips calls up to that number."""
    method, since = str(given.get("method", "")).lower(), int(given.get("since", 0))
    return [
        call
        for call in server.calls[since:]
        if method in ("", call.method.lower()) and (call.accepted or not given.get("accepted"))
    ]


def _limits(server: "TelegramServer", given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name.startswith("_") or not hasattr(server.limits, name):
            raise LookupError(f"there is no limit called {name!r}")
        setattr(server.limits, name, value)
    return {
        name: value for name, value in vars(server.limits).items() if isinstance(value, int | float) and name[0] != "_"
    }


def _plain(result: Any) -> Any:
    if isinstance(result, Person):
        return result.as_json()
    if isinstance(result, Group):
        return result.as_json()
    return asdict(result) if hasattr(result, "__dataclass_fields__") else result
