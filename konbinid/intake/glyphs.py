"""The font that the rows of a GAIJI file name, and whether it may come into force (contract 2, GAIJI; docs/decisions/0023).

Every character in force is compared with what the new font draws, those too that the file does not list: otherwise a font exchanged by mistake
would change names on certificates without anybody having said so. A character that was dropped and comes back is compared with the shape it had
last (docs/decisions/0032).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor

from konbinid.domain.characters import CodeRange, character_of
from konbinid.intake.problems import Fault
from konbinid.intake.records import Block, Reader
from konbinid.paper.gaiji import GaijiFont, checked_font
from konbinid.paper.glyf import BadFont
from konbinid.store import intake_files, intake_gaiji
from konbinid.store.intake_files import Incoming

TRUE = "t"  # as a flag's canonical value


@dataclass(frozen=True, slots=True)
class Font:
    """The file's font. ``held``: it did not come with the file but is the one in force."""

    sha256: bytes
    drawn: GaijiFont
    held: bool


@dataclass(frozen=True, slots=True)
class Glyph:
    """What a good row's character looks like in the new font."""

    record_hash: bytes
    shape_hash: bytes
    font_sha256: bytes


Wrong = tuple[str, Fault]
"""What is wrong with a row: the field and the fault."""


class Glyphs:
    """Looks at one file's rows, block by block, then at the whole. ``private``: characters that fonts.toml declares as a base face's own."""

    def __init__(self, cur: cursor, incoming: Incoming, reader: Reader, private: Sequence[CodeRange]) -> None:
        self._cur = cur
        self._incoming = incoming
        self._reader = reader
        self._private = private
        self._in_force = intake_gaiji.shapes_in_force(cur)
        self._dropped = intake_gaiji.dropped(cur)
        self._old_fonts: dict[int, GaijiFont] = {}
        self._listed: set[str] = set()
        self._name = ""
        self._font: Font | Fault = Fault.ATTACHMENT_MISSING

    def of_block(self, block: Block) -> list[Glyph | None]:
        """The glyph of every row; None, and a note in the reader's problems, for a bad one."""
        columns = block.columns
        if not self._name and block.lines:
            self._name = columns["font_name"][0]
            self._font = self._open()
        self._listed.update(columns["code"])
        rows = zip(
            block.lines,
            *(columns[name] for name in ("code", "glyph_hash", "redefinable", "font_name")),
            strict=True,
        )
        return [self._noted(line, self._row(*row)) for line, *row in rows]

    def _noted(self, line: int, found: Glyph | Wrong) -> Glyph | None:
        if isinstance(found, Glyph):
            return found
        field, fault = found
        self._reader.problems.add(line, self._reader.layout.name_of(field), fault)
        return None

    def finish(self) -> None:
        """What is wrong with the file as a whole: characters in force that the new font lacks or changes, and that no row lists."""
        if isinstance(self._font, Fault):
            if self._incoming.full and self._in_force and not self._name:
                self._reader.problems.add_file(Fault.ATTACHMENT_MISSING)  # it would leave no font in force
            return
        if self._incoming.full:
            return  # what it does not list is removed
        for code, shape in sorted(self._in_force.items()):
            if code not in self._listed:
                fault = self._changed(code, shape, self._font.drawn)
                if fault is not None:
                    self._reader.problems.add(0, code, fault)

    def _open(self) -> Font | Fault:
        if self._name in self._incoming.unusable:
            return Fault(self._incoming.unusable[self._name])
        brought = intake_files.brought(self._cur, self._incoming, [self._name]).get(self._name)
        if brought is not None:
            digest = brought.sha256
            content, held = intake_files.contents(self._cur, [digest])[digest], False
        else:
            found = None if self._incoming.full else intake_gaiji.held_font(self._cur, self._name)
            if found is None:
                return Fault.ATTACHMENT_MISSING
            (digest, content), held = found, True
        return opened(content, digest, held=held)

    def _row(self, code: str, given: str, redefinable: str, name: str) -> Glyph | Wrong:
        font = Fault.ATTACHMENT_OTHER if name != self._name else self._font
        if isinstance(font, Fault):
            return "font_name", font
        glyph = drawn_glyph(font, code, given, self._private)
        if not isinstance(glyph, Glyph):
            return glyph
        return (
            self._against(self._last_shape(code), glyph, redefinable == TRUE, font.held and not given)
            or glyph
        )

    def _last_shape(self, code: str) -> bytes | None:
        """The shape that papers were last printed with; None when none ever was."""
        version = self._dropped.get(code)
        if version is None:
            return self._in_force.get(code)
        if version not in self._old_fonts:
            self._old_fonts[version] = checked_font(intake_gaiji.font(self._cur, version))
        return self._old_fonts[version].shape_hash(character_of(code))

    @staticmethod
    def _against(
        last: bytes | None,
        glyph: Glyph,
        redefinable: bool,  # noqa: FBT001  # a row's cell
        perhaps_forgotten: bool,  # noqa: FBT001  # as above
    ) -> Wrong | None:
        """What is wrong with a character that is in force, or was."""
        if last is None:
            return None
        if last != glyph.shape_hash and not redefinable:
            return "code", Fault.GLYPH_REDEFINED
        if redefinable and perhaps_forgotten:
            # The shape may be a new one, the font is not: printing the old shape as the new one would be a wrong glyph.
            return "font_name", Fault.ATTACHMENT_MISSING
        return None

    @staticmethod
    def _changed(code: str, shape: bytes, drawn: GaijiFont) -> Fault | None:
        char = character_of(code)
        if not drawn.draws(char):
            return Fault.GLYPH_MISSING
        return Fault.GLYPH_REDEFINED if drawn.shape_hash(char) != shape else None


def opened(content: bytes, digest: bytes, *, held: bool) -> Font | Fault:
    """A font's bytes, taken apart; the fault when it is none that may come into force."""
    try:
        return Font(digest, checked_font(content), held)
    except BadFont:
        return Fault.ATTACHMENT_BROKEN


def drawn_glyph(font: Font, code: str, given: str, private: Sequence[CodeRange]) -> Glyph | Wrong:
    """What the font draws for a row's character, whatever is in force; ``given``: the row's 字形ハッシュ, or nothing."""
    char = character_of(code)
    if any(char in each for each in private):
        return "code", Fault.CODE_OF_A_FACE
    if not font.drawn.draws(char):
        return "code", Fault.GLYPH_MISSING
    glyph = Glyph(font.drawn.record_hash(char), font.drawn.shape_hash(char), font.sha256)
    if given and bytes.fromhex(given) != glyph.record_hash:
        return "glyph_hash", Fault.GLYPH_DIFFERS
    return glyph


def codes_in(ranges: Iterable[Sequence[int]]) -> tuple[CodeRange, ...]:
    """Ranges as the daemon's message to the reading child has them."""
    return tuple(CodeRange(first, last) for first, last in ranges)
