"""What is fuzzed: for each reader of others' bytes a function that takes any bytes and raises when a promise is broken.

The promise is the same everywhere: rows, faults or a refusal of the reader's own kind; never another exception, never more than a bounded
amount of what was asked for. Another reader is another function with ``@target``, and seeds under its name in fuzz_seeds.py.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import fuzz_port

from konbinid.declared.document import FileRefused
from konbinid.domain.feeds import Feed
from konbinid.intake import staging, wire
from konbinid.intake.attachments import read_bmp
from konbinid.intake.framing import FrameBroken, Unpacker
from konbinid.intake.layout import Layout, load
from konbinid.intake.names import BadEnd, BadName, DropName, EndMarker, is_plain
from konbinid.intake.problems import BadValue
from konbinid.intake.records import LINE_LIMIT, Block, Reader
from konbinid.paper import foreign, gaiji
from konbinid.paper.foreign import NotReadable
from konbinid.paper.glyf import BadFont
from konbinid.paper.pdf_objects import Misread, PdfFile
from konbinid.store.intake_tables import TABLES
from konbinid.store.keyring import Keyring

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
SECONDS = 5.0  # for one input of at most INPUT_LIMIT bytes; a mean one takes a thousandth
INPUT_LIMIT = 64 * 1024

Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {}


def target(work: Target) -> Target:
    """Register a target under its name."""

    def timed(data: bytes) -> None:
        began = time.monotonic()
        work(data)
        took = time.monotonic() - began
        assert took < SECONDS, f"{took:.1f} s"

    TARGETS[work.__name__] = timed
    return timed


@cache
def scratch() -> Path:
    """A folder of this process."""
    folder = Path(tempfile.mkdtemp(prefix="konbinid-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def layouts() -> tuple[Layout, ...]:
    """The city's layouts and the very different ones beside them, in an order that does not change: an input names one by its first byte."""
    return tuple(load(path) for path in sorted(LAYOUTS.rglob("*.toml")))


@cache
def keyring() -> Keyring:
    """Keys of this process."""
    Keyring.create(scratch() / "keys")
    return Keyring.load(scratch() / "keys")


@target
def layout(data: bytes) -> None:
    """A layout file: taken, or refused with lines; a taken one reads the empty file."""
    path = scratch() / "layout.toml"
    path.write_bytes(data)
    try:
        loaded = load(path)
    except FileRefused as refused:
        told = refused.problems
    else:
        told = []
        reader = Reader(loaded, full=False)
        assert not list(reader.feed(b"")) + list(reader.finish())
    assert all(each.line >= 1 for each in told)


@target
def rows(data: bytes) -> None:
    """Rows by a layout (first byte: which, and whether the file is full), in one piece and in two: the same rows and the same faults."""
    if len(data) < 3:
        return
    choice, cut, content = data[0], data[1], data[2:]
    chosen = layouts()[choice % len(layouts())]
    full = choice >= 128
    whole = read(chosen, [content], full=full)
    at = len(content) * cut // 256
    parted = read(chosen, [content[:at], content[at:]], full=full)
    assert seen(whole) == seen(parted)
    reader, blocks = whole
    lines = [line for block in blocks for line in block.lines]
    bad = {each.line for each in reader.problems.entries}
    assert len(lines) == len(set(lines)), "a row twice"
    assert not bad & set(lines), "a bad row that is good"
    assert all(
        len(value) <= LINE_LIMIT for block in blocks for values in block.columns.values() for value in values
    )
    if chosen.spec.attached is None and chosen.feed is not Feed.GAIJI:
        copy(chosen, blocks)


def read(chosen: Layout, pieces: Iterable[bytes], *, full: bool) -> tuple[Reader, list[Block]]:
    """A reader at the end of a file, and its blocks."""
    reader = Reader(chosen, full=full)
    blocks = [block for piece in pieces for block in reader.feed(piece)]
    return reader, [*blocks, *reader.finish()]


def seen(what: tuple[Reader, list[Block]]) -> tuple[Any, ...]:
    """What a reading came to, however it was cut into blocks."""
    reader, blocks = what
    good: list[tuple[int, tuple[str, ...]]] = []
    for block in (each for each in blocks if each.lines):
        values = zip(*(block.columns[name] for name in sorted(block.columns)), strict=True)
        good += zip(block.lines, values, strict=True)
    faults = sorted((each.line, each.through, each.column, each.fault) for each in reader.problems.entries)
    named = [(each.line, each.people, each.key) for each in reader.named]
    return good, faults if not reader.problems.left_out else None, named, reader.rows, reader.keys_unread


def copy(chosen: Layout, blocks: list[Block]) -> None:
    """What PostgreSQL's COPY is given: a line for every row and a cell for every column, whatever stands in the values."""
    stager = staging.Stager(
        None,  # type: ignore[arg-type]  # nothing is read from a database
        None,  # type: ignore[arg-type]
        chosen,
        keyring(),
        lambda _: None,
        examiner=None,  # type: ignore[arg-type]
    )
    columns = TABLES[chosen.feed].staged_columns
    for block in (each for each in blocks if each.lines):
        text = staging._copy_text(columns, 1, block.lines, stager._staged_columns(block))
        for line in text.decode("utf-8").removesuffix("\n").split("\n"):
            assert line.count("\t") == len(columns) - 1
            assert re.fullmatch(r"(?:[^\\]|\\\\|\\N|\\x[0-9a-f]*)*", line.replace("\\\\x", "\\x"))


@target
def bmp(data: bytes) -> None:
    """A picture of a seal (first byte: the threshold)."""
    try:
        picture = read_bmp(data[1:], max(1, data[0]) if data else 128)
    except BadValue:
        return
    assert len(picture.rows) == (picture.width + 7) // 8 * picture.height
    assert len(picture.rows) <= len(data)


@target
def tte(data: bytes) -> None:
    """A 外字 font, by our own reader: the sanitizer is another's program in a process of its own, and costs ten milliseconds a font."""
    real = gaiji._sanitize
    gaiji._sanitize = lambda _: None  # type: ignore[assignment]
    try:
        font = gaiji.checked_font(data)
        for token in list(font._face.tokens)[:50]:
            if font.draws(token):
                assert len(font.record_hash(token)) == len(font.shape_hash(token)) == 32
    except BadFont:
        return
    finally:
        gaiji._sanitize = real


@target
def pdf(data: bytes) -> None:
    """A register's PDF, by our look at what qpdf reads."""
    try:
        with foreign.opened(data) as document:
            len(document)
            document.faults()
            document.is_a4()
    except NotReadable:
        return


@target
def pdf_objects(data: bytes) -> None:
    """Our own reader of PDF objects, which proves what we have printed."""
    try:
        file = PdfFile(data)
        values = [file.get(value) for value in file.trailer.values() if isinstance(value, tuple)]
        for value in values:
            if hasattr(value, "unpacked"):
                assert len(value.unpacked()) <= 1024 * len(data) + 1024
    except Misread:
        return


@target
def names(data: bytes) -> None:
    """A file's name, a marker, an attachment's name, as a listing or a row gives them."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        name = DropName.parse(text)
    except BadName:
        pass
    else:
        assert name.text == text
        assert all(map(is_plain, (name.text, name.stem, name.end)))
    try:
        end = EndMarker.parse(data)
    except BadEnd:
        pass
    else:
        assert len(end.sha256) == 32
        assert 0 <= end.rows < 10**12
    assert not is_plain(text) or ("/" not in text and text not in {"", ".", ".."} and text.isascii())


@target
def framing(data: bytes) -> None:
    """What a reading child says to the daemon."""
    unpacker = Unpacker()
    try:
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
            assert all(isinstance(message, dict) for message in unpacker.feed(piece))
    except FrameBroken:
        return


@target
def relay_frames(data: bytes) -> None:
    """What somebody with a relay's certificate says: commands written with values of their kind, or refused; or the connection is cut."""
    port = fuzz_port.Port()
    line = fuzz_port.connected(port)
    cut = 1 + len(data) // 2
    for piece in (fuzz_port.GREETING, data[:cut], data[cut:]):
        line.dataReceived(piece)
    line.connectionLost()
    assert port.kinds <= {"BadValue", "TooLong", "UnicodeDecodeError"}, (
        port.kinds
    )  # the last: a name of AMP's that is no text
    assert line.under_way <= line.most_under_way
    assert all(len(answer) < 65_536 for answer in port.answers())
    assert not port.wrong, port.wrong


@target
def relay_lists(data: bytes) -> None:
    """A list of the server's as the relay reads it, and a name that it is to open."""
    try:
        entries = wire.entries_of(data, 2)
        names = [wire.plain(name) for name, _ in entries]
    except wire.BadValue:
        return
    assert all(map(is_plain, names))
