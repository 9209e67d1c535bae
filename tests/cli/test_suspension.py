"""`konbinid suspend`, `resume`, `suspensions`: staff close and open, and who did it stands in the audit."""

from __future__ import annotations

import threading

import psycopg2
import pytest
from city_files import make_city_files

from konbinid.cli.main import main
from konbinid.store import suspension


@pytest.fixture
def config(database, tmp_path):
    path = make_city_files(tmp_path)
    old = "host=127.0.0.1 port=5432 dbname=konbinid"
    path.write_text(path.read_text().replace(old, database.server.address(database.name)))
    return path


@pytest.fixture
def call(config):
    def made(command, *arguments):
        return main([command, *arguments, "--config", str(config)])

    return made


def _states(database):
    return database.run("select kind, reason, changed_by from ops.kind_state where suspended order by kind")


def _audit(database):
    return database.run(
        "select actor, action, subject, detail from ledger.audit where action like 'kind.%%' order by id", []
    )


def test_a_kind_is_closed_and_opened_by_a_named_person(call, database, capsys):
    """The row that the desk holds while it makes a paper changes, the audit says who and why, and other kinds stay open."""
    assert call("suspend", "juminhyo", "--by", "見本 一郎", "--reason", "様式の確認") == 0
    assert capsys.readouterr().out == "juminhyo 住民票の写し: suspended.\n"
    assert _states(database) == [("juminhyo", "様式の確認", "見本 一郎")]
    assert call("suspensions") == 0
    assert capsys.readouterr().out.endswith("by 見本 一郎): 様式の確認\n")
    assert call("resume", "juminhyo", "--by", "見本 花子", "--reason", "確認済み") == 0
    assert capsys.readouterr().out.startswith("Ended: juminhyo 住民票の写し (since ")
    assert _states(database) == []
    assert _audit(database) == [
        ("見本 一郎", "kind.suspend", "juminhyo", {"reason": "様式の確認", "was_suspended": False}),
        (
            "見本 花子",
            "kind.resume",
            "juminhyo",
            {"reason": "確認済み", "ended_reason": "様式の確認", "ended_by": "見本 一郎"},
        ),
    ]
    assert call("suspensions") == 0
    assert capsys.readouterr().out == "Nothing is suspended.\n"


def test_everything_is_one_switch_of_its_own(call, database, capsys):
    """`all` is neither lifted by opening one kind nor does it lift that kind's own suspension: each is told."""
    call("suspend", "all", "--by", "a", "--reason", "evacuation")
    call("suspend", "inkan", "--by", "a", "--reason", "seals")
    assert [row[0] for row in _states(database)] == ["*", "inkan"]
    capsys.readouterr()
    assert call("resume", "inkan", "--by", "a", "--reason", "done") == 0
    said = capsys.readouterr().out
    assert "Ended: inkan" in said
    assert "Still suspended: all (everything)" in said
    assert call("resume", "all", "--by", "a", "--reason", "done") == 0
    assert _states(database) == []


def test_what_the_daemon_closed_keeps_its_reason_until_somebody_opens(call, database, capsys):
    """Invariant 1: a paper that differed closed the kind. A second suspension must not hide why; the act is kept all the same."""
    database.run("select ops.suspend('juminhyo', 'readback: sheet 1', 'desk')", role="desk")
    assert call("suspend", "juminhyo", "--by", "a", "--reason", "as agreed") == 0
    assert "by desk): readback: sheet 1" in capsys.readouterr().out
    assert _states(database) == [("juminhyo", "readback: sheet 1", "desk")]
    assert _audit(database)[0][3] == {"reason": "as agreed", "was_suspended": True}


def test_opening_what_is_open_is_refused_and_leaves_no_trace(call, database, capsys):
    """A slip (the wrong kind) is noticed at once."""
    assert call("resume", "kisaijiko", "--by", "a", "--reason", "b") == 1
    assert "kisaijiko 住民票記載事項証明書 is not suspended." in capsys.readouterr().err
    assert _audit(database) == []


@pytest.mark.parametrize(("who", "why"), [(" ", "b"), ("a", ""), ("a", "two\nlines"), ("a", "x" * 201)])
def test_nobody_and_nothing_are_no_answer(call, database, capsys, who, why):
    """Who and why are asked for in earnest."""
    assert call("suspend", "inkan", "--by", who, "--reason", why) == 1
    assert "needs one line" in capsys.readouterr().err
    assert _states(database) == []


@pytest.mark.parametrize("kind", ["*", "住民票", "Juminhyo", "everything"])
def test_an_unknown_kind_is_wrong_usage(call, kind):
    """No guessing which kind was meant."""
    with pytest.raises(SystemExit) as ended:
        call("suspend", kind, "--by", "a", "--reason", "b")
    assert ended.value.code == 2


def test_a_suspension_waits_for_a_paper_in_the_making(call, database):
    """When the command has ended, no paper that was decided before it is still to come."""
    desk = psycopg2.connect(database.dsn("desk"))
    with desk.cursor() as cur:
        cur.execute("select from ops.kind_state where kind = any('{*,inkan}') order by kind for share")
    ended = threading.Event()

    def suspend():
        call("suspend", "inkan", "--by", "a", "--reason", "b")
        ended.set()

    waiting = threading.Thread(target=suspend)
    waiting.start()
    assert not ended.wait(1.0)
    desk.commit()
    desk.close()
    assert ended.wait(10.0)
    waiting.join()
    assert [row[0] for row in _states(database)] == ["inkan"]


def test_a_kind_that_is_never_free_says_so(call, database, capsys, monkeypatch):
    """A sentence that tells to try again, and nothing half done."""
    monkeypatch.setattr(suspension, "PATIENCE", "set local lock_timeout = '200ms'")
    desk = psycopg2.connect(database.dsn("desk"))
    with desk.cursor() as cur:
        cur.execute("select from ops.kind_state where kind = 'inkan' for share")
    assert call("suspend", "inkan", "--by", "a", "--reason", "b") == 1
    desk.close()
    assert "nothing was changed. Run the command again." in capsys.readouterr().err
    assert (_states(database), _audit(database)) == ([], [])
