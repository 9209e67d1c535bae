"""`konbinid files`: what waits for a decision is shown, and a decision is made by a named person."""

from __future__ import annotations

import pytest
from city_files import make_city_files

from konbinid.cli.main import main


@pytest.fixture
def call(database, tmp_path):
    path = make_city_files(tmp_path)
    old = "host=127.0.0.1 port=5432 dbname=konbinid"
    path.write_text(path.read_text().replace(old, database.server.address(database.name)))
    return lambda *arguments: main(["files", *arguments, "--config", str(path)])


def file(database, state: str, sequence: int, *, stops: bool = False) -> int:
    """A YOKUSHI file in a state, with one person held because of it."""
    number = database.run(
        "insert into intake.incoming (name, feed, stamp, sequence, full_file, rows, sha256, bytes, state) "
        "values (%s, 'YOKUSHI', '2026-11-24 01:00', %s, false, 1, %s, 1, %s) returning id",
        (f"YOKUSHI_20261124010000_{sequence:06d}_D.csv", sequence, bytes([sequence]) * 32, state),
    )[0][0]
    database.run("insert into people.doubt (incoming_id, atena_number) values (%s, '0000000001')", (number,))
    if stops:
        database.run("update intake.feed set stopped_by = %s where feed = 'YOKUSHI'", (number,))
    return number


def test_what_waits_is_listed(call, database, capsys) -> None:
    """A quarantined file, one that waits behind it, and a refused one that still holds somebody; not what was applied."""
    for sequence, state in enumerate(("applied", "rejected", "waiting", "refused"), start=1):
        file(database, state, sequence)
    assert call("list") == 0
    told = capsys.readouterr().out
    assert [line.split()[1] for line in told.splitlines()] == ["rejected", "waiting", "refused"]


def test_a_released_file_ends_its_doubts_and_the_feed_goes_on(call, database, capsys) -> None:
    """Doubt ends with the resolution, not by hand; who resolved it stands in the audit."""
    number = file(database, "rejected", 7, stops=True)
    assert call("release", str(number), "--by", "見本 一郎") == 0
    assert "released" in capsys.readouterr().out
    assert database.run("select count(*) from people.doubt")[0][0] == 0
    assert database.run("select last_sequence, stopped_by from intake.feed where feed = 'YOKUSHI'") == [
        (7, None)
    ]
    assert database.run("select actor, action, subject from ledger.audit") == [
        ("見本 一郎", "file.release", "YOKUSHI_20261124010000_000007_D.csv")
    ]
    assert call("list") == 0
    assert capsys.readouterr().out == "Every file is settled.\n"


def test_an_approved_file_is_applied_by_intake_alone(call, database) -> None:
    """The command only records the decision; the file is applied behind the lease like any other."""
    number = file(database, "held", 7, stops=True)
    assert call("approve", str(number), "--by", "見本 一郎") == 0
    assert database.run("select state, resolved_by from intake.incoming") == [("held", "見本 一郎")]


def test_a_gap_is_given_up_only_before_the_waiting_file(call, database, capsys) -> None:
    """A slip of the finger must not skip the file that waits."""
    number = file(database, "waiting", 7)
    for wrong in ("7", "8", "0"):
        assert call("give-up-gap", str(number), "--through", wrong, "--by", "見本 一郎") == 1
    assert call("give-up-gap", str(number), "--through", "6", "--by", "見本 一郎") == 0
    assert database.run("select last_sequence from intake.feed where feed = 'YOKUSHI'") == [(6,)]
    assert database.run("select count(*) from ledger.audit") == [(1,)]
    assert "missing before the waiting file" in capsys.readouterr().err


@pytest.mark.parametrize("act", ["approve", "release"])
def test_what_is_not_open_is_refused_and_leaves_no_trace(call, database, act, capsys) -> None:
    """An unknown number or a settled file: a sentence that says what to do, and no audit row for what did not happen."""
    number = file(database, "applied", 7)
    assert call(act, str(number), "--by", "見本 一郎") == 1
    assert call(act, "999", "--by", "見本 一郎") == 1
    assert "konbinid files list" in capsys.readouterr().err
    assert database.run("select count(*) from ledger.audit") == [(0,)]


def test_who_is_closed_by_a_contradiction_is_listed(call, database, capsys) -> None:
    """Contract 2, INKAN and ZEI: closed and listed for staff, with the reason and the file that brought it; only what is closed now."""
    assert call("closed", "--by", "見本 一郎") == 0
    assert capsys.readouterr().out == "Nothing is closed by a contradiction.\n"
    number = file(database, "applied", 5)
    seal = (
        "insert into people.seal (registration_number, atena_number, state, image_name, defect, name_kind, file_stamp, incoming_id) "
        "values (%s, %s, %s, '', %s, 1, now(), %s)"
    )
    database.run(seal, ("1", "0000000001", 1, "印影が大きすぎます。", number))
    database.run(seal, ("2", "0000000002", 2, "抹消済みの印影です。", number))
    columns = [
        name
        for (name,) in database.run(
            "select attname from pg_attribute where attrelid = 'people.tax'::regclass and attnum > 0 and atttypid = 'bigint'::regtype "
            "or attrelid = 'people.tax'::regclass and attname ~ '^dependants_|disabled$' and atttypid = 'integer'::regtype"
        )
        if name != "incoming_id"
    ]
    tax = (
        f"insert into people.tax (year, atena_number, filing, tax_class, address, name, {', '.join(columns)}, deductible_spouse, defect, incoming_id) "
        f"values (%s, %s, 1, 3, '', '', {', '.join(['0'] * len(columns))}, false, %s, %s)"
    )
    database.run(tax, (2026, "0000000004", "食い違っています。", number))
    database.run(tax, (2025, "0000000004", "", number))
    assert call("closed", "--by", "見本 一郎") == 0
    assert capsys.readouterr().out.splitlines() == [
        "INKAN  0000000001        印影が大きすぎます。  YOKUSHI_20261124010000_000005_D.csv",
        "ZEI    0000000004  2026  食い違っています。  YOKUSHI_20261124010000_000005_D.csv",
    ]
    assert database.run("select actor, action from ledger.audit") == [("見本 一郎", "file.closed")] * 2


def test_a_file_is_shown_with_whom_it_holds_and_looking_is_audited(call, database, capsys) -> None:
    """State, faults and the number of people held, no names; by number or by name; rows that differ by their key and columns."""
    number = file(database, "rejected", 7, stops=True)
    report = (
        '{"bad_rows": 1, "left_out": 0, "problems": [{"line": 2, "through": 2, "column": "宛名番号", "fault": "not_digits"}], '
        '"differences": [{"effect": "changed", "key": {"宛名番号": "0000000001"}, "columns": ["住所"]}]}'
    )
    database.run("update intake.incoming set report = %s", (report,))
    for named in (str(number), "YOKUSHI_20261124010000_000007_D.csv"):
        assert call("show", named, "--by", "見本 一郎") == 0
        told = capsys.readouterr().out
        assert "holds      1 people" in told
        assert "line 2  宛名番号  not_digits" in told
        assert "differs=changed 宛名番号=0000000001 columns=住所" in told
    assert database.run("select action, count(*) from ledger.audit group by 1") == [("file.show", 2)]


def test_only_a_full_file_may_be_compared_also_before_it_comes(call, database, capsys) -> None:
    """A difference file that is not applied would be missing; a slip in a name is no choice."""
    assert call("verify", "YOKUSHI_20261124010000_000007_F.csv", "--by", "見本 一郎") == 0
    assert database.run("select name, chosen_by from intake.verify_choice") == [
        ("YOKUSHI_20261124010000_000007_F.csv", "見本 一郎")
    ]
    for wrong in ("YOKUSHI_20261124010000_000007_D.csv", "YOKUSHI", str(file(database, "waiting", 9))):
        assert call("verify", wrong, "--by", "見本 一郎") == 1
    assert database.run("select count(*) from ledger.audit") == [(1,)]


def test_a_refused_file_that_closes_its_feed_is_listed_until_it_is_released(call, database, capsys) -> None:
    """Its doubt ends by resolving, not silently: no other file ends it."""
    number = file(database, "refused", 7)
    database.run("delete from people.doubt")
    database.run("insert into people.feed_doubt (incoming_id, feed) values (%s, 'YOKUSHI')", (number,))
    assert call("list") == 0
    assert "refused" in capsys.readouterr().out
    assert call("release", str(number), "--by", "見本 一郎") == 0
    assert database.run("select count(*) from people.feed_doubt") == [(0,)]
