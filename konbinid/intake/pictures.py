"""The pictures that INKAN rows name: found, read, measured.

A picture comes with the file. *For the very same registration of the very same person* it may also be the one of an earlier file that this
one corrects, and a difference row may name the one that the register holds. A name alone never fetches a picture: it could be another person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psycopg2.extensions import cursor

from konbinid.domain.redact import Redacted
from konbinid.intake.attachments import Picture, read_bmp, size_defect
from konbinid.intake.problems import BadValue, Fault
from konbinid.store import intake_files
from konbinid.store.intake_files import Brought, Incoming


@dataclass(frozen=True, slots=True, repr=False)
class Impression(Redacted):
    """What a row's picture is: its source's hash, the picture, and why it cannot be printed, if so."""

    sha256: bytes
    picture: Picture
    defect: str


@dataclass(slots=True)
class Pictures:
    """Looks up pictures for the rows of one file."""

    cur: cursor
    incoming: Incoming
    threshold: int
    _unusable: dict[str, str] = field(init=False)
    _before: dict[str, tuple[str, datetime]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._unusable = self.incoming.unusable

    def of_rows(
        self, numbers: Sequence[str], owners: Sequence[str], names: Sequence[str], dpis: Sequence[str]
    ) -> list[Impression | Fault | None]:
        """For each row, by registration number, 宛名番号, picture's name and dpi: its impression, what is wrong with it, or None without a name."""
        digests = self._digests(numbers, owners, names)
        contents = intake_files.contents(
            self.cur, {digest for digest in digests if isinstance(digest, bytes)}
        )
        return [
            self._one(dpi, digest, contents) if name else None
            for name, dpi, digest in zip(names, dpis, digests, strict=True)
        ]

    def _digests(
        self, numbers: Sequence[str], owners: Sequence[str], names: Sequence[str]
    ) -> list[bytes | Fault]:
        brought = intake_files.brought(self.cur, self.incoming, {name for name in names if name})
        rows = list(zip(numbers, owners, names, strict=True))
        lacking = [number for number, _, name in rows if name and name not in brought]
        held: dict[tuple[str, str, str], bytes] = {}
        if lacking and not self.incoming.full:
            held = intake_files.held_pictures(self.cur, lacking)
        return [
            self._untaken(name, brought.get(name))
            or _digest_of(brought.get(name), owner_of(number, owner), held.get((number, owner, name)))
            for number, owner, name in rows
        ]

    def _untaken(self, name: str, brought: Brought | None) -> Fault | None:
        """Why the newest picture of this name could not be taken: nothing else stands in for it (docs/decisions/0039)."""
        if name in self._unusable:
            return Fault(self._unusable[name])
        if self._before is None:
            self._before = intake_files.untaken_before(self.cur, self.incoming)
        fault, stamp = self._before.get(name, ("", None))
        if stamp is None or (brought is not None and (brought.stamp is None or brought.stamp > stamp)):
            return None
        return Fault(fault)

    def _one(self, dpi: str, digest: bytes | Fault, contents: dict[bytes, bytes]) -> Impression | Fault:
        if isinstance(digest, Fault):
            return digest
        try:
            picture = read_bmp(contents[digest], self.threshold)
        except BadValue as bad:
            return bad.fault
        return Impression(digest, picture, size_defect(picture.width, picture.height, int(dpi)))


def owner_of(registration_number: str, atena_number: str) -> str | None:
    """Whose a picture is, as it is kept with its name (docs/decisions/0044); None unless both are known."""
    return f"{registration_number} {atena_number}" if registration_number and atena_number else None


def _digest_of(brought: Brought | None, owner: str | None, held: bytes | None) -> bytes | Fault:
    if brought is None:
        return held or Fault.ATTACHMENT_MISSING
    # What still lies beside the data files looks like its own: the very picture that the file before gave to somebody else.
    is_anothers = bool(brought.others - {owner}) if brought.own else owner is None or brought.owner != owner
    return Fault.ATTACHMENT_OF_ANOTHER if is_anothers else brought.sha256
