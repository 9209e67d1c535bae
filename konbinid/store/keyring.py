"""The keys that lie outside the database: digests, 個人番号 and documents are nothing without them.

Three files of 32 random bytes each, in a folder that only the daemon's user can read:

``digest.key``      HMAC-SHA-256 for keyed digests (住民票コード, 個人番号, request contents)
``number.key``      AES-256-GCM for 個人番号
``document.key``    AES-256-GCM that wraps each document's own key
"""

from __future__ import annotations

import hmac
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILES = ("digest.key", "number.key", "document.key")
_NONCE = 12  # bytes; AES-GCM's own size


class KeysRefused(Exception):
    """The key folder cannot be used; the text names the file and the reason."""


class SealBroken(Exception):
    """A sealed value does not open: wrong key, damaged, or bound to something else. Never says what it held."""


def _read_key(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except OSError as error:
        raise KeysRefused(f"{path}: cannot be read ({error.strerror})") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeysRefused(f"{path}: others can read it; run chmod 600 on it")
    if len(key) != 32:
        raise KeysRefused(f"{path}: holds {len(key)} bytes, not 32")
    return key


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """Opens and closes what the database must not be able to read."""

    _keyed: hmac.HMAC  # after the key and before any text: a city has millions of numbers, and one key
    _number: AESGCM
    _document: AESGCM

    @classmethod
    def create(cls, folder: Path) -> Keyring:
        """Make the key files that are missing (mode 0600) and load the ring."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in KEY_FILES:
            try:
                handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "wb") as file:
                file.write(os.urandom(32))
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Read the three keys. KeysRefused when one is missing, of a wrong size or readable by others."""
        digest, number, document = (_read_key(folder / name) for name in KEY_FILES)
        if len({digest, number, document}) != 3:
            raise KeysRefused(f"{folder}: two key files hold the same key")
        return cls(hmac.new(digest, digestmod=sha256), AESGCM(number), AESGCM(document))

    def digest(self, purpose: str, text: str) -> bytes:
        """32 bytes by which equal values are found again. ``purpose`` keeps digests of different columns apart."""
        made = self._keyed.copy()
        made.update(f"{purpose}\x00{text}".encode())
        return made.digest()

    def fingerprint(self) -> str:
        """Names the set of keys without telling anything of them: two hosts must agree on it."""
        probe = self.digest("keyring", "fingerprint")
        parts = [
            self._number.encrypt(bytes(_NONCE), probe, b"probe"),
            self._document.encrypt(bytes(_NONCE), probe, b"probe"),
        ]
        return sha256(probe + b"".join(parts)).hexdigest()[:16]

    def seal_number(self, atena_number: str, number: str) -> bytes:
        """Encrypt a 個人番号, bound to the 宛名番号: moved to another row it does not open."""
        nonce = os.urandom(_NONCE)
        return nonce + self._number.encrypt(nonce, number.encode(), atena_number.encode())

    def open_number(self, atena_number: str, sealed: bytes) -> str:
        """Decrypt a 個人番号, only to print it. SealBroken when it is not this person's."""
        return self._open(self._number, sealed, atena_number).decode()

    def seal_document(self, issuance_number: str, document: bytes) -> tuple[bytes, bytes]:
        """(wrapped key, sealed bytes): the document under a key of its own, both bound to the issuance number."""
        key = AESGCM.generate_key(bit_length=256)
        nonce = os.urandom(_NONCE)
        name = issuance_number.encode()
        wrapped = nonce + self._document.encrypt(nonce, key, name)
        # A fresh key seals exactly one message, so its nonce may be constant.
        return wrapped, AESGCM(key).encrypt(bytes(_NONCE), document, name)

    def open_document(self, issuance_number: str, wrapped_key: bytes, sealed: bytes) -> bytes:
        """The document's bytes. SealBroken when they belong to another number or the key is not theirs."""
        key = self._open(self._document, wrapped_key, issuance_number)
        return self._open(AESGCM(key), bytes(_NONCE) + sealed, issuance_number)

    @staticmethod
    def _open(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
        try:
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
        except InvalidTag:
            raise SealBroken("a sealed value does not open") from None
