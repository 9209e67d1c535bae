"""The PDFs that KOSEKI and FUHYO rows name: found, compared with the row's hash, examined, kept by their content.

A PDF comes with the file, or with an earlier file that it corrects; a difference row may also name one that *this very register* holds. A
name alone never fetches a PDF, and neither does a hash: the bytes must be there, and the member's name must stand in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from psycopg2.extensions import cursor

from konbinid.domain.feeds import Feed
from konbinid.intake.examiner import Examiner
from konbinid.intake.feeds import REMOVE, Columns
from konbinid.intake.problems import Fault
from konbinid.intake.records import Block, Named, Reader
from konbinid.intake.register_feeds import WHOLE
from konbinid.store import intake_files, intake_registers
from konbinid.store.intake_files import Incoming
from konbinid.store.intake_tables import TABLES

MOST_LOST = (
    5  # PDFs of one file at which the examining process ended; the others of the file are not tried any more
)


class _Row(NamedTuple):
    """What of a row is about its PDF."""

    operation: str
    register: str
    member: str
    display: str
    head: str
    name: str
    pdf_name: str
    digest: str


@dataclass(slots=True)
class RegisterPdfs:
    """Looks up and examines the PDFs of one file's rows. ``alive`` is called with every one: it may take long."""

    cur: cursor
    incoming: Incoming
    examiner: Examiner
    page_limit: int
    alive: Callable[[], None]
    _lost: int = field(default=0, init=False)
    _good: set[tuple[bytes, int, bool]] = field(default_factory=set, init=False)

    def good_rows(self, reader: Reader, block: Block) -> list[int]:
        """Places of the rows whose PDFs are good; the others are noted as bad, and their people and registers as named."""
        columns, spec = block.columns, reader.layout.spec
        found = self._faults_of_rows(columns)
        for at, faults in enumerate(found):
            for fault in faults:
                reader.problems.add(block.lines[at], reader.layout.name_of("pdf_name"), fault)
            if faults:
                people = {name: columns[name][at] for name in spec.people if columns[name][at]}
                reader.named.append(
                    Named(
                        block.lines[at],
                        people,
                        {name: columns[name][at] for name in spec.keys},
                        columns["pdf_name"][at],
                    )
                )
        return [at for at, faults in enumerate(found) if not faults]

    def _faults_of_rows(self, columns: Columns) -> list[tuple[Fault, ...]]:
        """For each row what is wrong with its PDF; a good one is kept (people.register_pdf) before its row is."""
        rows = _rows(columns)
        named = {row.pdf_name for row in rows if row.operation != REMOVE}
        # Whose a PDF was in a file that is corrected does not matter: the row gives the hash, and the name must stand in it.
        found = intake_files.brought(self.cur, self.incoming, named)
        brought = {name: each.sha256 for name, each in found.items()}
        held: dict[tuple[str, str], bytes] = {}
        lacking = {row.register for row in rows if row.pdf_name not in brought}
        if lacking and not self.incoming.full:
            held = intake_registers.held_pdfs(self.cur, TABLES[self.incoming.feed], lacking)
        faults = [() if row.operation == REMOVE else self._faults(row, brought, held) for row in rows]
        if self._good:
            intake_registers.keep_pdfs(self.cur, self._good)
            self._good.clear()
        return faults

    def _faults(
        self, row: _Row, brought: dict[str, bytes], held: dict[tuple[str, str], bytes]
    ) -> tuple[Fault, ...]:
        self.alive()
        unusable = self.incoming.unusable.get(row.pdf_name)
        if unusable is not None:
            return (Fault(unusable),)
        digest = brought.get(row.pdf_name) or held.get((row.register, row.pdf_name))
        if digest is not None and digest.hex() != row.digest:
            return (Fault.PDF_OTHER_CONTENT,)
        content = None if digest is None else self._content(digest)
        if digest is None or content is None:
            return (Fault.ATTACHMENT_MISSING,)
        if self._lost >= MOST_LOST:
            return (Fault.PDF_TOO_COSTLY,)
        names = names_wanted(Feed(self.incoming.feed), row.member, row.display, row.head, row.name)
        found = self.examiner.examine(content, self.page_limit, names)
        if found.faults:
            self._lost += Fault.PDF_TOO_COSTLY in found.faults
            return found.faults
        self._good.add((digest, found.pages, found.has_text))
        return ()

    def _content(self, digest: bytes) -> bytes | None:
        """One at a time: a block's PDFs together may be larger than the memory that there is."""
        content = intake_files.contents(self.cur, {digest}).get(digest)
        return intake_registers.kept_pdf(self.cur, digest) if content is None else content


def names_wanted(feed: Feed, member: str, display: str, head: str, name: str) -> tuple[str, ...]:
    """One of these must stand in the PDF: the member's, or the head's for the whole register. A fuhyo without 筆頭者 shows the head only while the
    head is listed there, so the name that the row gives will do as well."""
    if member != WHOLE:
        return (name,)
    hides_head = feed is Feed.FUHYO and display == "0"
    return (head, name) if hides_head and name else (head,)


def _rows(columns: Columns) -> Sequence[_Row]:
    names = (
        "operation",
        "register_number",
        "member",
        "display",
        "head_of_register",
        "name",
        "pdf_name",
        "pdf_sha256",
    )
    return [_Row(*row) for row in zip(*(columns[name] for name in names), strict=True)]
