"""The font comes from where it should, with the pinned hash, or not at all."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from konbinid.cli import fonts_fetch
from konbinid.cli.fonts_fetch import FontUnavailable, provide_font

CONTENT = b"not a real font, but a file with a hash"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """A machine without the font installed and without the operator's choice."""
    monkeypatch.setattr(fonts_fetch, "INSTALLED", tmp_path / "nowhere" / "ipamjm.ttf")
    monkeypatch.delenv(fonts_fetch.CHOICE, raising=False)


def package_source(folder: Path, monkeypatch, content: bytes, *, only_with_own_lists: bool = False) -> Path:
    """An apt-get in PATH that knows one package, made with the real dpkg-deb; returns the record of its calls."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    control = "Package: fonts-ipamj-mincho\nVersion: 1\nArchitecture: all\nMaintainer: t <t@invalid>\nDescription: t\n"
    (tree / "DEBIAN" / "control").write_text(control)
    (tree / "usr").mkdir()
    (tree / "usr" / fonts_fetch.FILE_NAME).write_bytes(content)
    made = folder / "fonts-ipamj-mincho_1_all.deb"
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


def test_the_installed_font_is_used_and_nothing_is_fetched(tmp_path, monkeypatch):
    """A machine with the package needs neither network nor cache."""
    installed = tmp_path / "ipamjm.ttf"
    installed.write_bytes(CONTENT)
    monkeypatch.setattr(fonts_fetch, "INSTALLED", installed)
    assert provide_font(SHA256, tmp_path / "cache", pytest.fail) == installed
    assert not (tmp_path / "cache").exists()


def test_it_is_fetched_once(tmp_path, monkeypatch):
    """The second run is quick: it finds the cached file and asks nobody."""
    calls = package_source(tmp_path, monkeypatch, CONTENT)
    cache = tmp_path / "cache"
    said: list[str] = []
    assert provide_font(SHA256, cache, said.append).read_bytes() == CONTENT
    assert len(said) == 1
    assert len(calls.read_text().splitlines()) == 1
    assert provide_font(SHA256, cache, pytest.fail) == cache / "ipamjm.ttf"
    assert [each.name for each in cache.iterdir()] == ["ipamjm.ttf"]


def test_a_machine_without_package_lists_gets_private_ones(tmp_path, monkeypatch):
    """A fresh container has empty lists; the machine's own are not touched."""
    calls = package_source(tmp_path, monkeypatch, CONTENT, only_with_own_lists=True)
    provide_font(SHA256, tmp_path / "cache", lambda _: None)
    assert [line.split()[-2:] for line in calls.read_text().splitlines()][1:] == [
        ["Acquire::Languages=none", "update"],
        ["download", "fonts-ipamj-mincho"],
    ]


def test_another_version_is_refused(tmp_path, monkeypatch):
    """Another font version draws other glyphs: never used because it happened to be there."""
    package_source(tmp_path, monkeypatch, b"another version")
    with pytest.raises(FontUnavailable, match="pins"):
        provide_font(SHA256, tmp_path / "cache", lambda _: None)


def test_the_operators_choice_is_final(tmp_path, monkeypatch):
    """A wrong or missing file named by hand is refused, not replaced by a guess."""
    wrong = tmp_path / "wrong.ttf"
    wrong.write_bytes(b"wrong")
    for path, reason in ((wrong, "pins"), (tmp_path / "absent.ttf", "cannot be read")):
        monkeypatch.setenv(fonts_fetch.CHOICE, str(path))
        with pytest.raises(FontUnavailable, match=reason):
            provide_font(SHA256, tmp_path / "cache", pytest.fail)


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    """No network and no font: the message names the package and the variable."""
    package_source(tmp_path, monkeypatch, CONTENT)
    (tmp_path / "bin" / "apt-get").write_text("#!/bin/sh\necho 'E: Failed to fetch' >&2; exit 100\n")
    with pytest.raises(FontUnavailable, match=r"Failed to fetch.*apt-get install.*KONBINID_FONT"):
        provide_font(SHA256, tmp_path / "cache", lambda _: None)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FontUnavailable, match="no apt-get"):
        provide_font(SHA256, tmp_path / "cache", lambda _: None)
