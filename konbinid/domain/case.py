"""Everything that decides about one request, read in one snapshot: what the rules look at, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from konbinid.domain.dates import japan_day
from konbinid.domain.kinds import HOUSEHOLD_KINDS, Kind, Scope
from konbinid.domain.library import Shelf
from konbinid.domain.person import Credential, Hold, Household, Person, ResidentState, Seal, SealState
from konbinid.domain.redact import Redacted
from konbinid.domain.registers import Reach, Registration
from konbinid.domain.request import IssueRequest, Options
from konbinid.domain.tax import TaxRecord

EVERYTHING = "*"  # the state row that suspends all kinds


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one kind. ``options`` is None when only the right to the kind is asked for (listCertificates)."""

    municipality: str
    kind: Kind
    copies: int = 1
    fee: int | None = None
    options: Options | None = None

    @classmethod
    def of(cls, request: IssueRequest) -> Asked:
        """What issueCertificate asks."""
        return cls(request.envelope.municipality, request.kind, request.copies, request.fee, request.options)


@dataclass(frozen=True, slots=True, repr=False)
class Case(Redacted):
    """One credential holder at one instant.

    ``suspended`` holds kinds and EVERYTHING; ``stale`` the kinds whose sources are too old; ``holds`` everything that names a
    living member of the household; ``household_in_doubt``: a file that waits or failed names the household, so it may have a member that
    nobody here knows yet; ``names_stamp`` the stamp of the file that last changed the applicant's name or ended the residence;
    ``taxes`` the applicant's tax records, one a 年度, where the kind needs them; ``registration`` the holder's 利用登録, ``reaches`` the registers
    that the credential leads to, by register kind; ``registrant_in_doubt``: a file that waits or failed names whoever JPKI has under the credential;
    ``register_pages`` the most sheets that a register's PDF may have.
    """

    at: datetime
    municipality: str
    shelf: Shelf
    suspended: frozenset[str] = frozenset()
    stale: frozenset[Kind] = frozenset()
    credential: Credential | None = None
    household: Household | None = None
    household_in_doubt: bool = False
    holds: tuple[Hold, ...] = ()
    seals: tuple[Seal, ...] = ()
    names_stamp: datetime | None = None
    taxes: tuple[TaxRecord, ...] = ()
    registration: Registration | None = None
    registrant_in_doubt: bool = False
    reaches: Mapping[Kind, Reach] = field(default_factory=lambda: MappingProxyType({}))
    register_pages: int = 20

    @property
    def today(self) -> date:
        """The day of issue in Japan."""
        return japan_day(self.at)

    @property
    def applicant(self) -> Person | None:
        """The resident whose credential it is."""
        return applicant_of(self.credential, self.household)

    def concerned(self, asked: Asked) -> tuple[Person, ...]:
        """The applicant and every living person whom the request would print: whom holds and changes must not touch.

        Numbers that lead to nobody are left out here; 1106 speaks of them later.
        """
        applicant = self.applicant
        if applicant is None or self.household is None:
            return ()
        others = self.printed(asked) if asked.kind in HOUSEHOLD_KINDS else ()
        return (applicant, *(p for p in others if p is not applicant))

    def printed(self, asked: Asked) -> tuple[Person, ...]:
        """Who would stand on the paper, in the household's order. 0 is no member number: it was never given to anybody."""
        applicant = self.applicant
        if applicant is None or self.household is None:
            return ()
        if asked.kind not in HOUSEHOLD_KINDS or asked.options is None:
            return (applicant,)
        if asked.options.scope is Scope.HOUSEHOLD:
            return self.household.living
        chosen = set(asked.options.members) - {0}
        return tuple(p for p in self.household.living if p.member_number in chosen)

    @property
    def has_leaving_member(self) -> bool:
        """Whether somebody of the household is about to move out (転出予定)."""
        return self.household is not None and any(
            p.state is ResidentState.LEAVING for p in self.household.members
        )

    @property
    def seal(self) -> Seal | None:
        """The applicant's registered seal; None when there is none or more than one."""
        registered = [seal for seal in self.seals if seal.state is SealState.REGISTERED]
        return registered[0] if len(registered) == 1 else None

    def tax_record(self, year: int) -> TaxRecord | None:
        """The applicant's record of a 年度."""
        return next((record for record in self.taxes if record.year == year), None)


def applicant_of(credential: Credential | None, household: Household | None) -> Person | None:
    """The resident whose credential it is, in the household that was read for it."""
    if credential is None or household is None:
        return None
    return next((p for p in household.members if p.atena_number == credential.atena_number), None)
