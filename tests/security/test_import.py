"""Office files that are none: bombs, lies about sizes, entities, far cells; each is refused in words, and nothing dies of it."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from bot.commands.context import CommandError
from bot.importing.reading import BYTES_MAX, ROWS_MAX, read

HEAD = b'<?xml version="1.0"?>'
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = b"http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": b'<Relationships xmlns="%s"><Relationship Id="r1" Type="%s/officeDocument" Target="xl/workbook.xml"/>'
    b"</Relationships>" % (RELATIONS, OFFICE),
    "xl/workbook.xml": b'<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
    % (MAIN, OFFICE),
    "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="%s"><Relationship Id="r1" Type="%s/worksheet" '
    b'Target="worksheets/sheet1.xml"/></Relationships>' % (RELATIONS, OFFICE),
}


def cell(place: bytes, text: bytes = b"x") -> bytes:
    row = place.lstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return b'<row r="%s"><c r="%s" t="inlineStr"><is><t>%s</t></is></c></row>' % (row, place, text)


def sheet(rows: bytes, before: bytes = b"") -> bytes:
    return HEAD + before + b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN, rows)


def spreadsheet(path: Path, content: bytes, **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in (PARTS | {"xl/worksheets/sheet1.xml": content} | more).items():
            packed.writestr(name, part if part.startswith(HEAD) else HEAD + part)
    return path


def refused(path: Path) -> str:
    with pytest.raises(CommandError) as found:
        read(path)
    assert str(path) in str(found.value)
    return str(found.value)


def test_a_plain_one_is_read(tmp_path: Path) -> None:
    [line] = read(spreadsheet(tmp_path / "plain.xlsx", sheet(cell(b"B2", "编号".encode()))))
    assert (line.number, line.cells) == (2, ("", "编号"))


LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (LAUGHS, b"&j;"),
        (b"<!DOCTYPE x [<!ENTITY a '" + b"ha" * 50_000 + b"'>]>", b"&a;" * 50_000),
        (b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>", b"&a;"),
        (b"<!DOCTYPE x [<!ENTITY a SYSTEM 'http://127.0.0.1:9/'>]>", b"&a;"),
        (b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>", b"&a;"),
    ],
    ids=["billion laughs", "quadratic", "a local file", "an address", "a foreign definition"],
)
def test_entities_are_never_followed(tmp_path: Path, before: bytes, text: bytes) -> None:
    assert "not a spreadsheet" in refused(spreadsheet(tmp_path / "entity.xlsx", sheet(cell(b"A1", text), before)))


def test_a_thing_nested_a_hundred_thousand_deep_is_read_past(tmp_path: Path) -> None:
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert "empty" in refused(spreadsheet(tmp_path / "deep.xlsx", sheet(deep)))


@pytest.mark.parametrize(
    "rows", [cell(b"XFD1048576"), cell(b"A1") + cell(b"XFD1048576")], ids=["alone", "and the first"]
)
def test_a_cell_at_the_far_end_kills_nobody(tmp_path: Path, rows: bytes) -> None:
    """Its reader would ask for 26 GB: it dies alone, and we say what to do."""
    said = refused(spreadsheet(tmp_path / "far.xlsx", sheet(rows)))
    assert "delete the empty rows and columns" in said


def test_a_cell_a_little_too_far_is_only_too_many_rows(tmp_path: Path) -> None:
    [line] = read(spreadsheet(tmp_path / "far.xlsx", sheet(cell(b"A1") + cell(b"B60000"))))
    assert line.number == 1


def test_a_bomb_is_refused_by_its_announced_size_and_by_how_well_it_is_packed(tmp_path: Path) -> None:
    huge = sheet(cell(b"A1", b"x" * (20 * 2**20)))
    assert "more than 100 times" in refused(spreadsheet(tmp_path / "packed.xlsx", huge))
    nothing = b"\0" * (90 * 2**20)
    assert "more than 256 MiB" in refused(
        spreadsheet(tmp_path / "bomb.xlsx", sheet(cell(b"A1")), a=nothing, b=nothing, c=nothing)
    )


def test_a_bomb_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    huge = sheet(cell(b"A1", b"x" * (20 * 2**20)))
    path = spreadsheet(tmp_path / "lie.xlsx", huge)
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", len(huge)), struct.pack("<I", 1000)))
    assert "not a spreadsheet" in refused(path)


def test_macros_are_refused(tmp_path: Path) -> None:
    path = spreadsheet(tmp_path / "macro.xlsx", sheet(cell(b"A1")), **{"xl/vbaProject.bin": b"x"})
    assert "macros" in refused(path)


@pytest.mark.parametrize("name", ["note.xlsx", "note.xls", "note.ods"])
def test_what_is_no_spreadsheet_is_refused(tmp_path: Path, name: str) -> None:
    for content in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, bytes(range(256)) * 50):
        (tmp_path / name).write_bytes(content)
        assert any(words in refused(tmp_path / name) for words in ("not a spreadsheet", "damaged"))


def test_too_many_bytes_and_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_bytes(b"code\n" + b"x\n" * ROWS_MAX)
    assert len(read(path)) == ROWS_MAX + 1
    path.write_bytes(b"code\n" + b"x\n" * (ROWS_MAX + 1))
    assert "more than 50,000 rows" in refused(path)
    path.write_bytes(b"x" * (BYTES_MAX + 1))
    assert "larger than 10 MiB" in refused(path)
