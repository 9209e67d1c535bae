"""The demo's certificates: what each one is refused or let in for."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading

import pytest
from cryptography import x509

from konbinid.simulator.pki import CENTER_NAME, make_pki

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return make_pki(tmp_path_factory.mktemp("pki"), NOW)


def _handshake(pki, client):
    """One TLS handshake against a server that demands a client certificate; what the server saw, or its refusal."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki.server.cert, pki.server.key)
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_X509_STRICT
    server.load_verify_locations(pki.ca)
    server.load_verify_locations(pki.crl)
    ours, theirs = socket.socketpair()
    seen = []

    def serve():
        try:
            with server.wrap_socket(ours, server_side=True) as tls:
                seen.append(tls.getpeercert()["subjectAltName"])
        except ssl.SSLError as problem:
            seen.append(problem.verify_message if hasattr(problem, "verify_message") else problem.reason)
            ours.close()

    thread = threading.Thread(target=serve)
    thread.start()
    context = ssl.create_default_context(cafile=pki.ca)
    context.load_cert_chain(client.cert, client.key)
    try:
        with context.wrap_socket(theirs, server_hostname="localhost") as tls:
            tls.read(1)
    except (ssl.SSLError, OSError):
        pass
    thread.join()
    return seen[0]


def test_the_centre_gets_in(pki):
    """The one certificate that must be answered passes strict checking, CRL included."""
    assert _handshake(pki, pki.center) == (("DNS", CENTER_NAME),)


@pytest.mark.parametrize("name", ["foreign", "revoked", "expired", "no_client_auth"])
def test_every_other_certificate_fails_for_its_own_reason(pki, name):
    """A certificate made to be refused is refused by TLS for the reason it was made for, not by accident."""
    words = {
        "foreign": "issuer certificate",
        "revoked": "revoked",
        "expired": "expired",
        "no_client_auth": "purpose",
    }
    assert words[name] in str(_handshake(pki, pki.identity(name)))


def test_the_stranger_passes_tls_and_only_the_allow_list_can_refuse_it(pki):
    """Tests of the allow-list need a certificate with nothing else wrong."""
    assert _handshake(pki, pki.stranger) == (("DNS", "stranger.demo.invalid"),)


def test_keys_are_for_the_owner_only(pki):
    """A demo key that others can read would teach people bad habits, and the daemon refuses such keys."""
    keys = list(pki.folder.glob("*.key"))
    assert len(keys) == 9
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_a_second_run_changes_nothing_until_a_week_before_the_end(tmp_path):
    """`make demo` a second time must not take the certificates away from a daemon that runs."""
    first = make_pki(tmp_path / "pki", NOW).center.cert.read_bytes()
    assert make_pki(tmp_path / "pki", NOW + dt.timedelta(days=300)).center.cert.read_bytes() == first
    later = make_pki(tmp_path / "pki", NOW + dt.timedelta(days=359)).center.cert.read_bytes()
    assert later != first
    until = x509.load_pem_x509_certificate(later).not_valid_after_utc
    assert until > NOW + dt.timedelta(days=700)


@pytest.mark.parametrize("damage", ["missing", "torn", "swapped", "readable"])
def test_a_broken_set_is_made_anew(tmp_path, damage):
    """Files of two runs never mix: one broken file renews the whole set."""
    pki = make_pki(tmp_path / "pki", NOW)
    before = pki.ca.read_bytes()
    key = pki.center.key
    match damage:
        case "missing":
            key.unlink()
        case "torn":
            key.write_bytes(key.read_bytes()[:50])
        case "swapped":
            key.write_bytes(pki.server.key.read_bytes())
        case "readable":
            key.chmod(0o644)
    make_pki(tmp_path / "pki", NOW)
    assert pki.ca.read_bytes() != before
    assert _handshake(pki, pki.center) == (("DNS", CENTER_NAME),)
