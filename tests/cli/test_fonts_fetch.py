"""The font comes from where it should, with the pinned hash, or not at all."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from konbinid.cli.fonts_fetch import FontUnavailable, provide_fonts
from konbinid.paper.fonts import FontRefused

CONTENT = b"not a real font, but a file with a hash"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
VARIABLE = "KONBINID_TEST_FONT"


@pytest.fixture
def fonts(tmp_path, monkeypatch) -> Path:
    """A list with one face, on a machine without it and without the operator's choice."""
    monkeypatch.delenv(VARIABLE, raising=False)
    made = tmp_path / "fonts.toml"
    made.write_text(
        f"""[[face]]
id = "Test"
title = "Test Mincho"
file = "test.ttf"
sha256 = "{SHA256}"
licence = "none"
source = "this test"
package = "fonts-test"
folders = ["{tmp_path}/installed"]
environment = "{VARIABLE}"
"""
    )
    return made


def package_source(folder: Path, monkeypatch, content: bytes, *, only_with_own_lists: bool = False) -> Path:
    """An apt-get in PATH that knows one package, made with the real dpkg-deb; returns the record of its calls."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    control = (
        "Package: fonts-test\nVersion: 1\nArchitecture: all\nMaintainer: t <t@invalid>\nDescription: t\n"
    )
    (tree / "DEBIAN" / "control").write_text(control)
    (tree / "usr").mkdir()
    (tree / "usr" / "test.ttf").write_bytes(content)
    made = folder / "fonts-test_1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, made], check=True, capture_output=True)
    calls = folder / "calls"
    refuses = 'case "$*" in *Dir::State*) ;; *) echo "E: Unable to locate package" >&2; exit 100;; esac\n'
    script = folder / "bin" / "apt-get"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\necho "$*" >>{calls}\n{refuses if only_with_own_lists else ""}'
        f'case "$*" in *download*) cp {made} .;; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    return calls


def test_the_installed_font_is_used_and_nothing_is_fetched(tmp_path, fonts):
    """A machine with the package needs neither network nor cache."""
    installed = tmp_path / "installed" / "test.ttf"
    installed.parent.mkdir()
    installed.write_bytes(CONTENT)
    assert provide_fonts(fonts, tmp_path / "cache", pytest.fail) == {VARIABLE: str(installed)}
    assert not (tmp_path / "cache").exists()


def test_it_is_fetched_once(tmp_path, fonts, monkeypatch):
    """The second run is quick: it finds the cached file and asks nobody."""
    calls = package_source(tmp_path, monkeypatch, CONTENT)
    cache = tmp_path / "cache"
    said: list[str] = []
    assert provide_fonts(fonts, cache, said.append) == {VARIABLE: str(cache / "test.ttf")}
    assert len(said) == 1
    assert len(calls.read_text().splitlines()) == 1
    provide_fonts(fonts, cache, pytest.fail)
    assert [each.name for each in cache.iterdir()] == ["test.ttf"]


def test_a_machine_without_package_lists_gets_private_ones(tmp_path, fonts, monkeypatch):
    """A fresh container has empty lists; the machine's own are not touched."""
    calls = package_source(tmp_path, monkeypatch, CONTENT, only_with_own_lists=True)
    provide_fonts(fonts, tmp_path / "cache", lambda _: None)
    assert [line.split()[-2:] for line in calls.read_text().splitlines()][1:] == [
        ["Acquire::Languages=none", "update"],
        ["download", "fonts-test"],
    ]


def test_another_version_is_refused(tmp_path, fonts, monkeypatch):
    """Another font version draws other glyphs: never used because it happened to be there."""
    package_source(tmp_path, monkeypatch, b"another version")
    with pytest.raises(FontRefused, match="SHA-256"):
        provide_fonts(fonts, tmp_path / "cache", lambda _: None)


def test_the_operators_choice_is_final(tmp_path, fonts, monkeypatch):
    """A wrong or missing file named by hand is refused, not replaced by a guess."""
    wrong = tmp_path / "wrong.ttf"
    wrong.write_bytes(b"wrong")
    for path in (wrong, tmp_path / "absent.ttf"):
        monkeypatch.setenv(VARIABLE, str(path))
        with pytest.raises(FontRefused, match=path.name):
            provide_fonts(fonts, tmp_path / "cache", pytest.fail)


def test_offline_says_what_to_do(tmp_path, fonts, monkeypatch):
    """No network and no font: the message names the package and the variable."""
    package_source(tmp_path, monkeypatch, CONTENT)
    (tmp_path / "bin" / "apt-get").write_text("#!/bin/sh\necho 'E: Failed to fetch' >&2; exit 100\n")
    with pytest.raises(FontUnavailable, match=rf"Failed to fetch.*apt-get install fonts-test.*{VARIABLE}"):
        provide_fonts(fonts, tmp_path / "cache", lambda _: None)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FontUnavailable, match="no apt-get"):
        provide_fonts(fonts, tmp_path / "cache", lambda _: None)
