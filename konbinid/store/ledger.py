"""The ledger's rows: what was asked, decided, made, refused, given again and delivered. Inserts and reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from konbinid.domain.redact import Redacted
from konbinid.domain.request import Envelope, IssueRequest, Kiosk
from konbinid.store.transaction import Transaction

# The constraint that binds a transactionId to one issuance (migration 006).
TRANSACTION_CONSTRAINT = "issuance_client_transaction_id_key"
NUMBER_CONSTRAINT = "issuance_pkey"
# The constraint that binds it to one operation (migration 016): of these two the first speaks when issueCertificate comes again, this one when
# applyForRegistration has it.
BINDING_CONSTRAINT = "bound_transaction_pkey"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which daemon writes: host name and build id."""

    host: str
    build: str


@dataclass(frozen=True, slots=True, repr=False)
class Decision(Redacted):
    """One row of ledger.decision; ``printed`` and ``content`` are JSON-able."""

    issuance_number: str
    decided_at: datetime
    atena_number: str
    printed: list[dict[str, Any]]
    content: Mapping[str, Any]
    content_digest: bytes
    form_version: str
    form_digest: str
    fonts_digest: str
    gaiji_version: str
    library_revision: int
    fingerprint: str
    pages: int
    total_fee: int
    document_sha256: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Bound(Redacted):
    """An issuance that a transactionId is bound to, as a replay needs it. ``register`` and ``holder``: 戸籍番号 and the holder's 構成員番号 of a paper
    that was passed on, None for one of ours."""

    issuance_number: str
    request_digest: bytes
    atena_number: str
    printed: tuple[str, ...]
    pages: int
    total_fee: int
    document_sha256: bytes
    expires_at: datetime
    reported: bool
    register: str | None
    holder: str | None


async def insert_issuance(
    tx: Transaction, number: str, request: IssueRequest, digest: bytes, origin: Origin
) -> None:
    """Who asked for what under which number. Duplicate on TRANSACTION_CONSTRAINT when the id is bound to one already, on
    BINDING_CONSTRAINT when it is to an application."""
    options, kiosk, envelope = request.options, request.kiosk, request.envelope
    await tx.execute(
        "insert into ledger.issuance (issuance_number, client, transaction_id, request_digest, kind, copies, fee, scope, members, switches, "
        "year, credential_type, credential_serial, chain_code, store_code, store_name, terminal_id, channel, host, build) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s::integer[], %s::text[], %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            number,
            envelope.client,
            envelope.transaction_id,
            digest,
            request.kind.value,
            request.copies,
            request.fee,
            options.scope,
            list(options.members),
            sorted(options.show),
            options.year,
            request.credential.type.value,
            request.credential.serial,
            *place_of(kiosk),
            origin.host,
            origin.build,
        ),
    )


def place_of(kiosk: Kiosk | None) -> tuple[str | None, ...]:
    """Chain, store, its name, terminal and channel; nothing when the request named no kiosk."""
    if kiosk is None:
        return (None,) * 5
    return (kiosk.chain_code, kiosk.store_code, kiosk.store_name, kiosk.terminal_id, kiosk.channel.value)


async def insert_decision(tx: Transaction, decision: Decision) -> None:
    """What was decided, from what, and what came of it."""
    await tx.execute(
        "insert into ledger.decision (issuance_number, decided_at, atena_number, printed, content, content_digest, form_version, form_digest, "
        "fonts_digest, gaiji_version, library_revision, fingerprint, pages, total_fee, document_sha256, expires_at) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            decision.issuance_number,
            decision.decided_at,
            decision.atena_number,
            Json(decision.printed),
            Json(dict(decision.content)),
            decision.content_digest,
            decision.form_version,
            decision.form_digest,
            decision.fonts_digest,
            decision.gaiji_version,
            decision.library_revision,
            decision.fingerprint,
            decision.pages,
            decision.total_fee,
            decision.document_sha256,
            decision.expires_at,
        ),
    )


async def insert_document(
    tx: Transaction, number: str, sealed: bytes, wrapped_key: bytes, *, shows_number: bool
) -> None:
    """The sealed bytes and, apart from them, their wrapped key."""
    await tx.execute(
        "insert into ledger.document (issuance_number, sealed) values (%s, %s)", (number, sealed)
    )
    await tx.execute(
        "insert into ledger.document_key (issuance_number, wrapped_key, shows_individual_number) values (%s, %s, %s)",
        (number, wrapped_key, shows_number),
    )


@dataclass(frozen=True, slots=True)
class RefusalNote:
    """What the ledger keeps of a refusal. ``rule`` names the rule for staff."""

    operation: str
    kind: str | None
    code: str
    rule: str
    atena_number: str | None


async def insert_refusal(
    tx: Transaction, envelope: Envelope, kiosk: Kiosk | None, note: RefusalNote, origin: Origin
) -> None:
    """A refusal binds nothing, but it is remembered."""
    await tx.execute(
        "insert into ledger.refusal (client, transaction_id, operation, kind, code, rule, atena_number, chain_code, store_code, store_name, "
        "terminal_id, channel, host, build) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            envelope.client,
            envelope.transaction_id,
            note.operation,
            note.kind,
            note.code,
            note.rule,
            note.atena_number,
            *place_of(kiosk),
            origin.host,
            origin.build,
        ),
    )


async def bound_to(tx: Transaction, envelope: Envelope) -> Bound | None:
    """The issuance that this client's transactionId is bound to."""
    row = await tx.fetch_one(
        "select i.issuance_number, i.request_digest, d.atena_number, d.printed, d.pages, d.total_fee, d.document_sha256, d.expires_at, "
        "exists (select from ledger.delivery v where v.issuance_number = i.issuance_number), d.content->>'register', d.content->>'holder' "
        "from ledger.issuance i join ledger.decision d using (issuance_number) where i.client = %s and i.transaction_id = %s",
        (envelope.client, envelope.transaction_id),
    )
    if row is None:
        return None
    number, digest, atena, printed, pages, total, sha256, expires, reported, register, holder = row
    people = tuple(person["atena"] for person in printed)
    return Bound(
        number, bytes(digest), atena, people, pages, total, bytes(sha256), expires, reported, register, holder
    )


async def sealed_document(tx: Transaction, number: str) -> tuple[bytes, bytes] | None:
    """(wrapped key, sealed bytes); None when the key was destroyed."""
    row = await tx.fetch_one(
        "select k.wrapped_key, d.sealed from ledger.document d join ledger.document_key k using (issuance_number) where issuance_number = %s",
        (number,),
    )
    return None if row is None else (bytes(row[0]), bytes(row[1]))


async def insert_replay(tx: Transaction, number: str, kiosk: Kiosk, origin: Origin) -> None:
    """The same document is about to be given again."""
    await tx.execute(
        "insert into ledger.replay (issuance_number, chain_code, store_code, store_name, terminal_id, channel, host) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        (number, *place_of(kiosk), origin.host),
    )
