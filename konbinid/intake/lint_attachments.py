"""The files that the rows of one file name, looked at where they lie: with the daemon's own readers, without what it holds from before."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from konbinid.domain.feeds import Feed
from konbinid.intake.attachments import read_bmp, size_defect
from konbinid.intake.examiner import Examiner
from konbinid.intake.feeds import REMOVE, Attached
from konbinid.intake.glyphs import Font, Glyph, Wrong, drawn_glyph, opened
from konbinid.intake.places import first_content
from konbinid.intake.problems import BadValue, Fault
from konbinid.intake.records import Block, Reader
from konbinid.intake.register_pdfs import MOST_LOST, names_wanted

_LINES_NAMED = 20


class LintAttachments:
    """Looks at the attachments of a file's rows and notes faults in the reader's problems.

    ``places``: open folders, in the order in which the daemon looks into them. ``notes``: in Japanese, what is no fault by itself.
    """

    def __init__(self, reader: Reader, places: Sequence[int]) -> None:
        self._reader = reader
        self._spec = reader.layout.spec
        self._field = reader.layout.spec.attachment or ""
        self._places = list(places)
        self._examiner = Examiner()
        self._lost = 0
        self._lacking: dict[str, int] = {}  # name -> the first line
        self._font_name = ""
        self._font: Font | Fault | None = None
        self.notes: list[str] = []

    def close(self) -> None:
        """End the examining process."""
        self._examiner.close()

    def bad_lines(self, block: Block) -> set[int]:
        """The lines whose attachments are no good."""
        if not self._field:
            return set()
        bad = set()
        for at, line in enumerate(block.lines):
            row = {name: values[at] for name, values in block.columns.items()}
            for field, fault in self._wrong(line, row):
                self._reader.problems.add(line, self._reader.layout.name_of(field), fault)
                bad.add(line)
        return bad

    def finish(self) -> None:
        """What is not here may be held by the server; only there is it known."""
        if self._lacking:
            lines = "、".join(map(str, list(self._lacking.values())[:_LINES_NAMED]))
            more = " ほか" if len(self._lacking) > _LINES_NAMED else ""
            self.notes.append(
                f"添付ファイルのうち {len(self._lacking)} 件はここにありません（{lines}{more} 行目）。サーバが以前に受け取ったものであれば誤りではありません。"
            )

    def _wrong(self, line: int, row: dict[str, str]) -> Sequence[Wrong]:
        name = row[self._field]
        if not name or row.get("operation") == REMOVE:
            return ()
        if self._reader.layout.feed is Feed.GAIJI:
            return self._of_glyph(line, row)
        content = self._content(line, name)
        if content is None:
            return ()
        faults = (content,) if isinstance(content, Fault) else self._of_content(line, row, content)
        return [(self._field, fault) for fault in faults]

    def _content(self, line: int, name: str) -> bytes | Fault | None:
        """None: perhaps the server holds it."""
        content = first_content(name, self._places, self._spec.attachment_bytes)
        if content is None:
            if self._reader.full:
                return Fault.ATTACHMENT_MISSING
            self._lacking.setdefault(name, line)
        return content

    def _of_content(self, line: int, row: dict[str, str], content: bytes) -> Sequence[Fault]:
        if self._spec.attached is Attached.SEAL:
            return self._of_seal(line, int(row["dpi"]), content)
        if sha256(content).hexdigest() != row["pdf_sha256"]:
            return (Fault.PDF_OTHER_CONTENT,)
        if self._lost >= MOST_LOST:
            return (Fault.PDF_TOO_COSTLY,)
        layout = self._reader.layout
        about = (row["member"], row["display"], row["head_of_register"], row["name"])
        faults = self._examiner.examine(content, layout.page_limit, names_wanted(layout.feed, *about)).faults
        self._lost += Fault.PDF_TOO_COSTLY in faults
        return faults

    def _of_seal(self, line: int, dpi: int, content: bytes) -> Sequence[Fault]:
        try:
            picture = read_bmp(content, self._reader.layout.threshold)
        except BadValue as bad:
            return (bad.fault,)
        if defect := size_defect(picture.width, picture.height, dpi):
            self.notes.append(f"{line}行目: {defect}この人の印鑑登録証明書は交付されません。")
        return ()

    def _of_glyph(self, line: int, row: dict[str, str]) -> Sequence[Wrong]:
        """Every row names the font of the first one, which is opened once."""
        name = row[self._field]
        if not self._font_name:
            self._font_name = name
            content = self._content(line, name)
            if isinstance(content, bytes):
                self._font = opened(content, sha256(content).digest(), held=False)
            else:
                self._font = content
        font = Fault.ATTACHMENT_OTHER if name != self._font_name else self._font
        if isinstance(font, Fault):
            return [(self._field, font)]
        found = None if font is None else drawn_glyph(font, row["code"], row["glyph_hash"], ())
        return () if found is None or isinstance(found, Glyph) else [found]
