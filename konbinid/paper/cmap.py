"""Which glyph a font has for a character, or for a character with a variation selector (OpenType 1.9, "cmap").

Formats 4, 12 and 14: all that IPAmj明朝 and Windows' EUDC.TTE use. Every count is checked against the bytes that
are there before anything is read.
"""

from __future__ import annotations

import struct
import sys
import unicodedata
from array import array

from konbinid.paper.glyf import BadFont

# Best first: full Unicode, then the BMP only. A symbol font (3, 0) has no Unicode meaning.
_PREFERRED = ((3, 10, 12), (0, 4, 12), (0, 6, 12), (3, 1, 4), (0, 3, 4), (0, 4, 4))
_MAX_SUBTABLES = 64
_LAST = 0x10FFFF
# Only these may leave no ink: everything else that shows nothing is a character we do not have.
BLANKS = frozenset("\u0020\u3000")
# Controls, invisible format characters, surrogates, other spaces: never printable, whatever a font says. Nor are combining marks: nothing here puts
# a mark on its letter, so カ and U+3099 would stand there as カ ゛, which is not the character that the register shows.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"})

# What is written in place of a character that a system does not have: 〓, and the signs that describe one by its parts (⿰木木). A font has them, and on
# paper they would stand for a name (certificates.md: never 〓).
_PLACEHOLDERS = frozenset("\u3013\u303e\u31ef") | frozenset(map(chr, range(0x2FF0, 0x3000)))

Tokens = dict[str, int]


def read_tokens(table: bytes, glyph_count: int) -> Tokens:
    """Glyph numbers by token: one character, or a character and its variation selector. BadFont when the table is
    cut off, contradicts itself or names glyphs that the font does not have."""
    subtables = _subtables(table)
    for key in _PREFERRED:
        if key in subtables:
            part = table[subtables[key] :]
            plain = _format_12(part) if key[2] == 12 else _format_4(part)
            break
    else:
        raise BadFont("no Unicode character map")
    tokens = {chr(point): gid for point, gid in plain.items() if gid and _printable(point)}
    if (0, 5, 14) in subtables:
        tokens.update(_format_14(table[subtables[0, 5, 14] :], tokens))
    if any(gid >= glyph_count for gid in tokens.values()):
        raise BadFont("the character map names a glyph that is not there")
    return tokens


def _printable(point: int) -> bool:
    char = chr(point)
    return char in BLANKS or (unicodedata.category(char) not in _UNPRINTABLE and char not in _PLACEHOLDERS)


def _subtables(table: bytes) -> dict[tuple[int, int, int], int]:
    if len(table) < 4:
        raise BadFont("the character map is cut off")
    count = int.from_bytes(table[2:4], "big")
    if count > _MAX_SUBTABLES or 4 + 8 * count > len(table):
        raise BadFont("the character map is cut off")
    found = {}
    for platform, encoding, offset in struct.iter_unpack(">HHL", table[4 : 4 + 8 * count]):
        if offset + 2 > len(table):
            raise BadFont("the character map points outside itself")
        found[platform, encoding, int.from_bytes(table[offset : offset + 2], "big")] = offset
    return found


def _format_12(part: bytes) -> dict[int, int]:
    if len(part) < 16:
        raise BadFont("the character map is cut off")
    count = int.from_bytes(part[12:16], "big")
    if 16 + 12 * count > len(part):
        raise BadFont("the character map is cut off")
    plain: dict[int, int] = {}
    reached = -1
    for first, last, gid in struct.iter_unpack(">LLL", part[16 : 16 + 12 * count]):
        # Ascending groups bound the work: no code point is visited twice.
        if not reached < first <= last <= _LAST:
            raise BadFont("the character map's groups are not in order")
        plain.update(zip(range(first, last + 1), range(gid, gid + last - first + 1), strict=True))
        reached = last
    return plain


def _shorts(part: bytes) -> array[int]:
    values = array("H", part[: len(part) & ~1])
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _format_4(part: bytes) -> dict[int, int]:
    if len(part) < 16:
        raise BadFont("the character map is cut off")
    words = _shorts(part[14 : int.from_bytes(part[2:4], "big")])
    segments = int.from_bytes(part[6:8], "big") // 2
    if 4 * segments + 1 > len(words):
        raise BadFont("the character map is cut off")
    lasts, firsts = words[:segments], words[segments + 1 : 2 * segments + 1]
    deltas, offsets = words[2 * segments + 1 : 3 * segments + 1], words[3 * segments + 1 : 4 * segments + 1]
    plain: dict[int, int] = {}
    reached = -1
    for index, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        if not reached < first <= last:
            raise BadFont("the character map's segments are not in order")
        reached = last
        for point in range(first, min(last, 0xFFFE) + 1):
            gid = point
            if offset:
                at = 3 * segments + 1 + index + offset // 2 + point - first
                if at >= len(words):
                    raise BadFont("the character map points outside itself")
                gid = words[at]
                if not gid:
                    continue
            plain[point] = (gid + delta) & 0xFFFF
    return plain


def _format_14(part: bytes, plain: Tokens) -> Tokens:
    count = int.from_bytes(part[6:10], "big")
    if 10 + 11 * count > len(part):
        raise BadFont("the variation sequences are cut off")
    sequences: Tokens = {}
    for record in range(10, 10 + 11 * count, 11):
        selector = int.from_bytes(part[record : record + 3], "big")
        default, other = struct.unpack_from(">LL", part, record + 3)
        if selector > _LAST:
            raise BadFont("a variation selector is no character")
        if default:
            sequences.update(_default_sequences(part, default, chr(selector), plain))
        if other:
            sequences.update(_other_sequences(part, other, chr(selector)))
    return sequences


def _rows(part: bytes, at: int, size: int) -> range:
    """Where each row of a counted list starts."""
    if at + 4 > len(part):
        raise BadFont("the variation sequences are cut off")
    count = int.from_bytes(part[at : at + 4], "big")
    if at + 4 + size * count > len(part):
        raise BadFont("the variation sequences are cut off")
    return range(at + 4, at + 4 + size * count, size)


def _default_sequences(part: bytes, at: int, selector: str, plain: Tokens) -> Tokens:
    sequences: Tokens = {}
    for row in _rows(part, at, 4):
        first = int.from_bytes(part[row : row + 3], "big")
        for point in range(first, min(first + part[row + 3], _LAST) + 1):
            if chr(point) in plain:
                sequences[chr(point) + selector] = plain[chr(point)]
    return sequences


def _other_sequences(part: bytes, at: int, selector: str) -> Tokens:
    sequences: Tokens = {}
    for row in _rows(part, at, 5):
        point = int.from_bytes(part[row : row + 3], "big")
        if point > _LAST:
            raise BadFont("a variation sequence has no character")
        gid = int.from_bytes(part[row + 3 : row + 5], "big")
        if gid and _printable(point):
            sequences[chr(point) + selector] = gid
    return sequences
