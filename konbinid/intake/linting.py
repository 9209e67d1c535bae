"""A dropped file looked at by itself: no database, no keys, nothing kept. What a vendor can know before sending, and an operator before asking.

The reading is the daemon's own (konbinid.intake.records), and so are the checks of pictures and PDFs. Not seen here is what needs the city's
data: numbers that belong to somebody else, attachments held from before, the order of files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from konbinid.intake.attachments import read_bmp, size_defect
from konbinid.intake.examiner import Examiner
from konbinid.intake.feeds import REMOVE, Attached
from konbinid.intake.folder import chunks, opened_file, opened_folder, read_small
from konbinid.intake.layout import Layout
from konbinid.intake.names import END_LIMIT, BadEnd, DropName, EndMarker
from konbinid.intake.problems import BadValue, Fault, ProblemList
from konbinid.intake.records import Block, Reader
from konbinid.intake.register_pdfs import names_wanted
from konbinid.intake.storing import first_content

_READ_BYTES = 1024 * 1024


@dataclass(slots=True)
class Linted:
    """What was found. ``first``: (line, values by field) of the first rows that were asked for; ``notes``: in Japanese, what is no fault by
    itself."""

    rows: int = 0
    problems: ProblemList = field(default_factory=ProblemList)
    first: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Linter:
    """Looks at one file. ``name`` None: it has none of the contract's names, and is taken for a difference file."""

    def __init__(self, path: Path, name: DropName | None, layout: Layout, show: int) -> None:
        self._path = path
        self._name = name
        self._layout = layout
        self._show = show
        self._reader = Reader(layout, full=name is not None and name.full)
        self._found = Linted()
        self._keys: dict[tuple[str, ...], int] = {}
        self._examiner = Examiner()
        self._lacking = 0

    def lint(self) -> Linted:
        """Everything that can be said. OSError when the file cannot be read."""
        try:
            with ExitStack() as stack:
                folder = stack.enter_context(opened_folder(self._path.parent))
                places = [folder]
                if self._name is not None:
                    with suppress(OSError):
                        places.insert(0, stack.enter_context(opened_folder(self._name.stem, folder)))
                digest = self._read(folder, places)
                self._judge_end(read_small(f"{self._path.name}.end", folder, END_LIMIT), digest)
        finally:
            self._examiner.close()
        if self._name is not None and self._name.extension != self._layout.extension:
            self._problems.add_file(Fault.WRONG_EXTENSION)
        if self._lacking:
            self._found.notes.append(
                f"添付ファイルのうち {self._lacking} 件はここにありません。サーバが以前に受け取ったものであれば誤りではありません。"
            )
        self._found.rows, self._found.problems = self._reader.rows, self._problems
        return self._found

    @property
    def _problems(self) -> ProblemList:
        return self._reader.problems

    def _read(self, folder: int, places: list[int]) -> bytes:
        digest = sha256()
        with opened_file(self._path.name, folder) as descriptor:
            size = self._path.stat().st_size
            for data in chunks(descriptor, _READ_BYTES, size):
                digest.update(data)
                self._look_at(self._reader.feed(data), places)
        self._look_at(self._reader.finish(), places)
        return digest.digest()

    def _look_at(self, blocks: Iterator[Block], places: list[int]) -> None:
        for block in blocks:
            for at, line in enumerate(block.lines):
                row = {name: values[at] for name, values in block.columns.items()}
                if len(self._found.first) < self._show:
                    self._found.first.append((line, row))
                self._require_new_key(line, row)
                self._require_attachment(line, row, places)

    def _require_new_key(self, line: int, row: dict[str, str]) -> None:
        """In a full file a key stands once (contract 2)."""
        if not self._reader.full:
            return
        key = tuple(row[name] for name in self._layout.spec.keys)
        if self._keys.setdefault(key, line) != line:
            self._problems.add(line, self._layout.name_of(self._layout.spec.keys[0]), Fault.DUPLICATE_KEY)

    def _require_attachment(self, line: int, row: dict[str, str], places: list[int]) -> None:
        spec = self._layout.spec
        name = row.get(spec.attachment or "", "")
        if not name or row.get("operation") == REMOVE:
            return
        content = first_content(name, places, spec.attachment_bytes)
        if content is not None:
            for fault in (content,) if isinstance(content, Fault) else self._faults_of(line, row, content):
                self._problems.add(line, self._layout.name_of(spec.attachment or ""), fault)
        elif self._reader.full:
            self._problems.add(line, self._layout.name_of(spec.attachment or ""), Fault.ATTACHMENT_MISSING)
        else:
            self._lacking += 1

    def _faults_of(self, line: int, row: dict[str, str], content: bytes) -> tuple[Fault, ...]:
        """What is wrong with one row's picture or PDF. A font is examined by the server only: it needs the fonts' own checker."""
        match self._layout.spec.attached:
            case Attached.SEAL:
                try:
                    picture = read_bmp(content, self._layout.threshold)
                except BadValue as bad:
                    return (bad.fault,)
                if defect := size_defect(picture.width, picture.height, int(row["dpi"])):
                    self._found.notes.append(f"{line}行目: {defect}この人の印鑑登録証明書は交付されません。")
                return ()
            case Attached.REGISTER_PDF:
                if sha256(content).hexdigest() != row["pdf_sha256"]:
                    return (Fault.PDF_OTHER_CONTENT,)
                about = (row["member"], row["display"], row["head_of_register"], row["name"])
                names = names_wanted(self._layout.feed, *about)
                return self._examiner.examine(content, self._layout.page_limit, names).faults
        return ()

    def _judge_end(self, content: bytes | None, digest: bytes) -> None:
        """The marker beside the file."""
        if content is None:
            self._found.notes.append(
                "「.end」ファイルがありません。これを置くまで、サーバはこのファイルを読みません。"
            )
            return
        try:
            end = EndMarker.parse(content)
        except BadEnd:
            self._problems.add_file(Fault.END_MALFORMED)
            return
        if end.sha256 != digest:
            self._problems.add_file(Fault.HASH_MISMATCH)
        if end.rows != self._reader.rows:
            self._problems.add_file(Fault.ROWS_MISMATCH)
