"""A town hall that drops files and a daemon's intake that takes them in, with a real PostgreSQL.

`hall` runs the lanes with the child's own code in this process, so that a test takes milliseconds; the child process and the service around the
lanes have tests of their own (test_worker.py, test_inbox.py, test_kill.py).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from private_database import Database
from twisted.internet.defer import Deferred, ensureDeferred, succeed

from konbinid.domain.characters import CodeRange
from konbinid.domain.checkdigit import individual_number_is_valid, resident_code_is_valid
from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed
from konbinid.intake.child import Child
from konbinid.intake.clerk import Clerk, FeedIntake
from konbinid.intake.drop import Drop
from konbinid.intake.inbox import InboxSetting
from konbinid.intake.lane import Lane, Tools
from konbinid.intake.layout import load
from konbinid.intake.steps import pass_by
from konbinid.intake.turns import Turns

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
BEGIN = datetime.now(JST).replace(tzinfo=None, microsecond=0) - timedelta(days=1)
PEOPLE_COLUMNS = 38

Row = Sequence[str]


def csv_line(row: Row) -> str:
    """One line as the contract has it: quoted, doubled quotes."""
    return ",".join('"' + value.replace('"', '""') + '"' for value in row) + "\r\n"


def individual_number(serial: int) -> str:
    """A valid 個人番号 for a synthetic person."""
    head = f"{serial:011d}"
    return next(head + str(last) for last in range(10) if individual_number_is_valid(head + str(last)))


def resident_code(serial: int) -> str:
    """A valid 住民票コード for a synthetic person."""
    head = f"{serial:010d}"
    return next(head + str(last) for last in range(10) if resident_code_is_valid(head + str(last)))


def person(serial: int, household: int = 1, operation: str = "1", **changes: str) -> list[str]:
    """A JUMIN row. ``changes`` by the field's name."""
    fields = {
        "operation": operation,
        "atena_number": f"{serial:010d}",
        "household_number": f"{household:010d}",
        "household_order": str(serial % 100),
        "resident_class": "1",
        "state": "1",
        "name": f"試験　花子{serial}",
        "name_kana": "シケン　ハナコ",
        "former_name": "",
        "former_name_kana": "",
        "alias": "",
        "alias_kana": "",
        "name_roman": "",
        "birth_date": "19800203",
        "sex": "2",
        "relationship": "世帯主",
        "address": "泉大津市東雲町9番12号",
        "address_supplement": "",
        "resident_since": "20000401",
        "address_since": "20000401",
        "notified_on": "20000403",
        "previous_address": "",
        "domicile": "大阪府泉大津市東雲町9番",
        "head_of_register": "試験　太郎",
        "individual_number": individual_number(serial),
        "resident_code": resident_code(serial),
        "nationality": "",
        "article_30_45": "",
        "residence_status": "",
        "period_of_stay": "",
        "stay_expires_on": "",
        "residence_card_number": "",
        "change_in_progress": "0",
        "last_changed_on": "",
        "kana_registered": "0",
        "former_kana_registered": "0",
        "name_katakana": "",
        "alias_history": "",
    }
    assert not changes.keys() - fields.keys()
    return list((fields | changes).values())


def serial_row(serial: int, number: str, operation: str = "1", **changes: str) -> list[str]:
    """A JPKI row: resident ``serial`` has certificate ``number``."""
    fields = {
        "operation": operation,
        "resident_code": resident_code(serial),
        "serial": number,
        "type": "1",
        "issued_on": "20250401",
        "expires_on": "20300401",
        "state": "1",
    }
    return list((fields | changes).values())


def hold_row(serial: int, number: str, operation: str = "1", **changes: str) -> list[str]:
    """A YOKUSHI row."""
    fields = {
        "operation": operation,
        "atena_number": f"{serial:010d}",
        "category": "04",
        "kinds": "ALL",
        "household": "0",
        "starts_on": "20260401",
        "ends_on": "",
        "register_number": "",
        "register_member": "",
        "register_wide": "0",
        "business_code": "01",
        "hold_number": number,
    }
    return list((fields | changes).values())


def seal_row(serial: int, number: str, operation: str = "1", **changes: str) -> list[str]:
    """An INKAN row whose picture is ``<number>.bmp`` at 400 dpi."""
    fields = {
        "operation": operation,
        "atena_number": f"{serial:010d}",
        "registration_number": number,
        "registered_on": "20200401",
        "state": "1",
        "cancelled_on": "",
        "image_name": f"{number}.bmp",
        "dpi": "400",
        "name_kind": "1",
    }
    return list((fields | changes).values())


TAX_WIDTHS = (1, 4, 10, 1, 1, 60, 40, *[12] * 20, *[2] * 5, *[12] * 7, 7, *[12] * 7, 1, 2)
TAX_NAMES = [
    "operation",
    "year",
    "atena_number",
    "filing",
    "tax_class",
    "address",
    "name",
    "total_income",
    "aggregate_income",
    "salary_revenue",
    "salary_income",
    "pension_revenue",
    "pension_income",
    "business_income",
    "farm_income",
    "real_estate_income",
    "dividend_income",
    "occasional_income",
    "miscellaneous_income",
    "deductions_total",
    "social_insurance_deduction",
    "life_insurance_deduction",
    "earthquake_deduction",
    "spouse_deduction",
    "dependants_deduction",
    "basic_deduction",
    "other_deductions",
    "dependants_general",
    "dependants_specific",
    "dependants_elderly",
    "dependants_under_16",
    "disabled",
    "tax_base",
    "city_per_capita",
    "city_income_levy",
    "prefecture_per_capita",
    "prefecture_income_levy",
    "forest_tax",
    "annual_tax",
    "determined_on",
    "medical_deduction",
    "small_enterprise_deduction",
    "spouse_special_deduction",
    "disability_deduction",
    "adjustment_credit",
    "other_credits",
    "fixed_reduction",
    "deductible_spouse",
    "specially_disabled",
]


def tax_row(serial: int, of_year: int = 2026, operation: str = "1", **changes: str) -> list[str]:
    """A ZEI row: 課税, a salary of 4,000,000 yen. ``changes`` by the field's name; the values as they stand in the file, without their pad."""
    fields = {
        name: "0" * width if width in {2, 12} else ""
        for name, width in zip(TAX_NAMES, TAX_WIDTHS, strict=True)
    }
    fields |= {
        "operation": operation,
        "year": f"{of_year:04d}",
        "atena_number": f"{serial:010d}",
        "filing": "1",
        "tax_class": "1",
        "address": "大阪府泉大津市東雲町9番12号",
        "name": f"試験　花子{serial}",
        "total_income": "000002760000",
        "aggregate_income": "000002760000",
        "salary_revenue": "000004000000",
        "salary_income": "000002760000",
        "deductions_total": "000001030000",
        "social_insurance_deduction": "000000600000",
        "basic_deduction": "000000430000",
        "tax_base": "000001730000",
        "city_per_capita": "000000003000",
        "city_income_levy": "000000102300",
        "prefecture_per_capita": "000000001000",
        "prefecture_income_levy": "000000068200",
        "forest_tax": "000000001000" if of_year >= 2024 else "000000000000",
        "annual_tax": "000000175500" if of_year >= 2024 else "000000174500",
        "determined_on": "5080605",
        "adjustment_credit": "000000002500",
        "deductible_spouse": "0",
    }
    assert not changes.keys() - fields.keys()
    return list((fields | changes).values())


def register_row(
    register: str, member: str, pdf: bytes, operation: str = "1", *, display: str = "0", **changes: str
) -> list[str]:
    """A row of KOSEKI or FUHYO whose PDF is ``<register>-<member>-<display>.pdf``; 試験太郎 heads every register."""
    fields = {
        "operation": operation,
        "register_number": register,
        "domicile": "大阪府泉大津市東雲町9番",
        "head_of_register": "試験　太郎",
        "member": member,
        "name": "" if member == "00" else "試験　太郎",
        "birth_date": "" if member == "00" else "19800203",
        "atena_number": "",
        "state": "1",
        "pdf_name": f"{register}-{member}-{display}.pdf",
        "sha256": sha256(pdf).hexdigest(),
        "display": display,
    }
    assert not changes.keys() - fields.keys()
    return list((fields | changes).values())


def dat_line(row: Row) -> str:
    """One line of fixed width: every value filled up with spaces. A value that is too long makes the line too long."""
    return "".join(value.ljust(width) for value, width in zip(row, TAX_WIDTHS, strict=True)) + "\r\n"


def bmp(size: int = 236, *, bits: int = 1, ink: int = 100) -> bytes:
    """A square picture with a black block of ``ink`` pixels in its upper left corner; 236 pixels are 15 mm at 400 dpi."""
    stride = (size * bits + 31) // 32 * 4
    palette = b"" if bits == 24 else b"\xff\xff\xff\x00\x00\x00\x00\x00" + bytes(4 * ((1 << bits) - 2))
    rows = []
    for y in range(size):
        marks = [1 if x < ink and y < ink else 0 for x in range(size)]
        if bits == 24:
            row = b"".join(b"\x00\x00\x00" if mark else b"\xff\xff\xff" for mark in marks)
        else:
            text = "".join(format(mark, f"0{bits}b") for mark in marks)
            row = int(text.ljust(stride * 8, "0"), 2).to_bytes(stride, "big")
        rows.append(row.ljust(stride, b"\x00"))
    offset = 54 + len(palette)
    header = struct.pack(
        "<2sIHHIIiiHHIIiiII",
        b"BM",
        offset + stride * size,
        0,
        0,
        offset,
        40,
        size,
        size,
        1,
        bits,
        0,
        0,
        0,
        0,
        0,
        0,
    )
    return header + palette + b"".join(reversed(rows))


@dataclass
class StillLease:
    """A lease that stays as it is set."""

    epoch: int | None = 0


@dataclass
class InProcess:
    """Does a child's jobs in this process."""

    child: Child
    jobs: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, job: dict[str, Any]) -> dict[str, Any]:
        self.jobs.append(job)
        return self.child.do(job)


@dataclass
class Hall:
    """The city hall's side: writes files; and ours: takes them in and looks at the tables."""

    database: Database
    folder: Path
    keys: Path
    feeds: dict[Feed, FeedIntake]
    lease: StillLease = field(default_factory=StillLease)
    now: float = 0.0
    points: list[str] = field(default_factory=list)
    private: Sequence[CodeRange] = ()
    turns: Turns = field(default_factory=Turns)
    attest: Callable[[], Deferred[bool]] = field(default=lambda: succeed(True))
    _sequences: dict[str, Iterator[int]] = field(default_factory=dict)
    _runs: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _stamps: Iterator[int] = field(default_factory=itertools.count)
    _lanes: dict[Feed, Lane] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("inbox", "outbox", "archive", "quarantine"):
            (self.folder / name).mkdir()
        self.drop = Drop(self.inbox, self.folder / "archive", self.folder / "quarantine", 60.0)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def setting(self) -> InboxSetting:
        """The same as a daemon's setting."""
        return InboxSetting(
            folder=self.inbox,
            outbox=self.folder / "outbox",
            archive=self.folder / "archive",
            quarantine=self.folder / "quarantine",
            dsn=self.database.dsn("intake"),
            keys=self.keys,
            feeds=tuple(self.feeds.values()),
            private=self.private,
            scan_seconds=0.2,
        )

    def stamp(self) -> datetime:
        """A later second for every file."""
        return BEGIN + timedelta(seconds=next(self._stamps))

    def name(
        self, feed: str, *, full: bool = False, sequence: int | None = None, stamp: datetime | None = None
    ) -> str:
        """The next file's name."""
        if sequence is None:
            sequence = next(self._sequences.setdefault(feed, itertools.count(1)))
        when = (stamp or self.stamp()).strftime("%Y%m%d%H%M%S")
        return (
            f"{feed}_{when}_{sequence:06d}_{'F' if full else 'D'}.{self.feeds[Feed(feed)].layout.extension}"
        )

    def put(
        self,
        feed: str,
        rows: Sequence[Row] | bytes,
        *,
        full: bool = False,
        sequence: int | None = None,
        stamp: datetime | None = None,
        name: str = "",
        end: bytes | None = None,
        attachments: Mapping[str, bytes] | None = None,
        beside: bool = False,
    ) -> str:
        """Drop a file with its marker (``end`` replaces the right one) and its attachments; gives the name."""
        name = name or self.name(feed, full=full, sequence=sequence, stamp=stamp)
        line = dat_line if self.feeds[Feed(feed)].layout.extension == "dat" else csv_line
        data = rows if isinstance(rows, bytes) else "".join(map(line, rows)).encode()
        place = self.inbox if beside else self.inbox / name.rpartition(".")[0]
        for each, content in (attachments or {}).items():
            place.mkdir(exist_ok=True)
            (place / each).write_bytes(content)
        (self.inbox / name).write_bytes(data)
        count = data.count(b"\n") if isinstance(rows, bytes) else len(rows)
        marker = f"rows={count} sha256={sha256(data).hexdigest()}\n".encode() if end is None else end
        (self.inbox / f"{name}.end").write_bytes(marker)
        return name

    def look(self) -> None:
        """One look of every lane, errors and all."""
        arrivals, _ = self.drop.look(self.now)
        for feed in self.feeds:
            mine = [arrival for arrival in arrivals if arrival.name.feed == feed]
            results: list[Any] = []
            ensureDeferred(self.lane(feed).work(mine)).addBoth(results.append)
            if not results:
                raise AssertionError("the lane waits for something")
            if results[0] is not None:
                results[0].raiseException()

    def take(self, feed: str, rows: Sequence[Row] | bytes, **options: Any) -> str:
        """Drop a file, look, and tell the state it came to."""
        name = self.put(feed, rows, **options)
        self.look()
        return self.state(name)

    def lane(self, feed: Feed) -> Lane:
        """A feed's lane; a new one after ``restart``."""
        if feed not in self._lanes:
            intake = self.feeds[feed]
            child = Child(
                {
                    "dsn": self.database.dsn("intake"),
                    "keys": str(self.keys),
                    "layouts": [[str(intake.layout.path), intake.layout.digest]],
                    "private": [[each.first, each.last] for each in self.private],
                },
                lambda _: None,
                lambda: True,
            )
            tools = Tools(
                drop=self.drop,
                outbox=self.folder / "outbox",
                clerk=Clerk(self.database.dsn("intake"), intake, self.points.append),
                worker=InProcess(child),  # type: ignore[arg-type]
                lease=self.lease,
                attest=lambda: self.attest(),  # noqa: PLW0108  # as it is by then
                in_thread=lambda work: succeed(work()),
                new_run=lambda: next(self._runs),
                passing=pass_by,
                most_bytes=2**30,
                stamp_ahead_seconds=600,
                turns=self.turns,
                attached=intake.layout.spec.attachment is not None,
            )
            self._lanes[feed] = Lane(tools)
        return self._lanes[feed]

    def restart(self) -> None:
        """Forget everything that is not in the database or the folders."""
        for lane in self._lanes.values():
            lane._clerk.close()
            lane._tools.worker.child.close()  # type: ignore[attr-defined]
        self._lanes.clear()

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """As the owner of the database."""
        return self.database.run(statement, parameters)

    def state(self, name: str) -> str:
        """The newest state of a file's name."""
        found = self.run("select state from intake.incoming where name = %s order by id desc", name)
        return found[0][0] if found else ""

    def report(self, name: str) -> list[tuple[int, str, str]]:
        """The faults of a file: line, column, kind."""
        found = self.run("select report from intake.incoming where name = %s order by id desc", name)
        return [(each["line"], each["column"], each["fault"]) for each in found[0][0]["problems"]]

    def receipt(self, name: str) -> str:
        """The receipt's text, with its ending in front."""
        for ending in ("ok", "ng"):
            path = self.folder / "outbox" / f"{name}.{ending}"
            if path.exists():
                return f"{ending} {path.read_text(encoding='utf-8')}"
        return ""

    def alerts(self) -> list[str]:
        """The events of all alerts in order."""
        return [row[0] for row in self.run("select event from ops.alert order by id")]

    def doubted(self) -> set[str]:
        """宛名番号 under a provisional hold, as short numbers."""
        return {
            str(int(row[0]))
            for row in self.run("select atena_number from people.doubt where atena_number is not null")
        }

    def register_numbers(self) -> dict[str, int]:
        """change_no by 戸籍番号."""
        return dict(self.run("select register_number, change_no from people.register_lock"))

    def change_numbers(self) -> dict[int, int]:
        """change_no by short 宛名番号."""
        return {
            int(atena): number
            for atena, number in self.run("select atena_number, change_no from people.person_lock")
        }


@dataclass(frozen=True)
class Rows:
    """The row makers, for tests: they cannot import this file."""

    person = staticmethod(person)
    serial = staticmethod(serial_row)
    hold = staticmethod(hold_row)
    seal = staticmethod(seal_row)
    tax = staticmethod(tax_row)
    register = staticmethod(register_row)
    bmp = staticmethod(bmp)
    line = staticmethod(csv_line)
    dat_line = staticmethod(dat_line)
    individual_number = staticmethod(individual_number)
    resident_code = staticmethod(resident_code)


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Makers of rows and pictures."""
    return Rows()


@pytest.fixture(scope="session")
def city_layouts() -> dict[Feed, Any]:
    """The layouts that ship."""
    return {feed: load(LAYOUTS / f"{feed.lower()}.toml") for feed in Feed}


@pytest.fixture
def hall(
    request: pytest.FixtureRequest,
    database: Database,
    tmp_path: Path,
    keyring_folder: Path,
    city_layouts: dict[Feed, Any],
) -> Iterator[Hall]:
    """A city hall without residents."""
    feeds = {feed: FeedIntake(layout) for feed, layout in city_layouts.items()}
    feeds[Feed.YOKUSHI] = FeedIntake(city_layouts[Feed.YOKUSHI], removal_share=0.0, removal_least_rows=0)
    made = Hall(database, tmp_path, keyring_folder, feeds)
    if request.instance is not None:
        request.instance.hall = made
    yield made
    made.restart()
