"""The fingerprint: two hosts that would issue differently never have the same one, two that agree always do."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from city_files import EXAMPLE, make_city_files

from konbinid.config import load
from konbinid.fingerprint import Build, agreed_settings, fingerprint, this_build, tree_digest

_BUILD = Build("1.0", "", "a" * 64)
_TEXT = EXAMPLE.read_text(encoding="utf-8")


def _of(config, build=_BUILD, press="press", keys="keys"):
    return fingerprint(config, build, press=press, keys=keys).value


def test_two_hosts_agree_in_spite_of_their_names_and_addresses(tmp_path):
    """What belongs to the machine does not make it unfit."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here = load(make_city_files(tmp_path / "a"))
    text = _TEXT.replace('# host = "konbini-a"', 'host = "konbini-b"').replace("# port = 8480", "port = 9480")
    text = text.replace("host=127.0.0.1 port=5432", "host=192.0.2.7 port=5433").replace(
        "# connections = 8", "connections = 4"
    )
    there = load(make_city_files(tmp_path / "b", text))
    assert _of(here) == _of(there)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('environment = "TEST"', 'environment = "PRODUCTION"'),
        ('id = "center"', 'id = "centre"'),
        ("# maximum_age_hours = 24.0", "maximum_age_hours = 48"),
        ("# pages = 10", "pages = 9"),
        ("# no_files_on = []", 'no_files_on = ["12-29"]'),
        ("# hold_seconds = 30.0", "hold_seconds = 10"),
    ],
)
def test_a_setting_that_decides_changes_the_fingerprint(tmp_path, old, new):
    """I-05: a host that was set otherwise is found, whatever the setting."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert old in _TEXT
    assert _of(load(make_city_files(tmp_path / "a"))) != _of(
        load(make_city_files(tmp_path / "b", _TEXT.replace(old, new)))
    )


def test_program_forms_fonts_keys_and_layouts_change_the_fingerprint(tmp_path):
    """I-05, I-07: another build, another form or font, other keys or another layout is another fingerprint."""
    config = load(make_city_files(tmp_path))
    known = _of(config)
    others = [
        _of(config, build=replace(_BUILD, digest="b" * 64)),
        _of(config, press="other"),
        _of(config, keys="other"),
    ]
    for changed in ("layouts/jumin.toml", "tls/ca.pem"):
        (tmp_path / "config" / changed).write_text("changed")
        others.append(_of(config))
    assert len({known, *others}) == 6


def test_no_secret_and_no_path_is_in_what_is_compared(tmp_path):
    """The compared settings may be shown to people: they hold neither password files nor places."""
    agreed = str(agreed_settings(load(make_city_files(tmp_path))))
    assert str(tmp_path) not in agreed
    assert "password" not in agreed
    assert "center.demo.invalid" in agreed


def test_one_changed_byte_of_the_program_is_another_build(tmp_path):
    """A patched file on one host is found; byte code that Python writes is not mistaken for one."""
    package = tmp_path / "konbinid"
    (package / "store").mkdir(parents=True)
    (package / "a.py").write_text("a = 1\n")
    (package / "store" / "001.sql").write_text("select 1;\n")
    before = tree_digest(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.pyc").write_text("x")
    assert tree_digest(package) == before
    (package / "store" / "001.sql").write_text("select 2;\n")
    assert tree_digest(package) != before


def test_the_commit_is_read_from_the_checkout(tmp_path):
    """Loose and packed references, a linked work tree, a detached head: what git says is what the build says."""

    def git(*words, folder=tmp_path):
        done = subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", *words],
            cwd=folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    package = tmp_path / "konbinid"
    package.mkdir()
    (package / "a.py").write_text("a = 1\n")
    assert this_build(package).commit == ""
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    commit = git("rev-parse", "HEAD")
    assert this_build(package).commit == commit
    git("pack-refs", "--all")
    assert this_build(package).commit == commit
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    assert this_build(tmp_path / "linked" / "konbinid").commit == commit
    git("checkout", "-q", "--detach")
    assert this_build(package).commit == commit
    assert str(this_build(package)).split()[1] == f"g{commit[:12]}"
