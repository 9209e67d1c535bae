"""A dropped file looked at by itself: no database, no keys, nothing kept. What a vendor can know before sending, and an operator before asking.

The reading is the daemon's own (konbinid.intake.records), and so are the checks of pictures, fonts and PDFs. Not seen here is what needs the city's
data: numbers that belong to somebody else, attachments and characters held from before, the order of files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from konbinid.intake.folder import chunks, opened_file, opened_folder, read_small
from konbinid.intake.layout import Layout
from konbinid.intake.lint_attachments import LintAttachments
from konbinid.intake.names import END_LIMIT, BadEnd, DropName, EndMarker
from konbinid.intake.problems import Fault, ProblemList
from konbinid.intake.records import Block, Reader
from konbinid.intake.together import NOTES, Together

_READ_BYTES = 1024 * 1024
_NOTES_KEPT = 1000


@dataclass(slots=True)
class Linted:
    """What was found. ``first``: (line, values by field) of the first rows that were asked for; ``notes``: in Japanese, what is no fault by
    itself."""

    rows: int = 0
    problems: ProblemList = field(default_factory=ProblemList)
    first: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Linter:
    """Looks at one file. ``name`` None: it has none of the contract's names, and is taken for a difference file. ``show``: so many rows."""

    def __init__(self, path: Path, name: DropName | None, layout: Layout, show: int) -> None:
        self._path = path
        self._name = name
        self._layout = layout
        self._show = show
        full = name is not None and name.full
        self._reader = Reader(layout, full=full)
        self._together = Together(layout, full=full)
        self._found = Linted()

    def lint(self) -> Linted:
        """Everything that can be said. OSError when the file cannot be read."""
        with ExitStack() as stack:
            folder = stack.enter_context(opened_folder(self._path.parent))
            places = [folder]
            if self._name is not None:
                with suppress(OSError):
                    places.insert(0, stack.enter_context(opened_folder(self._name.stem, folder)))
            attachments = stack.enter_context(closing(LintAttachments(self._reader, places)))
            digest = self._read(folder, attachments)
            attachments.finish()
            self._compare()
            self._judge_end(read_small(f"{self._path.name}.end", folder, END_LIMIT), digest)
            self._found.notes += attachments.notes
        if self._name is not None and self._name.extension != self._layout.extension:
            self._problems.add_file(Fault.WRONG_EXTENSION)
        self._found.rows, self._found.problems = self._reader.rows, self._problems
        return self._found

    @property
    def _problems(self) -> ProblemList:
        return self._reader.problems

    def _read(self, folder: int, attachments: LintAttachments) -> bytes:
        digest = sha256()
        with opened_file(self._path.name, folder) as descriptor:
            size = self._path.stat().st_size
            for data in chunks(descriptor, _READ_BYTES, size):
                digest.update(data)
                self._look_at(self._reader.feed(data), attachments)
        self._look_at(self._reader.finish(), attachments)
        return digest.digest()

    def _look_at(self, blocks: Iterator[Block], attachments: LintAttachments) -> None:
        for block in blocks:
            wanted = max(0, self._show - len(self._found.first))
            for at, line in enumerate(block.lines[:wanted]):
                row = {name: values[at] for name, values in block.columns.items()}
                self._found.first.append((line, row))
            self._together.add(block, attachments.bad_lines(block))

    def _compare(self) -> None:
        """What rows say against each other."""
        whole = not self._problems
        for line, target, fault in self._together.faults(whole=whole):
            self._problems.add(line, self._layout.name_of(target), fault)
        self._found.notes += [
            f"{line}行目: {NOTES[note]}" for line, note in self._together.notes()[:_NOTES_KEPT]
        ]
        if not whole and self._together.needs_every_row:
            self._found.notes.append(
                "番号や添付ファイルが2人のものになっていないかは、すべての行が正しく読めてから分かります。誤りを直して、もう一度確かめてください。"
            )

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
