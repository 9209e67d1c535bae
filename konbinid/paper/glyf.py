"""One glyph record of a TrueType ``glyf`` table: bounds, hinting removed, components, outline.

Everything here takes the bytes of a single record and never looks beyond them. OpenType 1.9, "glyf".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ARG_WORDS = 0x0001
_ARGS_ARE_XY = 0x0002
_ONE_SCALE = 0x0008
_MORE = 0x0020
_XY_SCALE = 0x0040
_TWO_BY_TWO = 0x0080
_INSTRUCTIONS = 0x0100

# A 外字 is drawn by hand in an editor: hundreds of points. These bound what a broken file can make us do.
MAX_CONTOURS = 1000
MAX_POINTS = 20_000
MAX_COMPONENTS = 64
# A composite of composites of simple glyphs; deeper nesting would let a small file ask for endless work.
MAX_DEPTH = 2

Point = tuple[float, float, bool]  # x, y in font units, and whether the curve passes through it


class BadFont(ValueError):
    """A font that cannot be used; the text says why and names the font, never a person's data."""


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite glyph: which glyph, where its number stands in the record, and how it is placed."""

    gid: int
    gid_at: int
    flags: int
    offset: tuple[int, int]
    matrix: tuple[float, float, float, float]


def is_composite(record: bytes) -> bool:
    """Whether the record is put together from other glyphs."""
    return len(record) >= 10 and record[0] & 0x80 != 0


def strip(record: bytes) -> bytes:
    """The record without hinting instructions, padded to four bytes. Paper is rasterised far above the sizes
    that hinting is for, and IPAmj's instructions are 44 % of its outlines. BadFont when its lengths do not agree."""
    if not record:
        return b""
    if is_composite(record):
        return _strip_composite(record)
    at = 10 + 2 * _contour_count(record)
    if at == 10:
        return b""
    try:
        tail = at + 2 + (record[at] << 8 | record[at + 1])
    except IndexError as wrong:
        raise BadFont("a glyph ends inside its contour list") from wrong
    if tail > len(record):
        raise BadFont("a glyph's instructions run past its end")
    padding = b"\0\0\0"[: (tail - at - 2 - len(record)) & 3]
    return b"".join((record[:at], b"\0\0", record[tail:], padding))


def _strip_composite(record: bytes) -> bytes:
    bare = bytearray(record[:10])
    parts = components(record)
    ends = [part.gid_at - 2 for part in parts[1:]] + [_parts_end(record, parts[-1])]
    for part, end in zip(parts, ends, strict=True):
        bare += struct.pack(">H", part.flags & ~_INSTRUCTIONS) + record[part.gid_at : end]
    return bytes(bare) + bytes(-len(bare) & 3)


def _contour_count(record: bytes) -> int:
    if len(record) < 10:
        raise BadFont("a glyph is shorter than its header")
    count = record[0] << 8 | record[1]
    if count > MAX_CONTOURS:
        raise BadFont("a glyph has an impossible number of contours")
    return count


def _part_size(flags: int) -> int:
    """Bytes of one component after its flags and glyph number."""
    size = 4 if flags & _ARG_WORDS else 2
    if flags & _ONE_SCALE:
        size += 2
    elif flags & _XY_SCALE:
        size += 4
    elif flags & _TWO_BY_TWO:
        size += 8
    return size


def _parts_end(record: bytes, last: Component) -> int:
    end = last.gid_at + 2 + _part_size(last.flags)
    if end > len(record):
        raise BadFont("a composite glyph ends inside a component")
    return end


def components(record: bytes) -> tuple[Component, ...]:
    """The parts of a composite record, in order. BadFont when it is cut off or has too many."""
    parts: list[Component] = []
    at, flags = 10, _MORE
    while flags & _MORE:
        if len(parts) == MAX_COMPONENTS:
            raise BadFont("a composite glyph has too many components")
        if at + 4 > len(record):
            raise BadFont("a composite glyph ends inside a component")
        flags, gid = struct.unpack_from(">HH", record, at)
        size = _part_size(flags)
        if at + 4 + size > len(record):
            raise BadFont("a composite glyph ends inside a component")
        if not flags & _ARGS_ARE_XY:
            raise BadFont("a composite glyph is placed by point numbers, which is not supported")
        words = flags & _ARG_WORDS
        offset: tuple[int, int] = struct.unpack_from(">hh" if words else ">bb", record, at + 4)
        matrix = _matrix(flags, record[at + (8 if words else 6) : at + 4 + size])
        parts.append(Component(gid, at + 2, flags, offset, matrix))
        at += 4 + size
    return tuple(parts)


def _matrix(flags: int, scales: bytes) -> tuple[float, float, float, float]:
    values = [value / 16384 for (value,) in struct.iter_unpack(">h", scales)]
    if flags & _ONE_SCALE:
        return values[0], 0.0, 0.0, values[0]
    if flags & _XY_SCALE:
        return values[0], 0.0, 0.0, values[1]
    if flags & _TWO_BY_TWO:
        return values[0], values[1], values[2], values[3]
    return 1.0, 0.0, 0.0, 1.0


def renumber(record: bytes, numbers: dict[int, int]) -> bytes:
    """A composite record whose components have the glyph numbers of a subset."""
    changed = bytearray(record)
    for part in components(record):
        struct.pack_into(">H", changed, part.gid_at, numbers[part.gid])
    return bytes(changed)


def shape(record_of: Callable[[int], bytes], gid: int, depth: int = 0) -> bytes:
    """What decides a glyph's ink, independent of glyph numbers: equal exactly when two fonts of the same em draw the
    same. BadFont when the glyph is malformed."""
    record = record_of(gid)
    if not is_composite(record):
        return strip(record)
    if depth == MAX_DEPTH:
        raise BadFont("a composite glyph is nested too deep")
    placed = (
        f"{part.offset} {part.matrix} {part.flags & ~(_INSTRUCTIONS | _MORE):x} "
        f"{shape(record_of, part.gid, depth + 1).hex()};"
        for part in components(record)
    )
    return "".join(placed).encode()


def simple_outline(record: bytes) -> list[list[Point]]:
    """The contours of a simple record, in font units. BadFont when the record is cut off or its counts are impossible."""
    contours = _contour_count(record)
    if not contours:
        return []
    try:
        ends = struct.unpack_from(f">{contours}H", record, 10)
        hinting = struct.unpack_from(">H", record, 10 + 2 * contours)[0]
    except struct.error as wrong:
        raise BadFont("a glyph ends inside its contour list") from wrong
    count = ends[-1] + 1
    if list(ends) != sorted(set(ends)) or count > MAX_POINTS:
        raise BadFont("a glyph's contour list is not in order")
    flags, at = _flags(record, 12 + 2 * contours + hinting, count)
    xs, at = _coordinates(record, at, flags, 0x02, 0x10)
    ys, _ = _coordinates(record, at, flags, 0x04, 0x20)
    points = [(float(x), float(y), bool(flag & 1)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [points[start : end + 1] for start, end in zip(starts, ends, strict=True)]


def _flags(record: bytes, at: int, count: int) -> tuple[list[int], int]:
    flags: list[int] = []
    try:
        while len(flags) < count:
            flag = record[at]
            repeat = record[at + 1] if flag & 8 else 0
            at += 2 if flag & 8 else 1
            flags.extend([flag] * (repeat + 1))
    except IndexError as wrong:
        raise BadFont("a glyph ends inside its flags") from wrong
    if len(flags) != count:
        raise BadFont("a glyph's flags repeat past its last point")
    return flags, at


def _coordinates(record: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[int], int]:
    values: list[int] = []
    value = 0
    try:
        for flag in flags:
            if flag & short:
                value += record[at] if flag & same else -record[at]
                at += 1
            elif not flag & same:
                value += struct.unpack_from(">h", record, at)[0]
                at += 2
            values.append(value)
    except (IndexError, struct.error) as wrong:
        raise BadFont("a glyph ends inside its coordinates") from wrong
    return values, at
