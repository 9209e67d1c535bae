"""What its retention has ended for is removed, once a day; what has not ended, and what a wrong clock only claims to have ended, stays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from kept_things import TERMS, Kept, Lease, ago
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from konbinid.domain.dates import JST
from konbinid.ops import retention as ops_retention
from konbinid.store import retention as store_retention
from konbinid.store.intake_link import LeaseLost
from konbinid.store.retention import STEPS, Duty

PROGRAM = Path(__file__).with_name("mortal_retention.py")


@pytest.fixture
def kept(database, tmp_path):
    (tmp_path / "archive").mkdir()
    return Kept(database, tmp_path / "archive")


def fill(kept: Kept) -> None:
    """Some of everything that is over, and news of today."""
    kept.file(0.1)
    old = kept.file(100, attachments={"1.bmp": b"old"})
    kept.file(95, feed="KOSEKI", attachments={"a.pdf": b"%PDF"})
    kept.attach(old, "2.bmp", b"other", 100)
    kept.register_pdf(b"unbound", 100, bound=False)
    kept.document("A" * 12, 50, reported=50)
    kept.document("B" * 12, 50)


def test_what_is_over_goes_and_the_history_stays(kept):
    """Files, bytes, attachments, PDFs, keys and sealed bytes; never the rows that say what happened."""
    fill(kept)
    before = (
        kept.run("select count(*) from intake.incoming"),
        kept.run("select count(*) from ledger.issuance"),
    )
    kept.retention().work()
    found = kept.snapshot()
    news = kept.run("select id from intake.incoming where name like 'INKAN%%000001_D.csv'")[0][0]
    assert found.pop("intake.incoming_part") == [(news, part) for part in range(70)]
    assert [name for name in found.pop("archive") if name.endswith(".csv")] != []
    assert [name for name, rows in found.items() if rows] == []
    after = kept.run("select count(*) from intake.incoming"), kept.run("select count(*) from ledger.issuance")
    assert after == before
    assert kept.audit() == [
        ("retention.archive", "host-a", {"removed": 6, "left": 0, "host": "host-a"}),
        (
            "retention.database",
            "",
            {
                "parts": 140,
                "names": 3,
                "attachments": 3,
                "register_pdfs": 1,
                "document_keys": 2,
                "documents": 2,
                "host": "host-a",
            },
        ),
    ]
    assert kept.told == []


def test_what_is_not_over_stays(kept):
    """Younger than the setting, or never applied: not a row, not a file."""
    kept.file(0.1)
    behind = kept.file(89, attachments={"1.bmp": b"young"})
    # The database's clock had stopped when this one was applied; the core system's, in its name, had not.
    kept.run("update intake.incoming set applied_at = '2001-01-01' where id = %s", behind)
    for state in ("rejected", "refused", "released", "superseded", "waiting", "held"):
        kept.file(200, state=state, attachments={"1.bmp": state.encode()})
    kept.register_pdf(b"young", 89, bound=False)
    kept.register_pdf(b"bound", 500, bound=True)
    kept.document("A" * 12, 50, reported=29)
    kept.document("B" * 12, 39)
    before = kept.snapshot()
    kept.retention().work()
    assert kept.snapshot() == before


def test_an_attachment_that_is_still_named_stays(kept):
    """By a younger file, or by a seal that is in the register: a difference row may name it without bringing it (contract 2)."""
    kept.file(0.1, attachments={"young.bmp": b"both"})
    old = kept.file(100, attachments={"both.bmp": b"both", "seal.bmp": b"seal"})
    kept.attach(old, "gone.bmp", b"gone", 100)
    kept.run(
        "insert into people.seal values ('1', '0000000001', null, 1, null, 'seal.bmp', sha256('seal'), 9, 9, 400, '', '', 1, now(), %s)",
        old,
    )
    kept.retention().work()
    assert {bytes.fromhex(text[0][2:]) for text in kept.snapshot()["intake.attachment"]} == {b"both", b"seal"}


@pytest.mark.parametrize("state", ["received", "waiting", "held"])
def test_pdfs_wait_for_a_register_file_that_is_open(kept, state):
    """It may be keeping the PDF at this moment, before a row of its binds it."""
    kept.file(0.1)
    kept.file(0, feed="FUHYO", state=state)
    kept.register_pdf(b"unbound", 100, bound=False)
    kept.retention().work()
    assert len(kept.snapshot()["people.register_pdf"]) == 1


@pytest.mark.parametrize(
    ("expired", "reported", "shows", "goes"),
    [
        (31, 31, False, True),
        (31, 29, False, False),  # reported late: counted from the report
        (29, 29, False, False),
        (41, None, False, True),
        (39, None, False, False),
        (2, None, True, True),  # 個人番号 that can be given to nobody any more
        (0.5, None, True, False),
        (-0.01, None, True, False),  # may still be given again
    ],
)
def test_when_a_document_ends(kept, expired, reported, shows, goes):
    """Reported on: 30 days from the report. Never reported on: 40 days, in this setting, from the end of the time for it; with 個人番号 a day."""
    kept.file(0.1)
    kept.document("A" * 12, expired, reported=reported, shows=shows)
    kept.retention().work()
    found = kept.snapshot()
    assert (found["ledger.document_key"], found["ledger.document"]) == (
        ([], []) if goes else ([("A" * 12,)],) * 2
    )


def test_sealed_bytes_without_key_go(kept):
    """Those whose key was destroyed when the delivery was reported (0010), whatever their age."""
    kept.file(0.1)
    kept.document("A" * 12, 0, shows=True)
    kept.run(
        "insert into ledger.delivery values (%s, now(), 'DELIVERED', 1, now(), false, '', 'D', 'h')", "A" * 12
    )
    kept.database.run("select ledger.shred_delivered(%s)", ("A" * 12,), role="desk")
    assert len(kept.snapshot()["ledger.document"]) == 1
    kept.retention().work()
    assert kept.snapshot()["ledger.document"] == []


def test_whoever_may_destroy_keys_cannot_destroy_todays(kept):
    """The function takes no date of the last day, so a fault of the caller's leaves everything that a kiosk can still be given."""
    kept.document("A" * 12, -0.02)
    kept.document("B" * 12, 0.5, reported=0.5)
    kept.document("C" * 12, 1.5, reported=1.5)
    far = datetime(9999, 1, 1, tzinfo=UTC)
    kept.database.run("select ledger.shred_expired(%s, %s, 1000)", (far, far), role="ops")
    assert kept.snapshot()["ledger.document_key"] == [("A" * 12,), ("B" * 12,)]


def test_once_a_day(kept):
    """The second time on a day does nothing; a file that is over by then waits for tomorrow."""
    kept.file(0.1)
    kept.retention().work()
    kept.file(100)
    kept.retention().work()
    assert len(kept.audit()) == 2
    kept.run("update ledger.audit set at = at - interval '1 day'")
    kept.retention().work()
    assert len(kept.audit()) == 4
    assert kept.audit()[3][2]["parts"] == 70


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, (2026, 11, 25, 12), True),
        ((2026, 11, 25, 3), (2026, 11, 25, 23), False),
        ((2026, 11, 25, 3), (2026, 11, 26, 2), False),
        ((2026, 11, 25, 3), (2026, 11, 26, 3), True),
        ((2026, 11, 25, 23), (2026, 11, 26, 3), True),
        ((2036, 11, 25, 3), (2026, 11, 26, 2), True),  # recorded by a clock that was wrong
    ],
)
def test_when_it_is_due(kept, last, now, due):
    """A day begins at three in the morning, Japan time, when no kiosk is open. A record of a time to come hides no day."""
    if last is not None:
        kept.run(
            "insert into ledger.audit (at, actor, action) values (%s, '', 'retention.database')",
            datetime(*last, tzinfo=JST),
        )
    with closing(psycopg2.connect(kept.database.dsn("ops"))) as link, link.cursor() as cur:
        assert Duty.database().is_due(cur, datetime(*now, tzinfo=JST)) is due


@pytest.mark.parametrize(
    "ahead", [-400, -0.01, 0.01, 4000], ids=["years back", "back", "ahead", "years ahead"]
)
def test_two_clocks_that_differ_end_nothing(kept, ahead):
    """One of host and database jumped. Nothing goes, people are told, and tomorrow is another day."""
    fill(kept)
    before = kept.snapshot()
    wrong = kept.retention(now=lambda: datetime.now(UTC) + timedelta(days=ahead))
    wrong.work()
    assert kept.snapshot() == before
    assert {detail["refused"] for _, _, detail in kept.audit()} == {"clocks_differ"}
    assert kept.told == ["retention.refused"] * 2


def test_a_clock_ahead_of_the_core_systems_ends_nothing(kept):
    """Both our clocks jumped together: they are one, where the database runs on the host. The names of the newest files still say when we are; files
    that were applied under the wrong clock do not help it."""
    fill(kept)
    kept.run("update intake.feed set last_stamp = last_stamp - interval '10 years', last_applied_at = now()")
    before = kept.snapshot()
    kept.retention().work()
    assert kept.snapshot() == before
    assert {detail["refused"] for _, _, detail in kept.audit()} == {"no_news"}
    assert kept.told == ["retention.refused"] * 2


def test_before_the_first_file_there_is_nothing_to_say(kept):
    """A new city: no alert every day."""
    kept.retention().work()
    assert (kept.audit(), kept.told) == ([], [])


def test_without_the_lease_only_the_hosts_own_archive(kept):
    """Archives are folders of a host: the standby clears its own. The database is the holder's."""
    fill(kept)
    before = kept.snapshot()
    kept.retention(Lease(None)).work()
    assert [action for action, *_ in kept.audit()] == ["retention.archive"]
    after = kept.snapshot()
    assert before.pop("archive") != after.pop("archive")
    assert after == before


@pytest.mark.parametrize("step", STEPS)
def test_a_lease_that_is_lost_stops_it(kept, step):
    """I-07: another host has taken over. What was not begun is not done here, and no run is recorded."""
    fill(kept)

    def overtaken(passed: str) -> None:
        if passed == step:
            kept.run("update ops.lease set epoch = epoch + 1")

    with pytest.raises(LeaseLost):
        kept.retention(passing=overtaken).work()
    assert [action for action, *_ in kept.audit()] == ["retention.archive"]


def test_a_process_that_is_stopped_frees_the_lease(kept, monkeypatch):
    """SIGSTOP in the middle of a portion: its session ends by itself, or the other host could never take over."""
    fill(kept)
    said = []

    def asked(cur, step, ended):
        cur.execute(
            "select current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')"
        )
        said.append(cur.fetchone())
        return 0

    monkeypatch.setattr(store_retention, "remove", asked)
    kept.retention().work()
    assert said == [("5s", "1min")] * len(STEPS)


def test_kill_9_after_every_portion(kept):
    """A daemon that dies anywhere leaves something that the next run completes: the same as if nobody had died."""
    fill(kept)
    said = {
        "ops": kept.database.dsn("ops"),
        "intake": kept.database.dsn("intake"),
        "archive": str(kept.archive),
        "terms": [term.days for term in (TERMS.files, TERMS.documents, TERMS.unreported)],
    }
    died = 0
    for portions in (1, 1, 2, 1, 3, 2, 1, 1, 3, 1):
        done = subprocess.run(
            [sys.executable, str(PROGRAM), json.dumps(said | {"portions": portions})], check=False
        )
        died += done.returncode == -signal.SIGKILL
    assert died == 10
    kept.retention().work()
    found = kept.snapshot()
    assert len(found.pop("intake.incoming_part")) == 70
    assert len([name for name in found.pop("archive") if name.endswith(".csv")]) == 1
    assert [name for name, rows in found.items() if rows] == []


def test_the_kiosk_path_waits_for_none_of_it(kept):
    """While every portion is under way and not committed, the desk issues, replays, takes reports and reads what it passes on."""
    fill(kept)
    kept.register_pdf(b"bound", 500, bound=True)
    limits = TERMS.before(datetime.now(UTC))
    links = {role: psycopg2.connect(kept.database.dsn(role)) for role in ("intake", "ops")}
    with closing(links["intake"]), closing(links["ops"]):
        for step, role in STEPS.items():
            with links[role].cursor() as cur:
                cur.execute("select epoch from ops.lease for share")
                assert (
                    store_retention.remove(cur, step, limits) or step == "documents"
                )  # its keys are not committed
        with closing(psycopg2.connect(kept.database.dsn("desk"))) as desk, desk.cursor() as cur:
            cur.execute("set lock_timeout = '50ms'")
            cur.execute(
                "insert into ledger.issuance values (%s, 'c', 'new', '', now(), 'juminhyo', 1, 300, null, '{}', '{}', null, 'CARD', 'a', '', '', "
                "'', '', 'STORE', '', '')",
                ("N" * 12,),
            )
            cur.execute("insert into ledger.document values (%s, '')", ("N" * 12,))
            cur.execute("insert into ledger.document_key values (%s, '', false)", ("N" * 12,))
            cur.execute(
                "insert into ledger.delivery values (%s, now(), 'DELIVERED', 1, now(), false, '', 'D', 'h')",
                ("B" * 12,),
            )
            cur.execute("select ledger.shred_delivered(%s)", ("B" * 12,))
            cur.execute("select content from people.register_pdf where sha256 = sha256('bound')")
            assert bytes(cur.fetchone()[0]) == b"bound"
            desk.commit()


@pytest.mark.usefixtures("kept_for_trial")
class RetentionAsAService(TestCase):
    """On the reactor, with its timer and thread."""

    async def test_it_looks_works_and_stops(self):
        """Also when it is stopped in the middle: the stop waits for the portion, and nothing is recorded as done."""
        kept = self.kept
        fill(kept)
        self.patch(ops_retention, "_LOOK_SECONDS", 0.01)
        made = kept.retention()
        made._reactor = reactor
        made.running = False
        made.startService()
        while len(kept.audit()) < 2:
            await deferLater(reactor, 0.02)
        await made.stopService()
        assert kept.snapshot()["ledger.document_key"] == []

    async def test_a_stop_leaves_the_rest_for_the_next_start(self):
        """What was removed stays removed; the run is not recorded."""
        kept = self.kept
        fill(kept)
        self.patch(ops_retention, "_LOOK_SECONDS", 0.01)
        stopping = []

        def passing(step):
            if step == "parts" and not stopping:
                stopping.append(step)
                made.running = False

        made = kept.retention(passing=passing)
        made._reactor = reactor
        made.startService()
        while not stopping:
            await deferLater(reactor, 0.02)
        await made.stopService()
        assert [action for action, *_ in kept.audit()] == ["retention.archive"]
        assert kept.snapshot()["ledger.document_key"] != []

    async def test_without_a_database_it_tries_again(self):
        """No error ends the service; the log has the class of it."""
        self.patch(ops_retention, "_LOOK_SECONDS", 0.01)
        asked = []
        made = self.kept.retention(ops=["host=127.0.0.1 port=1"], now=lambda: asked.append(1) or ago(0))
        made._reactor = reactor
        made.startService()
        await deferLater(reactor, 0.2)
        await made.stopService()
        assert (asked, self.kept.audit()) == ([], [])


@pytest.fixture
def kept_for_trial(request, kept):
    request.instance.kept = kept
