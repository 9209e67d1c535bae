"""The pictures that INKAN rows name: found, read, measured.

A picture comes with the file, or with an earlier file that it corrects; a difference row may also name the one that the register
holds *for this very registration of this very person*. A name alone never fetches a picture: it could be another person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor

from konbinid.domain.redact import Redacted
from konbinid.intake.attachments import Picture, read_bmp, size_defect
from konbinid.intake.problems import BadValue, Fault
from konbinid.store import intake_files
from konbinid.store.intake_files import Incoming


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

    def of_rows(
        self, numbers: Sequence[str], owners: Sequence[str], names: Sequence[str], dpis: Sequence[str]
    ) -> list[Impression | Fault | None]:
        """For each row, by registration number, 宛名番号, picture's name and dpi: its impression, what is wrong with it, or None without a name."""
        digests = self._digests(numbers, owners, names)
        unusable = self.incoming.unusable
        contents = intake_files.contents(self.cur, {digest for digest in digests if digest is not None})
        return [
            (Fault(unusable[name]) if name in unusable else self._one(dpi, digest, contents))
            if name
            else None
            for name, dpi, digest in zip(names, dpis, digests, strict=True)
        ]

    def _digests(
        self, numbers: Sequence[str], owners: Sequence[str], names: Sequence[str]
    ) -> list[bytes | None]:
        brought = intake_files.brought(self.cur, self.incoming, {name for name in names if name})
        held: dict[tuple[str, str, str], bytes] = {}
        if not self.incoming.full:
            lacking = [
                number for number, name in zip(numbers, names, strict=True) if name and name not in brought
            ]
            held = intake_files.held_pictures(self.cur, lacking) if lacking else {}
        rows = zip(numbers, owners, names, strict=True)
        return [brought.get(name) or held.get((number, owner, name)) for number, owner, name in rows]

    def _one(self, dpi: str, digest: bytes | None, contents: dict[bytes, bytes]) -> Impression | Fault:
        if digest is None:
            return Fault.ATTACHMENT_MISSING
        try:
            picture = read_bmp(contents[digest], self.threshold)
        except BadValue as bad:
            return bad.fault
        return Impression(digest, picture, size_defect(picture.width, picture.height, int(dpi)))
