"""Every staff route, for every role, in the own and in a foreign community, and for those who are no staff at all."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, update

from domain.roles import RIGHTS, Right, Role
from handlers.routes import ROUTES
from models.dialogue import Button
from models.people import Contact
from models.staff import AuditEntry, Staff
from tests.handlers.staff.world import World

STAFF_ROUTES = [route for route in ROUTES if isinstance(route.who, Right)]
COMMANDS = {route.commands[0]: route.who for route in STAFF_ROUTES if route.commands}
ACTIONS = {action: route.who for route in STAFF_ROUTES for action in route.actions}
STEPS = {step: route.who for route in STAFF_ROUTES for step in route.steps}
EXPECTED = {
    "tasks": {"admin", "manager", "collector", "teacher"},
    "account": {"admin", "manager", "collector", "teacher", "auditor"},
    "paid": {"admin", "manager", "collector"},
    "reply": {"admin", "manager", "collector", "teacher"},
    "broadcast": {"admin", "manager", "collector", "teacher"},
    "status": {"admin", "manager", "collector", "teacher", "auditor"},
    "preview": {"admin", "manager"},
    "pause": {"admin", "manager"},
    "resume": {"admin", "manager"},
    "staff": {"admin"},
    "policy": {"admin", "manager"},
    "corrections": {"admin"},
    "queue": {"admin", "manager", "collector", "teacher"},
    "team": {"admin", "manager"},
    "duty": {"admin", "manager", "collector", "teacher"},
    "canned": {"admin", "manager", "collector", "teacher"},
    "note": {"admin", "manager", "collector", "teacher"},
    "failed": {"admin", "manager", "collector", "teacher", "auditor"},
    "export": {"admin"},
    "document": {"admin", "manager", "collector", "teacher", "auditor"},
    "service": {"admin", "manager", "collector", "teacher"},
    "survey": {"admin", "manager", "collector", "teacher", "auditor"},
    "honours": {"admin", "manager", "collector", "teacher"},
    "grant": {"admin", "manager", "collector", "teacher"},
    "waive": {"admin", "manager", "collector"},
    "mandate": {"admin", "manager", "collector"},
    "calls": {"admin", "manager", "collector", "teacher"},
    "profile": {"admin", "manager", "collector", "teacher", "auditor"},
    "tier": {"admin", "manager", "collector", "teacher"},
    "case": {"admin", "manager", "collector", "teacher"},
    "report": {"admin", "manager"},
    "receipt": {"admin", "manager", "collector", "teacher"},
    "largebill": {"admin", "manager", "collector", "teacher"},
    "route": {"admin", "manager", "collector", "teacher"},
    "letter": {"admin", "manager", "collector", "teacher"},
    "visit": {"admin", "manager", "collector", "teacher"},
    "summary": {"admin", "manager", "collector", "teacher"},
    "cases": {"admin", "manager", "collector", "teacher"},
    "practice": {"admin", "manager", "collector", "teacher"},
    "renewals": {"admin", "manager", "collector", "teacher", "auditor"},
    "run": {"admin", "manager", "collector", "teacher", "auditor"},
    "pupils": {"admin", "manager"},
}
NO = "其他权限"


def test_every_staff_command_is_in_this_matrix() -> None:
    assert EXPECTED.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", EXPECTED)
async def test_a_command_answers_the_roles_it_is_for(world: World, command: str) -> None:
    for role in Role:
        async with world.database.write() as session:
            await session.execute(update(Staff).where(Staff.user == "collector").values(role=role.value))
        told = await world.say("collector", f"/{command}")
        assert (NO not in told) == (role in EXPECTED[command]), (role, told)
        assert "出了点问题" not in told, told
    everybody = EXPECTED[command] == {role.value for role in Role}
    refused = [each.subject for each in await world.rows(AuditEntry) if each.action == "refused"]
    assert ("staff.not_allowed" in refused) == (not everybody)  # a command may refuse for other reasons as well


async def test_to_a_stranger_and_a_resident_a_staff_command_is_an_unknown_one(world: World) -> None:
    for name in ("stranger", "r1-101"):
        unknown = await world.say(name, "/nosuchcommand")
        for command in EXPECTED:
            assert await world.say(name, f"/{command}") == unknown, (name, command)


async def test_every_staff_button_asks_for_its_right_at_the_press(world: World) -> None:
    """A button that was good when it was made is worth nothing in the hands of a role without the right."""
    await world.say("collector", "/tasks")
    line = world.lines("collector")[-1]
    for role in Role:
        async with world.database.write() as session:
            await session.execute(update(Staff).where(Staff.user == "collector").values(role=role.value))
        for number, (action, right) in enumerate(ACTIONS.items()):
            if right in RIGHTS[role]:
                continue
            token = f"{role.value}-{number}"
            await _button(world, token, action)
            assert NO in await world.press_token("collector", line, token), (role, action)


async def test_a_removed_member_and_a_resident_press_in_vain(world: World) -> None:
    for name in ("collector", "r1-101"):
        await world.say(name, "/help")
        line = world.lines(name)[-1]
        async with world.database.write() as session:
            await session.execute(update(Staff).where(Staff.user == name).values(active=False))
        for number, action in enumerate(ACTIONS):
            token = f"{name}-{number}"
            await _button(world, token, action, chat=name)
            assert "不是给您的" in await world.press_token(name, line, token), (name, action)


async def _button(world: World, token: str, action: str, chat: str = "collector", args: str = "{}") -> None:
    row = {
        "token": token,
        "channel": "sandbox",
        "chat": chat,
        "user": chat,
        "action": action,
        "args": args,
        "label": "x",
        "single": True,
        "expires_at": world.clock.now().replace(year=2027),
    }
    async with world.database.write() as session:
        await session.execute(insert(Button), [row])


@pytest.mark.parametrize("command", ["account", "paid", "reply", "note"])
async def test_a_foreign_household_reads_like_one_that_does_not_exist(world: World, command: str) -> None:
    rest = {"account": "", "paid": " 10 转账 X", "reply": " 您好", "note": " 看看"}[command]
    for name in ("local", "collector", "teacher", "auditor"):
        foreign = await world.say(name, f"/{command} 9-901{rest}")
        unknown = await world.say(name, f"/{command} 9-999{rest}")
        assert foreign.replace("9-901", "") == unknown.replace("9-999", ""), (name, command)
        assert "云岭" not in foreign
    assert world.lines("r9-901") == []


async def test_steps_are_closed_to_somebody_who_lost_the_right_in_between(world: World) -> None:
    await world.say("collector", "/account")
    await world.say("collector", "1-101")
    await world.press("collector", "写给住户")
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "collector").values(role="auditor"))
    assert NO in await world.say("collector", "您好")
    assert world.lines("r1-101") == []
    assert set(STEPS.values()) <= set(Right)


async def test_a_foreign_task_can_not_be_opened_by_its_number(world: World) -> None:
    from tests.handlers.staff.test_desk import call_task

    await call_task(world, "9-901")
    await world.say("foreign", "/tasks")
    line, _ = world.button("foreign", "1 电话 9-901")
    assert line is not None
    row = {"token": "forged", "channel": "sandbox", "chat": "collector", "user": "collector", "action": "desk.task"}
    await world.say("collector", "/tasks")
    async with world.database.write() as session:
        more = {
            "args": '{"task": "1"}',
            "label": "x",
            "single": True,
            "expires_at": world.clock.now().replace(year=2027),
        }
        await session.execute(insert(Button), [{**row, **more}])
    mine = world.lines("collector")[-1]
    assert "没有找到这件待办" in await world.press_token("collector", mine, "forged")


async def test_every_action_with_a_foreign_subject_is_refused(world: World) -> None:
    """Somebody who has the right, with the number of another community's task, talk or household."""
    from tests.handlers.staff.test_desk import call_task

    await call_task(world, "9-901")
    await world.say("r9-901", "转人工")
    await world.say("collector", "/tasks")
    line, args = (
        world.lines("collector")[-1],
        {"task": "1", "takeover": "1", "code": "9-901", "to": "4", "given_to": "4"},
    )
    args |= {"date": "2026-11-25", "outcome": "reached", "skip": "0", "name": "sorry"}
    touching = [
        each
        for each in ACTIONS
        if each.startswith(("desk.", "note.", "followup.", "canned.", "account.", "person.", "received."))
    ]
    harmless = {"desk.tasks", "desk.loads", "desk.unknown"}
    for number, action in enumerate(each for each in touching if each not in harmless):
        await _button(world, f"foreign-{number}", action, args=json.dumps(args))
        told = await world.press_token("collector", line, f"foreign-{number}")
        refused = ("没有找到", "不在您负责", "已经处理过", "已经结束", "其他权限")
        assert any(words in told for words in refused), (action, told)
        assert "云岭" not in told
        assert "小明" not in told
    assert world.lines("r9-901")[1:] == []


async def test_staff_commands_are_silent_in_a_residents_group(world: World) -> None:
    for command in EXPECTED:
        assert await world.say("collector", f"/{command}", "g-lake") == "", command


async def test_the_staff_chat_is_learned_when_they_first_write(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "second").values(chat=""))
    await world.say("second", "/tasks")
    assert [each.chat for each in await world.rows(Staff) if each.user == "second"] == ["second"]
    assert await world.rows(Contact)


async def test_help_names_only_what_the_role_may_use(world: World) -> None:
    for role, (yes, no) in {
        "auditor": ("/status", "/tasks"),
        "teacher": ("/tasks", "/paid"),
        "collector": ("/paid", "/pause"),
        "manager": ("/pause", "/staff"),
    }.items():
        told = await world.say(role, "/help")
        assert yes in told, role
        assert no not in told, role
    assert "/export" in await world.say("admin", "/help")


async def test_each_role_is_shown_its_own_menu_again_when_the_role_changes(world: World) -> None:
    from bot.menus import StaffMenus, menus

    offered = menus(world.app.office.wording)
    shown: list[tuple[str, str]] = []

    class Noting:
        async def offer_staff_menu(self, chats: list[str], menu: str) -> None:
            shown.extend((chat, menu) for chat in chats)

    menu = StaffMenus()
    channels = {"sandbox": Noting()}
    assert await menu.offer(world.database, channels) == len(await world.rows(Staff))  # type: ignore[arg-type]
    assert ("collector", "staff_collector") in shown
    assert await menu.offer(world.database, channels) == 0  # type: ignore[arg-type]
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "collector").values(role="manager"))
        await session.execute(update(Staff).where(Staff.user == "teacher").values(active=False))
    shown.clear()
    await menu.offer(world.database, channels)  # type: ignore[arg-type]
    assert sorted(shown) == [("collector", "staff_manager"), ("teacher", "private")]
    assert "paid" not in dict(offered["staff_teacher"]["zh"])
    assert "pause" in dict(offered["staff_manager"]["zh"])
    assert {command for command, _ in offered["staff_admin"]["zh"]} == {
        command for command, _ in offered["staff"]["zh"]
    }
