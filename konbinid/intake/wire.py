"""What relay and server say to each other: AMP commands over mutual TLS (docs/decisions/0035).

The relay asks, the server answers; everything is about one file at a time, named by the number that Offer gave. Neither side remembers anything
that is not in its folder or in PostgreSQL: after any break the relay offers its files again and is told how much is there.
"""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from twisted.protocols import amp

from konbinid.intake.names import is_plain
from konbinid.intake.problems import Fault

VERSION = 1
CHUNK_BYTES = 60_000
"""The most that one command carries; an AMP value has 65,535 bytes at most."""
PAGE = 150
"""Entries in one answer: each has a name of 255 and a hash of 64 characters at most."""
SILENCE_SECONDS = 60.0
"""Who has said nothing for so long is gone. A relay asks for receipts every few seconds."""
UNTAKEN = (Fault.ATTACHMENT_MISSING, Fault.ATTACHMENT_TOO_LARGE)
"""Why an attachment that lies at the relay cannot be taken."""
ODDITIES = ("name", "not_taken", "unreadable", "changing", "receipt", "filing", "folder", "busy", "other")

_NATURAL = re.compile(rb"[0-9]{1,18}")
_DIGEST_BYTES = 32


def plain(text: str) -> str:
    """A name without a path, as it is. BadValue."""
    if not is_plain(text):
        raise BadValue("not a plain name")
    return text


class BadValue(amp.AmpError):
    """A value that the protocol does not know."""


class Unwelcome(Exception):
    """A relay that may not speak here; the text says why."""


class Refused(Exception):
    """What is said does not fit what is there. The relay begins the file again."""


class Busy(Exception):
    """Not now: too much is under way, or the database does not answer."""


class _Argument(amp.Argument):
    """Written as text, read strictly."""

    def toString(self, inObject: Any) -> bytes:  # noqa: N802, N803  # Twisted's names
        return str(inObject).encode("ascii")


class Natural(_Argument):
    """A whole number from 0 that PostgreSQL's bigint holds."""

    def fromString(self, inString: bytes) -> int:  # noqa: N802, N803  # Twisted's names
        """BadValue."""
        if _NATURAL.fullmatch(inString) is None:
            raise BadValue("not a number")
        return int(inString)


class Plain(_Argument):
    """A name without a path; may be empty."""

    def fromString(self, inString: bytes) -> str:  # noqa: N802, N803  # Twisted's names
        """BadValue."""
        return plain(inString.decode("ascii", "replace")) if inString else ""


class Word(_Argument):
    """One of a few words; may be empty."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self._words = frozenset({"", *words})

    def fromString(self, inString: bytes) -> str:  # noqa: N802, N803  # Twisted's names
        """BadValue."""
        text = inString.decode("ascii", "replace")
        if text not in self._words:
            raise BadValue("not a word of this protocol")
        return text


class Digest(amp.String):
    """A sha256, or nothing."""

    def fromString(self, inString: bytes) -> bytes:  # noqa: N802, N803  # Twisted's names
        """BadValue."""
        if len(inString) not in {0, _DIGEST_BYTES}:
            raise BadValue("not a hash")
        return inString


def _values(**values: Any) -> list[tuple[bytes, Any]]:
    """What a command or its answer carries, as AMP wants it."""
    return [(name.encode("ascii"), kind) for name, kind in values.items()]


class Command(amp.Command):
    """One of ours."""

    errors = {Refused: b"REFUSED", Busy: b"BUSY"}  # noqa: RUF012  # AMP's way
    fatalErrors = {Unwelcome: b"UNWELCOME"}  # noqa: N815, RUF012  # told, and then the connection is closed

    @classmethod
    def parseArguments(cls, box: Any, protocol: Any) -> Any:  # noqa: N802  # Twisted's name
        """BadValue."""
        try:
            return super().parseArguments(box, protocol)
        except (KeyError, UnicodeError):
            raise BadValue("an argument is missing, or no text") from None


class Hello(Command):
    """Who speaks, and for which city: what the certificate says is said again, so that a mix-up of settings is told. Comes first.

    ``most_bytes``: of a larger file the relay sends one byte more than this, and it is rejected as too large.
    """

    arguments = _values(version=Natural(), city=Plain(), relay=Plain())
    response = _values(most_bytes=Natural())


class Offer(Command):
    """A complete file: its bytes as they lie there (size, sha256), and what its marker says; no ``claimed`` hash: it is malformed.

    ``stored``: nothing more need come. ``have``: from where the relay goes on.
    """

    arguments = _values(name=Plain(), size=Natural(), sha256=Digest(), rows=Natural(), claimed=Digest())
    response = _values(transfer=Natural(), have=Natural(), stored=amp.Boolean())


class Chunk(Command):
    """Bytes of the data file (``part`` empty) or of an attachment. Answered when they are in PostgreSQL."""

    arguments = _values(transfer=Natural(), part=Plain(), offset=Natural(), content=amp.String())
    response = _values(have=Natural())


class Wanted(Command):
    """Which attachments the rows of a whole data file name, after a name: lines of name and the hash of what is here of it (in hex, or -).

    All of them are told each time: what lies at the relay may have been replaced since it was sent. ``anew``: what came is not what was offered.
    """

    arguments = _values(transfer=Natural(), after=Plain())
    response = _values(names=amp.String(), most_bytes=Natural(), anew=amp.Boolean())


class Attach(Command):
    """An attachment that lies there, with its first bytes. ``have``: from where the relay goes on."""

    arguments = _values(
        transfer=Natural(), name=Plain(), size=Natural(), sha256=Digest(), content=amp.String()
    )
    response = _values(have=Natural())


class Unusable(Command):
    """An attachment that is not there (``fault`` empty), or that lies there and cannot be taken: then nothing held may stand in for it."""

    arguments = _values(transfer=Natural(), name=Plain(), fault=Word(*UNTAKEN))
    response = _values()


class Finish(Command):
    """Everything is there. Answered when the file is a row of intake.incoming. ``anew``: as above."""

    arguments = _values(transfer=Natural())
    response = _values(anew=amp.Boolean())


class Receipts(Command):
    """Which files are decided: lines of transfer and name. Also the sign that the relay lives."""

    arguments = _values()
    response = _values(decided=amp.String())


class Receipt(Command):
    """A receipt's text from an offset. ``sha256`` of the whole: it may change while it is read."""

    arguments = _values(transfer=Natural(), offset=Natural())
    response = _values(ok=amp.Boolean(), sha256=Digest(), size=Natural(), content=amp.String())


class Attached(Command):
    """Names and hashes of what came with a stored file, after a name: what lies beside the file goes to the archive with it."""

    arguments = _values(transfer=Natural(), after=Plain())
    response = _values(attached=amp.String())


class Taken(Command):
    """The receipt lies in the core system's folder, and the file in the relay's archive."""

    arguments = _values(transfer=Natural())
    response = _values()


class Odd(Command):
    """Something at the relay that an operator must see to."""

    arguments = _values(name=Plain(), what=Word(*ODDITIES))
    response = _values()


def lines(entries: Sequence[tuple[object, ...]]) -> bytes:
    """A list in one value: a line each, words divided by spaces; plain names hold neither."""
    return "\n".join(" ".join(map(str, entry)) for entry in entries).encode("ascii")


def entries_of(value: bytes, words: int) -> list[list[str]]:
    """The same read. BadValue when a line has another number of words."""
    entries = [line.split(" ") for line in value.decode("ascii", "replace").splitlines()]
    if any(len(entry) != words for entry in entries):
        raise BadValue("not a list")
    return entries
