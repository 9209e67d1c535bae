"""How what an applicant wrote compares with a member of a family register: exactly, but for spaces and for how a character is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from konbinid.domain.dates import PartialDate
from konbinid.domain.redact import Redacted

REQUIRED = ("name", "birth_date")
"""Without these nobody is approved, whoever looked: twins share everything else."""


@dataclass(frozen=True, slots=True, repr=False)
class Claim(Redacted):
    """What the applicant wrote."""

    name: str
    birth_date: date
    head_of_register: str
    domicile: str


@dataclass(frozen=True, slots=True, repr=False)
class Candidate(Redacted):
    """A member of a register whom the applicant may be. ``resident``: 宛名番号 says that the member lives here."""

    register_number: str
    member: str
    name: str
    birth_date: PartialDate
    head_of_register: str
    domicile: str
    resident: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is the same."""

    name: bool
    birth_date: bool
    head_of_register: bool
    domicile: bool

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of what is not the same, in the order above."""
        return tuple(name for name in self.__slots__ if not getattr(self, name))


def plain(text: str) -> str:
    """Without spaces, and without variation selectors: they choose a shape, not a character. Nothing else is levelled: 高 and 髙, １ and 1 differ."""
    return "".join(sign for sign in text if not sign.isspace() and not _is_selector(sign))


def _is_selector(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def compare(claim: Claim, candidate: Candidate) -> Comparison:
    """A birth date that the register does not know whole is the same as no other."""
    born = candidate.birth_date
    wrote = claim.birth_date
    return Comparison(
        name=bool(plain(claim.name)) and plain(claim.name) == plain(candidate.name),
        birth_date=(wrote.year, wrote.month, wrote.day) == (born.year, born.month, born.day),
        head_of_register=plain(claim.head_of_register) == plain(candidate.head_of_register),
        domicile=plain(claim.domicile) == plain(candidate.domicile),
    )


def may_be(comparison: Comparison) -> bool:
    """Whether staff should look at this member at all."""
    return comparison.birth_date and (
        comparison.name or (comparison.head_of_register and comparison.domicile)
    )
