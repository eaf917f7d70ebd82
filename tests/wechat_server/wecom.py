"""WecomServer: the project's own WeCom platform on loopback, for tests and a bot run by hand."""

import secrets
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.wechat_server.callbacks import Callbacks, Person
from tests.wechat_server.company import Company
from tests.wechat_server.server import WechatServer, read_json
from tests.wechat_server.world import Follower, Json, Refused

INTERFACES: dict[str, Callable[[Company, str, Json], Json]] = {
    "agent/get": Company.agent_details,
    "message/send": Company.app_message,
    "message/recall": Company.recall,
    "appchat/send": Company.appchat_message,
    "appchat/create": Company.open_appchat,
    "menu/create": Company.create_menu,
    "menu/get": Company.read_menu,
    "externalcontact/get_follow_user_list": Company.served_members,
    "externalcontact/groupchat/get": Company.group_details,
    "externalcontact/add_msg_template": Company.add_task,
    "externalcontact/get_groupmsg_task": Company.task_members,
    "externalcontact/get_groupmsg_send_result": Company.task_results,
    "externalcontact/remind_groupmsg_send": Company.remind,
    "externalcontact/cancel_groupmsg_send": Company.cancel_task,
}
SYS = "sys"  # who sends the platform's own notices


class CorpCallbacks(Callbacks):
    """WeCom's calls: the check of the address is encrypted, too."""

    async def check_url(self) -> bool:
        """What the platform does when the address is entered in its backend."""
        echo, nonce, timestamp = str(secrets.randbelow(10**18)), secrets.token_hex(8), str(int(self.world.now()))
        sealed = self.world.envelope.encrypt(echo)
        signature = self.world.envelope.signature(timestamp, nonce, sealed)
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": sealed}
        answer = await self._http.get(self.url, params=query)
        return answer.status_code == 200 and answer.text == echo


class Member(Person):
    """What a member of the staff does in WeCom."""

    def __init__(self, follower: Follower, server: "WecomServer") -> None:
        super().__init__(follower, server.callbacks)
        self._server = server

    @property
    def userid(self) -> str:
        """The member's name in the company."""
        return self.follower.openid

    def say(self, text: str) -> str:
        """Write a text to the app; its number."""
        number = 91_000_000_000_000_000 + next(self._server.numbers)
        fields = {"MsgType": "text", "Content": text, "MsgId": number, "AgentID": int(self._server.agent_id)}
        self._callbacks.tell(self.follower, fields)
        return str(number)

    def admitted(self) -> None:
        """An administrator lets the member see the app."""
        self.follower.following = True
        self._happened("subscribe")

    def enter(self) -> None:
        """Open the app, and write nothing."""
        self._happened("enter_agent")

    def _happened(self, event: str) -> None:
        fields = {"MsgType": "event", "Event": event, "EventKey": "", "AgentID": int(self._server.agent_id)}
        self._callbacks.tell(self.follower, fields)

    def confirm(self, *, only: int | None = None) -> None:
        """Tap "send" in every task that waits."""
        for number in self._server.tasks:
            self._server.confirm(number, member=self.userid, only=only)


class WecomServer(Company, WechatServer):
    """`async with WecomServer() as server:` — then point a bot's wecom.base_url at `server.url`."""

    def __init__(self, *, port: int = 0, callback: str = "", token_seconds: float = 7200.0) -> None:
        super().__init__(port=port, callback=callback, token_seconds=token_seconds)
        self.callbacks = CorpCallbacks(self, callback)

    async def __aenter__(self) -> "WecomServer":
        """Starts listening."""
        await self.come_back()
        return self

    def colleague(self, userid: str) -> Member:
        """A member of the staff who sees the app."""
        return Member(self.member(userid), self)

    def customer_event(self, change: str, customer: str, member: str) -> None:
        """Tell the bot what became of a customer."""
        fields = {"ChangeType": change, "UserID": member, "ExternalUserID": customer}
        self.callbacks.tell(Follower(SYS), {"MsgType": "event", "Event": "change_external_contact"} | fields)

    def group_event(self, change: str, chat: str, detail: str = "") -> None:
        """Tell the bot what became of a customers' group."""
        fields = {"ChangeType": change, "ChatId": chat} | ({"UpdateDetail": detail} if detail else {})
        self.callbacks.tell(Follower(SYS), {"MsgType": "event", "Event": "change_external_chat"} | fields)

    async def _control(self, request: Request) -> Response:
        """colleagues/{id}/{say,click,enter,admitted,confirm,got}; groups, a new one with {"owner", "name"}; else as an account's."""
        what, _, rest = str(request.path_params["path"]).partition("/")
        body = await read_json(request)
        if what == "colleagues":
            userid, _, action = rest.partition("/")
            colleague = self.colleague(userid)
            if action and action != "got":
                getattr(colleague, action)(*body.get("with", []))
            waits = [task.text for task in self.tasks.values() if task.waits_for(userid)]
            got = [vars(message) for message in colleague.got]
            return JSONResponse({"userid": userid, "got": got, "to_confirm": waits})
        if what == "groups":
            if body:
                self.group_event("create", self.group(str(body["owner"]), str(body["name"])))
            return JSONResponse({chat: vars(group) for chat, group in self.groups.items()})
        return await super()._control(request)

    def _carried_out(self, path: str, token: str, body: Json, request: Request) -> Json:
        ip = request.client.host if request.client else ""
        if path == "gettoken":
            return self.give_corp_token(str(body.get("corpid")), str(body.get("corpsecret")), ip)
        if path == "webhook/send":
            return self.robot_message(body)
        agent = self.check_corp_token(token)
        if path == "media/get":
            return self.sent_media(body)
        if path not in INTERFACES:
            raise Refused(48002, "api forbidden")
        return INTERFACES[path](self, agent, body)
