"""A household's papers in a colleague's chat (`/document` 文书): listed, opened, added by sending a file, taken back by the sender."""

from __future__ import annotations

from domain.errors import Refusal
from domain.filing import BYTES_MAX, ENDINGS, may_be_kept
from domain.messages import Answer, Attachment, Choice
from domain.roles import Right
from domain.wording import tongue
from handlers.labels import label
from handlers.scopes import has, household_of, officer
from handlers.turn import Turn
from models.accounts import Account
from models.documents import Document, DocumentKind, documents_of
from models.papers import PaperKind, ask_for
from models.sent_files import DOCUMENT, undo_document, want_file
from models.staff import audit

SHOWN, TITLE_MAX, LABEL_MAX = 8, 120, 14


async def command(turn: Turn) -> Answer:
    """`/document CODE`: what there is, and how to add to it; with a file, it is added: `/document CODE [KIND [TITLE]]`."""
    code, _, rest = turn.argument.partition(" ")
    if not code:
        return Answer((turn.say("filing.which"),), expect="document.code")
    return await _with(turn, code, rest)


async def code_typed(turn: Turn) -> Answer | None:
    """The household's code after `/document` alone, also as the caption of a file."""
    code, _, rest = turn.text.partition(" ")
    return await _with(turn, code, rest) if code and len(code) <= 64 else None


async def _with(turn: Turn, code: str, rest: str) -> Answer:
    account = await household_of(turn, code, Right.READ)
    if turn.message.attachment is not None:
        return await _add(turn, account, turn.message.attachment, rest)
    return await _listed(turn, account)


async def _listed(turn: Turn, account: Account) -> Answer:
    """Reading the list is written down."""
    found = (await documents_of(turn.session, account.id))[::-1]
    await audit(turn.session, turn.actor, "documents.read", f"account/{account.id}", turn.now)
    lines = [
        turn.words(
            "filing.line",
            number=str(number),
            kind=label(turn, "document_kind", each.kind),
            title=" ".join(each.title.split()),
            day=each.dated_on.isoformat(),
            size=_size(each.size_bytes),
        )
        for number, each in enumerate(found[:SHOWN], start=1)
    ]
    if len(found) > SHOWN:
        lines.append(turn.words("account.more_documents", number=str(len(found) - SHOWN)))
    buttons = [
        turn.button(f"document_open_{number}", "document.open", reusable=True, document=str(each.id))
        for number, each in enumerate(found[:SHOWN], start=1)
    ]
    rows = [buttons[n : n + 4] for n in range(0, len(buttons), 4)]
    adds = has(turn, Right.TASKS)
    how = turn.words("filing.how", size=str(BYTES_MAX // 2**20)) if adds else ""
    parts = [*(lines or [turn.words("filing.none")]), how]
    fields = {"code": account.code, "lines": "\n".join(filter(None, parts))}
    text = turn.say("filing.list", *rows, fields=turn.called(account) | fields)
    return Answer((text,), "document.file", {"code": account.code}) if adds else Answer((text,))


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.1f} MB" if size_bytes >= 2**20 else f"{max(1, size_bytes // 1024)} KB"


async def file_sent(turn: Turn) -> Answer | None:
    """The file itself; its caption may say what it is."""
    if turn.message.attachment is None:
        return None
    account = await household_of(turn, turn.memory["code"], Right.TASKS)
    return await _add(turn, account, turn.message.attachment, turn.text)


async def _add(turn: Turn, account: Account, file: Attachment, caption: str) -> Answer:
    officer(turn, Right.TASKS)
    if wrong := may_be_kept(file.kind, file.name, file.size_bytes):
        fields = {"code": account.code, "size": str(BYTES_MAX // 2**20), "endings": " ".join(ENDINGS)}
        return Answer((turn.say(f"filing.not_kept_{wrong}", fields=fields),), "document.file", {"code": account.code})
    word, _, rest = caption.strip().partition(" ")
    kind = _kind(turn, word)
    title = (rest if kind else caption).strip()[:TITLE_MAX]
    if kind is None:
        args = {
            "code": account.code,
            "sort": file.kind,
            "file": file.file_id,
            "name": file.name[-TITLE_MAX:],
            "size": str(file.size_bytes),
            "title": title,
        }
        buttons = [
            Choice(turn.words(f"button.document_{each}"), "document.kind", {**args, "kind": each.value})
            for each in DocumentKind
        ]
        question = turn.say("filing.which_kind", buttons[:3], buttons[3:], code=account.code)
        return Answer((question,))
    return await _wanted(turn, account, file, kind, title)


def _kind(turn: Turn, word: str) -> DocumentKind | None:
    """A kind by its word in either language."""
    words = turn.office.wording
    for each in DocumentKind:
        if word.casefold() in {each.value, *(words.text(f"document_kind.{each}", lang) for lang in ("zh", "en"))}:
            return each
    return None


async def kind_chosen(turn: Turn) -> Answer:
    args = turn.args
    account = await household_of(turn, args["code"], Right.TASKS)
    file = Attachment(args["sort"], args["file"], args["name"], int(args["size"]))
    return await _wanted(turn, account, file, DocumentKind(args["kind"]), args["title"])


async def _wanted(turn: Turn, account: Account, file: Attachment, kind: DocumentKind, title: str) -> Answer:
    """The file is fetched a moment later; what became of it is said then."""
    new = await want_file(
        turn.session,
        account.id,
        DOCUMENT,
        turn.message.channel,
        file,
        turn.now,
        staff_id=officer(turn, Right.TASKS).id,
        kind=kind.value,
        title=title,
        language=tongue(turn.language),
    )
    return Answer((turn.say("filing.fetching" if new else "filing.kept_before", code=account.code),))


async def open_it(turn: Turn) -> Answer:
    """The file comes as a document, as every paper does; who got it stands in the audit log."""
    document, _ = await _found(turn, Right.READ)
    member = officer(turn, Right.READ)
    await ask_for(
        turn.session, PaperKind.DOCUMENT, f"document/{document.id}", member.id, tongue(turn.language), turn.now
    )
    return Answer((turn.say("filing.coming"),))


async def undo(turn: Turn) -> Answer:
    """Only by the one who added it: what others rely on doesn't vanish."""
    document, account = await _found(turn, Right.TASKS)
    if document.actor != turn.actor:
        raise Refusal("filing.not_yours")
    await undo_document(turn.session, document)
    detail = {"sha256": document.sha256}
    await audit(turn.session, turn.actor, "document.removed", f"account/{account.id}", turn.now, detail)
    return Answer((turn.say("filing.undone", edit=True, code=account.code, title=document.title),))


async def _found(turn: Turn, right: Right) -> tuple[Document, Account]:
    document = await turn.session.get(Document, int(turn.args["document"]))
    account = await turn.session.get(Account, document.account_id) if document is not None else None
    if document is None or account is None:
        raise Refusal("filing.gone")
    return document, await household_of(turn, account.code, right)
