"""Mutual TLS from the other side: whom we call must be the server that we mean (service-identity), and we show a certificate of our own.

Files are read anew for every connection, so an exchanged certificate counts from the next one on.
"""
# mypy: disable-error-code=no-untyped-call
# (Twisted's certificates have no types)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twisted.internet import ssl

from konbinid.ops.tls_files import read_authorities, read_identity

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography.x509 import Certificate


@dataclass(frozen=True, slots=True)
class ClientTls:
    """certificate: PEM, our own first, then its chain. key: PEM. server_ca: PEM, the authorities of the servers that we call."""

    certificate: Path
    key: Path
    server_ca: Path

    def options(self, name: str, now: datetime) -> Any:
        """What a connection to the server called ``name`` (a dNSName or an IP address of its certificate) is wrapped in. TlsRefused."""
        own = read_identity(self.certificate, self.key, now, for_clients=True)
        trusted = [ssl.Certificate.loadPEM(_pem(each)) for each in read_authorities(self.server_ca, now)]
        secret = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return ssl.optionsForClientTLS(
            name,
            trustRoot=ssl.trustRootFromCertificates(trusted),
            clientCertificate=ssl.PrivateCertificate.loadPEM(_pem(own.certificate) + secret),
            extraCertificateOptions={
                "extraCertChain": [ssl.Certificate.loadPEM(_pem(each)).original for each in own.chain]
            },
        )


def _pem(certificate: Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
