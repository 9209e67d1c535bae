"""利用登録 as the kiosk path sees it: applications are inserted, and what became of them is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from konbinid.domain.redact import Redacted
from konbinid.domain.registers import Registration
from konbinid.domain.registration import Application
from konbinid.domain.request import CredentialKey, Envelope, RegistrationApplication
from konbinid.store.ledger import Origin
from konbinid.store.registers import partial_date
from konbinid.store.transaction import Transaction

# The constraints of migration 012: a transactionId is bound to one application; one application of a credential comes after the other.
TRANSACTION_CONSTRAINT = "application_request_pkey"
ORDINAL_CONSTRAINT = "application_ordinal"

# Newest first. stands: KOSEKI has the registered member still, as that person.
_HISTORY = """
select a.application_number, a.ordinal, d.decided_at, d.approved, d.reason, e.ended_at, e.reason,
       d.register_number, d.member, d.name, d.birth_date,
       exists (select from people.koseki k where (k.register_number, k.member, k.name, k.birth_date) = (d.register_number, d.member, d.name, d.birth_date))
  from ledger.application a
  left join ledger.application_decision d using (application_number)
  left join ledger.registration_end e using (application_number)
 where a.credential_type = %s and a.credential_serial = %s
 order by a.ordinal desc
"""


@dataclass(frozen=True, slots=True, repr=False)
class BoundApplication(Redacted):
    """What a client's transactionId is bound to."""

    application_number: str
    request_digest: bytes


async def history(tx: Transaction, key: CredentialKey) -> tuple[Application, ...]:
    """Every application of a credential and what became of it, the newest first."""
    return tuple(_application(row) for row in await tx.fetch(_HISTORY, (key.type.value, key.serial)))


def _application(row: tuple[Any, ...]) -> Application:
    (
        number,
        ordinal,
        decided_at,
        approved,
        reason,
        ended_at,
        end_reason,
        register,
        member,
        name,
        born,
        stands,
    ) = row
    bound = Registration(number, register, member, name, partial_date(born), stands) if approved else None
    return Application(
        number,
        ordinal,
        decided_at=ended_at or decided_at,
        ended=ended_at is not None,
        reason=end_reason or reason or "",
        bound=bound,
    )


async def insert_application(
    tx: Transaction, number: str, ordinal: int, application: RegistrationApplication, origin: Origin
) -> None:
    """A new application. Duplicate on ORDINAL_CONSTRAINT when another one of the same credential came first."""
    person = application.applicant
    await tx.execute(
        "insert into ledger.application (application_number, credential_type, credential_serial, ordinal, name, kana, birth_date, address, phone, "
        "domicile, head_of_register, host, build) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            number,
            application.credential.type.value,
            application.credential.serial,
            ordinal,
            person.name,
            person.kana,
            person.birth_date,
            person.address,
            person.phone,
            application.domicile,
            application.head_of_register,
            origin.host,
            origin.build,
        ),
    )


async def insert_request(
    tx: Transaction, number: str, application: RegistrationApplication, digest: bytes, origin: Origin
) -> None:
    """Bind a transactionId to an application. Duplicate on TRANSACTION_CONSTRAINT when it is bound to one already, on
    ledger.BINDING_CONSTRAINT when it is to an issuance."""
    envelope, kiosk = application.envelope, application.kiosk
    await tx.execute(
        "insert into ledger.application_request (client, transaction_id, request_digest, application_number, chain_code, store_code, store_name, "
        "terminal_id, channel, host) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            envelope.client,
            envelope.transaction_id,
            digest,
            number,
            kiosk.chain_code,
            kiosk.store_code,
            kiosk.store_name,
            kiosk.terminal_id,
            kiosk.channel.value,
            origin.host,
        ),
    )


async def bound_to(tx: Transaction, envelope: Envelope) -> BoundApplication | None:
    """The application that this client's transactionId is bound to."""
    row = await tx.fetch_one(
        "select application_number, request_digest from ledger.application_request where client = %s and transaction_id = %s",
        (envelope.client, envelope.transaction_id),
    )
    return None if row is None else BoundApplication(row[0], bytes(row[1]))


async def note_repetition(tx: Transaction, envelope: Envelope, number: str) -> None:
    """The same request came again. Its row makes the COMMIT wait for the standby: what is told is then as safe as what was told first."""
    await tx.execute(
        "insert into ledger.audit (actor, action, subject) values (%s, 'application.asked_again', %s)",
        (envelope.client, number),
    )
