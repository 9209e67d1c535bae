"""The files of mutual TLS: read, and refused with file and reason when they are not sound."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Where the files lie, and who is let in.

    certificate: PEM, the server's own first, then its chain.
    key:         PEM, unencrypted, of no use to others.
    ca:          PEM, the authorities of clients, up to one that is signed by itself.
    crl:         PEM or DER, a list of every authority in `ca`.
    clients:     the allow-list: a dNSName or URI of a client's certificate, exactly, and the client's id.
    """

    certificate: Path
    key: Path
    ca: Path
    crl: Path
    clients: Mapping[str, str]


class TlsRefused(Exception):
    """A file of the TLS settings is not sound."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class TurnedAway(Exception):
    """A client's certificate that is not let in; the text is for the log."""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """The server's certificate, its key, and the chain to send with it."""

    certificate: x509.Certificate
    key: Any
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Revocations:
    """The revocation lists in use; none at all is ``unreadable()``, by which nobody is let in."""

    lists: tuple[x509.CertificateRevocationList, ...]
    since: datetime
    until: datetime

    @classmethod
    def unreadable(cls) -> Revocations:
        """What takes the place of a list that cannot be read."""
        never = datetime.min.replace(tzinfo=UTC)
        return cls((), never, never)

    def problem(self, now: datetime) -> str:
        """Why nobody can be let in by these lists, or an empty text."""
        if not self.lists:
            return "the revocation list is unreadable"
        if now < self.since:
            return "the revocation list is of the future"
        return "" if now < self.until else "the revocation list is out of date"


def read_identity(certificate: Path, key: Path, now: datetime, *, for_clients: bool = False) -> Identity:
    """Our own certificate, a server's or a client's, and its key, which belong together and are in force. Raises TlsRefused."""
    own, *chain = _certificates(certificate)
    _in_force(certificate, own, now)
    usage = _extension(own, x509.ExtendedKeyUsage)
    if for_clients and (usage is None or ExtendedKeyUsageOID.CLIENT_AUTH not in usage):
        raise TlsRefused(certificate, "is not made for clients (no clientAuth)")
    if not for_clients and usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        raise TlsRefused(certificate, "is not made for servers (no serverAuth)")
    private = _private_key(key)
    if private.public_key() != own.public_key():
        raise TlsRefused(key, f"is not the key of {certificate}")
    return Identity(own, private, tuple(chain))


def read_authorities(path: Path, now: datetime) -> tuple[x509.Certificate, ...]:
    """The authorities of clients, each in force, up to one that is signed by itself. Raises TlsRefused."""
    found = tuple(_certificates(path))
    subjects = {authority.subject for authority in found}
    for authority in found:
        _in_force(path, authority, now)
        constraints = _extension(authority, x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            raise TlsRefused(path, f"{_subject(authority)} is not a certificate authority")
        if authority.issuer not in subjects:
            raise TlsRefused(path, f"lacks the authority that signed {_subject(authority)}")
    return found


def read_revocations(path: Path, authorities: tuple[x509.Certificate, ...]) -> Revocations:
    """A list of every authority, signed by it. Whether it is in force is asked each time. Raises TlsRefused."""
    lists = tuple(_lists(path))
    if {listed.issuer for listed in lists} != {authority.subject for authority in authorities}:
        raise TlsRefused(path, "must hold a revocation list of every configured authority, and of no other")
    for listed in lists:
        signers = [authority for authority in authorities if authority.subject == listed.issuer]
        if not any(_signed(listed, authority) for authority in signers):
            raise TlsRefused(path, "a revocation list is not signed by its authority")
        if listed.next_update_utc is None:
            raise TlsRefused(path, "a revocation list does not say when the next one is due")
    ends = [listed.next_update_utc for listed in lists if listed.next_update_utc is not None]
    return Revocations(lists, max(listed.last_update_utc for listed in lists), min(ends))


def client_names(cert: x509.Certificate) -> list[str]:
    """The names of a certificate that is made for clients. Raises TurnedAway.

    A dNSName has no colon and a URI has one, so that neither can pass for the other on an allow-list.
    """
    usage = _extension(cert, x509.ExtendedKeyUsage)
    names = _extension(cert, x509.SubjectAlternativeName)
    if usage is None or ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise TurnedAway("it is not made for clients")
    if names is None:
        raise TurnedAway("it names nobody")
    domains = [name for name in names.get_values_for_type(x509.DNSName) if ":" not in name]
    return domains + [
        name for name in names.get_values_for_type(x509.UniformResourceIdentifier) if ":" in name
    ]


def described(read: Callable[[], x509.Certificate]) -> str:
    """A stranger's certificate for people: subject and names, in visible ASCII, not at any length."""
    try:
        cert = read()
        names = _extension(cert, x509.SubjectAlternativeName)
        said = [_subject(cert), *(str(name.value) for name in names or ())]
    except Exception:  # noqa: BLE001  # whatever it is, it is a stranger's
        return "an unreadable certificate"
    return "".join(each for each in " ".join(said) if " " <= each <= "~")[:200]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise TlsRefused(path, f"cannot be read ({problem.strerror})") from None


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(_read(path))
        for cert in found:
            # Read here once, so that an extension that cannot be read is this file's fault.
            list(cert.extensions)
    except ValueError:
        raise TlsRefused(path, "holds no certificate in PEM that can be read") from None
    return found


def _private_key(path: Path) -> Any:
    encoded = _read(path)
    if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise TlsRefused(path, "can be used by others; take their rights away (chmod 600)")
    try:
        return serialization.load_pem_private_key(encoded, password=None)
    except TypeError:
        raise TlsRefused(path, "is encrypted; the daemon needs it without a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise TlsRefused(path, "holds no private key in PEM") from None


def _lists(path: Path) -> list[x509.CertificateRevocationList]:
    encoded = _read(path)
    marker = b"-----BEGIN X509 CRL-----"
    try:
        if marker not in encoded:
            found = [x509.load_der_x509_crl(encoded)]
        else:
            found = [x509.load_pem_x509_crl(marker + part) for part in encoded.split(marker)[1:]]
        for listed in found:
            list(listed.extensions)  # as above
    except ValueError:
        raise TlsRefused(path, "holds no revocation list in PEM or DER that can be read") from None
    return found


def _signed(listed: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key: Any = authority.public_key()
    try:
        return listed.is_signature_valid(key)
    except (TypeError, UnsupportedAlgorithm, InvalidSignature):
        return False


def _in_force(path: Path, cert: x509.Certificate, now: datetime) -> None:
    if now >= cert.not_valid_after_utc:
        raise TlsRefused(path, f"{_subject(cert)} expired on {cert.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if now < cert.not_valid_before_utc:
        raise TlsRefused(
            path, f"{_subject(cert)} is valid from {cert.not_valid_before_utc:%Y-%m-%d %H:%M} UTC only"
        )


def _extension(cert: x509.Certificate, kind: Any) -> Any:
    try:
        return cert.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _subject(cert: x509.Certificate) -> str:
    return cert.subject.rfc4514_string() or "a certificate without a name"
