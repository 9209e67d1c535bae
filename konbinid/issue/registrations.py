"""applyForRegistration and getRegistrationStatus: an application is numbered once, whoever asks how often."""

from __future__ import annotations

from konbinid.domain.case import Case
from konbinid.domain.library import shelf_at
from konbinid.domain.registration import pending_of, refusal_to_apply, refusal_to_ask, status_of
from konbinid.domain.request import (
    Applied,
    CredentialKey,
    Refused,
    RegistrationApplication,
    RegistrationQuery,
    RegistrationStatus,
)
from konbinid.domain.results import Code
from konbinid.issue.digest import application_digest
from konbinid.issue.equipment import Equipment, new_issuance_number
from konbinid.store import applications, ledger, residents, state
from konbinid.store.errors import Conflict
from konbinid.store.transaction import Transaction


async def apply_for_registration(
    tx: Transaction, equipment: Equipment, application: RegistrationApplication
) -> Applied | Refused:
    """A new application, or the number of the one that waits.

    Duplicate on TRANSACTION_CONSTRAINT: the caller asks ``applied_before`` in a fresh transaction. Duplicate on BINDING_CONSTRAINT: the id is a
    certificate's, the caller asks ``bound_to_issuance``. Duplicate on ORDINAL_CONSTRAINT: another
    application of the credential came first, and waits by now.
    """
    envelope = application.envelope
    if envelope.municipality != equipment.settings.municipality:
        elsewhere = Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
        await _note(tx, equipment, application, "applyForRegistration", elsewhere)
        return elsewhere
    await tx.execute("savepoint asked")
    number = await _placed(tx, equipment, application)
    await equipment.step("application.placed")
    case = await _case(tx, equipment, application.credential)
    refused = refusal_to_apply(case, envelope.municipality, application.credential.type)
    if refused is None:
        return Applied(number)
    await tx.execute("rollback to savepoint asked")
    await _note(tx, equipment, application, "applyForRegistration", refused)
    return refused


async def _placed(tx: Transaction, equipment: Equipment, application: RegistrationApplication) -> str:
    """Bind the transactionId, by INSERT: to what waits, else to a new application."""
    history = await applications.history(tx, application.credential)
    waiting = pending_of(history)
    number = new_issuance_number(equipment.random) if waiting is None else waiting.number
    if waiting is None:
        ordinal = history[0].ordinal + 1 if history else 1
        await applications.insert_application(tx, number, ordinal, application, equipment.origin)
    digest = application_digest(equipment.keyring, application)
    await applications.insert_request(tx, number, application, digest, equipment.origin)
    return number


async def applied_before(
    tx: Transaction, equipment: Equipment, application: RegistrationApplication
) -> Applied | Refused:
    """The transactionId is bound: the same content has the same number, whatever became of the application since; other content is 1401."""
    bound = await applications.bound_to(tx, application.envelope)
    if bound is None:
        raise Conflict("the bound application is not in this snapshot")
    if bound.request_digest != application_digest(equipment.keyring, application):
        refused = Refused(Code.TRANSACTION_BOUND, "other_content")
        await _note(tx, equipment, application, "applyForRegistration", refused)
        return refused
    await applications.note_repetition(tx, application.envelope, bound.application_number)
    return Applied(bound.application_number)


async def bound_to_issuance(
    tx: Transaction, equipment: Equipment, application: RegistrationApplication
) -> Refused:
    """The transactionId is a certificate's: 1401. The refusal's row makes the COMMIT wait for the standby, as for everything that is told."""
    refused = Refused(Code.TRANSACTION_BOUND, "other_operation")
    await _note(tx, equipment, application, "applyForRegistration", refused)
    return refused


async def registration_status(
    tx: Transaction, equipment: Equipment, query: RegistrationQuery
) -> RegistrationStatus | Refused:
    """What became of the credential's applications."""
    case = await _case(tx, equipment, query.credential)
    refused = refusal_to_ask(case, query.envelope.municipality)
    if refused is not None:
        await _note(tx, equipment, query, "getRegistrationStatus", refused)
        return refused
    return status_of(await applications.history(tx, query.credential))


async def _case(tx: Transaction, equipment: Equipment, key: CredentialKey) -> Case:
    """As much of a case as these two operations look at. Nothing is held: no paper is made."""
    found = await residents.credential_of(tx, key)
    suspended = await state.suspended_kinds(tx)
    revision, entries = await equipment.library.entries(tx)
    at = await state.clock(tx)
    return Case(
        at=at,
        municipality=equipment.settings.municipality,
        shelf=shelf_at(entries, revision, at),
        suspended=suspended,
        credential=None if found is None else found[0],
    )


async def _note(
    tx: Transaction,
    equipment: Equipment,
    request: RegistrationApplication | RegistrationQuery,
    operation: str,
    refused: Refused,
) -> None:
    note = ledger.RefusalNote(operation, None, refused.code, refused.rule, None)
    await ledger.insert_refusal(tx, request.envelope, request.kiosk, note, equipment.origin)
