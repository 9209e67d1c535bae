"""Clients that we did not write: each reads the WSDL, and lists and issues against the running port over mutual TLS."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import requests
import zeep
from soap_port import CLIENT, PDF, PortCase, pki
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import Kind, Scope, Switch
from konbinid.domain.request import IssueRequest, ListRequest, Options, Refused
from konbinid.domain.results import MESSAGES, Code
from konbinid.kiosk.soap import Soap

CLIENTS = Path(__file__).parent / "clients"
KIOSK = {
    "chainCode": "01",
    "storeCode": "000123",
    "storeName": "泉大津駅前店",
    "terminalId": "K1",
    "channel": "STORE",
}
CARD = {"serialNumber": "00Ab12", "type": "CARD"}


class Interop(PortCase):
    """What each client sees, and what the desk is asked."""

    timeout = 300

    async def setUp(self) -> None:
        await super().setUp()
        self.address = f"https://localhost:{self.port}/center"
        self.site.soap = Soap(self.address)
        self.folder = Path(tempfile.mkdtemp(prefix="konbinid-test-interop"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.both = self.folder / "both.pem"
        center = pki().center
        self.both.write_bytes(center.cert.read_bytes() + center.key.read_bytes())

    def assert_was_asked_like_everyone(self) -> None:
        listing, issue = self.desk.asked[:2]
        assert isinstance(listing, ListRequest)
        assert isinstance(issue, IssueRequest)
        assert listing.envelope.client == issue.envelope.client == CLIENT
        assert issue.kiosk.store_name == "泉大津駅前店"
        assert issue.credential.serial == "ab12"
        assert (issue.kind, issue.copies, issue.fee) == (Kind.JUMINHYO, 2, 200)
        assert issue.options == Options(Scope.MEMBERS, (2, 1), frozenset({Switch.DOMICILE}))

    async def test_zeep(self):
        """Python's zeep: typed answers, absent elements, refusals and Faults with their reference."""
        await deferToThread(self._zeep)
        self.assert_was_asked_like_everyone()

    def _zeep(self) -> None:
        session = requests.Session()
        session.trust_env = False  # else REQUESTS_CA_BUNDLE of the environment wins over what is said here
        session.verify = str(pki().ca)
        session.cert = str(self.both)
        client = zeep.Client(f"{self.address}?wsdl", transport=zeep.Transport(session=session))
        who = {"transactionId": "Z-1", "municipalityCode": "272060", "kiosk": KIOSK, "credential": CARD}
        listed = client.service.listCertificates(**who)
        assert listed.resultCode == "0000"
        assert [certificate.kind for certificate in listed.certificates] == ["juminhyo", "koseki_kojin"]
        assert listed.certificates[0].members[0].name == "𠮷田 太郎"
        assert listed.certificates[1].members[0].relationship is None
        options = {"scope": "MEMBERS", "memberNumbers": [2, 1], "show": ["DOMICILE"]}
        issued = client.service.issueCertificate(**who, kind="juminhyo", copies=2, fee=200, options=options)
        assert (issued.document, issued.totalFee) == (PDF, 400)
        assert issued.expiresAt.isoformat() == "2026-11-24T10:00:00+09:00"
        checked = client.service.checkService(transactionId="Z-2", municipalityCode="272060")
        assert checked.certificates[1].opensAt is None
        self.desk.replies["issue"] = Refused(Code.CLOSED)
        refused = client.service.issueCertificate(**who, kind="inkan", copies=1, fee=200)
        assert (refused.resultCode, refused.message) == ("1201", MESSAGES[Code.CLOSED])
        assert refused.document is None
        with pytest.raises(zeep.exceptions.Fault) as fault:
            client.service.listCertificates(**who | {"municipalityCode": "272061"})
        assert fault.value.code.endswith(":Client")
        assert fault.value.message == "municipalityCode has a wrong check digit"
        assert len(fault.value.detail.findtext("{urn:konbinid:center:v1}reference")) >= 12
        session.close()

    async def test_php(self):
        """PHP's SoapClient, where PHP with its soap extension is installed (CI installs it)."""
        if not _php_has_soap():
            pytest.skip("php with soap is not installed")
        lines = await self.output_of(
            "php", str(CLIENTS / "php_client.php"), f"{self.address}?wsdl", str(self.both), str(pki().ca)
        )
        assert lines[:2] == ["0000 2 𠮷田 太郎", f"0000 7K2M-9QXD-44TP 400 {len(PDF)}"]
        assert lines[2].startswith("fault ")
        assert ":Client municipalityCode has a wrong check digit REFERENCE" in lines[2]
        self.assert_was_asked_like_everyone()

    @pytest.mark.slow
    async def test_gsoap(self):
        """C++ made by gSOAP from the WSDL, where its tools and a compiler are installed."""
        if not all(map(shutil.which, ("wsdl2h", "soapcpp2", "g++"))):
            pytest.skip("gSOAP or g++ is not installed")
        (self.folder / "center.wsdl").write_bytes(self.site.soap.wsdl)
        shutil.copy(CLIENTS / "gsoap_client.cpp", self.folder)
        await self.output_of("wsdl2h", "-o", "center.h", "center.wsdl")
        await self.output_of("soapcpp2", "-1", "-j", "-C", "-x", "-I/usr/share/gsoap/import", "center.h")
        sources = ["gsoap_client.cpp", "soapC.cpp", "soapCenterProxy.cpp"]
        libraries = ["-lgsoapssl++", "-lssl", "-lcrypto"]
        await self.output_of("g++", "-O0", "-DWITH_OPENSSL", "-o", "kiosk", *sources, *libraries)
        lines = await self.output_of("./kiosk", self.address, str(self.both), str(pki().ca))
        assert lines[:2] == ["0000 2 𠮷田 太郎", f"0000 7K2M-9QXD-44TP 400 {len(PDF)}"]
        assert lines[2].startswith("fault ")
        assert lines[2].endswith(":Client municipalityCode has a wrong check digit")
        self.assert_was_asked_like_everyone()

    async def output_of(self, *command: str) -> list[str]:
        done = await deferToThread(
            subprocess.run, command, cwd=self.folder, capture_output=True, text=True, timeout=280, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()


def _php_has_soap() -> bool:
    if not shutil.which("php"):
        return False
    return "soap" in subprocess.run(["php", "-m"], capture_output=True, text=True, check=False).stdout.split()
