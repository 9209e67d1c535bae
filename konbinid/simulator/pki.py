"""The demo's certificates: who may knock at the SOAP port, and who must be turned away.

One certificate authority of the demo signs the server's and the centre's certificate. Beside them stand the ones
that must be refused, each differing from the centre's in exactly one respect, so that a test that uses one knows
which rule refused it: another authority, revoked, expired, without clientAuth, with a name off the allow-list.

Nothing here protects anything real: the keys lie in the demo's folder and are made afresh when they run out.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

CENTER_NAME = "center.demo.invalid"
"""The centre's SAN dNSName: what the demo's allow-list names."""

STRANGER_NAME = "stranger.demo.invalid"
"""A SAN of the right authority that no allow-list names."""

_VALID = dt.timedelta(days=365)
_RENEW_BEFORE = dt.timedelta(days=7)
_LEAVES = ("server", "center", "stranger", "revoked", "no_client_auth")
_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True)
class Identity:
    """The files of one certificate: `cert` (PEM) and `key` (PEM, PKCS #8, mode 0600)."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class DemoPki:
    """Where the demo's certificates lie; `ca`, `foreign_ca` and `crl` are PEM files without a key of their own."""

    folder: Path

    def identity(self, name: str) -> Identity:
        """The files of the certificate called `name` (they need not exist yet)."""
        return Identity(self.folder / f"{name}.pem", self.folder / f"{name}.key")

    @property
    def ca(self) -> Path:
        """The authority that the server and the kiosk trust."""
        return self.folder / "ca.pem"

    @property
    def crl(self) -> Path:
        """The authority's list of revoked certificates."""
        return self.folder / "crl.pem"

    @property
    def server(self) -> Identity:
        """The SOAP port's own: localhost and 127.0.0.1, serverAuth."""
        return self.identity("server")

    @property
    def center(self) -> Identity:
        """The certificate-issuing centre: the only one that gets an answer."""
        return self.identity("center")

    @property
    def stranger(self) -> Identity:
        """Right authority and clientAuth, but a name that is on no allow-list."""
        return self.identity("stranger")

    @property
    def revoked(self) -> Identity:
        """The centre's name, right authority, but on the CRL."""
        return self.identity("revoked")

    @property
    def expired(self) -> Identity:
        """The centre's name, right authority, but it ran out a day ago."""
        return self.identity("expired")

    @property
    def no_client_auth(self) -> Identity:
        """The centre's name, right authority, but made for servers only."""
        return self.identity("no_client_auth")

    @property
    def foreign_ca(self) -> Path:
        """An authority that nobody trusts."""
        return self.folder / "foreign_ca.pem"

    @property
    def foreign(self) -> Identity:
        """The centre's name and clientAuth, signed by the foreign authority."""
        return self.identity("foreign")


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the demo, with its key in memory."""

    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_pki(folder: Path, now: dt.datetime) -> DemoPki:
    """Make the demo's certificates under `folder`, or leave them when they still serve for a week.

    `now` is an aware time; validity runs from one hour before it for a year. All files belong together: when one is
    missing, torn, of another set or running out, the whole set is made anew. Returns where they lie.
    """
    pki = DemoPki(folder)
    if not _still_serves(pki, now):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_all(pki, now)
    return pki


def _make_all(pki: DemoPki, now: dt.datetime) -> None:
    ca = make_authority(pki, "ca", "konbinid demo CA", now)
    foreign = make_authority(pki, "foreign_ca", "konbinid foreign demo CA", now)
    local: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    center: list[x509.GeneralName] = [x509.DNSName(CENTER_NAME)]
    make_leaf(pki, "server", ca, local, purpose=_SERVER, now=now)
    make_leaf(pki, "center", ca, center, purpose=_CLIENT, now=now)
    make_leaf(pki, "stranger", ca, [x509.DNSName(STRANGER_NAME)], purpose=_CLIENT, now=now)
    make_leaf(pki, "no_client_auth", ca, center, purpose=_SERVER, now=now)
    make_leaf(pki, "foreign", foreign, center, purpose=_CLIENT, now=now)
    make_leaf(pki, "expired", ca, center, purpose=_CLIENT, now=now - _VALID - dt.timedelta(days=1))
    revoked = make_leaf(pki, "revoked", ca, center, purpose=_CLIENT, now=now)
    write_revocations(pki.crl, ca, revoked, now)


def write_revocations(path: Path, ca: Authority, revoked: x509.Certificate, now: dt.datetime) -> None:
    """An authority's list with one certificate on it."""
    _write(path, _revocation_list(ca, revoked, now).public_bytes(serialization.Encoding.PEM), 0o644)


def make_authority(pki: DemoPki, name: str, common_name: str, now: dt.datetime) -> Authority:
    """An authority, written as ``name``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(common_name)
    usage = _key_usage(sign=False, authority=True)
    cert = (
        _builder(subject, subject, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_identity(pki.identity(name), cert, key)
    return Authority(cert, key)


def make_leaf(
    pki: DemoPki,
    name: str,
    issuer: Authority,
    names: list[x509.GeneralName],
    *,
    purpose: x509.ObjectIdentifier,
    now: dt.datetime,
) -> x509.Certificate:
    """A certificate for these names and this purpose, written as ``name``."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    cert = (
        _builder(_subject(f"konbinid demo {name}"), issuer.cert.subject, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(sign=True, authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(authority, critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    _write_identity(pki.identity(name), cert, key)
    return cert


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, sign: bool, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _revocation_list(
    ca: Authority, revoked: x509.Certificate, now: dt.datetime
) -> x509.CertificateRevocationList:
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(revoked.serial_number)
        .revocation_date(now - dt.timedelta(minutes=30))
        .build()
    )
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.cert.subject)
        .last_update(now - dt.timedelta(hours=1))
        .next_update(now + _VALID)
        .add_extension(authority, critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_revoked_certificate(entry)
        .sign(ca.key, hashes.SHA256())
    )


def _write_identity(files: Identity, cert: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(files.key, encoded, 0o600)
    _write(files.cert, cert.public_bytes(serialization.Encoding.PEM), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    # Made beside and renamed: a reader sees the old file or the new one, and a key is never readable by others.
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.unlink(missing_ok=True)
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    making.rename(path)


def _still_serves(pki: DemoPki, now: dt.datetime) -> bool:
    try:
        ca = _load_pair(pki.identity("ca"))
        foreign_ca = _load_pair(pki.identity("foreign_ca"))
        leaves = [_load_pair(pki.identity(name)) for name in _LEAVES]
        foreign = _load_pair(pki.foreign)
        _load_pair(pki.expired).verify_directly_issued_by(ca)
        crl = x509.load_pem_x509_crl(pki.crl.read_bytes())
        for leaf in leaves:
            leaf.verify_directly_issued_by(ca)
        foreign.verify_directly_issued_by(foreign_ca)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    if not crl.is_signature_valid(ca.public_key()):  # type: ignore[arg-type]  # ours is always EC
        return False
    soon = now + _RENEW_BEFORE
    in_force = [ca, foreign_ca, foreign, *leaves]
    return all(cert.not_valid_before_utc <= now and soon <= cert.not_valid_after_utc for cert in in_force)


def _load_pair(files: Identity) -> x509.Certificate:
    """The certificate, after a look that the key beside it is its own and nobody else may read it."""
    cert = x509.load_pem_x509_certificate(files.cert.read_bytes())
    key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    if key.public_key() != cert.public_key():
        raise ValueError(f"{files.key.name} is not the key of {files.cert.name}")
    if files.key.stat().st_mode & 0o077:
        raise ValueError(f"{files.key.name} is readable by others")
    return cert
