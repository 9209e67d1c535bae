"""Pictures of seals: every form of BMP that contract 2 names, true sizes, and nothing that lies about itself."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from konbinid.intake.attachments import read_bmp, size_defect
from konbinid.intake.problems import BadValue, Fault


def picture(mode: str, size: tuple[int, int] = (37, 23)) -> tuple[bytes, list[bool]]:
    """A BMP by another library, and which pixels are ink."""
    image = Image.new("RGB", size, (255, 255, 255))
    ink = []
    for y in range(size[1]):
        for x in range(size[0]):
            marked = (x * 7 + y * 3) % 5 == 0
            ink.append(marked)
            if marked:
                image.putpixel((x, y), (190, 20, 30))  # vermilion is ink
    if mode == "1":
        grey = image.convert("L").point([0] * 128 + [255] * 128)
        image = grey.convert("1")
    elif mode != "RGB":
        image = image.convert(mode)
    made = io.BytesIO()
    image.save(made, "BMP")
    return made.getvalue(), ink


def marks(width: int, height: int, rows: bytes) -> list[bool]:
    stride = (width + 7) // 8
    return [bool(rows[y * stride + x // 8] >> (7 - x % 8) & 1) for y in range(height) for x in range(width)]


def broken(content: bytes) -> Fault:
    with pytest.raises(BadValue) as caught:
        read_bmp(content, 128)
    return caught.value.fault


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_what_another_library_writes_is_read(mode):
    """1, 8 and 24 bit, widths that are no multiple of anything, grey and colour palettes."""
    content, ink = picture(mode)
    found = read_bmp(content, 128)
    assert (found.width, found.height) == (37, 23)
    assert marks(37, 23, found.rows) == ink


@pytest.mark.parametrize("bits", [1, 4, 8, 24])
def test_every_depth_gives_the_same_picture(rows, bits):
    """The same block of ink, at an odd width."""
    found = read_bmp(rows.bmp(21, bits=bits, ink=9), 128)
    assert marks(21, 21, found.rows) == [x < 9 and y < 9 for y in range(21) for x in range(21)]
    assert found.rows[2] & 0b111 == 0  # the padding is no ink


def test_top_down_pictures_stand_upright(rows):
    """A negative height means that the first row is the top one."""
    content = bytearray(rows.bmp(16, ink=4))
    struct.pack_into("<i", content, 22, -16)
    assert marks(16, 16, read_bmp(bytes(content), 128).rows) == [
        x < 4 and y >= 12 for y in range(16) for x in range(16)
    ]


def test_the_palette_decides_what_is_ink(rows):
    """A file whose index 0 is black is not the negative of one whose index 1 is."""
    content = bytearray(rows.bmp(16, ink=4))
    content[54:62] = b"\x00\x00\x00\x00\xff\xff\xff\x00"
    assert marks(16, 16, read_bmp(bytes(content), 128).rows) == [
        not (x < 4 and y < 4) for y in range(16) for x in range(16)
    ]


def test_the_threshold_is_the_layouts():
    """Grey of 100 is ink below 128 and paper below 90."""
    image = Image.new("L", (9, 9), 255)
    image.putpixel((0, 0), 100)
    image.putpixel((1, 0), 10)
    made = io.BytesIO()
    image.save(made, "BMP")
    assert sum(marks(9, 9, read_bmp(made.getvalue(), 128).rows)) == 2
    assert sum(marks(9, 9, read_bmp(made.getvalue(), 90).rows)) == 1


@pytest.mark.parametrize("ink", [0, 21])
def test_a_blank_or_solid_picture_is_a_bad_row(rows, ink):
    """Neither shows a seal."""
    assert broken(rows.bmp(21, ink=ink)) is Fault.ATTACHMENT_BLANK


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (0, "<2s", b"PM"),
        (10, "<I", 2**31),
        (14, "<I", 41),
        (18, "<i", 0),
        (18, "<i", -5),
        (18, "<i", 2**31 - 1),
        (22, "<i", 4097),
        (22, "<i", -(2**31)),
        (26, "<H", 0),
        (28, "<H", 16),
        (28, "<H", 32),
        (30, "<I", 1),
        (30, "<I", 3),
        (46, "<I", 2**32 - 1),
    ],
)
def test_headers_that_lie_are_broken(rows, offset, form, value):
    """4 GiB claims, compression, depths that are not taken, palettes beyond the file: all answered without making anything so large."""
    content = bytearray(rows.bmp(21, ink=9))
    struct.pack_into(form, content, offset, value)
    assert broken(bytes(content)) is Fault.ATTACHMENT_BROKEN


def test_a_torn_picture_is_broken(rows):
    """Whatever is missing at its end."""
    content = rows.bmp(21, ink=9)
    for length in range(len(content)):
        assert broken(content[:length]) is Fault.ATTACHMENT_BROKEN


def test_an_index_without_a_colour_is_broken(rows):
    """A pixel whose palette entry does not exist has no colour: never guessed."""
    content = bytearray(rows.bmp(8, bits=8, ink=4))
    struct.pack_into("<I", content, 46, 2)
    content[-1] = 7
    assert broken(bytes(content)) is Fault.ATTACHMENT_BROKEN


@given(st.binary(max_size=300), st.integers(0, 60), st.integers(0, 255))
def test_any_bytes_are_a_picture_or_a_fault(tail, at, value):
    """No other exception, whatever stands in header or pixels."""
    head = bytearray(struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 0, 0, 0, 62, 40, 8, 8, 1, 1, 0, 0, 0, 0, 2, 0))
    content = head + b"\xff\xff\xff\x00\x00\x00\x00\x00" + tail
    content[min(at, len(content) - 1)] = value
    try:
        found = read_bmp(bytes(content), 128)
    except BadValue:
        return
    assert len(found.rows) == (found.width + 7) // 8 * found.height


@pytest.mark.parametrize(
    ("width", "height", "dpi", "right"),
    [
        (236, 236, 400, True),  # 14.99 mm
        (80, 80, 254, False),  # 8 mm
        (81, 81, 254, True),  # 8.1 mm
        (250, 250, 254, True),  # 25 mm
        (251, 251, 254, False),  # 25.1 mm
        (393, 393, 400, True),  # 24.96 mm
        (394, 394, 400, False),  # 25.02 mm
        (236, 100, 400, False),
        (236, 394, 400, False),
        (236, 236, 1, False),
    ],
)
def test_sizes_are_pixels_by_dpi(width, height, dpi, right):
    """Over 8 mm and within 25 mm square; the BMP's own dpi is not looked at (contract 2)."""
    assert (size_defect(width, height, dpi) == "") is right
