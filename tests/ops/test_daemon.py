"""The real daemon: what keeps it from starting, when it issues, and how it stops."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import tempfile
import time

import pytest
from private_database import drop_database, make_database
from running_daemon import approve, daemon, fetch, free_port, make_city

from konbinid.config import load

pytestmark = pytest.mark.slow


@pytest.fixture
def city(database, tmp_path):
    """A city's configuration, not approved yet."""
    return make_city(tmp_path, database)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _spoilt(city, old, new):
    text = city.read_text()
    assert old in text
    city.write_text(text.replace(old, new))


def test_a_daemon_starts_serves_and_stops(city):
    """From the command line to open ports and back: everything that start-up names is right, and the stop is clean."""
    approve(city)
    config = load(city)
    with daemon(city) as child:
        child.wait_for("startup.listening")
        while len(child.events("startup.listening")) < 2:
            time.sleep(0.05)
        assert fetch(config.admin.port, "/live")[0] == 200
        status, _, body = fetch(config.admin.port, "/ready")
        assert status == 200, body
        steps = [event["data"]["step"] for event in child.events("startup.step")]
        assert steps == [
            "keys",
            "fonts",
            "forms",
            "templates",
            "layouts",
            "tls",
            "database",
            "schema",
            "lease",
            "witness",
            "library",
            "gaiji",
            "soap port",
            "admin port",
        ]
        status, headers, page = fetch(config.admin.port, "/")
        assert status == 200
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "住民票の写し" in page
        assert child.stop() == -signal.SIGTERM  # twistd stops cleanly, then ends by the signal it got
        assert child.events("shutdown.failed") == []
        assert not _listens(config.soap.port)
        assert "Traceback" not in child.text()
        assert '"failure"' not in child.text()


def test_an_unapproved_host_issues_nothing_until_it_is_approved(city):
    """I-05, I-07: a host whose build or settings nobody approved answers its probes with 503 and keeps the centre's port closed; the approval counts at once."""
    config = load(city)
    with daemon(city) as child:
        child.wait_for("fitness.unfit")
        status, _, body = fetch(config.admin.port, "/live")
        assert (status, '"unfit:no_approval"' in body) == (503, True)
        assert not _listens(config.soap.port)
        assert "このサーバは交付していません" in fetch(config.admin.port, "/")[2]
        approve(city)
        child.wait_for("fitness.fit")
        while not _listens(config.soap.port):
            time.sleep(0.05)
        assert fetch(config.admin.port, "/live")[0] == 200


def test_a_host_that_deviates_stops_issuing(city, database):
    """I-05: when another fingerprint is approved while this host runs, this host closes its port, and says so."""
    approve(city)
    config = load(city)
    with daemon(city) as child:
        child.wait_for("fitness.fit")
        while not _listens(config.soap.port):
            time.sleep(0.05)
        database.run(
            "insert into ops.fingerprint (fingerprint, approved_by) values ('another', 'x')", role="office"
        )
        child.wait_for("fitness.unfit")
        while _listens(config.soap.port):
            time.sleep(0.05)
        assert fetch(config.admin.port, "/live")[0] == 503
        assert database.run("select severity from ops.alert where event = 'fitness.deviates'") == [
            ("critical",)
        ]


def test_of_two_daemons_on_one_database_one_takes_files_in(city, tmp_path):
    """I-07: both serve the centre, one holds the lease; when that one is killed the other takes over within seconds."""
    approve(city)
    other = tmp_path / "other"
    shutil.copytree(city.parent, other, ignore=shutil.ignore_patterns("*.log"))
    text = (other / "konbinid.toml").read_text()
    for name, port in (("soap", load(city).soap.port), ("admin", load(city).admin.port)):
        assert f"port = {port}" in text, name
        text = text.replace(f"port = {port}", f"port = {free_port()}")
    (other / "konbinid.toml").write_text(text.replace('host = "test-host"', 'host = "other-host"'))
    with daemon(city) as first:
        first.wait_for("lease.taken")
        with daemon(other / "konbinid.toml") as second:
            second.wait_for("fitness.fit")
            ports = [load(path).soap.port for path in (city, other / "konbinid.toml")]
            while not all(_listens(port) for port in ports):
                time.sleep(0.05)
            assert second.events("lease.taken") == []
            first.process.kill()
            epoch = second.wait_for("lease.taken", 5)["data"]["epoch"]
            assert epoch == first.events("lease.taken")[-1]["data"]["epoch"] + 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'environment = "TEST"',
            'environment = "TESTING"',
            r"konbinid.toml:4: service.environment: must be one of",
        ),
        ('key = "pki/server.key"', 'key = "pki/center.key"', r"tls: .*server\.pem"),
        ("dbname=test_", "dbname=none_", r"(?s)database: .*does not exist.*Is PostgreSQL running"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_listens(city, old, new, words):
    """A refused start is one sentence and exit status 1: systemd sees the failure, the operator the reason."""
    approve(city)
    config = load(city)
    _spoilt(city, old, new)
    with daemon(city) as child:
        assert child.wait_for_end(90) == 1
        assert re.search(words, child.text()), child.text()
        assert "Traceback" not in child.text()
        assert not _listens(config.soap.port)
        assert not _listens(config.admin.port)


def test_a_port_in_use_refuses_to_start(city):
    """A second daemon on the same host is told so and ends; the first is not disturbed."""
    config = load(city)
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.soap.port))
        other.listen()
        with daemon(city) as child:
            assert child.wait_for_end() == 1
            assert f"soap port: 127.0.0.1 port {config.soap.port} cannot be listened on" in child.text()


def test_another_schema_refuses_to_start(city, database):
    """The daemon never migrates by surprise, and never runs on a schema it was not built for."""
    database.run(
        "delete from public.konbinid_migration where number = (select max(number) from public.konbinid_migration)"
    )
    with daemon(city) as child:
        assert child.wait_for_end() == 1
        assert "schema: the schema is at" in child.text()
        assert "Run `konbinid migrate`" in child.text()


def test_an_empty_library_refuses_to_start(city, postgres):
    """Without mayor, seal, fees and forms there is nothing that could be printed."""
    empty = make_database(postgres)
    try:
        text = re.sub(r"dbname=test_[0-9a-f]+", f"dbname={empty.name}", city.read_text())
        city.write_text(text)
        with daemon(city) as child:
            assert child.wait_for_end() == 1
            assert "library: The library is empty. Run `konbinid library import FILE`." in child.text()
    finally:
        drop_database(empty)


def test_systemd_hears_ready_watchdog_and_stopping(city):
    """Type=notify: READY once it serves, WATCHDOG after database round trips, STOPPING before the drain."""
    approve(city)
    address = f"{tempfile.mkdtemp()}/notify"  # tmp_path may be too long for a socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(30)
        with daemon(city, {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1500000"}) as child:
            heard = {manager.recv(100) for _ in range(3)}
            assert heard == {b"READY=1", b"WATCHDOG=1"}
            child.stop()
            while b"STOPPING=1" not in heard:
                heard.add(manager.recv(100))


def test_no_command_line_is_a_usage_error(tmp_path):
    """`twistd konbinid` without --config says what is missing."""
    import subprocess
    import sys
    from pathlib import Path

    twistd = str(Path(sys.executable).with_name("twistd"))
    done = subprocess.run(
        [twistd, "-n", "konbinid"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert "Name the configuration with --config FILE." in done.stdout
