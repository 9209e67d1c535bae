"""The fonts that certificates are printed with: ``fonts/fonts.toml`` names each, and its SHA-256 pins it.

The outlines of a name are part of the certificate, so a font of another version is another font: it is refused, with
the file and what to do about it (in Japanese, for operators).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.declared.document import Document
from konbinid.declared.section import Section, readable
from konbinid.declared.words import JAPANESE
from konbinid.domain.characters import CodeRange
from konbinid.paper.face import BadFont, Face

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class FontRefused(Exception):
    """A font that may not be used; the text names the file and what to do."""


class FontMissing(FontRefused):
    """The font is nowhere to be found: fetching it may help."""


@dataclass(frozen=True, slots=True)
class FontEntry:
    """One face of fonts.toml. ``environment`` is a variable that may name another path for the same bytes;
    ``package`` is the distribution's package that holds the file (empty: none); ``private``: the private characters that are this face's
    (行政事務標準文字's second font has its characters there), and so never the city's 外字."""

    id: str
    title: str
    file: str
    sha256: str
    licence: str
    source: str
    package: str
    folders: tuple[Path, ...]
    environment: str
    private: tuple[CodeRange, ...] = ()


def load_fonts(path: Path) -> tuple[FontEntry, ...]:
    """The faces of fonts.toml, in the order in which they are searched for a character. FileRefused names every fault."""
    document = Document(path, JAPANESE)
    entries: list[FontEntry] = []
    for section in document.root.tables("face"):
        entry = _entry(section)
        if entry.id and any(entry.id == other.id for other in entries):
            section.complain("id", "同じ id のフォントが二つあります。")
        for other in entries:
            if any(mine.overlaps(its) for mine in entry.private for its in other.private):
                section.complain("private", f"{other.title} と同じ私用領域を挙げています。")
        entries.append(entry)
    document.finish()
    return tuple(entries)


def _entry(section: Section) -> FontEntry:
    file = section.wording("file")
    if Path(file).name != file:
        section.complain("file", "ファイル名だけを書いてください。フォルダは folders に書きます。")
    return FontEntry(
        section.wording("id", longest=63),
        section.wording("title"),
        file,
        section.text("sha256", pattern="[0-9a-f]{64}", shape="ファイルの SHA-256 (小文字の16進数64桁) "),
        section.wording("licence"),
        section.wording("source", longest=300),
        section.wording("package") if section.has("package") else "",
        tuple(Path(folder) for folder in section.texts("folders", ())),
        section.wording("environment") if section.has("environment") else "",
        _private(section),
    )


def _private(section: Section) -> tuple[CodeRange, ...]:
    ranges = []
    for position, text in enumerate(section.texts("private", ())):
        try:
            ranges.append(CodeRange.parse(text))
        except ValueError:
            section.document.complain(
                (*section.place, "private", position),
                "私用領域 (U+E000-U+F8FF、U+F0000-U+10FFFD) の中の範囲を U+F0000-U+10FFFD の形で書いてください。",
            )
    return tuple(ranges)


def locate(entry: FontEntry, folders: Sequence[Path], environment: Mapping[str, str]) -> Path:
    """Where the pinned file is: the environment's path and no other when it is given, else the first right one in
    ``folders`` and the entry's own. FontMissing when there is none at all, FontRefused when what is there is another
    file."""
    chosen = environment.get(entry.environment) if entry.environment else None
    paths = [Path(chosen)] if chosen else [folder / entry.file for folder in (*folders, *entry.folders)]
    there = [path for path in paths if readable(path)]
    for path in there:
        if _sha256(path) == entry.sha256:
            return path
    if there:
        raise FontRefused(
            f"フォント {there[0]} は {entry.title} ではありません (SHA-256 が fonts.toml と異なります)。"
            "正しい版のファイルに置き換えるか、字形を確かめたうえで fonts.toml を直してください。"
        )
    hint = f"環境変数 {entry.environment} でファイルを指定するか、" if entry.environment else ""
    package = (
        f"パッケージ {entry.package} を入れてください。" if entry.package else "フォントを置いてください。"
    )
    looked = ", ".join(str(path) for path in paths)
    raise FontMissing(f"フォント {entry.title} が見つかりません (探した場所: {looked})。{hint}{package}")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as unreadable:
        raise FontRefused(
            f"フォント {path} を読めません ({unreadable.strerror})。読み取りの権限を確かめてください。"
        ) from unreadable


def open_faces(
    entries: Sequence[FontEntry], folders: Sequence[Path], environment: Mapping[str, str]
) -> tuple[Face, ...]:
    """Every face, mapped into memory, with the mapped bytes checked against the pin. FontRefused."""
    return tuple(_open(entry, locate(entry, folders, environment)) for entry in entries)


def _open(entry: FontEntry, path: Path) -> Face:
    try:
        face = Face.open(path, entry.id, entry.private)
    except BadFont as bad:
        raise FontRefused(f"フォント {path} を使えません ({bad})。") from bad
    # The file may have been replaced since it was located: what counts is what is mapped.
    if face.fingerprint() != entry.sha256:
        raise FontRefused(f"フォント {path} が読み込み中に置き換えられました。もう一度起動してください。")
    return face
