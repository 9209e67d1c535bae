"""The city's 外字 font: looked at before it is in force, and opened for printing (contract 2, GAIJI; docs/decisions/0023).

Whoever drops files decides what stands in a TTE, so it is taken apart in the reading child only: first by OTS, the sanitizer of browsers, in a
process of its own, then glyph by glyph by the reader that will print it. What passes is opened for printing without a second look.
"""

from __future__ import annotations

import hashlib
import resource
import struct
import subprocess
import tempfile
from typing import TYPE_CHECKING

import ots

from konbinid.paper.face import Face
from konbinid.paper.glyf import MAX_DEPTH, MAX_POINTS, BadFont, components, is_composite

if TYPE_CHECKING:
    from collections.abc import Collection

# The private areas hold 6,400 characters in the BMP; a font of 6,400 drawn by hand has 2 to 6 MB. Opening the largest one that is taken
# keeps the reactor below its 20 ms (docs/measurements.md).
MAX_BYTES = 16 * 1024 * 1024
MAX_GLYPHS = 16_384
_MAX_POINTS_IN_ALL = 4_000_000  # flags repeat: a small file may ask for any number of points

_MAX_TABLES = 100
_OTS_SECONDS = 20
_OTS_MEMORY = 512 * 1024 * 1024
_NAME = "Gaiji"
_OVERHANG = (
    0.25  # of an em; of IPAmj明朝's characters none but a combining mark leaves its place by half as much
)

# What OTS wants to see and no printing needs; files of Windows' editor may lack them (facts measured by deleting tables).
_OS2 = struct.pack(">HhHHH", 3, 0, 400, 5, 0).ljust(96, b"\0")
_STUBS = {
    b"OS/2": _OS2,
    b"name": struct.pack(">HHH", 0, 0, 6),
    b"post": struct.pack(">L", 0x30000).ljust(32, b"\0"),
}


class GaijiFont:
    """A checked font: which characters it draws, and how."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def draws(self, char: str) -> bool:
        """Whether the font has ink for this character, in a place of its own: neither a blank nor drawn over other characters or lines."""
        face = self._face
        gid = face.tokens.get(char)
        if gid is None or not face.advances[gid]:
            return False
        points = [point for contour in face.outline(gid) for point in contour]
        xs, ys = {x + self._shift(gid) for x, _, _ in points}, {y for _, y, _ in points}
        if len(xs) < 2 or len(ys) < 2:
            return False
        over = face.units * _OVERHANG
        within = -over <= min(xs) and max(xs) <= face.advances[gid] + over
        return within and -face.units / 2 <= min(ys) and max(ys) <= face.units + over

    def record_hash(self, char: str) -> bytes:
        """SHA-256 of the glyph's ``glyf`` record as the file has it: what a core system calls 字形ハッシュ."""
        return hashlib.sha256(self._face.glyph(self._face.tokens[char])).digest()

    def shape_hash(self, char: str) -> bytes:
        """SHA-256 of all that decides what stands on paper: em, width, side bearing, outline, the parts of a composite included. Equal
        records of composites can draw different ink, and the same ink can be recorded in several ways."""
        face = self._face
        gid = face.tokens[char]
        record = face.glyph(gid)
        drawn = face.shape(gid) if is_composite(record) else repr(face.outline(gid)).encode()
        return hashlib.sha256(
            f"{face.units} {face.advances[gid]} {self._shift(gid)} ".encode() + drawn
        ).digest()

    def _shift(self, gid: int) -> int:
        """How far its outline is moved to the right when it is drawn: its left edge comes to where the side bearing says."""
        bearing: int = struct.unpack(">h", struct.pack(">H", self._face.bearings[gid]))[0]
        left: int = struct.unpack_from(">h", self._face.glyph(gid), 2)[0]
        return bearing - left


def checked_font(data: bytes) -> GaijiFont:
    """A font that may come into force. BadFont says what is wrong with it, whatever the bytes are; takes seconds at most."""
    if len(data) > MAX_BYTES:
        raise BadFont(f"larger than {MAX_BYTES} bytes")
    _sanitize(_with_stubs(data))
    face = Face(data, _NAME)
    if face.glyph_count > MAX_GLYPHS:
        raise BadFont(f"more than {MAX_GLYPHS} glyphs")
    _bound_points(face)
    return GaijiFont(face.audit())


def opened_font(data: bytes, characters: Collection[str]) -> Face:
    """The face that prints a version: only the characters that were in force with it, whatever else the font has."""
    face = Face(data, _NAME)
    wanted = frozenset(characters)
    face.tokens = {token: gid for token, gid in face.tokens.items() if token in wanted}
    return face


def _sanitize(data: bytes) -> None:
    """BadFont when OTS refuses the font, or does not come to an end."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            done = subprocess.run(  # noqa: S603  # our own program on a file without a name
                [ots.OTS_SANITIZE, f"/dev/fd/{file.fileno()}"],
                pass_fds=[file.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_OTS_SECONDS,
                check=False,
                preexec_fn=_limit,  # the reading child has one thread
            )
        except subprocess.TimeoutExpired:
            raise BadFont("the sanitizer did not come to an end") from None
    if done.returncode:
        raise BadFont("the sanitizer refuses the font")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_OTS_MEMORY, _OTS_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_OTS_SECONDS, _OTS_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _with_stubs(data: bytes) -> bytes:
    """The font with a harmless table for each that only the sanitizer asks for, in the order of tags."""
    count = int.from_bytes(data[4:6], "big")
    if count > _MAX_TABLES or len(data) < 12 + 16 * count:
        raise BadFont("the table directory is cut off or too long")
    entries = {entry[0]: entry[1:] for entry in struct.iter_unpack(">4sLLL", data[12 : 12 + 16 * count])}
    lacking = [tag for tag in _STUBS if tag not in entries]
    if not lacking:
        return data
    moved = 16 * len(lacking)
    tables = {
        tag: (check, at + moved, size) for tag, (check, at, size) in entries.items() if at + moved < 1 << 32
    }
    body = data[12 + 16 * count :]
    body += bytes(-len(body) & 3)
    for tag in lacking:
        stub = _STUBS[tag]
        tables[tag] = (
            sum(struct.unpack(f">{len(stub) // 4}L", stub[: len(stub) & ~3])) & 0xFFFFFFFF,
            0,
            len(stub),
        )
    return _written(data[:4], tables, body, lacking)


def _written(
    kind: bytes, tables: dict[bytes, tuple[int, int, int]], body: bytes, lacking: list[bytes]
) -> bytes:
    count = len(tables)
    at = 12 + 16 * count + len(body)
    stubs = b""
    for tag in lacking:
        check, _, size = tables[tag]
        tables[tag] = (check, at + len(stubs), size)
        stubs += _STUBS[tag] + bytes(-size & 3)
    power = count.bit_length() - 1
    header = struct.pack(">4sHHHH", kind, count, 16 << power, power, 16 * count - (16 << power))
    entries = [struct.pack(">4sLLL", tag, *tables[tag]) for tag in sorted(tables)]
    return b"".join([header, *entries, body, stubs])


def _bound_points(face: Face) -> None:
    """BadFont when decoding all glyphs would take too long: a composite may name composites, 64 at a time."""
    known: dict[tuple[int, int], int] = {}
    total = sum(_points(face, gid, 0, known) for gid in set(face.tokens.values()))
    if total > _MAX_POINTS_IN_ALL:
        raise BadFont("the glyphs have too many points")


def _points(face: Face, gid: int, depth: int, known: dict[tuple[int, int], int]) -> int:
    """How many points a glyph claims, its parts counted as often as they are placed."""
    if (gid, depth) not in known:
        record = face.glyph(gid)
        if not is_composite(record):
            contours = int.from_bytes(record[:2], "big")
            count = int.from_bytes(record[8 + 2 * contours : 10 + 2 * contours], "big") + 1 if contours else 0
        elif depth == MAX_DEPTH:
            raise BadFont("a composite glyph is nested too deep")
        else:
            count = sum(_points(face, part.gid, depth + 1, known) for part in components(record))
        if count > MAX_POINTS:
            raise BadFont("a glyph has too many points")
        known[gid, depth] = count
    return known[gid, depth]
