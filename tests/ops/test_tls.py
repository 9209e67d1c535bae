"""Who gets an answer from a door with mutual TLS, and what happens when its files change."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import ssl
import tempfile
import time
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from soap_port import CHECK, CLIENT, PortCase, client_context, pki, post, tls_settings, utc_now
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from konbinid.ops.tls import MutualTls, TlsRefused
from konbinid.simulator.pki import CENTER_NAME

NOW = utc_now()
DAY = dt.timedelta(days=1)
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Authority:
    """A certificate authority of a test: makes leaves with anything wrong that a test wants, and revocation lists."""

    def __init__(self, folder: Path, name: str = "authority", issuer: Authority | None = None) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.cert = self._signed(self.name, self.key.public_key(), issuer or self, ca=True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(self.cert.public_bytes(serialization.Encoding.PEM))
        self.issuer = issuer

    @staticmethod
    def _signed(subject, public, issuer, *, ca=False, begins=-DAY, ends=DAY, extensions=()):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + begins)
            .not_valid_after(NOW + ends)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        # Python 3.13's clients insist on what RFC 5280 asks of an authority.
        issuing = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        extensions = [issuing, x509.SubjectKeyIdentifier.from_public_key(public), *extensions]
        if ca:
            usage = dict.fromkeys(KEY_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(issuer.key, hashes.SHA256())

    def leaf(self, name: str, *, names=(), usage=(ExtendedKeyUsageOID.CLIENT_AUTH,), **more):
        """Certificate and key files of a leaf; `names` are GeneralNames."""
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [x509.SubjectAlternativeName(names)] if names else []
        extensions += [x509.ExtendedKeyUsage(usage)] if usage else []
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        cert = self._signed(subject, key.public_key(), self, extensions=extensions, **more)
        chain = self.cert if self.issuer else None
        encoded = [found.public_bytes(serialization.Encoding.PEM) for found in (cert, chain) if found]
        path, key_path = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        path.write_bytes(b"".join(encoded))
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        key_path.chmod(0o600)
        return path, key_path, cert

    def crl(self, *revoked, begins=-DAY, ends=DAY, encoding=serialization.Encoding.PEM) -> bytes:
        """A revocation list of these certificates."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(NOW + begins)
            .next_update(NOW + ends)
        )
        for cert in revoked:
            entry = (
                x509.RevokedCertificateBuilder().serial_number(cert.serial_number).revocation_date(NOW - DAY)
            )
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(encoding)


class DemoDoor(PortCase):
    """With the simulator's certificates, each of which is wrong in exactly one respect."""

    async def refused(self, context: ssl.SSLContext) -> None:
        """Neither a SOAP request nor the WSDL gets a byte of HTTP."""
        for request in (post(CHECK), b"GET /center?wsdl HTTP/1.1\r\nHost: x\r\n\r\n", b"nonsense\r\n\r\n"):
            assert await self.raw(request, context=context) == b""
        assert self.desk.asked == []

    async def test_the_centre_gets_in_and_is_known_by_its_id(self):
        """TLS 1.2 and 1.3; the client's id comes from the allow-list, never from the text."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = client_context(minimum_version=version, maximum_version=version)
            assert b"HTTP/1.1 200" in await self.raw(post(CHECK, "Connection: close"), context=context)
        assert [query.envelope.client for query in self.desk.asked] == [CLIENT, CLIENT]

    async def test_nobody_else_gets_an_answer(self):
        """No certificate, foreign, revoked, expired, not for clients, not on the allow-list: with 1.2 and with 1.3."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for identity in (None, "foreign", "revoked", "expired", "no_client_auth", "stranger"):
                context = client_context(identity, minimum_version=version, maximum_version=version)
                await self.refused(context)
        logged = self.logs()
        for reason in (
            "its authority is not ours",
            "it has been revoked",
            "it has expired",
            "it is not made for clients",
            "it carries no name of the allow-list",
        ):
            assert reason in logged, reason
        assert (await self.ask(CHECK)).status == 200

    async def test_old_versions_are_refused(self):
        """TLS 1.1 and below, and plain HTTP."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python itself advises against them
            context = client_context(
                minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1
            )
        context.set_ciphers("ALL:@SECLEVEL=0")
        await self.refused(context)

        def plain():
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(post(CHECK))
                return connection.recv(100)

        assert not (await deferToThread(plain)).startswith(b"HTTP")

    async def test_no_session_is_resumed(self):
        """A resumed session would carry a certificate that nobody looks at; every connection is a full handshake."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = client_context(minimum_version=version, maximum_version=version)

            def twice(context=context):
                first = self.connect(context)
                first.sendall(post(CHECK))
                assert first.recv(12) == b"HTTP/1.1 200"
                session = first.session
                first.close()
                plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
                second = context.wrap_socket(plain, server_hostname="localhost", session=session)
                second.sendall(post(CHECK))
                assert second.recv(12) == b"HTTP/1.1 200"
                reused = second.session_reused
                second.close()
                return reused

            assert not await deferToThread(twice)


class OwnDoor(PortCase):
    """With certificates made for the test, in a folder whose files change."""

    async def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="konbinid-test-tls"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.authority = Authority(self.folder)
        self.center, self.center_key, self.center_cert = self.authority.leaf(
            "center", names=[x509.DNSName(CENTER_NAME)]
        )
        server = [x509.DNSName("localhost")]
        self.authority.leaf("server", names=server, usage=(ExtendedKeyUsageOID.SERVER_AUTH,))
        self.crl = self.folder / "crl.pem"
        self.crl.write_bytes(self.authority.crl())
        self.later = dt.timedelta()
        self.seconds = 0.0
        await super().setUp()

    def make_tls(self) -> MutualTls:
        settings = tls_settings(
            certificate=self.folder / "server.pem",
            key=self.folder / "server.key",
            ca=self.authority.path,
            crl=self.crl,
            clients={CENTER_NAME: CLIENT, "urn:center:1": CLIENT, "other.invalid": "another"},
        )
        return MutualTls(
            settings,
            now=lambda: utc_now() + self.later,
            seconds=lambda: self.seconds,
            alert=self.alerts.append,
        )

    def context(self, cert: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.path)
        context.load_cert_chain(cert or self.center, key or self.center_key)
        return context

    async def gets_in(self, cert: Path | None = None, key: Path | None = None) -> bool:
        received = await self.raw(post(CHECK, "Connection: close"), context=self.context(cert, key))
        assert received == b"" or received.startswith(b"HTTP/1.1 200")
        return received != b""

    def replace(self, path: Path, content: bytes) -> None:
        """As an operator does it: made beside, renamed, and seen at the next look."""
        making = path.with_suffix(".new")
        making.write_bytes(content)
        making.chmod(0o600)
        making.rename(path)
        self.seconds += 2

    async def test_names_are_compared_exactly(self):
        """A dNSName or URI, as it is written on the allow-list; no case folding, no wildcard, no common name."""
        expected = {
            (x509.DNSName(CENTER_NAME),): True,
            (x509.UniformResourceIdentifier("urn:center:1"),): True,
            (x509.DNSName("x.invalid"), x509.DNSName(CENTER_NAME)): True,
            (x509.DNSName(CENTER_NAME), x509.UniformResourceIdentifier("urn:center:1")): True,
            (x509.DNSName(CENTER_NAME.upper()),): False,
            (x509.DNSName(f"a.{CENTER_NAME}"),): False,
            (x509.DNSName("*.demo.invalid"),): False,
            (x509.DNSName(f"{CENTER_NAME}."),): False,
            (x509.UniformResourceIdentifier(CENTER_NAME),): False,
            (x509.DNSName("urn:center:1"),): False,
            (x509.RFC822Name(CENTER_NAME),): False,
            (x509.DNSName(CENTER_NAME), x509.DNSName("other.invalid")): False,
            (): False,
        }
        for number, (names, allowed) in enumerate(expected.items()):
            cert, key, _ = self.authority.leaf(f"leaf{number}", names=names)
            assert await self.gets_in(cert, key) is allowed, names

    async def test_the_purpose_must_be_named(self):
        """No extended key usage at all would do for OpenSSL; the contract wants clientAuth."""
        name = [x509.DNSName(CENTER_NAME)]
        for number, (usage, allowed) in enumerate(
            [
                ((), False),
                ((ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,), False),
                ((ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH), True),
            ]
        ):
            cert, key, _ = self.authority.leaf(f"purpose{number}", names=name, usage=usage)
            assert await self.gets_in(cert, key) is allowed, usage

    async def test_a_certificate_that_is_not_valid_yet(self):
        """Not before its time either."""
        cert, key, _ = self.authority.leaf("early", names=[x509.DNSName(CENTER_NAME)], begins=DAY / 2)
        assert not await self.gets_in(cert, key)

    async def test_a_revocation_takes_effect_on_open_connections(self):
        """A connection that was let in before the list changed gets no further answer."""
        assert await self.gets_in()
        received = deferToThread(self._ask_twice)
        await self.until(lambda: len(self.desk.asked) == 2)
        self.replace(self.crl, self.authority.crl(self.center_cert))
        assert await received == (b"HTTP/1.1 200", b"")
        assert not await self.gets_in()
        assert len(self.desk.asked) == 2
        self.replace(self.crl, self.authority.crl())
        assert await self.gets_in()

    def _ask_twice(self) -> tuple[bytes, bytes]:
        with self.connect(self.context()) as tls:
            tls.sendall(post(CHECK))
            first = tls.recv(65536)
            time.sleep(0.5)
            second = b""
            try:
                tls.sendall(post(CHECK))
                second = tls.recv(65536)
            except OSError:
                pass
            return first[:12], second

    async def test_an_expired_list_lets_nobody_in(self):
        """Out of date is as good as none: everyone is refused, it is said once, and a new list opens the door again."""
        assert await self.gets_in()
        self.replace(self.crl, self.authority.crl(begins=-DAY, ends=-DAY / 24))
        assert not await self.gets_in()
        assert not await self.gets_in()
        assert len(self.alerts) == 1
        assert "nobody is let in" in self.logs()
        self.replace(self.crl, self.authority.crl())
        assert await self.gets_in()
        assert "in force again" in self.logs()

    async def test_a_list_that_runs_out_while_a_connection_is_open(self):
        """The clock alone closes the door, without any file changing."""
        received = deferToThread(self._ask_twice)
        await self.until(lambda: len(self.desk.asked) == 1)
        self.later = DAY * 2
        self.seconds += 2
        assert await received == (b"HTTP/1.1 200", b"")
        assert len(self.alerts) == 1

    async def test_an_unreadable_list_lets_nobody_in(self):
        """Torn, missing, of another authority, signed by somebody else with the right name: nobody, until it is mended."""
        (self.folder / "foreign").mkdir()
        impostor = Authority(self.folder / "foreign")
        other = Authority(self.folder, "other")
        good = self.authority.crl()
        for bad in (good[:100], b"", impostor.crl(), other.crl(), good + other.crl()):
            self.replace(self.crl, bad)
            assert not await self.gets_in(), bad[:40]
            self.replace(self.crl, good)
            assert await self.gets_in()
        self.crl.unlink()
        self.seconds += 2
        assert not await self.gets_in()
        self.replace(self.crl, self.authority.crl(encoding=serialization.Encoding.DER))
        assert await self.gets_in()

    async def test_a_new_certificate_without_closing_the_door(self):
        """New connections see the new certificate, open ones live on, the listener is the same."""

        def serial() -> int:
            with self.connect(self.context()) as tls:
                return int(tls.getpeercert()["serialNumber"], 16)

        before = await deferToThread(serial)
        received = deferToThread(self._ask_twice)
        await self.until(lambda: len(self.desk.asked) == 1)
        key = (self.folder / "server.key").read_bytes()
        _, _, renewed = self.authority.leaf(
            "server", names=[x509.DNSName("localhost")], usage=(ExtendedKeyUsageOID.SERVER_AUTH,)
        )
        self.seconds += 2
        assert await received == (b"HTTP/1.1 200", (await received)[1])
        assert (await received)[1].startswith(b"HTTP/1.1 200")
        after = await deferToThread(serial)
        assert (before != after, after) == (True, renewed.serial_number)
        # A key that does not belong to it: the sound pair stays, and somebody is told.
        self.replace(self.folder / "server.key", key)
        assert await deferToThread(serial) == after
        assert "server.key" in self.alerts[-1]

    async def test_an_unsound_authority_is_not_taken_over(self):
        """A torn CA file does not shut the centre out; an alert names file and reason."""
        good = self.authority.path.read_bytes()
        context = self.context()
        self.replace(self.authority.path, good[:200])
        assert b"200" in await self.raw(post(CHECK, "Connection: close"), context=context)
        assert "authority.pem" in self.alerts[0]
        assert "holds no certificate" in self.alerts[0]

    async def test_an_authority_that_is_taken_away(self):
        """Clients of an authority that is not configured any more are refused, on open connections too."""
        received = deferToThread(self._ask_twice)
        await self.until(lambda: len(self.desk.asked) == 1)
        other = Authority(self.folder, "other")
        self.replace(self.crl, other.crl())
        self.replace(self.authority.path, other.path.read_bytes())
        assert await received == (b"HTTP/1.1 200", b"")

    async def test_an_intermediate_authority(self):
        """Chains of three: both authorities configured, a list of each; a revoked intermediate shuts its clients out."""
        middle = Authority(self.folder, "middle", self.authority)
        context_files = middle.leaf("grandchild", names=[x509.DNSName(CENTER_NAME)])[:2]
        root = self.authority.path.read_bytes()
        assert not await self.gets_in(*context_files)
        self.replace(self.crl, self.authority.crl() + middle.crl())
        self.replace(self.authority.path, root + middle.path.read_bytes())
        (self.folder / "root.pem").write_bytes(root)
        assert await self.gets_in(*context_files)
        self.replace(self.crl, self.authority.crl(middle.cert) + middle.crl())
        assert not await self.gets_in(*context_files)
        assert await self.gets_in()

    async def test_what_runs_out_when(self):
        """The status page shows it before it hurts."""
        assert set(self.tls.expiries()) == {"certificate", "ca", "crl"}
        assert all(NOW < moment < NOW + DAY * 2 for moment in self.tls.expiries().values())

    async def test_refresh_never_raises(self):
        """It is called by a timer, which would stop."""
        context = self.context()
        for path in (self.crl, self.authority.path, self.folder / "server.pem", self.folder / "server.key"):
            path.unlink()
        self.tls.refresh()
        assert await self.raw(post(CHECK), context=context) == b""
        assert len(self.alerts) == 4


def start(settings):
    """As the assembly does it."""
    return MutualTls(settings, now=utc_now, seconds=reactor.seconds, alert=lambda text: None)


@pytest.fixture
def files(tmp_path):
    """A copy of the demo's files that a test may break."""
    folder = tmp_path / "pki"
    shutil.copytree(pki().folder, folder)
    return folder


def settings_in(folder: Path, **changes):
    return tls_settings(
        certificate=folder / changes.get("certificate", "server.pem"),
        key=folder / changes.get("key", "server.key"),
        ca=folder / changes.get("ca", "ca.pem"),
        crl=folder / changes.get("crl", "crl.pem"),
    )


@pytest.mark.parametrize(
    ("changes", "file", "reason"),
    [
        ({"key": "center.key"}, "center.key", "is not the key of"),
        ({"certificate": "expired.pem", "key": "expired.key"}, "expired.pem", "expired on"),
        ({"certificate": "center.pem", "key": "center.key"}, "center.pem", "not made for servers"),
        ({"certificate": "nothing.pem"}, "nothing.pem", "cannot be read"),
        ({"certificate": "server.key"}, "server.key", "holds no certificate"),
        ({"key": "server.pem"}, "server.pem", "can be used by others"),
        ({"ca": "server.pem"}, "server.pem", "is not a certificate authority"),
        ({"ca": "server.key"}, "server.key", "holds no certificate"),
        ({"ca": "foreign_ca.pem"}, "crl.pem", "must hold a revocation list of every configured authority"),
        ({"crl": "server.pem"}, "server.pem", "holds no revocation list"),
        ({"crl": "nothing.pem"}, "nothing.pem", "cannot be read"),
        ({"crl": "."}, "pki", "cannot be read"),
    ],
)
def test_the_start_is_refused_with_file_and_reason(files, changes, file, reason):
    """An operator is told which file it is and what is wrong with it."""
    with pytest.raises(TlsRefused) as refused:
        start(settings_in(files, **changes))
    assert refused.value.path.name == file
    assert reason in refused.value.reason
    assert str(refused.value.path) in str(refused.value)


@pytest.mark.parametrize("mode", [0o604, 0o640 | 0o020, 0o666, 0o602])
def test_a_key_that_others_can_use_is_refused(files, mode):
    """World-readable, or writable by anyone else; the service's group may read it."""
    (files / "server.key").chmod(mode)
    with pytest.raises(TlsRefused, match="can be used by others"):
        start(settings_in(files))
    (files / "server.key").chmod(0o640)
    start(settings_in(files))


def test_an_encrypted_key_is_refused(files):
    """The daemon starts without anybody typing a passphrase."""
    key = serialization.load_pem_private_key((files / "server.key").read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    (files / "server.key").write_bytes(locked)
    with pytest.raises(TlsRefused, match="is encrypted"):
        start(settings_in(files))


def test_an_expired_authority_is_refused(tmp_path):
    """Nobody could get in; better said at the start."""
    authority = Authority(tmp_path)
    authority.leaf("server", names=[x509.DNSName("localhost")], usage=(ExtendedKeyUsageOID.SERVER_AUTH,))
    old = Authority._signed(authority.name, authority.key.public_key(), authority, ca=True, ends=-DAY / 2)
    authority.path.write_bytes(old.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "crl.pem").write_bytes(authority.crl())
    with pytest.raises(TlsRefused, match="expired on"):
        start(settings_in(tmp_path, ca="authority.pem"))


def test_an_incomplete_chain_of_authorities_is_refused(tmp_path):
    """An intermediate alone: OpenSSL would turn everybody away without saying why."""
    root = Authority(tmp_path, "root")
    middle = Authority(tmp_path, "middle", root)
    root.leaf("server", names=[x509.DNSName("localhost")], usage=(ExtendedKeyUsageOID.SERVER_AUTH,))
    (tmp_path / "crl.pem").write_bytes(middle.crl())
    with pytest.raises(TlsRefused, match="lacks the authority that signed CN=middle"):
        start(settings_in(tmp_path, ca="middle.pem"))


def test_an_expired_list_does_not_stop_the_start(tmp_path):
    """Feeds and staff go on; the door is closed and somebody is told, and a new list opens it."""
    authority = Authority(tmp_path)
    authority.leaf("server", names=[x509.DNSName("localhost")], usage=(ExtendedKeyUsageOID.SERVER_AUTH,))
    (tmp_path / "crl.pem").write_bytes(authority.crl(ends=-DAY / 2))
    alerts = []
    settings = settings_in(tmp_path, ca="authority.pem")
    tls = MutualTls(settings, now=utc_now, seconds=lambda: 0.0, alert=alerts.append)
    assert len(alerts) == 1
    (tmp_path / "crl.pem").write_bytes(authority.crl())
    tls.refresh()
    assert tls.expiries()["crl"] > utc_now()


def test_no_repr_shows_a_key(files):
    """What ends up in a traceback is a repr; the key's object stays out of it."""
    tls = start(settings_in(files))
    assert "key" not in repr(tls._state.identity).lower()
