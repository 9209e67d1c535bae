"""The configuration: what is doubtful refuses to start, with its line; the commented example tells the truth."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from city_files import EXAMPLE, make_city_files
from psycopg2.extensions import parse_dsn

from konbinid.config import load, read
from konbinid.declared.document import Document, FileRefused
from konbinid.domain.feeds import Feed
from konbinid.domain.library import Holidays

_TEXT = EXAMPLE.read_text(encoding="utf-8")
_OPTION = re.compile(r"(?m)^# ([a-z_]+ = .+)$")


def _refused(path):
    with pytest.raises(FileRefused) as caught:
        load(path)
    return [f"{problem.line}: {problem.key}: {problem.reason}" for problem in caught.value.problems]


def _changed(folder, old, new, text=_TEXT):
    assert text.count(old) == 1, old
    return make_city_files(folder, text.replace(old, new))


def _line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def test_the_example_is_a_whole_configuration(tmp_path):
    """What we hand to a city loads as it stands, and a relative path starts at the file's folder."""
    config = load(make_city_files(tmp_path))
    assert config.service.municipality == "272060"
    assert config.soap.clients == {"center.demo.invalid": "center"}
    assert config.inbox.folder == tmp_path / "config" / "spool" / "inbox"
    assert config.limits.delivery_report_within == timedelta(minutes=60)
    assert set(config.feeds) == set(Feed)


def test_every_commented_default_is_the_default(tmp_path):
    """The comments never lie about a default: with all of them switched on the configuration is the same."""
    spoken = _OPTION.sub(r"\1", _TEXT.replace("# [database.owner]", "[database.owner]"))
    for not_a_default in (
        'host = "konbini-a"',
        'url = "https://konbini.example.lg.jp:8443/center"',
        'password_file = "secrets/owner"',
    ):
        assert f"# {not_a_default}" in _TEXT
        spoken = spoken.replace(not_a_default, "")
    silent = load(make_city_files(tmp_path))
    told = load(make_city_files(tmp_path, spoken))
    assert silent.database.owner is None
    assert told.database.owner.user == "konbinid_owner"
    for section in ("service", "soap", "admin", "inbox", "feeds", "limits"):
        assert getattr(told, section) == getattr(silent, section)
    assert told.database.roles == silent.database.roles
    assert told.database.hold_seconds == silent.database.hold_seconds


def test_every_option_is_in_the_example(tmp_path):
    """An option that is read but not explained is found: its absence from the example fails here."""
    document = Document(make_city_files(tmp_path))
    read(document)
    explained, table = set(), ""
    for line in _TEXT.splitlines():
        if header := re.fullmatch(r"(# )?\[+([a-zA-Z.]+)\]+", line):
            table = header[2]
            places = table.split(".")
            explained |= {(".".join(places[:depth]), places[depth]) for depth in range(len(places))}
        elif option := re.match(r"(# )?([a-z_]+) = ", line):
            explained.add((table, option[2]))
    asked = {
        place
        for place in document.root.asked()
        if place[0] not in {f"feeds.{feed}" for feed in Feed if feed is not Feed.JUMIN}
    }
    assert asked <= explained
    assert asked >= {("soap.client", "name"), ("feeds.JUMIN", "no_files_on"), ("database.ops", "connections")}


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path):
    """An operator mends a file in one go: unknown key, bad value, wrong check digit and missing file together."""
    text = (
        _TEXT.replace('municipality = "272060"', 'municipality = "272061"')
        .replace("# port = 8443", "prot = 8443")
        .replace("# scan_seconds = 5.0", 'scan_seconds = "often"')
        .replace('crl = "tls/crl.pem"', 'crl = "tls/none.pem"')
    )
    problems = _refused(make_city_files(tmp_path, text))
    places = [
        ('municipality = "272061"', "service.municipality: its check digit"),
        ('crl = "tls/none.pem"', "soap.crl: "),
        ("prot = 8443", "soap.prot: unknown; did you mean port?"),
        ('scan_seconds = "often"', "inbox.scan_seconds: must be a number"),
    ]
    wanted = sorted((_line_of(text, part), words) for part, words in places)
    assert len(problems) == len(wanted)
    for problem, (line, words) in zip(problems, wanted, strict=True):
        assert problem.startswith(f"{line}: {words}")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('environment = "TEST"', 'environment = "STAGING"', "service.environment: must be one of PRODUCTION, TEST"),
        ('environment = "TEST"', "", "service.environment: missing"),
        ('# address = "127.0.0.1"', 'address = "0.0.0.0"', "admin.address: must be loopback"),
        ('# address = "0.0.0.0"', 'address = "konbini.example"', "soap.address: must be an IP address"),
        ("# port = 8480", "port = 8443", "admin.port: is taken by soap.port"),
        ('# address = "0.0.0.0"\n# port = 8443', 'address = "127.0.0.1"\nport = 8480', "admin.port: is taken by soap.port"),
        ("# files_days = 90", "files_days = 13", "retention.files_days: must be a whole number from 14"),
        ("# documents_days = 30", "documents_days = 0", "retention.documents_days: must be a whole number from 1"),
        ("# unreported_days = 30", "unreported_days = 0", "retention.unreported_days: must be a whole number from 1"),
        ("# port = 8443", "port = 0", "soap.port: must be a whole number from 1 to 65535"),
        ("# port = 8443", "port = true", "soap.port: must be a whole number"),
        ("# port = 8443", "port = 8443.0", "soap.port: must be a whole number"),
        ("# answer_within_seconds = 34.0", "answer_within_seconds = nan", "soap.answer_within_seconds: must be a number"),
        ("# answer_within_seconds = 34.0", "answer_within_seconds = 36", "soap.answer_within_seconds: must be"),
        ("# answer_within_seconds = 34.0", "answer_within_seconds = 20", "database.hold_seconds: must be below"),
        ('id = "center"', 'id = "The Centre"', "soap.client[1].id: must be"),
        ('id = "center"', 'id = "center"\n[[soap.client]]\nname = "center.demo.invalid"\nid = "other"', "soap.client[2].name: stands there twice"),
        ('["host=127.0.0.1 port=5432 dbname=konbinid"]', "[]", "database.servers: needs at least one"),
        ('host=127.0.0.1 port=5432 dbname=konbinid"', 'host=127.0.0.1 dbname=konbinid password=x"', "database.servers[1]: may not say password"),
        ('host=127.0.0.1 port=5432 dbname=konbinid"', 'host=db.example dbname=konbinid"', "database.servers[1]: host must be one IP address"),
        ('host=127.0.0.1 port=5432 dbname=konbinid"', 'host=127.0.0.1"', "database.servers[1]: dbname is missing"),
        ('host=127.0.0.1 port=5432 dbname=konbinid"', "konbinid", "is not TOML"),
        ('archive = "spool/archive"', 'archive = "spool/../spool/inbox"', "inbox.folder: folder, outbox, archive, quarantine must be different"),
        ('outbox = "spool/outbox"', 'outbox = "spool/none"', "inbox.outbox: "),
        ("[feeds.INKAN]", "[feeds.INKANN]", "feeds.INKANN: no such feed"),
        ("# maximum_age_hours = 24.0", "maximum_age_hours = 0", "feeds.JUMIN.maximum_age_hours: must be"),
        ('# weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]', 'weekdays = ["monday"]', "feeds.JUMIN.weekdays[1]: must be of"),
        ('# windows = ["00:00-24:00"]', 'windows = ["08:00-12:00", "11:00-20:00"]', "feeds.JUMIN.windows: windows must ascend"),
        ('# windows = ["00:00-24:00"]', 'windows = ["8-20"]', "feeds.JUMIN.windows[1]: must be like"),
        ("# no_files_on = []", 'no_files_on = ["02-30"]', "feeds.JUMIN.no_files_on[1]: must be a day"),
        ("[forms]", "[forms]\n[printers]", "printers: unknown"),
        ("[keys]", "[key]", "keys: missing"),
    ],
)  # fmt: skip
def test_a_doubtful_value_refuses_to_start(tmp_path, old, new, words):
    """Nothing is guessed: each kind of mistake is named by its key and reason."""
    problems = _refused(_changed(tmp_path, old, new))
    assert any(words in problem for problem in problems), problems


def test_a_missing_table_is_one_mistake(tmp_path):
    """A forgotten section is told as such, not as a list of all its keys."""
    text = re.sub(r"(?ms)^\[inbox\].*?^(?=# One section per feed)", "", _TEXT)
    assert _refused(make_city_files(tmp_path, text)) == ["1: inbox: missing; it must be a table"]


@pytest.mark.parametrize("secret", ["tls/server.key", "secrets/desk", "keys"])
@pytest.mark.parametrize("mode", [0o040, 0o004, 0o020])
def test_a_secret_that_others_may_use_refuses_to_start(tmp_path, secret, mode):
    """A key or password that another account can read is not a secret."""
    path = make_city_files(tmp_path)
    (path.parent / secret).chmod((path.parent / secret).stat().st_mode | mode)
    (problem,) = _refused(path)
    assert "others than its owner may use it; run chmod" in problem


def test_a_missing_file_names_the_path_it_looked_for(tmp_path):
    """The message shows where the file was looked for, so that a wrong relative path is seen at once."""
    path = make_city_files(tmp_path)
    (path.parent / "layouts" / "jpki.toml").unlink()
    (problem,) = _refused(path)
    line = _line_of(_TEXT, 'layout = "layouts/jpki')
    assert problem == f"{line}: feeds.JPKI.layout: {path.parent}/layouts/jpki.toml: no such file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_an_unreadable_file_refuses_to_start(tmp_path):
    """What exists but may not be read is told as such."""
    path = make_city_files(tmp_path)
    (path.parent / "tls" / "ca.pem").chmod(0)
    assert "cannot be read" in _refused(path)[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can enter everything")
def test_what_lies_in_a_closed_folder_is_told_with_its_lines(tmp_path):
    """Whoever tries `check-config` as another user than the daemon's is told so, not shown a traceback."""
    path = make_city_files(tmp_path)
    closed = path.parent / "tls"
    closed.chmod(0)
    try:
        problems = _refused(path)
    finally:
        closed.chmod(0o700)
    assert len(problems) == 4
    assert all(problem.endswith(": cannot be read") for problem in problems)


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"a = 1\nb = ", 2), (b"a = 1\n\nb = '\xff'\n", 3), (b"a = 1\na = 2\n", 2), (b"[a]\n[a]\n", 2)],
)
def test_a_file_that_is_no_toml_names_the_line(tmp_path, content, line):
    """A slip in the file's form is found where it is."""
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    assert _refused(path)[0].startswith(f"{line}: ")


def test_a_file_that_is_not_there_is_told_without_a_traceback(tmp_path):
    """A wrong --config is one line."""
    assert "cannot be read" in _refused(tmp_path / "none.toml")[0]


def test_days_without_files_reach_the_calendar(tmp_path):
    """The city's holidays, yearly and single, do not age a feed."""
    config = load(_changed(tmp_path, "# no_files_on = []", 'no_files_on = ["12-29", "2027-05-03"]'))
    assert config.feeds[Feed.JUMIN].rule.calendar.holidays == Holidays(
        frozenset({(12, 29)}), frozenset({"2027-05-03"})
    )


def test_a_removed_hold_always_waits_for_an_operator(tmp_path):
    """Contract 2: for YOKUSHI any removal needs approval, for the others 5 % and 20 rows."""
    feeds = load(make_city_files(tmp_path)).feeds
    assert (feeds[Feed.YOKUSHI].removal_share, feeds[Feed.YOKUSHI].removal_least_rows) == (0, 0)
    assert (feeds[Feed.JUMIN].removal_share, feeds[Feed.JUMIN].removal_least_rows) == (0.05, 20)


def test_the_password_is_read_from_its_file_and_shown_nowhere(tmp_path):
    """The configuration's repr, as a traceback or a log would show it, holds no password."""
    path = make_city_files(tmp_path)
    (path.parent / "secrets" / "desk").write_text("hush-hush 'quoted'\n")
    config = load(path)
    (dsn,) = config.database.dsns(config.database.roles["desk"])
    assert "hush-hush" in dsn
    assert "user=konbinid_desk" in dsn
    assert "hush-hush" not in repr(config)


def test_an_empty_password_file_refuses_to_start(tmp_path):
    """An empty file is a slip of the installation, not a sign-in without a password."""
    path = make_city_files(tmp_path)
    (path.parent / "secrets" / "desk").write_text("")
    (problem,) = _refused(path)
    assert problem.endswith("secrets/desk: is empty")


def test_two_servers_are_dialled_each_and_in_one(tmp_path):
    """The pool gets one DSN per server; blocking connections get all of them, and libpq chooses the one that takes writes."""
    old = '["host=127.0.0.1 port=5432 dbname=konbinid"]'
    new = '["host=192.0.2.1 port=5432 dbname=konbinid", "host=192.0.2.2 port=5433 dbname=konbinid"]'
    database = load(_changed(tmp_path, old, new)).database
    desk, intake = database.roles["desk"], database.roles["intake"]
    assert [parse_dsn(dsn)["host"] for dsn in database.dsns(desk)] == ["192.0.2.1", "192.0.2.2"]
    assert parse_dsn(database.common_dsn(intake)) == {
        "host": "192.0.2.1,192.0.2.2",
        "port": "5432,5433",
        "dbname": "konbinid",
        "user": "konbinid_intake",
        "password": "secret",
        "target_session_attrs": "read-write",
    }


def test_servers_that_differ_in_more_than_their_place_are_refused(tmp_path):
    """Two hosts of one city never work on two databases."""
    old = '["host=127.0.0.1 port=5432 dbname=konbinid"]'
    new = '["host=192.0.2.1 dbname=konbinid", "host=192.0.2.2 dbname=konbinid_test"]'
    (problem,) = _refused(_changed(tmp_path, old, new))
    assert "database.servers[2]: may differ from the first server in host and port only" in problem
