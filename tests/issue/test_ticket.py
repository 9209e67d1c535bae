"""The release ticket: one paper, once, and only the bytes that the ledger is bound to (invariant 3 of incidents.md; I-01, I-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from konbinid.domain.request import Issued
from konbinid.issue.ticket import AlreadySpent, ReleaseTicket

PAPER = b"%PDF of one person"
ISSUED = Issued(
    "0000-0000-0000-0000", 1, 300, datetime(2026, 11, 24, tzinfo=UTC), PAPER, sha256(PAPER).hexdigest()
)


def test_paper_leaves_once() -> None:
    """Whoever comes a second time gets nothing, not even the same."""
    ticket = ReleaseTicket(ISSUED, sha256(PAPER).digest())
    assert ticket.spend() is ISSUED
    with pytest.raises(AlreadySpent):
        ticket.spend()


def test_other_bytes_do_not_leave() -> None:
    """I-05: the previous person's paper under this number stays here, the second time too."""
    ticket = ReleaseTicket(replace(ISSUED, document=b"%PDF of somebody else"), sha256(PAPER).digest())
    for _ in range(2):
        with pytest.raises(AlreadySpent):
            ticket.spend()


def test_ticket_tells_nothing() -> None:
    """It may stand in a traceback."""
    assert "%PDF" not in repr(ReleaseTicket(ISSUED, b"")) + repr(ISSUED)
