"""What a dropped file is called, and what its ``.end`` marker says (contract 2, "Files and how one is complete")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.feeds import Feed

LAST_SEQUENCE = 999_999
END_LIMIT = 256  # bytes; a marker is one line of at most 100

_NAME = re.compile(r"([A-Z]{1,16})_([0-9]{14})_([0-9]{6})_([FD])\.(csv|dat)")
_END = re.compile(rb"rows=([0-9]{1,12}) sha256=([0-9A-Fa-f]{64})(?:\r?\n)?")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,255}")


class BadName(ValueError):
    """A name that is none of the contract's; the text says what is wrong with it."""


class BadEnd(ValueError):
    """A marker that is neither empty nor one line ``rows=<n> sha256=<hex>``."""


@dataclass(frozen=True, slots=True, order=True)
class DropName:
    """The name of a data file. Ordered by its time stamp, so that sorting gives the order of writing.

    ``stamp`` is Japan time without an offset; ``full`` tells 全件 from 異動.
    """

    stamp: datetime
    sequence: int
    feed: Feed
    full: bool
    extension: str
    text: str

    @classmethod
    def parse(cls, text: str) -> DropName:
        """Read a name. BadName when it is none."""
        found = _NAME.fullmatch(text)
        if found is None:
            raise BadName("not <FEED>_<yyyymmddHHMMSS>_<seq>_<F|D>.<csv|dat>")
        feed, stamp, sequence, kind, extension = found.groups()
        if feed not in tuple(Feed):
            raise BadName("no such feed")
        if int(sequence) == 0:
            raise BadName("sequence numbers begin at 000001")
        try:
            when = datetime.strptime(stamp, "%Y%m%d%H%M%S")  # noqa: DTZ007  # the contract's stamps carry no offset
        except ValueError:
            raise BadName("its time stamp does not exist") from None
        return cls(when, int(sequence), Feed(feed), kind == "F", extension, text)

    @property
    def stem(self) -> str:
        """The name without extension: the folder in which its attachments may lie."""
        return self.text.rpartition(".")[0]

    @property
    def end(self) -> str:
        """The name of its marker."""
        return f"{self.text}.end"


def is_drop_name(text: str) -> bool:
    """Whether a name is a data file's or its marker's."""
    try:
        DropName.parse(text.removesuffix(".end"))
    except BadName:
        return False
    return True


@dataclass(frozen=True, slots=True)
class EndMarker:
    """What the core system says about its file: how many records, and the hash of its bytes."""

    rows: int
    sha256: bytes

    @classmethod
    def parse(cls, content: bytes) -> EndMarker:
        """Read a marker that is not empty. BadEnd when it is malformed."""
        found = _END.fullmatch(content)
        if found is None:
            raise BadEnd("not one line rows=<n> sha256=<hex>")
        return cls(int(found[1]), bytes.fromhex(found[2].decode("ascii")))


def is_plain(name: str) -> bool:
    """Whether a name is safe to open beside the data file: ``[A-Za-z0-9._-]`` only, and neither ``.`` nor ``..``."""
    return _PLAIN.fullmatch(name) is not None and name.strip(".") != ""
