"""`konbinid keys create`: a new installation gets its keys, and no installation ever loses one by it."""

from __future__ import annotations

import stat

import pytest

from konbinid.cli.main import main
from konbinid.store.keyring import KEY_FILES, Keyring


def _create(folder):
    return main(["keys", "create", str(folder)])


def test_keys_are_made_closed_to_others(tmp_path, capsys):
    """The folder is one that check-config takes: 0700, three files of 0600."""
    folder = tmp_path / "etc" / "keys"
    assert _create(folder) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"The keys were made in {folder}.\n")
    assert Keyring.load(folder).fingerprint() in said
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in KEY_FILES} == {0o600}


def test_a_second_time_changes_nothing(tmp_path, capsys):
    """Keys that were replaced would leave every sealed number and document shut for ever."""
    _create(tmp_path / "keys")
    before = [(tmp_path / "keys" / name).read_bytes() for name in KEY_FILES]
    capsys.readouterr()
    assert _create(tmp_path / "keys") == 0
    assert "has its keys already; nothing was changed" in capsys.readouterr().out
    assert [(tmp_path / "keys" / name).read_bytes() for name in KEY_FILES] == before


def test_a_lost_key_is_not_made_anew(tmp_path, capsys):
    """I-11: after a careless restore a new key beside old ones would go unnoticed until somebody needs what the lost one sealed."""
    _create(tmp_path / "keys")
    (tmp_path / "keys" / "number.key").unlink()
    assert _create(tmp_path / "keys") == 1
    assert "lacks number.key. Put it back" in capsys.readouterr().err
    assert not (tmp_path / "keys" / "number.key").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: folder.mkdir(mode=0o755), "chmod 700"),
        (lambda folder: folder.write_text("a file"), "cannot be made"),
        (lambda folder: folder.parent.joinpath("keys").symlink_to("/proc/nowhere"), "cannot be made"),
    ],
)
def test_a_place_that_will_not_do_is_refused_with_its_name(tmp_path, capsys, spoil, reason):
    """An open folder, a file in the way, a place that cannot be: one sentence, no traceback, no key."""
    folder = tmp_path / "keys"
    spoil(folder)
    if folder.is_dir():
        folder.chmod(0o755)
    assert _create(folder) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"konbinid: {folder}")
    assert reason in said
