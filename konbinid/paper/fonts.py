"""The fonts that certificates are printed with: ``fonts/fonts.toml`` names each, and its SHA-256 pins it.

The outlines of a name are part of the certificate, so a font of another version is another font: it is refused, with
the file and what to do about it (in Japanese, for operators).
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.paper.face import BadFont, Face
from konbinid.paper.toml_lines import lines_of
from konbinid.paper.toml_section import DeclarationFault, Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "DeclarationFault",
    "FontEntry",
    "FontMissing",
    "FontRefused",
    "load_fonts",
    "locate",
    "open_faces",
]


class FontRefused(Exception):
    """A font that may not be used; the text names the file and what to do."""


class FontMissing(FontRefused):
    """The font is nowhere to be found: fetching it may help."""


@dataclass(frozen=True, slots=True)
class FontEntry:
    """One face of fonts.toml. ``environment`` is a variable that may name another path for the same bytes;
    ``package`` is the distribution's package that holds the file (empty: none)."""

    id: str
    title: str
    file: str
    sha256: str
    licence: str
    source: str
    package: str
    folders: tuple[Path, ...]
    environment: str


def load_fonts(path: Path) -> tuple[FontEntry, ...]:
    """The faces of fonts.toml, in the order in which they are searched for a character. DeclarationFault."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise DeclarationFault(path.name, 0, "", f"読めません ({wrong})。") from wrong
    root = Section(data, (), path.name, lines_of(text))
    entries = tuple(_entry(section) for section in root.sections("face"))
    root.close()
    if not entries or len({entry.id for entry in entries}) != len(entries):
        raise root.fault("face", "フォントを一つ以上、id を重ねずに書いてください。")
    return entries


def _entry(section: Section) -> FontEntry:
    entry = FontEntry(
        section.text("id", 63),
        section.text("title"),
        section.text("file"),
        section.text("sha256", 64),
        section.text("licence"),
        section.text("source", 300),
        section.text("package") if section.has("package") else "",
        tuple(Path(folder) for folder in section.texts("folders")),
        section.text("environment") if section.has("environment") else "",
    )
    section.close()
    if len(entry.sha256) != 64 or set(entry.sha256) - set("0123456789abcdef"):
        raise section.fault("sha256", "ファイルの SHA-256 を小文字の16進数64桁で書いてください。")
    if Path(entry.file).name != entry.file:
        raise section.fault("file", "ファイル名だけを書いてください。フォルダは folders に書きます。")
    return entry


def locate(entry: FontEntry, folders: Sequence[Path], environment: Mapping[str, str]) -> Path:
    """Where the pinned file is: the environment's path and no other when it is given, else the first right one in
    ``folders`` and the entry's own. FontMissing when there is none at all, FontRefused when what is there is another
    file."""
    chosen = environment.get(entry.environment) if entry.environment else None
    paths = [Path(chosen)] if chosen else [folder / entry.file for folder in (*folders, *entry.folders)]
    there = [path for path in paths if path.is_file()]
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
        face = Face.open(path, entry.id)
    except BadFont as bad:
        raise FontRefused(f"フォント {path} を使えません ({bad})。") from bad
    # The file may have been replaced since it was located: what counts is what is mapped.
    if face.fingerprint() != entry.sha256:
        raise FontRefused(f"フォント {path} が読み込み中に置き換えられました。もう一度起動してください。")
    return face
