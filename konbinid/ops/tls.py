"""Mutual TLS for the doors: who is let in, and how certificates are exchanged without closing the door.

A client is let in when its certificate chains to the configured authority, is made for clients, is on no revocation
list, and carries a name of the allow-list (contract 1, "Transport and shape"). Everyone else fails in the handshake,
before a byte of HTTP. Asked again for every request, because a connection may outlive a certificate or a list.

Files are looked at again while the daemon runs. A new certificate, key or authority counts only when it is sound, else
the old one stays and an alert is raised; a revocation list that is unreadable or out of date lets nobody in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from konbinid.ops.tls_files import (
    Identity,
    Revocations,
    TlsRefused,
    TlsSettings,
    TurnedAway,
    client_names,
    described,
    read_authorities,
    read_identity,
    read_revocations,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from twisted.internet.interfaces import IProtocolFactory, IReactorTime

__all__ = ["MutualTls", "TlsRefused", "TlsSettings"]

_log = Logger()

_ssl: Any = SSL  # its types differ from release to release

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
_LOOK_EVERY = 1.0  # seconds between two looks at the files, however many requests come

# What OpenSSL found (x509_vfy.h), for the log. Anything else is named by its number.
_FINDINGS = {
    3: "its authority has no revocation list",
    9: "it is not valid yet",
    10: "it has expired",
    12: "the revocation list is out of date",
    18: "it is signed by itself",
    19: "its authority is not ours",
    20: "its authority is not ours",
    21: "its authority is not ours",
    23: "it has been revoked",
    26: "it is not made for clients",
}


@dataclass(frozen=True, slots=True)
class _State:
    """One sound set of files, and the OpenSSL context made of it."""

    identity: Identity
    authorities: tuple[x509.Certificate, ...]
    revocations: Revocations
    context: SSL.Context


@dataclass(frozen=True, slots=True)
class _Peer:
    """What was found of a connection's certificate, by which set of files, and until when it holds."""

    client: str | None
    state: _State
    until: datetime


@implementer(IOpenSSLServerConnectionCreator)
class MutualTls:
    """The door's TLS. Raises TlsRefused, which names file and reason, when a file is not sound at the start.

    now:     the wall clock, aware.
    seconds: a clock that only goes forward.
    alert:   told, in Japanese, what an operator must see to.
    """

    def __init__(
        self,
        settings: TlsSettings,
        *,
        now: Callable[[], datetime],
        seconds: Callable[[], float],
        alert: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._now = now
        self._seconds = seconds
        self._alert = alert
        self.stranger: Callable[[str, str], object] = lambda _, __: None
        """Told of everyone turned away in the handshake: what the certificate says, and why."""
        self._peers: WeakKeyDictionary[Any, _Peer] = WeakKeyDictionary()
        self._closed_for = ""
        self._looked = seconds()
        self._seen = self._marks()
        identity = read_identity(settings.certificate, settings.key, now())
        authorities = read_authorities(settings.ca, now())
        revocations = read_revocations(settings.crl, authorities)
        self._state = self._made(identity, authorities, revocations)
        self._say_whether_closed()

    def server_factory(self, wrapped: IProtocolFactory, clock: IReactorTime) -> TLSMemoryBIOFactory:
        """The factory to listen with, around the one that speaks HTTP."""
        return TLSMemoryBIOFactory(self, isClient=False, wrappedFactory=wrapped, clock=clock)

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:  # noqa: N802  # Twisted's name
        """IOpenSSLServerConnectionCreator."""
        self._look()
        connection = SSL.Connection(self._state.context, None)
        connection.set_app_data(protocol)
        return connection

    def peer_name(self, transport: Any) -> str | None:
        """The allow-listed client at the other end of a TLS transport, or None when it is not let in (any more)."""
        self._look()
        peer = self._peers.get(transport)
        if peer is None or peer.state is not self._state or self._now() >= peer.until:
            peer = self._peers[transport] = self._judged(transport.getHandle())
        return peer.client

    def expiries(self) -> dict[str, datetime]:
        """When what is in use runs out: ``certificate``, ``ca`` (the first of them), ``crl``."""
        authorities = [authority.not_valid_after_utc for authority in self._state.authorities]
        own = self._state.identity.certificate.not_valid_after_utc
        return {"certificate": own, "ca": min(authorities), "crl": self._state.revocations.until}

    # Files

    def refresh(self) -> None:
        """Look at the files and take over what is new; also to be called by a timer, which it never stops."""
        self._looked = self._seconds()
        marks = self._marks()
        if marks != self._seen:
            self._seen = marks
            self._take_over()
        self._say_whether_closed()

    def _look(self) -> None:
        if self._seconds() - self._looked >= _LOOK_EVERY:
            self.refresh()

    def _marks(self) -> tuple[object, ...]:
        settings = self._settings
        return tuple(_mark(path) for path in (settings.certificate, settings.key, settings.ca, settings.crl))

    def _take_over(self) -> None:
        settings, old, now = self._settings, self._state, self._now()
        identity = self._sound(lambda: read_identity(settings.certificate, settings.key, now), old.identity)
        authorities = self._sound(lambda: read_authorities(settings.ca, now), old.authorities)
        revocations = self._sound(
            lambda: read_revocations(settings.crl, authorities), Revocations.unreadable()
        )
        for own in (identity, old.identity):
            try:
                self._state = self._made(own, authorities, revocations)
            except TlsRefused as problem:
                self._keep(problem)
            else:
                _log.info("TLS files read again")
                return
        # Whatever it is, what has been revoked since must not be let in.
        self._state = replace(old, revocations=Revocations.unreadable())

    def _sound(self, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except TlsRefused as problem:
            self._keep(problem)
            return otherwise

    def _keep(self, problem: TlsRefused) -> None:
        _log.error("TLS file not taken over: {problem}", problem=str(problem))
        self._alert(f"TLSの設定ファイルを読み込めません。ファイルを確かめて置き直してください。({problem})")

    def _say_whether_closed(self) -> None:
        closed_for = self._state.revocations.problem(self._now())
        if closed_for == self._closed_for:
            return
        self._closed_for = closed_for
        if closed_for:
            _log.critical("nobody is let in: {reason} ({file})", reason=closed_for, file=self._settings.crl)
            self._alert(
                f"失効リストが使えないため、すべての接続を断っています。新しいリストを置いてください。({closed_for})"
            )
        else:
            _log.info("the revocation list is in force again")

    # Certificates

    def _made(
        self, identity: Identity, authorities: tuple[x509.Certificate, ...], revocations: Revocations
    ) -> _State:
        context = _ssl.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        # No session outlives its connection: a resumed one would carry a certificate that nobody has looked at.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(_ssl.OP_NO_TICKET | _ssl.OP_NO_COMPRESSION | _ssl.OP_NO_RENEGOTIATION)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        context.set_cipher_list(_CIPHERS)
        try:
            context.use_certificate(identity.certificate)
            context.use_privatekey(identity.key)
            for link in identity.chain:
                context.add_extra_chain_cert(link)
            _trust(context.get_cert_store(), authorities, revocations)
            for authority in authorities:
                context.add_client_ca(authority)
        except (SSL.Error, crypto.Error):
            raise TlsRefused(
                self._settings.certificate, "OpenSSL does not take it, its key or the CA"
            ) from None
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self._verified)
        return _State(identity, authorities, revocations, context)

    def _verified(self, connection: SSL.Connection, cert: Any, error: int, depth: int, ok: int) -> bool:
        """OpenSSL's callback for each certificate of the chain; False ends the handshake."""
        reason = "" if ok else _FINDINGS.get(error, f"OpenSSL finding {error}")
        if ok and depth == 0:
            try:
                self._allowed(cert.to_cryptography())
            except Exception as problem:  # noqa: BLE001  # an exception would get lost in OpenSSL: in doubt, no
                reason = _text(problem)
        if reason:
            address = connection.get_app_data().getPeer().host
            _log.warn("client at {address} turned away: {reason}", address=address, reason=reason)
            self.stranger(f"{described(cert.to_cryptography)} {address}", reason)
        return not reason

    def _judged(self, connection: SSL.Connection) -> _Peer:
        """A second look at a connection's certificate, by the files of now."""
        state = self._state
        try:
            cert = connection.get_peer_certificate()
            if cert is None:
                raise TurnedAway("no certificate")
            store = crypto.X509Store()
            _trust(store, state.authorities, state.revocations)
            chain = crypto.X509StoreContext(
                store, cert, connection.get_peer_cert_chain()
            ).get_verified_chain()
            client = self._allowed(cert.to_cryptography())
            ends = [link.to_cryptography().not_valid_after_utc for link in chain]
        except Exception as problem:  # noqa: BLE001  # whatever cannot be judged is not let in
            _log.warn("client turned away: {reason}", reason=_text(problem))
            return _Peer(None, state, self._now())
        return _Peer(client, state, min([*ends, state.revocations.until]))

    def _allowed(self, cert: x509.Certificate) -> str:
        """The client's id. Raises TurnedAway."""
        if closed_for := self._state.revocations.problem(self._now()):
            raise TurnedAway(closed_for)
        if not cert.not_valid_before_utc <= self._now() < cert.not_valid_after_utc:
            raise TurnedAway("its certificate is not in force")
        clients = self._settings.clients
        found = {clients[name] for name in client_names(cert) if name in clients}
        if len(found) != 1:
            raise TurnedAway("it carries no name of the allow-list" if not found else "it names two clients")
        return found.pop()


def _trust(store: Any, authorities: tuple[x509.Certificate, ...], revocations: Revocations) -> None:
    for authority in authorities:
        store.add_cert(crypto.X509.from_cryptography(authority))
    for revoked in revocations.lists:
        store.add_crl(revoked)
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)


def _mark(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as problem:
        return problem.errno
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode


def _text(problem: Exception) -> str:
    return str(problem) if isinstance(problem, TurnedAway) else type(problem).__name__
