"""利用登録 (contract 1, operations 5 and 6): when one may apply or ask, and what became of an application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.case import EVERYTHING, Asked, Case
from konbinid.domain.entitlement import closed, credential_invalid, not_offered, suspended
from konbinid.domain.kinds import REGISTER_KINDS, CredentialType, Kind
from konbinid.domain.redact import Redacted
from konbinid.domain.registers import Registration
from konbinid.domain.request import Refused, RegistrationStatus
from konbinid.domain.results import ORDER, Code


@dataclass(frozen=True, slots=True, repr=False)
class Application(Redacted):
    """One application of a credential and what became of it. ``decided_at`` None: pending; when an approval was taken back (``ended``), the time of
    that. ``reason``: of a rejection or an end, for the applicant. ``bound``: what an approval bound the credential to."""

    number: str
    ordinal: int
    decided_at: datetime | None
    ended: bool
    reason: str
    bound: Registration | None

    @property
    def pending(self) -> bool:
        """Whether staff have still to decide."""
        return self.decided_at is None


def pending_of(history: tuple[Application, ...]) -> Application | None:
    """The application that waits; ``history`` is newest first, and nothing is newer than what waits."""
    return history[0] if history and history[0].pending else None


def registration_in(history: tuple[Application, ...]) -> Registration | None:
    """The registration that counts: of the newest application that was ever approved. An older one does not come back by itself when that one
    was taken back or the register has changed."""
    approved = next((each for each in history if each.bound is not None), None)
    return None if approved is None or approved.ended else approved.bound


def status_of(history: tuple[Application, ...]) -> RegistrationStatus:
    """What getRegistrationStatus tells: what waits, else what counts, else what was refused or taken back last. An approval that the register has
    outlived is NONE: one may apply again."""
    waiting, registration = pending_of(history), registration_in(history)
    if waiting is not None:
        return RegistrationStatus("PENDING", waiting.number)
    if registration is not None and registration.stands:
        approved = next(each for each in history if each.bound is registration)
        return RegistrationStatus("APPROVED", approved.number, approved.decided_at)
    newest = history[0] if history else None
    if newest is None or (newest.bound is not None and not newest.ended):
        return RegistrationStatus("NONE")
    return RegistrationStatus("REJECTED", newest.number, newest.decided_at, newest.reason)


def refusal_to_ask(case: Case, municipality: str) -> Refused | None:
    """What both operations are refused with: 1501; 1202, 1201 or 1105 when no offered register kind is in service now; 1002 for a credential that
    JPKI knows to be invalid. Never 1001."""
    asked = [Asked(municipality, kind) for kind in Kind if kind in REGISTER_KINDS]
    if municipality != case.municipality:
        return Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
    if EVERYTHING in case.suspended or case.shelf.stop is not None:
        return Refused(Code.SUSPENDED, "everything_suspended")
    offered = [each for each in asked if not_offered(case, each) is None]
    if not offered:
        return Refused(Code.NOT_OFFERED, "registration_not_offered")
    out_of_service = [_out_of_service(case, each) for each in offered]
    if all(out_of_service):
        return min(filter(None, out_of_service), key=lambda refused: ORDER.index(refused.code))
    invalid = credential_invalid(case, asked[0])
    return None if invalid is None else Refused(Code.CREDENTIAL_INVALID, invalid)


def _out_of_service(case: Case, asked: Asked) -> Refused | None:
    for code, rule in ((Code.SUSPENDED, suspended), (Code.CLOSED, closed)):
        said = rule(case, asked)
        if said is not None:
            return Refused(code, said)
    return None


def refusal_to_apply(case: Case, municipality: str, credential_type: CredentialType) -> Refused | None:
    """The same, and 1107 for a telephone's certificate: a registration is the card's."""
    refused = refusal_to_ask(case, municipality)
    if refused is None and credential_type is CredentialType.PHONE:
        return Refused(Code.OPTION_NOT_ALLOWED, "phone")
    return refused
