"""The house rules that no reviewer should have to remember; each tells the accident it prevents."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import models
from models.base import Base, Database

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("domain", "understanding", "models", "handlers", "jobs", "bot", "alembic", "scripts")
OURS = {*ROOMS, "scheduler", "tests"}

# Who may import whom (DESIGN §2), longest path first. "+": libraries from outside; the standard library is always open.
MAY: dict[str, set[str]] = {
    "domain": set(),
    "understanding": {"domain", "+numpy", "+rapidfuzz", "+cn2an", "+holidays"},
    "models": {"domain", "+sqlalchemy"},
    "handlers": {"domain", "models", "understanding", "+sqlalchemy", "+structlog"},
    "jobs": {"domain", "models", "+sqlalchemy", "+structlog"},
    "scheduler.py": {"domain", "jobs", "models", "+apscheduler", "+structlog"},
    "bot/channels": {
        "domain", "bot.channels", "bot.settings", "+telegram", "+httpx", "+aiohttp", "+starlette", "+structlog",
        "+wechatpy", "+requests", "+urllib3",
    },
}  # fmt: skip


def files(*rooms: str) -> list[Path]:
    found = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in found if "__pycache__" not in path.parts]


def sources() -> list[Path]:
    return [*files(*ROOMS), ROOT / "scheduler.py"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: imports are written in full"
            yield node.module or ""


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """String literals that are neither docstrings, nor parts of a regular expression or a log line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize("room", MAY)
def test_rooms_import_only_what_the_table_allows(room: str) -> None:
    """An arrow that runs up the house makes a rule need a database, or a job need Telegram."""
    allowed = MAY[room]
    own = room.removesuffix(".py")
    wrong = []
    for path in files(room) if (ROOT / room).is_dir() else [ROOT / room]:
        for module in imports(path):
            top = module.partition(".")[0]
            if top in sys.stdlib_module_names or top == own:
                continue
            if top in OURS and (top in allowed or any(module.startswith(each) for each in allowed if "." in each)):
                continue
            if top not in OURS and f"+{top}" in allowed:
                continue
            wrong.append(f"{name(path)} imports {module}")
    assert wrong == []


def test_nobody_imports_bot_but_bot_itself_and_the_migrations() -> None:
    """What imports the program can't be used without it."""
    wrong = [
        name(path)
        for path in sources()
        if path.parts[len(ROOT.parts)] not in ("bot", "alembic", "scripts")
        for module in imports(path)
        if module.partition(".")[0] == "bot"
    ]
    assert wrong == []


def test_handlers_know_understanding_only_by_its_results() -> None:
    """A handler that reads sentences by itself would answer differently from the dispatcher."""
    wrong = [
        f"{name(path)} imports {module}"
        for path in files("handlers")
        for module in imports(path)
        if module.startswith("understanding") and module not in ("understanding.reading", "understanding.slots")
    ]
    assert wrong == []


def test_migrations_and_tests_are_no_packages() -> None:
    """`alembic/__init__.py` would shadow the library of that name."""
    assert [name(path) for path in files("alembic", "tests") if path.name == "__init__.py"] == []


def test_an_init_file_holds_a_docstring_only() -> None:
    """Code at import time runs in an order that nobody chose. models/__init__.py names the tables for Alembic."""
    for path in sources():
        if path.name == "__init__.py":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            allowed = (
                (ast.Expr, ast.ImportFrom, ast.Import, ast.Assign) if path.parent.name == "models" else (ast.Expr,)
            )
            assert all(isinstance(node, allowed) for node in body), name(path)


def test_the_first_line_of_each_file_says_what_it_is_for() -> None:
    """A folder of unnamed intentions grows a second file for the same thing."""
    for path in [*sources(), *files("tests")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        first = next((line for line in lines[:2] if not line.startswith("#!")), "")
        assert re.match(r'"""\S.*', first), name(path)


def test_the_machines_clock_is_read_in_one_file() -> None:
    """A second clock can't be moved by tests, the sandbox or `tick --now`."""
    asks = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.time\(")
    found = {name(path) for path in sources() if asks.search(path.read_text(encoding="utf-8"))}
    assert found <= {"domain/clock.py"}


def test_domain_reads_no_file_but_the_words_of_the_kindness_check() -> None:
    """A rule that reads a file by itself decides otherwise on another machine; these words are asked for everywhere."""
    touches = re.compile(r"\bopen\(|\.(?:read|write)_(?:text|bytes)\(|\.i?glob\(")
    found = {name(path) for path in files("domain") if touches.search(path.read_text(encoding="utf-8"))}
    assert found == {"domain/lint_words.py"}


def test_rooms_have_names_that_say_something() -> None:
    """A drawer named utils gets everything that was not thought about."""
    banned = {"utils", "helpers", "managers", "services", "common", "misc"}
    assert [name(path) for path in sources() if path.stem in banned or banned & set(path.parts)] == []


# Words of Chinese that are data, not speech: names of columns and commands, rules of the text check, understanding.
SPEAKS_CHINESE_AS_DATA = (
    "understanding/", "scripts/", "domain/lint_text.py", "domain/redaction.py", "domain/wording.py", "domain/durations.py",
    "domain/addressing.py", "domain/broadcasts.py", "domain/nearest.py",  # patterns that read what was written
    "bot/importing/", "bot/commands/", "bot/demo",
    "bot/channels/sandbox", "bot/web/", "bot/settings.py", "handlers/routes.py", "handlers/broadcast",
)  # fmt: skip
SENTENCE = re.compile(r"[\u4e00-\u9fff].*[。！？，；]|[\u4e00-\u9fff]{8,}")


def test_no_sentence_for_a_person_stands_in_python() -> None:
    """The office edits words in content/; a sentence in Python is out of its reach and out of the text check's."""
    found = [
        f"{name(path)}:{line}: {text}"
        for path in sources()
        if not name(path).startswith(SPEAKS_CHINESE_AS_DATA)
        for line, text in sentences(path)
        if SENTENCE.search(text)
    ]
    assert found == []


def test_handlers_and_jobs_say_nothing_in_english_either() -> None:
    """Same accident, other language: four words and a full stop are a sentence."""
    speech = re.compile(r"\b[A-Z][a-z]+( [a-z']+){3,}.*[.!?]$")
    found = [
        f"{name(path)}:{line}: {text}"
        for path in files("handlers", "jobs")
        for line, text in sentences(path)
        if speech.search(text)
    ]
    assert found == []


def test_no_path_of_a_machine_stands_in_the_project() -> None:
    """A path of one machine works on no other, and tells who worked on it."""
    here = re.compile(r"(?<![\w.])(/(?:work|root)/|/home/\w|C:\\\\Users)")
    tracked = [
        *sources(),
        *files("tests"),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
        *(ROOT / "content").rglob("*.toml"),
    ]
    found = [name(path) for path in tracked if path != Path(__file__) and here.search(path.read_text(encoding="utf-8"))]
    assert found == []


async def test_the_migrations_make_the_tables_of_the_models(database: Database) -> None:
    """A column that only the models know fails on the office's database, not on ours."""
    assert models.__doc__

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_every_room_imports_by_itself() -> None:
    """An import that only works in a certain order works until somebody sorts the imports."""
    for module in ("domain.gate", "models", "jobs.plan", "handlers.routes", "scheduler", "bot.app"):
        done = subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
