"""A small town in a real database, and a desk that issues to it: what tests of the whole path start from.

News (a hold, a move, a cancelled seal) come in as intake brings them: the person's lock row first, in one transaction with the change.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import cases
import psycopg2
from private_database import Database
from twisted.internet import reactor

from konbinid.cli.library_file import read_library_file
from konbinid.domain.kinds import HOUSEHOLD_KINDS, KIND_RULES, Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.person import Person, Seal
from konbinid.domain.request import (
    CredentialKey,
    DeliveryReport,
    Envelope,
    IssueRequest,
    Kiosk,
    ListRequest,
    Options,
    Outcome,
)
from konbinid.domain.tax import TaxRecord
from konbinid.issue.desk import Desk
from konbinid.issue.equipment import DeskSettings, Equipment
from konbinid.paper.face import Face, FaceSet
from konbinid.paper.form_file import load_forms
from konbinid.paper.press import Press
from konbinid.store.keyring import Keyring
from konbinid.store.ledger import Origin
from konbinid.store.library import LibraryReader
from konbinid.store.library_write import import_entries
from konbinid.store.pool import Pool

ROOT = Path(__file__).resolve().parents[2]
FONT = Path(os.environ.get("KONBINID_FONT", "/usr/share/fonts/truetype/ipamj/ipamjm.ttf"))
KIOSK = Kiosk("SEJ", "0001234", "見本店", "T1", Channel.STORE)
CLIENT = "center"
FEE = 300

_PERSON = [
    "atena_number",
    "household_number",
    "household_order",
    "resident_class",
    "state",
    "name",
    "name_kana",
    "former_name",
    "former_name_kana",
    "alias",
    "alias_kana",
    "name_roman",
    "birth_date",
    "sex",
    "relationship",
    "address",
    "address_supplement",
    "resident_since",
    "address_since",
    "notified_on",
    "previous_address",
    "domicile",
    "head_of_register",
    "nationality",
    "article_30_45",
    "residence_status",
    "period_of_stay",
    "stay_expires_on",
    "residence_card_number",
    "change_in_progress",
    "kana_registered",
    "former_kana_registered",
    "name_katakana",
    "alias_history",
]


@cache
def press() -> Press:
    """The shipped forms and the base font; one for the test run, as the daemon has one."""
    forms = load_forms(ROOT / "config" / "forms")
    return Press(FaceSet((Face.open(FONT, "ipamj"),)), forms)


class Town:
    """People of a test, written as the owner of the tables."""

    def __init__(self, database: Database, keyring_folder: Path) -> None:
        self.database = database
        self.keyring = Keyring.load(keyring_folder)
        with closing(psycopg2.connect(database.dsn("owner"))) as connection:
            entries = read_library_file(ROOT / "config" / "demo" / "library.toml")
            import_entries(connection, entries, entered_by="one", approved_by="two", source="test")
        database.run("insert into ops.fingerprint (fingerprint, approved_by) values ('f', 'two')")
        database.run(
            "update intake.feed set fresh_as_of = clock_timestamp() where feed in ('JUMIN', 'JPKI', 'YOKUSHI', 'INKAN', 'ZEI')"
        )

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One committed statement as the owner."""
        return self.database.run(statement, parameters)

    def settle(self, *people: Person) -> None:
        """Put people on the register, with a card whose serial is their 宛名番号 in hex digits."""
        for person in people:
            self.run(
                "insert into people.person_lock (atena_number) values (%s) on conflict do nothing",
                (person.atena_number,),
            )
            self.run(
                "insert into people.member_number (household_number, atena_number, number) values (%s, %s, %s) on conflict do nothing",
                (person.household_number, person.atena_number, person.member_number),
            )
            self._insert(person)
            self.give_card(person.atena_number)

    def _insert(self, person: Person) -> None:
        values = self.row_of(person) | {"incoming_id": 0}
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.run(f"insert into people.person ({names}) values ({marks})", list(values.values()))

    def row_of(self, person: Person) -> dict[str, Any]:
        """A person's columns, as the register and intake's staging table have them."""
        values = {name: getattr(person, name) for name in _PERSON}
        values |= {
            name: str(values[name])
            for name in values
            if name.endswith(("_since", "_on", "birth_date")) and values[name] is not None
        }
        values["birth_era"] = person.birth_date.era
        values["resident_code_digest"] = self.resident_code(person.atena_number)
        if person.has_individual_number:
            number = person.individual_number or "123456789018"
            values["individual_number_sealed"] = self.keyring.seal_number(person.atena_number, number)
            values["individual_number_digest"] = self.keyring.digest("individual_number", person.atena_number)
        return values

    def resident_code(self, atena_number: str) -> bytes:
        """Digest of an invented 住民票コード."""
        return self.keyring.digest("resident_code", atena_number)

    def give_card(self, atena_number: str, *, expires_on: str | None = "20991231", state: int = 1) -> None:
        """A valid card certificate."""
        self.run(
            "insert into people.credential values (1, %s, %s, '20240401', %s, %s, true, 0)",
            (card(atena_number).serial, self.resident_code(atena_number), expires_on, state),
        )

    def register_seal(self, atena_number: str, seal: Seal) -> None:
        """A seal on the register."""
        picture = seal.impression
        assert picture is not None
        self.run(
            "insert into people.seal (registration_number, atena_number, state, image_name, width, height, dpi, rows, defect, name_kind, file_stamp, "
            "incoming_id) values (%s, %s, %s, 'x.bmp', %s, %s, %s, %s, %s, %s, %s, 0)",
            (
                seal.registration_number,
                atena_number,
                seal.state,
                picture.width,
                picture.height,
                picture.dpi,
                picture.rows,
                seal.defect,
                seal.name_kind,
                seal.file_stamp,
            ),
        )

    def assess(self, atena_number: str, *records: TaxRecord) -> None:
        """What ZEI says about somebody, a record a 年度."""
        for record in records:
            values = {
                "year": record.year,
                "atena_number": atena_number,
                "filing": record.filing,
                "name": "",
                "incoming_id": 0,
                "tax_class": 3 if record.is_untaxed else 1,
                "address": record.address,
                "defect": record.defect,
                **record.amounts,
                **record.counts,
                "deductible_spouse": record.deductible_spouse,
            }
            marks = ", ".join(["%s"] * len(values))
            self.run(f"insert into people.tax ({', '.join(values)}) values ({marks})", list(values.values()))

    def offer_years(self, newest: int) -> None:
        """From now on the city offers kazei for this 年度 and the three before it, whatever the year is in which the test runs."""
        self.run(
            "insert into library.entry (item, effective_from, value, entered_by) "
            "values ('tax_years', clock_timestamp(), jsonb_build_object('newest', %s), 'one')",
            (newest,),
        )
        self.run(
            "insert into library.approval (entry_id, approved_by) select max(id), 'two' from library.entry"
        )

    def news(
        self, atena_number: str, statement: str, parameters: Sequence[Any] = (), *, patience: str = "10s"
    ) -> None:
        """A change about somebody, as intake makes it: the lock row first, then the change, in one transaction."""
        with (
            closing(psycopg2.connect(self.database.dsn("intake"))) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select set_config('lock_timeout', %s, true)", (patience,))
            cursor.execute(
                "update people.person_lock set change_no = change_no + 1 where atena_number = %s",
                (atena_number,),
            )
            cursor.execute(statement, parameters)

    def hold(self, atena_number: str, category: str = "01", *, patience: str = "10s") -> None:
        """A hold arrives."""
        self.news(
            atena_number,
            "insert into people.hold (business_code, hold_number, atena_number, category, household, register_wide, incoming_id) "
            "values ('01', %s, %s, %s, false, false, 0)",
            ("1", atena_number, category),
            patience=patience,
        )

    def count(self, table: str) -> int:
        """Rows of a ledger table."""
        return self.run(f"select count(*) from ledger.{table}")[0][0]


def card(atena_number: str) -> CredentialKey:
    """The card that ``settle`` gave."""
    return CredentialKey.of(CredentialType.CARD, f"a{atena_number}")


def make_pool(database: Database, *, size: int = 4) -> Pool:
    """The kiosk path's connections; stop it."""
    pool = Pool(reactor, (database.dsn("desk"),), role="desk", size=size)
    pool.start()
    return pool


def make_desk(
    pool: Pool,
    keyring: Keyring,
    *,
    step: Callable[[str], Awaitable[None]] | None = None,
    the_press: Press | None = None,
    **settings: Any,
) -> Desk:
    """A desk as the daemon has it; ``step`` puts faults at named steps."""
    chosen = DeskSettings(
        **{
            "municipality": cases.MUNICIPALITY,
            "environment": "TEST",
            "version": "0",
            "fingerprint": "f",
            "feeds": {},
            **settings,
        }
    )
    equipment = Equipment(
        reactor,
        os.urandom,
        pool,
        the_press or press(),
        keyring,
        LibraryReader(),
        Origin("host", "build"),
        chosen,
    )
    return Desk(equipment if step is None else replace(equipment, step=step))


def envelope(
    transaction_id: str = "T-1", municipality: str = cases.MUNICIPALITY, client: str = CLIENT
) -> Envelope:
    """What every request carries."""
    return Envelope(client, transaction_id, municipality)


def issue_request(
    atena_number: str = cases.HEAD, kind: Kind = Kind.JUMINHYO, transaction_id: str = "T-1", **overrides: Any
) -> IssueRequest:
    """A request that is granted unless something is overridden: the whole household for the household kinds, a kazei of
    cases.NEWEST_YEAR."""
    show = overrides.pop("show", frozenset[Switch]())
    members = overrides.pop("members", ())
    printed = Scope.MEMBERS if members else Scope.HOUSEHOLD
    scope = overrides.pop("scope", printed if kind in HOUSEHOLD_KINDS else None)
    year = overrides.pop("year", cases.NEWEST_YEAR if KIND_RULES[kind].takes_year else None)
    base = IssueRequest(
        envelope(transaction_id),
        KIOSK,
        card(atena_number),
        kind,
        1,
        FEE,
        Options(scope, tuple(members), frozenset(show), year),
    )
    return replace(base, **overrides)


def list_request(atena_number: str = cases.HEAD) -> ListRequest:
    """What may this card have?"""
    return ListRequest(envelope("L-1"), KIOSK, card(atena_number))


def delivery(
    issuance_number: str, outcome: Outcome = Outcome.DELIVERED, copies: int = 1, **overrides: Any
) -> DeliveryReport:
    """A report of delivery, now."""
    base = DeliveryReport(envelope("D-1"), KIOSK, issuance_number, outcome, copies, datetime.now(cases.JST))
    return replace(base, **overrides)
