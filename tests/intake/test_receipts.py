"""A receipt is a promise to the core system: it is given only for what this host would miss, were it lost (I-11)."""

from __future__ import annotations

from twisted.internet.defer import succeed


def receipts_of(hall):
    return {each.name for each in (hall.folder / "outbox").iterdir()}


def test_without_the_witness_there_is_no_receipt_yet(hall, rows):
    """The file counts at once, and waits in its folder: the core system may have to send it again. With the witness back it gets its receipt."""
    hall.attest = lambda: succeed(False)
    name = hall.put("JUMIN", [rows.person(1)])
    hall.look()
    assert hall.state(name) == "applied"
    assert receipts_of(hall) == set()
    assert (hall.inbox / name).exists()
    hall.attest = lambda: succeed(True)
    hall.look()
    assert receipts_of(hall) == {f"{name}.ok"}
    assert not (hall.inbox / name).exists()


def test_a_receipt_is_not_given_for_what_was_lost_meanwhile(hall, rows):
    """The database goes back between the commit and the receipt, and another file has the old one's number by then: that one's receipt is not
    given for it, nor is it put away, but taken in again from its folder."""
    lost = hall.put("JUMIN", [rows.person(1)])

    def back():
        hall.attest = lambda: succeed(True)
        hall.run("update intake.incoming set name = replace(name, 'JUMIN', 'YOKUSHI') where name = %s", lost)
        hall.run("update intake.feed set last_sequence = null, last_stamp = null, last_name = null")
        return succeed(True)

    hall.attest = back
    hall.look()
    assert (receipts_of(hall), hall.state(lost)) == (set(), "")
    assert (hall.inbox / lost).exists()
    hall.look()
    assert (receipts_of(hall), hall.state(lost)) == ({f"{lost}.ok"}, "applied")
