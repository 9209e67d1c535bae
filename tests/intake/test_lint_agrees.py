"""What a vendor is told of a file, rows that contradict each other and what comes with them, is what the daemon finds with PostgreSQL, for files that nothing else is
known of."""

from __future__ import annotations

import random

import foreign_pdfs as pdfs
import pytest
from gaiji_samples import eudc, row

from konbinid.domain.feeds import Feed
from konbinid.intake.clerk import FeedIntake
from konbinid.intake.linting import Linter
from konbinid.intake.names import DropName
from konbinid.intake.problems import ProblemList
from konbinid.intake.together import NOTES

FILES = 24
PDF = b"%PDF"


def _people(rows, draw, base):
    serial = base + draw.randrange(3)
    numbers = {
        "individual_number": rows.individual_number(base + draw.randrange(4)),
        "resident_code": rows.resident_code(base + draw.randrange(6)) if draw.random() < 0.5 else "",
    }
    return lambda operation: rows.person(serial, 1, operation, **numbers)


def _serials(rows, draw, base):
    serial, kind = f"{base + draw.randrange(2):x}", draw.choice("12")
    return lambda operation: rows.serial(base + draw.randrange(2), serial, operation, type=kind)


def _holds(rows, draw, base):
    number = f"n{base + draw.randrange(3)}"
    return lambda operation: rows.hold(base, number, operation)


def _seals(rows, draw, base):
    number = f"n{base + draw.randrange(4)}"
    changes = {"state": draw.choice("113"), "image_name": f"p{base + draw.randrange(6)}.bmp"}
    return lambda operation: rows.seal(base + draw.randrange(3), number, operation, **changes)


def _taxes(rows, draw, base):
    serial, year = base + draw.randrange(2), draw.choice((2025, 2026))
    return lambda operation: rows.tax(serial, year, operation)


MAKERS = {"JUMIN": _people, "JPKI": _serials, "YOKUSHI": _holds, "INKAN": _seals, "ZEI": _taxes}


def placed(problems: ProblemList) -> set[tuple[int, str, str]]:
    """Every line with its column and fault: one entry may stand for a run of lines."""
    return {
        (line, each.column, str(each.fault))
        for each in problems.entries
        for line in range(each.line, each.through + 1)
    }


def daemon_says(hall, feed, rows, *, full, sequence, attachments):
    """(state, faults, notes)."""
    name = hall.put(feed, rows, full=full, sequence=sequence, attachments=attachments)
    linted = lint(hall, feed, name)
    hall.look()
    ((report,),) = hall.run("select report from intake.incoming where name = %s", name)
    faults = placed(ProblemList.of_report(report))
    notes = [f"{each['line']}行目: {NOTES[each['note']]}" for each in report.get("notes", [])]
    return hall.state(name), faults, notes, linted


def lint(hall, feed, name):
    return Linter(hall.inbox / name, DropName.parse(name), hall.feeds[Feed(feed)].layout, 0).lint()


@pytest.mark.parametrize("feed", MAKERS)
def test_both_find_the_same(hall, rows, feed):
    """The same key twice, a number, a serial, a registration or a picture of two, orders that cannot be: the same lines, columns and faults, and the same
    notes. Every file is about people of its own, so the daemon knows no more than the file."""
    hall.feeds[Feed(feed)] = FeedIntake(hall.feeds[Feed(feed)].layout, removal_share=1.0)  # none is held
    picture = rows.bmp()
    seen, sequence = set(), 1
    for number in range(FILES):
        draw = random.Random(f"{feed} {number}")  # the same files in every run
        full = number % 4 == 3
        base = 100 * (number + 1)
        made = [
            MAKERS[feed](rows, draw, base)("1" if full else draw.choice("12299"))
            for _ in range(draw.randrange(2, 9))
        ]
        pictures = {f"p{base + each}.bmp": picture for each in range(6)} if feed == "INKAN" else {}
        state, faults, notes, linted = daemon_says(
            hall, feed, made, full=full, sequence=sequence, attachments=pictures
        )
        assert placed(linted.problems) == faults, (number, made)
        assert state == ("rejected" if faults else "applied")
        if state != "rejected":
            sequence += 1
            said = [each for each in linted.notes if each.partition(" ")[2] in NOTES.values()]
            # What the daemon finds against its tables is not seen in the file: here nothing was there before.
            assert set(said) <= set(notes)
            assert len(said) >= sum(NOTES["added_but_there"] in each for each in notes)
            seen.update(each.partition(" ")[2] for each in said)
        seen.update(fault for _, _, fault in faults)
    assert seen >= SEEN[feed]


_OF_ORDER = set(NOTES.values())
SEEN = {
    "JUMIN": {"number_taken", "duplicate_key"},
    "JPKI": {"serial_of_another", "duplicate_key"},
    "YOKUSHI": {"duplicate_key", *_OF_ORDER},
    "INKAN": {"second_registration", "attachment_shared", "duplicate_key"},
    "ZEI": {"duplicate_key", *_OF_ORDER},
}
"""What the drawn files must have shown, so that the comparison is of something."""


def test_a_shared_pdf_is_told_by_both(hall, rows, tmp_path):
    """Two members' rows that name one PDF, in a difference file: also when a later row of one of them names another."""
    made = [
        rows.register("R-1", "01", PDF, pdf_name="a.pdf"),
        rows.register("R-1", "02", PDF, pdf_name="a.pdf"),
        rows.register("R-1", "02", PDF, "2", pdf_name="b.pdf"),
        rows.register("R-2", "01", PDF, pdf_name="c.pdf"),
        rows.register("R-2", "02", PDF, pdf_name="c.pdf"),
    ]
    name = hall.put("KOSEKI", made)
    found = lint(hall, "KOSEKI", name)
    assert [(each.line, each.through, each.column, each.fault) for each in found.problems.entries] == [
        (1, 2, "PDFファイル名", "attachment_shared"),
        (4, 5, "PDFファイル名", "attachment_shared"),
    ]
    assert any("3 件はここにありません（1、3、4 行目）" in note for note in found.notes)


def test_of_rows_that_cannot_be_read_nothing_is_guessed(hall, rows):
    """In a difference file a bad row may be the one that gives the number back: said after it is put right, and that is told."""
    taken = [rows.person(1), rows.person(2, individual_number=rows.individual_number(1))]
    bad = rows.person(1, 1, "2", individual_number="1")
    name = hall.put("JUMIN", [*taken, bad])
    found = lint(hall, "JUMIN", name)
    assert {each.fault for each in found.problems.entries} == {"not_digits"}
    assert any("もう一度確かめてください" in note for note in found.notes)
    name = hall.put("JUMIN", [*taken, bad[:0] + rows.person(3)], full=True)
    assert [each.fault for each in lint(hall, "JUMIN", name).problems.entries] == ["number_taken"]


A, B = "\ue000", "\ue001"


def _fonts(_):
    # What is missing comes first: a corrected file may name what came with the one that it corrects.
    yield [row(A), row(A, font="B.TTE")], {}
    good = eudc({A: 1, B: 2})
    yield [row(A), row(B)], {"EUDC.TTE": eudc({A: 1})}
    yield [row(A, glyph_hash="0" * 64), row(B)], {"EUDC.TTE": good}
    yield [row(A), row(B, font="B.TTE")], {"EUDC.TTE": good, "B.TTE": good}
    yield [row(A), row(B)], {"EUDC.TTE": good[:500]}
    yield [row(A), row(B)], {"EUDC.TTE": bytes(17 * 1024 * 1024)}


def _pictures(rows):
    good = rows.bmp()
    two = [rows.seal(1, "1"), rows.seal(2, "2")]
    yield two, {"1.bmp": good}
    for other in (
        good[:99],
        b"",
        rows.bmp(ink=0),
        rows.bmp(ink=236),
        rows.bmp(bits=24)[:-1],
        bytes(5 * 1024 * 1024),
    ):
        yield two, {"1.bmp": good, "2.bmp": other}
    # A row whose picture is no good does not count: its person has one registration.
    yield [*two, rows.seal(1, "3")], {"1.bmp": good, "2.bmp": good, "3.bmp": b"x"}


def _papers(rows):
    good = pdfs.paper("試験　太郎")
    yield [rows.register("R", "01", good)], {}
    for other in (pdfs.paper("別の　人"), b"%PDF-1.7", good[:-300]):
        yield [rows.register("R", "01", good), rows.register("R", "02", other)], {
            "R-01-0.pdf": good, "R-02-0.pdf": other,
        }  # fmt: skip
    yield [rows.register("R", "01", good)], {"R-01-0.pdf": pdfs.paper("試験　太郎", "別の版")}


@pytest.mark.parametrize(
    ("feed", "makers"), [("GAIJI", _fonts), ("INKAN", _pictures), ("KOSEKI", _papers), ("FUHYO", _papers)]
)
def test_both_say_the_same_of_attachments(hall, rows, feed, makers):
    """Fonts, seals and PDFs that the city would refuse, in full files: rejected for the very lines, columns and faults that lint tells."""
    for number, (made, attachments) in enumerate(makers(rows)):
        state, faults, _, linted = daemon_says(
            hall, feed, made, full=True, sequence=1, attachments=attachments
        )
        assert state == "rejected"
        assert faults, number
        assert placed(linted.problems) == faults, number
