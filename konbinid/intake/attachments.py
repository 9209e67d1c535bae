"""Pictures of seals: BMP files of 1, 4, 8 or 24 bit, uncompressed, made 1-bit (contract 2, INKAN).

Only what the header may honestly claim is looked at: every size is checked against the bytes that are there before anything is
made of it. The work is done on whole rows by ``bytes.translate``, and for 24 bit on all pixels at once in one large integer, because
45,000 seals are read in one go.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from konbinid.domain.redact import Redacted
from konbinid.intake.problems import BadValue, Fault

ATTACHMENT_LIMIT = (
    4 * 1024 * 1024
)  # bytes; a 25 mm seal of 24 bit at 1,200 dpi takes 4.2 MB, at 600 dpi 1.1 MB
_SIDE_LIMIT = 4096  # pixels
_FILE_HEADER = 14
_HEADERS = frozenset({12, 40, 52, 56, 108, 124})  # the sizes that Windows and OS/2 have defined
_UNCOMPRESSED = 0

_INVERTED = bytes(range(255, -1, -1))
_UNPADDED = [bytes(byte >> padding << padding for byte in range(256)) for padding in range(8)]

# An impression is over 8 mm and within 25 mm square (contract 2).
_LEAST_MM, _MOST_MM = 8, 25


@dataclass(frozen=True, slots=True, repr=False)
class Picture(Redacted):
    """1 bit a pixel from top to bottom, rows padded to bytes, most significant bit first, 1 = ink."""

    width: int
    height: int
    rows: bytes


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    height: int
    top_down: bool
    bits: int
    pixels_at: int
    palette: bytes
    palette_step: int

    @property
    def stride(self) -> int:
        """Bytes of a row: padded to four."""
        return (self.width * self.bits + 31) // 32 * 4


def read_bmp(content: bytes, threshold: int) -> Picture:
    """The picture, ink where luminance is below ``threshold`` (0 black to 255 white).

    BadValue ATTACHMENT_BROKEN when it is not such a BMP or shorter than it claims, ATTACHMENT_BLANK when it holds no ink, or nothing else.
    """
    try:
        header = _read_header(content)
    except struct.error:
        raise BadValue(Fault.ATTACHMENT_BROKEN) from None
    stride = header.stride
    pixels = content[header.pixels_at : header.pixels_at + stride * header.height]
    if len(pixels) < stride * header.height:
        raise BadValue(Fault.ATTACHMENT_BROKEN)
    used = (header.width * header.bits + 7) // 8
    starts = range(0, len(pixels), stride) if header.top_down else range(len(pixels) - stride, -1, -stride)
    rows = b"".join([pixels[start : start + used] for start in starts])
    packed = _true_colour(header, rows, threshold) if header.bits == 24 else _indexed(header, rows, threshold)
    every_pixel = (((1 << header.width) - 1) << -header.width % 8).to_bytes(
        (header.width + 7) // 8, "big"
    ) * header.height
    if not packed.strip(b"\x00") or packed == every_pixel:
        raise BadValue(Fault.ATTACHMENT_BLANK)
    return Picture(header.width, header.height, packed)


def size_defect(width: int, height: int, dpi: int) -> str:
    """Why an impression cannot be printed, for staff; empty when its true size (pixels ÷ dpi) is over 8 mm and within 25 mm square."""
    said = f"印影の大きさが {width * 25.4 / dpi:.1f}×{height * 25.4 / dpi:.1f} mm で、"
    if min(width, height) * 254 <= _LEAST_MM * 10 * dpi:  # whole numbers: 8 mm is 8 mm, not 8.000000000000002
        return f"{said}{_LEAST_MM} mm を超えていません。"
    if max(width, height) * 254 > _MOST_MM * 10 * dpi:
        return f"{said}{_MOST_MM} mm 四方に収まりません。"
    return ""


def _read_header(content: bytes) -> _Header:
    magic, pixels_at, size = struct.unpack_from("<2s8xII", content)
    if magic != b"BM" or size not in _HEADERS:
        raise BadValue(Fault.ATTACHMENT_BROKEN)
    if size == 12:
        width, height, planes, bits = struct.unpack_from("<HHHH", content, _FILE_HEADER + 4)
        compression, colours, step = _UNCOMPRESSED, 0, 3
    else:
        width, height, planes, bits, compression = struct.unpack_from("<iiHHI", content, _FILE_HEADER + 4)
        (colours,) = struct.unpack_from("<I", content, _FILE_HEADER + 32)
        step = 4
    if planes != 1 or compression != _UNCOMPRESSED or bits not in {1, 4, 8, 24}:
        raise BadValue(Fault.ATTACHMENT_BROKEN)
    if not (0 < width <= _SIDE_LIMIT and 0 < abs(height) <= _SIDE_LIMIT):
        raise BadValue(Fault.ATTACHMENT_BROKEN)
    entries = 0 if bits == 24 else colours or 1 << bits
    palette_at = _FILE_HEADER + size
    if entries > 256 or pixels_at < palette_at + entries * step:
        raise BadValue(Fault.ATTACHMENT_BROKEN)
    palette = content[palette_at : palette_at + entries * step]
    return _Header(width, abs(height), height < 0, bits, pixels_at, palette, step)


def _luminance(blue: int, green: int, red: int) -> int:
    """Rec. 601 weights in 256ths, so that the result fits a byte."""
    return (29 * blue + 150 * green + 77 * red) >> 8


def _indexed(header: _Header, rows: bytes, threshold: int) -> bytes:
    """The rows of a picture with a palette, packed."""
    step = header.palette_step
    colours = [header.palette[at : at + 3] for at in range(0, len(header.palette), step)]
    ink = b"".join(b"1" if _luminance(*colour) < threshold else b"0" for colour in colours)
    if header.bits == 1 and len(ink) == 2:
        return _one_bit(header.width, rows, ink)
    # One mark a pixel. An index beyond the palette has no colour: its mark is an x, and is seen below.
    if header.bits == 8:
        marks = rows.translate(ink.ljust(256, b"x"))
    else:
        digits = b"01" if header.bits == 1 else b"0123456789abcdef"
        table = bytes.maketrans(digits, ink[: len(digits)].ljust(len(digits), b"x"))
        text = (
            format(1 << 8 * len(rows) | int.from_bytes(rows, "big"), "b")[1:]
            if header.bits == 1
            else rows.hex()
        )
        spread = text.encode("ascii").translate(table)
        padded = len(spread) // header.height
        marks = b"".join([spread[start : start + header.width] for start in range(0, len(spread), padded)])
    if b"x" in marks:
        raise BadValue(Fault.ATTACHMENT_BROKEN)
    return _packed(header, marks)


def _one_bit(width: int, rows: bytes, ink: bytes) -> bytes:
    """Packed already; only the meaning of the bits may be the other way round, and what pads a row is never ink."""
    if ink[0] == ink[1]:
        raise BadValue(Fault.ATTACHMENT_BLANK)
    packed = bytearray(rows.translate(_INVERTED) if ink == b"10" else rows)
    size = (width + 7) // 8
    packed[size - 1 :: size] = packed[size - 1 :: size].translate(_UNPADDED[-width % 8])
    return bytes(packed)


def _true_colour(header: _Header, flat: bytes, threshold: int) -> bytes:
    """All pixels lie side by side in one integer, 16 bits each: three multiplications weigh them all, and no sum reaches its
    neighbour (256 × 255 < 65,536)."""
    size = 2 * header.width * header.height
    lanes = []
    for channel in range(3):
        spread = bytearray(size)
        spread[0::2] = flat[channel::3]
        lanes.append(int.from_bytes(spread, "little"))
    weighed = lanes[0] * 29 + lanes[1] * 150 + lanes[2] * 77
    luminance = weighed.to_bytes(size, "little")[1::2]
    return _packed(header, luminance.translate(b"1" * threshold + b"0" * (256 - threshold)))


def _packed(header: _Header, marks: bytes) -> bytes:
    """One mark a pixel into one bit a pixel, rows padded to bytes."""
    width = header.width
    padding = b"0" * (-width % 8)
    if padding:
        marks = b"".join([marks[start : start + width] + padding for start in range(0, len(marks), width)])
    return int(marks, 2).to_bytes(len(marks) // 8, "big")
