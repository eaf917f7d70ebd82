"""How the platform calls the bot: encrypted, five seconds' patience, three tries; and what people do that makes it call."""

import asyncio
import re
import secrets
import time
from dataclasses import dataclass
from xml.etree import ElementTree

import httpx

from tests.wechat_server.world import Follower, Json, Message, World

TRIES = 3


@dataclass
class Told:
    """One try to tell the bot something. `status` 0: no answer in time."""

    xml: str
    status: int
    seconds: float
    body: bytes = b""


class Callbacks:
    """Tells the bot what happens. `patience_seconds` is what the platform waits for an answer, and between two tries."""

    def __init__(self, world: World, url: str = "") -> None:
        self.world = world
        self._known = asyncio.Event()
        self.url = url
        self.patience_seconds = 5.0
        self.report_seconds = 0.2  # after which the result of a template message is told
        self.tries: list[Told] = []
        self._http = httpx.AsyncClient(trust_env=False)
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_order: dict[str, asyncio.Lock] = {}  # of each person

    @property
    def url(self) -> str:
        """Where the bot takes calls; while it is empty the platform waits."""
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        self._url = url
        self._known.set() if url else self._known.clear()

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._http.aclose()

    async def settled(self) -> None:
        """Wait until the bot was told everything."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def tell(self, person: Follower, fields: Json, *, after: float = 0.0) -> None:
        """Tell the bot of one thing, in the background."""
        self.tell_xml(person, self.xml(person, fields), after=after)

    def tell_xml(self, person: Follower, xml: str, *, after: float = 0.0) -> None:
        """As tell, with the message as it is to go out."""
        task = asyncio.create_task(self._tell(person, xml, after))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def event(self, name: str, person: Follower, fields: Json) -> None:
        """Tell the bot of something that happens a little later."""
        self.tell(person, {"MsgType": "event", "Event": name} | fields, after=self.report_seconds)

    def xml(self, person: Follower, fields: Json) -> str:
        """A message of the platform, before it is encrypted."""
        head = {"ToUserName": self.world.account, "FromUserName": person.openid, "CreateTime": int(self.world.now())}
        lines = [
            f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"
            for name, value in (head | fields).items()
        ]
        return "<xml>" + "".join(lines) + "</xml>"

    def request(self, xml: str, *, nonce: str = "", at: float | None = None) -> tuple[dict[str, str], str]:
        """(query, body) of one call."""
        envelope, nonce = self.world.envelope, nonce or secrets.token_hex(8)
        encrypted, timestamp = envelope.encrypt(xml), str(int(self.world.now() if at is None else at))
        query = {
            "signature": envelope.signature(timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": envelope.signature(timestamp, nonce, encrypted),
        }
        body = f"<xml><ToUserName><![CDATA[{self.world.account}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        return query, body

    async def check_url(self) -> bool:
        """What the platform does when the address is entered in its backend."""
        timestamp, nonce, echo = str(int(self.world.now())), secrets.token_hex(8), str(secrets.randbelow(10**18))
        signature = self.world.envelope.signature(timestamp, nonce)
        query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
        answer = await self._http.get(self.url, params=query)
        return answer.status_code == 200 and answer.text == echo

    async def _tell(self, person: Follower, xml: str, after: float) -> None:
        await asyncio.sleep(after)
        async with self._in_order.setdefault(person.openid, asyncio.Lock()):
            for _ in range(TRIES):
                told = await self._try(xml)
                self.tries.append(told)
                if told.status:
                    self._take(person, told)
                    return
            self._broken(person)

    async def _try(self, xml: str) -> Told:
        await self._known.wait()
        query, body = self.request(xml)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.patience_seconds):
                answer = await self._http.post(self.url, params=query, content=body.encode())
        except (TimeoutError, httpx.TransportError):
            await asyncio.sleep(max(0.0, self.patience_seconds - (time.monotonic() - began)))
            return Told(xml, 0, time.monotonic() - began)
        return Told(xml, answer.status_code, time.monotonic() - began, answer.content)

    def _take(self, person: Follower, told: Told) -> None:
        """Show the person the answer: nothing, a text, or that the service is out of order."""
        if told.status == 200 and told.body in (b"", b"success"):
            return
        if told.status == 200:
            try:
                text = self.read_reply(person, told.body)
            except (ElementTree.ParseError, AssertionError, ValueError, AttributeError):
                text = ""
            if text and len(text.encode()) <= 2048:
                self.world.deliver(person, Message("reply", text))
                return
        self._broken(person)

    def read_reply(self, person: Follower, body: bytes) -> str:
        """The text of an encrypted reply to this person."""
        outer = {each.tag: each.text or "" for each in ElementTree.fromstring(body)}
        signed = self.world.envelope.signature(outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
        assert signed == outer["MsgSignature"]
        xml, account = self.world.envelope.decrypt(outer["Encrypt"])
        inner = {each.tag: each.text or "" for each in ElementTree.fromstring(xml)}
        assert account == self.world.app_id
        assert (inner["ToUserName"], inner["FromUserName"]) == (person.openid, self.world.account)
        assert inner["MsgType"] == "text"
        assert re.fullmatch(r"\d+", inner["CreateTime"])
        return inner["Content"]

    def _broken(self, person: Follower) -> None:
        person.broken += 1
        self.world.news.set()


class Person:
    """What a person does in WeChat."""

    def __init__(self, follower: Follower, callbacks: Callbacks) -> None:
        self.follower = follower
        self._callbacks = callbacks
        self._world = callbacks.world

    @property
    def openid(self) -> str:
        """The name by which this account knows the person."""
        return self.follower.openid

    @property
    def got(self) -> list[Message]:
        """Everything that reached the person, oldest first."""
        return self.follower.got

    def follow(self, scene: str = "") -> None:
        """Follow the account, by searching for it or by scanning a code."""
        self.follower.following = True
        self._world.open_window(self.follower, "follow")
        fields = {"EventKey": f"qrscene_{scene}", "Ticket": "ticket"} if scene else {"EventKey": ""}
        self._event("subscribe", fields)

    def scan(self, url: str) -> None:
        """Scan a code that the account made; who doesn't follow yet begins to."""
        scene = self._world.codes[url.rpartition("/")[2]]
        if not self.follower.following:
            self.follow(scene)
            return
        self._world.open_window(self.follower, "follow")
        self._event("SCAN", {"EventKey": scene, "Ticket": "ticket"})

    def unfollow(self) -> None:
        """Stop following."""
        self.follower.following = False
        self.follower.windows.clear()
        self._event("unsubscribe", {"EventKey": ""})

    def say(self, text: str) -> str:
        """Write a text; its number."""
        self._world.open_window(self.follower, "message")
        number = 23_000_000_000_000_000 + next(self._world.numbers)
        self._callbacks.tell(self.follower, {"MsgType": "text", "Content": text, "MsgId": number})
        return str(number)

    def send_photo(self) -> None:
        """Send a picture."""
        self._world.open_window(self.follower, "message")
        number = 23_000_000_000_000_000 + next(self._world.numbers)
        fields = {"MsgType": "image", "PicUrl": "http://127.0.0.1/p", "MediaId": f"media-{number}", "MsgId": number}
        self._callbacks.tell(self.follower, fields)

    def click(self, key: str) -> None:
        """Press a button of the account's menu."""
        self._world.open_window(self.follower, "menu")
        self._event("CLICK", {"EventKey": key})

    def agree(self, *template_ids: str) -> None:
        """Say yes, on a page, to one more notice of each of these templates."""
        for each in template_ids:
            self.follower.notices[each] = self.follower.notices.get(each, 0) + 1
        self._chose("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", "accept", template_ids)

    def decline(self, *template_ids: str) -> None:
        """Say no there: what was agreed to before stays."""
        self._chose("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", "reject", template_ids)

    def forbid(self, *template_ids: str) -> None:
        """Switch a template's notices off in WeChat's settings."""
        for each in template_ids:
            self.follower.notices.pop(each, None)
        self._chose("subscribe_msg_change_event", "SubscribeMsgChangeEvent", "reject", template_ids)

    def pay(self) -> None:
        """Pay the account within WeChat: it may write as it likes for two days, and hears of it by an event."""
        self._world.open_window(self.follower, "payment")
        self._event(
            "user_pay_from_pay_cell", {"CardId": "", "TransId": f"4200{next(self._world.numbers):024}", "Fee": 28640}
        )

    def _chose(self, event: str, inside: str, status: str, template_ids: tuple[str, ...]) -> None:
        listed = "".join(
            f"<List><TemplateId><![CDATA[{each}]]></TemplateId>"
            f"<SubscribeStatusString><![CDATA[{status}]]></SubscribeStatusString><PopupScene>1</PopupScene></List>"
            for each in template_ids
        )
        xml = self._callbacks.xml(self.follower, {"MsgType": "event", "Event": event})
        self._callbacks.tell_xml(self.follower, xml.replace("</xml>", f"<{inside}>{listed}</{inside}></xml>"))

    def _event(self, name: str, fields: Json) -> None:
        self._callbacks.tell(self.follower, {"MsgType": "event", "Event": name} | fields)
