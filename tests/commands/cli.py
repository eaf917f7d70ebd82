"""The command line as the office uses it, and an estate to use it on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from bot.__main__ import main
from domain.messages import Kind
from models import Base
from models.outbox import Outbox


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]


class Cli:
    """Runs commands in a folder of its own and looks at what they left behind."""

    def __init__(self, folder: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.url = url
        self._capsys = capsys
        drivers = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}
        parsed = make_url(url)
        self.engine: Engine = create_engine(parsed.set(drivername=drivers[parsed.drivername]))

    def __call__(self, *arguments: str) -> Result:
        code = main(arguments)
        said = self._capsys.readouterr()
        return Result(code, said.out, said.err)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def execute(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def add(self, *rows: Base) -> None:
        """Put rows straight into tables."""
        with Session(self.engine) as session, session.begin():
            for row in rows:
                session.add(row)
                session.flush()

    def refused(self, file: Path) -> list[dict[str, str]]:
        with Path(f"{file}.errors.csv").open(encoding="utf-8-sig", newline="") as opened:
            return list(csv.DictReader(opened))


def waiting_reminder(number: int, account_id: int, at: datetime, **values: object) -> Outbox:
    """A reminder that lies in the outbox."""
    row: dict[str, object] = {
        "id": number,
        "key": f"k{number}",
        "lane": "sandbox",
        "channel": "sandbox",
        "chat": "u1",
        "audience": "private",
        "kind": Kind.REMINDER,
        "priority": 30,
        "account_id": account_id,
        "template": "reminder",
        "text": "您好",
        "state": "held",
        "not_before": at,
        "created_at": at,
    }
    return Outbox(**{**row, **values})


ESTATE = """编号,小区,楼栋,房号,姓名,手机,面积,周期
S-1,阳光花园,3栋,1201,王建国,13800000001,89.5,
S-2,阳光花园,3栋,1202,李秀英,13800000002,100,
S-3,阳光花园,5栋,301,赵敏,13800000003,,季
"""


def lines(*rows: Sequence[object]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in rows)
