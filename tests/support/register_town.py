"""The family's register in a real database: rows and PDFs as intake leaves them, news as intake brings them, and people who live elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any

import cases
import psycopg2
from town import FEE, KIOSK, Town, card, envelope

from konbinid.domain.kinds import CredentialType, Kind, Scope, Switch
from konbinid.domain.matching import Candidate
from konbinid.domain.registers import Register, RegisterRow
from konbinid.domain.request import (
    Applicant,
    CredentialKey,
    IssueRequest,
    Options,
    RegistrationApplication,
    RegistrationQuery,
)
from konbinid.store import registration_office

DOMICILE, HEAD_OF_REGISTER = "見本県見本市本町五番地", "見本　太郎"
ELSEWHERE_CARD = CredentialKey.of(CredentialType.CARD, "e15e000001")
FEES = {Kind.KOSEKI_ZENBU: 450, Kind.KOSEKI_KOJIN: 450, Kind.FUHYO: 300}
TABLES = {"KOSEKI": "people.koseki", "FUHYO": "people.fuhyo"}


def pdf_of(feed: str, member: str, display: int = 0, edition: int = 1) -> bytes:
    """A document of its own for every row; the desk passes bytes on and reads none of them."""
    return f"%PDF-1.4\n% {feed} {member} {display} {edition}\n%%EOF\n".encode()


def settle_registers(town: Town, koseki: Register | None = None, fuhyo: Register | None = None) -> None:
    """The family's register in both feeds, fresh."""
    keep(town, "KOSEKI", koseki or cases.register())
    keep(town, "FUHYO", fuhyo or cases.supplement())
    town.run("update intake.feed set fresh_as_of = clock_timestamp() where feed in ('KOSEKI', 'FUHYO')")


def keep(town: Town, feed: str, register: Register) -> None:
    """A register's rows, each with its PDF, its members' numbers and its lock."""
    town.run(
        "insert into people.register_lock (register_number, change_no) values (%s, 3) on conflict do nothing",
        (register.number,),
    )
    for row in register.rows:
        document = pdf_of(feed, row.member, row.display)
        put(town, feed, register.number, row, document if row.pdf_sha256 is not None else None)


def put(town: Town, feed: str, number: str, row: RegisterRow, document: bytes | None) -> None:
    """One row with its PDF."""
    born = None if row.birth_date is None else str(row.birth_date)
    digest = None if document is None else hashlib.sha256(document).digest()
    if document is not None:
        town.run(
            "insert into people.register_pdf (sha256, pages, bytes, has_text, content) values (%s, %s, %s, false, %s) on conflict do nothing",
            (digest, row.pages, len(document), document),
        )
    if born is not None and row.number:
        town.run(
            "insert into people.register_member_number (register_number, member, name, birth_date, number) values (%s, %s, %s, %s, %s) "
            "on conflict do nothing",
            (number, row.member, row.name, born, row.number),
        )
    values: dict[str, Any] = {
        "register_number": number,
        "member": row.member,
        "display": row.display,
        "domicile": DOMICILE,
        "head_of_register": HEAD_OF_REGISTER,
        "name": row.name,
        "birth_date": born,
        "atena_number": row.atena_number,
        "state": row.state,
        "pdf_name": f"{feed}-{number}-{row.member}-{row.display}.pdf",
        "pdf_sha256": digest,
        "incoming_id": 0,
    }
    marks = ", ".join(["%s"] * len(values))
    town.run(
        f"insert into {TABLES[feed]} ({', '.join(values)}) values ({marks})",
        list(values.values()),
    )


def news(
    town: Town,
    statement: str,
    parameters: Sequence[Any] = (),
    *,
    people: Sequence[str] = (),
    number: str = cases.REGISTER_NUMBER,
) -> None:
    """A change about a register as intake makes it: the lock rows of people, then of the register, then the change, in one transaction."""
    with (
        closing(psycopg2.connect(town.database.dsn("intake"))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for person in sorted(people):
            cursor.execute(
                "update people.person_lock set change_no = change_no + 1 where atena_number = %s", (person,)
            )
        cursor.execute(
            "update people.register_lock set change_no = change_no + 1 where register_number = %s", (number,)
        )
        cursor.execute(statement, parameters)


def hold_member(
    town: Town, member: str, category: str = "04", *, wide: bool = False, kinds: list[str] | None = None
) -> None:
    """A hold by 戸籍番号 and 構成員番号 arrives."""
    news(
        town,
        "insert into people.hold (business_code, hold_number, category, kinds, household, register_number, register_member, register_wide, "
        "incoming_id) values ('07', %s, %s, %s, false, %s, %s, %s, 0)",
        (member, category, kinds, cases.REGISTER_NUMBER, member, wide),
    )


def register_request(
    kind: Kind = Kind.KOSEKI_ZENBU,
    atena_number: str = cases.HEAD,
    transaction_id: str = "T-1",
    *,
    member: int | None = None,
    show: frozenset[Switch] = frozenset(),
    **overrides: Any,
) -> IssueRequest:
    """A request that is granted unless something is overridden: the whole register, koseki_kojin of the holder."""
    if member is None and kind is Kind.KOSEKI_KOJIN:
        member = int(atena_number[-3:])
    scope = Scope.ALL if member is None else Scope.MEMBERS
    members = () if member is None else (member,)
    base = IssueRequest(
        envelope(transaction_id),
        KIOSK,
        card(atena_number),
        kind,
        1,
        FEES.get(kind, FEE),
        Options(scope, members, show),
    )
    return replace(base, **overrides)


def application(transaction_id: str = "A-1", **overrides: Any) -> RegistrationApplication:
    """The 利用登録申請 of the member who lives elsewhere, written without the register's space."""
    base = RegistrationApplication(
        envelope(transaction_id),
        KIOSK,
        ELSEWHERE_CARD,
        Applicant("見本遠子", "ミホン　トオコ", date(1990, 7, 4), "例示県例示市一丁目１番", "000-0000-0000"),
        DOMICILE,
        HEAD_OF_REGISTER,
    )
    return replace(base, **overrides)


def apply_for_registration(
    town: Town, number: str, ordinal: int = 1, serial: str = ELSEWHERE_CARD.serial, **changed: str
) -> None:
    """The same application as the desk leaves it, under an 申込番号. ``changed``: name, domicile, head, born."""
    written = {
        "name": "見本遠子",
        "domicile": DOMICILE,
        "head": HEAD_OF_REGISTER,
        "born": "1990-07-04",
        **changed,
    }
    town.run(
        "insert into ledger.application (application_number, credential_type, credential_serial, ordinal, name, kana, birth_date, address, phone, "
        "domicile, head_of_register, host, build) values (%s, 'CARD', %s, %s, %s, 'ミホン　トオコ', %s, '例示県例示市一丁目１番', '000', %s, %s, 'h', 'b')",
        (number, serial, ordinal, written["name"], written["born"], written["domicile"], written["head"]),
    )


def status_query(key: CredentialKey = ELSEWHERE_CARD) -> RegistrationQuery:
    """What became of it?"""
    return RegistrationQuery(envelope("S-1"), KIOSK, key)


def approve(town: Town, number: str) -> None:
    """Staff bind the applicant's card to the member who lives elsewhere."""
    with closing(psycopg2.connect(town.database.dsn("office"))) as connection, connection.cursor() as cur:
        candidate = registration_office.member_of(cur, cases.REGISTER_NUMBER, cases.ELSEWHERE)
        assert isinstance(candidate, Candidate)
        registration_office.approve(cur, number, candidate, (), reason="", who="見本 一郎")
        connection.commit()


def end(town: Town, number: str) -> None:
    """Staff take it back."""
    with closing(psycopg2.connect(town.database.dsn("office"))) as connection, connection.cursor() as cur:
        found = registration_office.shown(cur, number)
        assert found is not None
        registration_office.end(cur, found, reason="本人からの申出により終了しました。", who="見本 一郎")
        connection.commit()
