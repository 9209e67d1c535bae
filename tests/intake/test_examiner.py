"""PDFs that hang, break or bloat whoever looks at them: that costs the one PDF, and not the file, the feed or the daemon."""

from __future__ import annotations

import os
import signal
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import foreign_pdfs as pdfs
import pytest

from konbinid.intake.examiner import Examiner
from konbinid.intake.problems import WORDS, Fault
from konbinid.intake.register_pdfs import RegisterPdfs
from konbinid.paper.foreign import PdfFault

NAMES = ("試験太郎",)
HELVETICA = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


def with_content(content: bytes) -> bytes:
    """One page whose operators are these, packed; its font makes the examination read them."""
    packed = zlib.compress(content, 9)
    page = PAGE.replace(b"/Resources<<>>", b"/Resources" + HELVETICA + b"/Contents 4 0 R")
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed)
    return pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, page, stream)


PAGE = pdfs.PAGE


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    """One with little patience and little memory."""
    made = Examiner(seconds=2.0, memory_bytes=400 * 1024 * 1024)
    yield made
    made.close()


def pid_of(examiner: Examiner) -> int:
    assert examiner._process is not None
    return examiner._process.pid


def test_what_is_found_is_told(examiner):
    """Over the pipe as in the process itself; a process serves many."""
    good = examiner.examine(pdfs.paper("試験太郎", pages=2), 20, NAMES)
    assert (good.faults, good.pages, good.has_text) == ((), 2, True)
    pid = pid_of(examiner)
    assert examiner.examine(pdfs.paper("試験花子", pages=2), 1, NAMES).faults == (Fault.PDF_PAGES,)
    assert examiner.examine(b"", 20, NAMES).faults == (Fault.PDF_BROKEN,)
    assert pid_of(examiner) == pid


def test_one_that_takes_too_long_is_bad_and_the_next_is_examined(examiner):
    """Millions of operators: the kernel's alarm ends what no library can be asked to end."""
    slow = with_content(b"q Q " * 20_000_000)
    begun = time.monotonic()
    assert examiner.examine(slow, 20, NAMES).faults == (Fault.PDF_TOO_COSTLY,)
    assert time.monotonic() - begun < 15
    assert examiner.examine(pdfs.paper("試験太郎"), 20, NAMES).faults == ()


def test_one_that_takes_too_much_memory_is_bad(examiner):
    """A bomb of a gigabyte in a megabyte."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    page = PAGE.replace(b"/Resources<<>>", b"/Resources" + HELVETICA + b"/Contents 4 0 R")
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed)
    bomb = pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, page, stream)
    assert examiner.examine(bomb, 20, NAMES).faults[0] in {Fault.PDF_TOO_COSTLY, Fault.PDF_BROKEN}
    assert examiner.examine(pdfs.paper("試験太郎"), 20, NAMES).faults == ()


def test_huge_claims_cost_nothing(examiner):
    """Sizes and counts that the file only claims."""
    for claim in (
        pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>", PAGE),
        pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, PAGE, trailer=b"/Size 2147483647"),
        pdfs.paper("試験太郎").replace(b"xref\n0 ", b"xref\n0 99999999", 1),
    ):
        begun = time.monotonic()
        assert examiner.examine(claim, 20, NAMES).faults
        assert time.monotonic() - begun < 5


def test_a_process_that_dies_is_replaced(examiner):
    """Whatever ended it: no PDF is to blame for it."""
    examiner.examine(b"", 20, NAMES)
    os.kill(pid_of(examiner), signal.SIGKILL)
    time.sleep(0.2)
    assert examiner.examine(pdfs.paper("試験太郎"), 20, NAMES).faults == ()


def test_it_does_not_outlive_whoever_asks(examiner):
    """The end of its standard input is its end."""
    examiner.examine(b"", 20, NAMES)
    pid = pid_of(examiner)
    examiner.close()
    assert not Path(f"/proc/{pid}").exists()


def test_a_file_full_of_costly_pdfs_does_not_hold_up_its_feed(rows):
    """After a few the others are not tried: a thousand of them would stand in the way for hours."""
    asked = []

    class Lost:
        def examine(self, content, *_):
            asked.append(content)
            return type("Finding", (), {"faults": (Fault.PDF_TOO_COSTLY,)})

    class Held(RegisterPdfs):
        def _content(self, _):
            return b"x"

    pdf = Held(None, type("File", (), {"feed": "KOSEKI", "unusable": {}}), Lost(), 20, lambda: None)  # type: ignore[arg-type]
    row = rows.register("R-1", "01", b"")
    made = type(
        "Row",
        (),
        {
            "member": "01",
            "display": "0",
            "head": "",
            "name": "",
            "pdf_name": row[9],
            "register": "R-1",
            "digest": "00",
        },
    )
    found = [pdf._faults(made, {row[9]: b"\x00"}, {}) for _ in range(50)]  # type: ignore[arg-type]
    assert set(found) == {(Fault.PDF_TOO_COSTLY,)}
    assert len(asked) == 5


def test_every_fault_of_a_pdf_has_its_name_and_its_words():
    """What paper finds is what intake reports, in Japanese, with what to do."""
    assert {each.value for each in PdfFault} <= {each.value for each in Fault}
    assert set(WORDS) == set(Fault)
