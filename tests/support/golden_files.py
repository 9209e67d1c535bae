"""Golden files: what a certificate said and looked like when somebody last looked at it, and how a difference is shown.

``make golden`` writes them anew. A picture is a sheet at 150 dpi in four greys; it is compared dot by dot, which holds for one build of pdfium on one kind
of processor: golden/renderer.txt names it, and where another one draws otherwise, the message says so.
"""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path

import pypdfium2
from PIL import Image

from konbinid.paper.pictures import compare_pages, page_pictures

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "paper" / "golden"
DIFFERENCES = ROOT / ".cache" / "golden-diff"
WRITING = os.environ.get("KONBINID_GOLDEN") == "write"
RENDERER = (
    f"pypdfium2 {version('pypdfium2')}, pdfium {pypdfium2.version.PDFIUM_INFO.version}, {platform.machine()}"
)

_MOST_LEFT = 3
# Ink, its edges, the watermark and paper.
_GREYS = (0, 110, 217, 255)
_SHADES = [min(range(4), key=lambda shade, level=level: abs(level - _GREYS[shade])) for level in range(256)]
_PALETTE = [grey for grey in _GREYS for _ in range(3)]


class GoldenFiles:
    """The golden files of one group of certificates, by a path below GOLDEN without an ending. ``finish`` complains of all that differs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: list[str] = []
        self._left = 0
        path = GOLDEN / f"{name}.txt"
        self._stored = path.read_text(encoding="utf-8") if path.exists() else ""
        self._differing = name.replace("/", "-")
        for stale in DIFFERENCES.glob(f"{self._differing}.*"):
            stale.unlink()

    def text(self, found: str) -> None:
        """Compare the group's text."""
        path = GOLDEN / f"{self._name}.txt"
        if WRITING:
            _write(path, found.encode())
            return
        if found == self._stored:
            return
        place = self._leave("txt", found.encode())
        self._said.append(f"{_from_root(path)} is not what is drawn now: diff {_from_root(path)} {place}")
        if self._left:
            self._said.append(
                f"what has no stored picture: {_from_root(DIFFERENCES)}/{self._differing}.*.new.png"
            )

    def picture(self, sheet: int, found: Image.Image) -> None:
        """Compare one sheet of the group's pictured certificate; sheets count from 1."""
        path = GOLDEN / f"{self._name}.{sheet}.png"
        if WRITING:
            _write(path, b"")
            found.save(path, optimize=True, bits=2)
            return
        if not path.exists():
            place = self._leave(f"{sheet}.new.png", b"", found)
            self._said.append(f"{_from_root(path)} is not there; what is drawn: {place}")
            return
        with Image.open(path) as stored:
            old = stored.convert("P")
        if old.size == found.size and old.convert("L").tobytes() == found.convert("L").tobytes():
            return
        compared = compare_pages(old.convert("L"), found.convert("L"))
        new = self._leave(f"{sheet}.new.png", b"", found)
        marked = self._leave(f"{sheet}.marked.png", b"", compared.picture)
        where = "; ".join(f"{x:.0f}, {y:.0f} mm ({w:.1f} × {h:.1f})" for x, y, w, h in compared.places[:6])
        self._said.append(
            f"{_from_root(path)} looks different at {where or 'the edges of what is drawn'}: {marked}, {new}"
        )

    def part(self, name: str, text: str, found: list[Image.Image]) -> None:
        """A part of the group's text whose pictures are not stored: where the golden text does not have it, they are left for whoever looks into it, of
        the first three such parts."""
        if WRITING or self._left == _MOST_LEFT or text in self._stored:
            return
        self._left += 1
        for sheet, picture in enumerate(found, 1):
            self._leave(f"{name.replace(' ', '-')}.{sheet}.new.png", b"", picture)

    def finish(self) -> None:
        """AssertionError naming what differs, where the pictures of it are, and what to do."""
        if not self._said:
            return
        made_with = _renderer_file()
        stored = made_with.read_text(encoding="utf-8").strip() if made_with.exists() else "none"
        if stored != RENDERER:
            self._said.append(
                f"The golden pictures were made with {stored}; this is {RENDERER}. Install what requirements/constraints.txt pins."
            )
        self._said.append("When every difference has been looked at and is wanted: make golden")
        raise AssertionError("\n".join(self._said))

    def _leave(self, ending: str, content: bytes, picture: Image.Image | None = None) -> str:
        path = DIFFERENCES / f"{self._differing}.{ending}"
        _write(path, content)
        if picture is not None:
            picture.save(path)
        return str(_from_root(path))


def pictures_of(document: bytes) -> list[Image.Image]:
    """The sheets of a document as they are stored: 150 dpi, four greys."""
    found = []
    for page in page_pictures(document):
        sheet = page.point(_SHADES)
        few = Image.frombytes("P", sheet.size, sheet.tobytes())
        few.putpalette(_PALETTE)
        found.append(few)
    return found


def digest_of(picture: Image.Image) -> str:
    """What stands for a picture that is not stored."""
    return hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).hexdigest()[:24]


def check_nothing_else(names: set[str]) -> None:
    """AssertionError for golden files that belong to none of these groups; when writing they are removed."""
    kept = {GOLDEN / f"{name}.txt" for name in names} | {_renderer_file()}
    others = [
        path
        for path in sorted(GOLDEN.rglob("*.*"))
        if path not in kept
        and not (path.suffix == ".png" and path.with_suffix("").with_suffix(".txt") in kept)
    ]
    if WRITING:
        _write(_renderer_file(), f"{RENDERER}\n".encode())
        for path in others:
            path.unlink()
        return
    assert not others, (
        f"golden files of no certificate: {', '.join(str(_from_root(path)) for path in others)}"
    )


def _renderer_file() -> Path:
    return GOLDEN / "renderer.txt"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _from_root(path: Path) -> Path:
    return path.relative_to(ROOT)
