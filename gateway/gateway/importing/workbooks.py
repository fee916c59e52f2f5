"""Reading Excel workbooks, after looking whether they are as small as they seem.

A workbook is a zip of XML, so a small file can hold an enormous one, a shared text can be referred to
a million times, and two cells in opposite corners make a reader allocate everything between them. So each
part is unpacked under a limit and its cells are counted first; the reader then gets a repacked copy that
holds exactly what was counted, whatever the original's directory claims.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from gateway.importing.sheets import CannotRead, Cell, Remark, Sheet, Workbook, read_sheet

MAX_UNPACKED = 128 * 1024 * 1024
MAX_PARTS = 2_000
MAX_AREA = 5_000_000  # cells of one sheet, the blank ones between included
MAX_CHARACTERS = 128_000_000
_PROTECTED = b"\xd0\xcf\x11\xe0"  # an OLE container: an encrypted workbook, or the format before 2007


class WorkbookIsTooLarge(CannotRead):
    """Unpacked, the workbook is far larger than any import needs."""

    zh = "“{name}”解开后太大（{what}）。请只留要导入的表和行，另存后再试。"
    en = (
        "“{name}” is too large when unpacked ({what}). Keep only the sheets and rows to import and try again."
    )


class WorkbookIsDamaged(CannotRead):
    """The file is no readable xlsx."""

    zh = "“{name}”打不开：文件损坏或不是 xlsx。请在 Excel 或 WPS 里另存为 .xlsx。"
    en = "“{name}” cannot be opened: damaged, or no xlsx. Please save it as .xlsx in Excel or WPS."


class WorkbookIsProtected(CannotRead):
    """The workbook has a password, or is of the old format."""

    zh = "“{name}”有密码，或者是旧的 .xls 格式。请去掉密码，另存为 .xlsx。"
    en = "“{name}” has a password or is of the old .xls format. Remove the password and save it as .xlsx."


def read_workbook(name: str, content: bytes) -> Workbook:
    """The known sheets of a workbook; raises CannotRead."""
    if content.startswith(_PROTECTED):
        raise WorkbookIsProtected(name=name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(_inspected(name, content)))
        sheets: list[Sheet] = []
        remarks: list[Remark] = []
        for tab in book.sheet_names:
            sheet, more = read_sheet(tab, _records(book, tab))
            remarks += more
            if sheet is not None:
                sheets.append(sheet)
    except PasswordError as error:
        raise WorkbookIsProtected(name=name) from error
    except CalamineError as error:
        raise WorkbookIsDamaged(name=name) from error
    return Workbook(name, "xlsx", tuple(sheets), tuple(remarks))


def _records(book: CalamineWorkbook, tab: str) -> Iterator[list[Cell]]:
    """All rows from the first on, so that counting them gives Excel's row numbers."""
    sheet = book.get_sheet_by_name(tab)
    for record in sheet.to_python(skip_empty_area=False):
        yield [*record]


def _inspected(name: str, content: bytes) -> bytes:
    """The same workbook, unpacked within limits and stored plain."""
    unpacked = io.BytesIO()
    left = MAX_UNPACKED
    shared: list[int] | None = None
    scans: list[_Scan] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(unpacked, "w") as plain:
            parts = {part.filename: part for part in packed.infolist()}
            if len(parts) > MAX_PARTS:
                raise WorkbookIsTooLarge(name=name, what=f"{len(parts)} parts")
            for part in parts.values():
                with packed.open(part) as stream:
                    data = stream.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise WorkbookIsTooLarge(name=name, what=f"> {MAX_UNPACKED >> 20} MB")
                if _is_xml(data):
                    scan = _Scan(data)
                    scans.append(scan)
                    if scan.is_shared_strings:
                        shared = scan.lengths
                    if scan.rows * scan.columns > MAX_AREA:
                        raise WorkbookIsTooLarge(name=name, what=f"{scan.rows} × {scan.columns}")
                plain.writestr(PurePosixPath(part.filename).as_posix(), data)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, expat.ExpatError, EOFError, ValueError) as error:
        raise WorkbookIsDamaged(name=name) from error
    except (NotImplementedError, RuntimeError) as error:  # unknown compression, encrypted part
        raise WorkbookIsProtected(name=name) from error
    characters = sum(scan.characters(shared or []) for scan in scans)
    if characters > MAX_CHARACTERS:
        raise WorkbookIsTooLarge(name=name, what=f"{characters} characters")
    return unpacked.getvalue()


def _is_xml(data: bytes) -> bool:
    start = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return start.startswith(b"<")


class _Scan:
    """What one XML part would make a reader allocate. A document type declaration is refused."""

    def __init__(self, data: bytes) -> None:
        self.rows = 0
        self.columns = 0
        self.is_shared_strings = False
        self.lengths: list[int] = []
        self._references: list[int] = []
        self._row = 0
        self._column = 0
        self._counted = 0
        self._is_reference = False
        self._text: list[str] | None = None
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(data, True)

    def characters(self, shared: list[int]) -> int:
        """Characters of all cells, a shared text counted as often as it is referred to."""
        return sum(shared[index] for index in self._references if index < len(shared))

    @staticmethod
    def _refuse(*_: object) -> None:
        raise ValueError("a workbook has no document type")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "sst":
            self.is_shared_strings = True
        elif local == "si":
            self._counted = 0
        elif local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif local == "c":
            self._place(attributes.get("r"))
            self._is_reference = attributes.get("t") == "s"
        elif local in {"v", "is"}:
            self.rows = max(self.rows, self._row)
            self.columns = max(self.columns, self._column)
            self._text = [] if self._is_reference else None

    def _place(self, reference: str | None) -> None:
        match = re.fullmatch(r"([A-Za-z]{1,3})([0-9]{1,7})", reference or "")
        if match is None:
            self._column += 1
            return
        self._column = 0
        for letter in match[1].upper():
            self._column = self._column * 26 + ord(letter) - 64
        self._row = int(match[2])

    def _end(self, tag: str) -> None:
        local = tag.rpartition(":")[2]
        if local == "si":
            self.lengths.append(self._counted)
        elif local == "v" and self._text is not None:
            digits = "".join(self._text).strip()
            if digits.isdecimal():
                self._references.append(int(digits))
            self._text = None

    def _characters(self, text: str) -> None:
        self._counted += len(text)
        if self._text is not None:
            self._text.append(text)
