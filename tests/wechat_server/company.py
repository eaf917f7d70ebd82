"""The memory of WeCom's platform: one company with its members, apps, customers and their groups, and what it lets an app do."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.wechat_server.envelope import Envelope
from tests.wechat_server.world import Follower, Json, Message, Refused, World

CORP_ID = "ww1436e0e65a779aee"
ROBOT_A_MINUTE = 20
TEXT_BYTES = 2048
TASK_BYTES = 4000
GROUPS_OF_A_TASK = 2000
REMINDERS_A_DAY = 3
DAY = 86400.0
WAITING, SENT, LEFT, FULL = 0, 1, 2, 3


@dataclass
class Robot:
    got: list[Json] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    removed: bool = False


@dataclass
class AppChat:
    got: list[str] = field(default_factory=list)


@dataclass
class Customer:
    """`followers`: the members who look after them."""

    followers: list[str]
    got: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # of what came by tasks


@dataclass
class CustomerGroup(Customer):
    """`followers` is its owner alone."""

    name: str = ""


@dataclass
class Part:
    """What a task asks of one member for one chat."""

    member: str
    chat: str
    status: int = WAITING
    at: int = 0


@dataclass
class Task:
    text: str
    parts: list[Part]
    to_groups: bool
    cancelled: bool = False
    reminders: list[float] = field(default_factory=list)

    def waits_for(self, member: str) -> bool:
        """Whether this member can still tap "send"."""
        return not self.cancelled and any(part.member == member and part.status == WAITING for part in self.parts)


class Company(World):
    """One company on the platform."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.app_id = self.account = CORP_ID
        self.envelope = Envelope(self.callback_token, self.aes_key, CORP_ID)
        self.agent_id = "1000002"
        self.agents = {self.agent_id: self.secret, "1000003": "another-app-s-secret-000000000000"}
        self.agent_of: dict[str, str] = {}  # token -> agent
        self.customer_agents = {self.agent_id}  # the apps that may use the interfaces for customers
        self.robots: dict[str, Robot] = {}
        self.appchats: dict[str, AppChat] = {}
        self.customers: dict[str, Customer] = {}
        self.groups: dict[str, CustomerGroup] = {}
        self.tasks: dict[str, Task] = {}
        self.recalled: list[str] = []
        self._said: dict[tuple[str, str], float] = {}

    def settings(self, base_url: str) -> Json:
        """What a bot needs to know of this company."""
        return {
            "enabled": True,
            "corp_id": CORP_ID,
            "agent_id": self.agent_id,
            "secret": self.secret,
            "token": self.callback_token,
            "aes_key": self.aes_key,
            "base_url": base_url,
        }

    # -- who there is ---------------------------------------------------------------------------------------------

    def member(self, userid: str) -> Follower:
        """A member of the staff who sees the app."""
        member = self.people.setdefault(userid, Follower(userid))
        member.following = True
        return member

    def customer(self, *followers: str) -> str:
        """A customer of these members; the id."""
        external = f"wmBsHGCwAA{next(self.numbers):022}"
        self.customers[external] = Customer(list(followers))
        return external

    def group(self, owner: str, name: str = "桂花苑业主群") -> str:
        """A customers' group of a member; the id."""
        chat = f"wrOgQhDgAA{next(self.numbers):022}"
        self.groups[chat] = CustomerGroup([owner], name=name)
        return chat

    def appchat(self) -> str:
        """A group of staff that the app made; the id."""
        chat = f"desk{next(self.numbers)}"
        self.appchats[chat] = AppChat()
        return chat

    def robot(self) -> str:
        """A robot in a group of staff; its key."""
        key = f"693a91f6-7xxx-4bc4-97a0-{next(self.numbers):012}"
        self.robots[key] = Robot()
        return key

    # -- tokens ---------------------------------------------------------------------------------------------------

    def give_corp_token(self, corp_id: str, secret: str, ip: str) -> Json:
        """The same token while it lives, one for each app."""
        self.token_calls.append(False)
        if corp_id != CORP_ID:
            raise Refused(40013, "invalid corpid")
        agent = next((agent for agent, known in self.agents.items() if known == secret), None)
        if agent is None:
            raise Refused(40001, "invalid credential")
        if self.allowed_ips is not None and ip not in self.allowed_ips:
            raise Refused(
                60020, f"not allow to access from your ip, hint: [x], from ip: {ip}, more info at https://e.invalid"
            )
        alive = [token for token, end in self.tokens.items() if end > self.now() and self.agent_of[token] == agent]
        if not alive:
            alive = [f"corp-token-{next(self.numbers)}-{'x' * 40}"]
            self.tokens[alive[0]], self.agent_of[alive[0]] = self.now() + self.token_seconds, agent
        return {"access_token": alive[-1], "expires_in": max(1, int(self.tokens[alive[-1]] - self.now()))}

    def check_corp_token(self, token: str) -> str:
        """The app of a token that lives. Raises Refused."""
        if token not in self.tokens:
            raise Refused(40014, "invalid access_token")
        if self.tokens[token] <= self.now():
            raise Refused(42001, "access_token expired")
        return self.agent_of[token]

    # -- staff ----------------------------------------------------------------------------------------------------

    def app_message(self, agent: str, body: Json) -> Json:
        """message/send, text only. Who can't be written to is named in the answer."""
        if str(body.get("agentid")) != agent:
            raise Refused(301002, "no privilege to access this agent")
        text = _text(body)
        if len(text.encode()) > TEXT_BYTES:
            raise Refused(45002, "content size out of limit")
        wanted = str(body.get("touser", "")).split("|")
        reached = [self.people[each] for each in wanted if each in self.people and self.people[each].following]
        if not reached:
            raise Refused(81013, "user & party & tag all invalid")
        number = f"msg-{next(self.numbers)}"
        for member in reached:
            if not self._said_lately(member.openid, text, body):
                self.deliver(member, Message("app", text, message_id=number))
        invalid = "|".join(each.lower() for each in wanted if each not in {member.openid for member in reached})
        return {"msgid": number, "invaliduser": invalid}

    def _said_lately(self, userid: str, text: str, body: Json) -> bool:
        """The same words within the wished time are dropped, and nobody is told."""
        if not body.get("enable_duplicate_check"):
            return False
        interval = min(float(body.get("duplicate_check_interval", 1800)), 4 * 3600)
        known = self._said.get((userid, text))
        self._said[userid, text] = self.now()
        return known is not None and self.now() - known < interval

    def recall(self, agent: str, body: Json) -> Json:
        """message/recall: the app's own, within a day."""
        number = str(body.get("msgid", ""))
        for member in self.people.values():
            for message in member.got:
                if message.message_id == number and self.now() - message.at < DAY:
                    member.got.remove(message)
                    self.recalled.append(number)
                    return {}
        raise Refused(40058, "invalid msgid")

    def appchat_message(self, agent: str, body: Json) -> Json:
        """appchat/send, text only."""
        chat = self.appchats.get(str(body.get("chatid")))
        if chat is None:
            raise Refused(86003, "chatid not exist")
        chat.got.append(_text(body))
        self.news.set()
        return {"msgid": f"msg-{next(self.numbers)}"}

    def open_appchat(self, agent: str, body: Json) -> Json:
        """appchat/create: two colleagues or more, the owner among them."""
        members = body.get("userlist") or []
        if len(members) < 2 or body.get("owner") not in members:
            raise Refused(86008, "invalid userlist")
        if unknown := [each for each in members if each not in self.people]:
            raise Refused(86003, f"invalid userid {unknown[0]}")
        return {"chatid": self.appchat()}

    def robot_message(self, body: Json) -> Json:
        """webhook/send: twenty a minute for each key."""
        robot = self.robots.get(str(body.get("key")))
        if robot is None or robot.removed:
            raise Refused(93000, "invalid webhook url")
        _text(body)
        now = self.now()
        robot.times = [at for at in robot.times if now - at < 60.0]
        if len(robot.times) >= ROBOT_A_MINUTE:
            raise Refused(45009, "api freq out of limit")
        robot.times.append(now)
        robot.got.append(body["text"])
        self.news.set()
        return {}

    # -- residents, by a member's hand ----------------------------------------------------------------------------

    def add_task(self, agent: str, body: Json) -> Json:
        """externalcontact/add_msg_template."""
        text = str(body.get("text", {}).get("content", ""))
        if not text or len(text.encode()) > TASK_BYTES:
            raise Refused(40058, "invalid text")
        to_groups, sender = body.get("chat_type") == "group", str(body.get("sender", ""))
        wanted = body.get("chat_id_list" if to_groups else "external_userid") or []
        known = self.groups if to_groups else self.customers
        if to_groups and (not sender or len(wanted) > GROUPS_OF_A_TASK):
            raise Refused(40058, "sender is missing or too many groups")
        refused = [
            chat
            for chat in wanted
            if chat not in known or not known[chat].followers or (sender and sender not in known[chat].followers)
        ]
        parts = [
            Part(member, chat)
            for chat in wanted
            if chat not in refused
            for member in known[chat].followers
            if sender in ("", member)
        ]
        if not parts:
            raise Refused(41048, "no customer to send")
        number = f"msgGCAAAXtWyujaWJHDDGi0mAC{next(self.numbers)}"
        self.tasks[number] = Task(text, parts, to_groups)
        self.news.set()
        return {"fail_list": refused, "msgid": number}

    def task_members(self, agent: str, body: Json) -> Json:
        """externalcontact/get_groupmsg_task, two to a page, so that pages are turned."""
        task = self._task(body)
        members = list(dict.fromkeys(part.member for part in task.parts))
        done = {member: all(part.status for part in task.parts if part.member == member) for member in members}
        rows = [{"userid": member, "status": 2 if done[member] else 0} for member in members]
        return _page(rows, body, "task_list")

    def task_results(self, agent: str, body: Json) -> Json:
        """externalcontact/get_groupmsg_send_result."""
        task, member = self._task(body), str(body.get("userid"))
        name = "chat_id" if task.to_groups else "external_userid"
        rows = [
            {name: part.chat, "userid": part.member, "status": part.status}
            | ({"send_time": part.at} if part.at else {})
            for part in task.parts
            if part.member == member
        ]
        return _page(rows, body, "send_list")

    def remind(self, agent: str, body: Json) -> Json:
        """externalcontact/remind_groupmsg_send: three in a day."""
        task, now = self._task(body), self.now()
        if len([at for at in task.reminders if now - at < DAY]) >= REMINDERS_A_DAY:
            raise Refused(40058, "reminded too often")
        task.reminders.append(now)
        return {}

    def cancel_task(self, agent: str, body: Json) -> Json:
        """externalcontact/cancel_groupmsg_send."""
        task = self._task(body)
        if all(part.status for part in task.parts):
            raise Refused(40058, "task is over")
        task.cancelled = True
        return {}

    def confirm(self, number: str, *, member: str = "", only: int | None = None) -> None:
        """A member taps "send"; for the first `only` chats, as if the network broke off then."""
        task = self.tasks[number]
        for part in [each for each in task.parts if member in ("", each.member) and each.status == WAITING][:only]:
            if task.cancelled:
                return
            chat = (self.groups if task.to_groups else self.customers)[part.chat]
            now = self.now()
            if part.member not in chat.followers:
                part.status = LEFT
            elif any(now - at < DAY for at in chat.times):
                part.status = FULL
            else:
                part.status, part.at = SENT, int(now)
                chat.times.append(now)
                chat.got.append(task.text)
        self.news.set()

    def group_details(self, agent: str, body: Json) -> Json:
        """externalcontact/groupchat/get."""
        group = self.groups.get(str(body.get("chat_id")))
        if group is None:
            raise Refused(90501, "chat is not external group chat")
        return {"group_chat": {"chat_id": body["chat_id"], "name": group.name, "owner": group.followers[0]}}

    def agent_details(self, agent: str, body: Json) -> Json:
        """agent/get."""
        if str(body.get("agentid")) != agent:
            raise Refused(301002, "no privilege to access this agent")
        members = [{"userid": each.openid} for each in self.people.values() if each.following]
        return {"agentid": int(agent), "name": "暖铃", "close": 0, "allow_userinfos": {"user": members}}

    def served_members(self, agent: str, body: Json) -> Json:
        """externalcontact/get_follow_user_list: who may have customers, for an app that may ask."""
        if agent not in self.customer_agents:
            raise Refused(48002, "api forbidden")
        return {"follow_user": [each.openid for each in self.people.values() if each.following]}

    def create_menu(self, agent: str, body: Json) -> Json:
        """menu/create."""
        if str(body.pop("agentid", "")) != agent:
            raise Refused(301002, "no privilege to access this agent")
        if any(len(each.get("sub_button", [])) > 5 for each in body.get("button", [])) or len(body["button"]) > 3:
            raise Refused(40023, "invalid sub button size")
        self.menu = body
        return {}

    def read_menu(self, agent: str, body: Json) -> Json:
        """menu/get."""
        if self.menu is None:
            raise Refused(46003, "menu no exist")
        return dict(self.menu)

    def _task(self, body: Json) -> Task:
        task = self.tasks.get(str(body.get("msgid")))
        if task is None:
            raise Refused(40058, "invalid msgid")
        return task


def _text(body: Json) -> str:
    if body.get("msgtype") != "text":
        raise Refused(40008, "invalid message type")
    text = str(body.get("text", {}).get("content", ""))
    if not text:
        raise Refused(44004, "empty content")
    return text


def _page(rows: list[Json], body: Json, name: str, size: int = 2) -> Json:
    start = int(re.sub(r"\D", "", str(body.get("cursor", ""))) or 0)
    more = {"next_cursor": f"c{start + size}"} if start + size < len(rows) else {"next_cursor": ""}
    return {name: rows[start : start + size]} | more
