"""Keys outside the database: what is sealed opens only where it belongs."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from konbinid.store.keyring import Keyring, KeysRefused, SealBroken

NUMBER = "ABCD-EFGH-JKMN-PQRS"


def test_number_opens_for_its_person_only(keyring_folder: Path) -> None:
    """A sealed 個人番号 that is moved to another row does not open."""
    ring = Keyring.load(keyring_folder)
    sealed = ring.seal_number("0000000001", "123456789018")
    assert ring.open_number("0000000001", sealed) == "123456789018"
    with pytest.raises(SealBroken):
        ring.open_number("0000000002", sealed)


def test_document_opens_under_its_number_only(keyring_folder: Path) -> None:
    """Neither the key nor the bytes of one issuance serve another (I-03: nothing of two requests can be mixed)."""
    ring = Keyring.load(keyring_folder)
    wrapped, sealed = ring.seal_document(NUMBER, b"%PDF one")
    other_wrapped, other_sealed = ring.seal_document("0000-0000-0000-0000", b"%PDF two")
    assert ring.open_document(NUMBER, wrapped, sealed) == b"%PDF one"
    for key, box in ((wrapped, other_sealed), (other_wrapped, sealed), (other_wrapped, other_sealed)):
        with pytest.raises(SealBroken):
            ring.open_document(NUMBER, key, box)


def test_digests_are_keyed_and_apart(keyring_folder: Path, tmp_path: Path) -> None:
    """Equal values are found again, but not across columns nor with another city's keys."""
    ring, stranger = Keyring.load(keyring_folder), Keyring.create(tmp_path / "other")
    assert ring.digest("resident_code", "1") == ring.digest("resident_code", "1")
    assert ring.digest("resident_code", "1") != ring.digest("individual_number", "1")
    assert ring.digest("resident_code", "1") != stranger.digest("resident_code", "1")
    assert ring.fingerprint() != stranger.fingerprint()


@pytest.mark.parametrize(
    ("purpose", "text"), [("resident_code", "12345678903"), ("request", "試" * 99), ("", "")]
)
def test_digests_are_hmac(keyring_folder: Path, purpose: str, text: str) -> None:
    """Worked out from a key that was hashed once, the digest is still the standard's: the values that a city holds already are found again."""
    key = (keyring_folder / "digest.key").read_bytes()
    expected = hmac.new(key, f"{purpose}\x00{text}".encode(), "sha256").digest()
    assert Keyring.load(keyring_folder).digest(purpose, text) == expected


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "number.key").unlink(), "number.key"),
        (lambda folder: (folder / "number.key").write_bytes(b"short"), "not 32"),
        (lambda folder: (folder / "number.key").chmod(0o644), "chmod 600"),
        (
            lambda folder: (folder / "number.key").write_bytes((folder / "digest.key").read_bytes()),
            "same key",
        ),
    ],
)
def test_unusable_folder_is_refused_by_name(keyring_folder: Path, spoil, reason: str) -> None:
    """A missing, short, readable or doubled key file stops the start and is named."""
    spoil(keyring_folder)
    with pytest.raises(KeysRefused, match=reason):
        Keyring.load(keyring_folder)


def test_create_keeps_what_is_there(keyring_folder: Path) -> None:
    """Making keys again never replaces one: what they sealed would be lost."""
    before = Keyring.load(keyring_folder).fingerprint()
    assert Keyring.create(keyring_folder).fingerprint() == before


def test_repr_shows_nothing(keyring_folder: Path) -> None:
    """A keyring in a traceback tells no key."""
    ring = Keyring.load(keyring_folder)
    assert (keyring_folder / "digest.key").read_bytes().hex() not in repr(ring)
