"""The simulated kiosk against the real SOAP port over mutual TLS; only the desk behind it is programmed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import subprocess
import sys

import pytest
from soap_port import MORNING, PDF, REPLIES, PortCase, pki
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import Kind
from konbinid.domain.request import ContractBroken, Listed, ListedCertificate, Options, Refused, TaxYear
from konbinid.domain.results import MESSAGES, Code
from konbinid.simulator import kiosk_values
from konbinid.simulator.columns import padded, shortened, table, width_of
from konbinid.simulator.kiosk import JST, Kiosk, new_transaction_id
from konbinid.simulator.kiosk_settings import read_settings
from konbinid.simulator.kiosk_values import Card, Door, KioskProblem, Order

CARD = Card("4B4F4E420001")
ISSUED = dataclasses.replace(REPLIES["issue"], sha256=hashlib.sha256(PDF).hexdigest())


def _now():
    return MORNING.astimezone(dt.UTC)


class SellingPort(PortCase):
    """The port with a desk that issues a document whose hash is true."""

    async def setUp(self):
        await super().setUp()
        self.desk.replies["issue"] = ISSUED


class Conversations(SellingPort):
    """What the kiosk asks arrives at the desk; what the desk answers arrives at the kiosk."""

    def door(self, identity="center", port=None):
        files = pki().identity(identity)
        return Door(f"https://localhost:{port or self.port}/center", pki().ca, files.cert, files.key)

    async def at_kiosk(self, conversation, identity="center", port=None, patience=20.0):
        """Run a blocking conversation with a kiosk in a thread."""

        def talk():
            kiosk = Kiosk(self.door(identity, port), "272060", _now, patience=patience)
            try:
                return conversation(kiosk)
            finally:
                kiosk.close()

        return await deferToThread(talk)

    async def refused(self, conversation, problem, **more):
        """The conversation must end with that problem; returns it."""
        try:
            await self.at_kiosk(conversation, **more)
        except problem as met:
            return met
        raise AssertionError(f"no {problem.__name__}")

    async def test_check(self):
        """CheckService's answer comes through with its times and states."""
        answer = await self.at_kiosk(lambda kiosk: kiosk.check())
        self.assertEqual((answer["state"], answer["environment"]), ("OPEN", "TEST"))
        self.assertEqual([each["state"] for each in answer["certificates"]], ["OPEN", "STALE"])
        self.assertEqual(answer["certificates"][0]["opensAt"], MORNING)
        self.assertIsNone(answer["certificates"][1]["opensAt"])

    async def test_list_keeps_every_character_of_a_name(self):
        """Characters beyond the BMP and variation sequences survive the wire in both directions."""
        first, second = await self.at_kiosk(lambda kiosk: kiosk.list(CARD))
        self.assertEqual(
            [member["name"] for member in first["members"]], ["𠮷田 太郎", "葛\U000e0100城 花子"]
        )
        self.assertEqual(first["printable"], ["RELATIONSHIP", "DOMICILE"])
        self.assertIsNone(second["members"][0]["relationship"])
        self.assertEqual(self.desk.asked[0].credential.serial, "4b4f4e420001")

    async def test_a_whole_sale(self):
        """List, issue, print, report: the desk sees the order that the resident made, and DELIVERED afterwards."""
        printed = []

        def sale(kiosk):
            fee = kiosk.offer_of(CARD, "juminhyo")["fee"]
            order = Order("juminhyo", fee, copies=2, show=("RELATIONSHIP", "DOMICILE"), members=(2, 1))
            return kiosk.hand_over(CARD, order, lambda issued: printed.append(issued.document))

        issued = await self.at_kiosk(sale)
        _, order, report = self.desk.asked
        self.assertEqual(printed, [PDF])
        self.assertEqual((issued.issuance_number, issued.pages, issued.total_fee), ("7K2M-9QXD-44TP", 1, 400))
        self.assertEqual((order.copies, order.fee, order.options.members), (2, 200, (2, 1)))
        self.assertEqual(
            (str(order.options.scope), set(order.options.show)), ("MEMBERS", {"RELATIONSHIP", "DOMICILE"})
        )
        self.assertEqual((str(report.outcome), report.copies, report.occurred_at), ("DELIVERED", 2, MORNING))
        self.assertEqual(order.envelope.transaction_id, issued.transaction_id)

    async def test_a_printer_that_fails_is_reported(self):
        """Paper that was not handed over is not counted as delivered."""

        def jam(_issued):
            raise OSError("no paper")

        await self.refused(lambda kiosk: kiosk.hand_over(CARD, Order("inkan", 200), jam), OSError)
        order, report = self.desk.asked
        self.assertEqual((str(report.outcome), report.copies), ("FAILED", 0))
        self.assertIsNone(order.options.scope)

    async def test_everybody_is_the_scope_when_nobody_is_chosen(self):
        """Scope follows the kind: HOUSEHOLD for the household kinds, ALL for the registers, none for the rest."""
        for kind, scope in (("juminhyo", "HOUSEHOLD"), ("fuhyo", "ALL"), ("inkan", None)):
            await self.at_kiosk(lambda kiosk, kind=kind: kiosk.issue(CARD, Order(kind, 200)))
            asked = self.desk.asked[-1].options.scope
            self.assertEqual(asked and str(asked), scope)

    async def test_a_refusal_shows_the_code_and_the_screen_text(self):
        """A refusal is an answer: its code and message reach the resident unchanged."""
        self.desk.replies["issue"] = Refused(Code.MAY_NOT_BE_ISSUED)
        met = await self.refused(
            lambda kiosk: kiosk.issue_until_known(CARD, Order("juminhyo", 200)), kiosk_values.Refused
        )
        self.assertEqual((met.code, met.message), ("1102", MESSAGES[Code.MAY_NOT_BE_ISSUED]))
        self.assertEqual(len(self.desk.asked), 1)

    async def test_an_unknown_outcome_is_asked_again_with_the_same_transaction(self):
        """After 9002 only the same transactionId may learn what happened (contract 1)."""
        answers = [Refused(Code.OUTCOME_UNKNOWN), Refused(Code.OUTCOME_UNKNOWN), ISSUED]

        async def once_known(_request):
            return answers.pop(0)

        self.desk.replies["issue"] = once_known
        issued = await self.at_kiosk(lambda kiosk: kiosk.issue_until_known(CARD, Order("juminhyo", 200)))
        self.assertEqual(
            {request.envelope.transaction_id for request in self.desk.asked}, {issued.transaction_id}
        )
        self.assertEqual(len(self.desk.asked), 3)

    async def test_no_answer_is_asked_again_with_the_same_transaction(self):
        """After its patience the centre asks again with the same transactionId."""
        calls = []

        async def slow_once(request):
            calls.append(request.envelope.transaction_id)
            if len(calls) == 1:
                await self.pause(2.5)
            return ISSUED

        self.desk.replies["issue"] = slow_once
        issued = await self.at_kiosk(
            lambda kiosk: kiosk.issue_until_known(CARD, Order("juminhyo", 200)), patience=1.0
        )
        self.assertEqual(set(calls), {issued.transaction_id})
        self.assertGreaterEqual(len(calls), 2)
        await self.until(lambda: not self.site.under_way)

    async def test_a_wrong_hash_is_never_printed(self):
        """A document that is not the one of the answer stops at the kiosk."""
        self.desk.replies["issue"] = REPLIES["issue"]
        met = await self.refused(
            lambda kiosk: kiosk.issue(CARD, Order("juminhyo", 200)), kiosk_values.BrokenDocument
        )
        self.assertIn("hash", str(met))

    async def test_what_is_no_pdf_is_never_printed(self):
        """The right hash of the wrong thing is still the wrong thing."""
        page = b"<html>"
        self.desk.replies["issue"] = dataclasses.replace(
            ISSUED, document=page, sha256=hashlib.sha256(page).hexdigest()
        )
        met = await self.refused(
            lambda kiosk: kiosk.issue(CARD, Order("juminhyo", 200)), kiosk_values.BrokenDocument
        )
        self.assertIn("no PDF", str(met))

    async def test_a_fault_carries_its_reference(self):
        """Whoever reads the fault can find it in the server's log."""
        self.desk.replies["check_service"] = ContractBroken("this cannot be")
        met = await self.refused(lambda kiosk: kiosk.check(), kiosk_values.Faulted)
        self.assertEqual((met.code, met.reference), ("Client", "REFERENCE000001"))

    async def test_the_wsdl_is_kept_on_our_side_too(self):
        """A request that the WSDL does not allow is not sent."""
        await self.refused(lambda kiosk: kiosk.report_delivery("7K2M-9QXD-44TP", None, 1), KioskProblem)
        self.assertEqual(self.desk.asked, [])

    async def test_registration_and_error_report(self):
        """The remaining operations reach the desk with what was typed in."""
        applicant = {
            "name": "葛\U000e0102城 一郎",
            "kana": "カツラギ イチロウ",
            "birthDate": dt.date(1980, 2, 29),
            "address": "大阪府堺市見本町1番",
            "phone": "0725-00-0000",
        }

        def rest(kiosk):
            number = kiosk.apply_for_registration(CARD, applicant, "大阪府泉大津市機織町9番地", "葛城 太郎")
            kiosk.report_error("E-01", "紙が白い", issuance_number="7K2M-9QXD-44TP")
            return number, kiosk.registration_status(CARD)["state"]

        self.assertEqual(await self.at_kiosk(rest), ("A-000000000001", "PENDING"))
        application, error, _ = self.desk.asked
        self.assertEqual(application.applicant.name, "葛\U000e0102城 一郎")
        self.assertEqual(application.applicant.birth_date, dt.date(1980, 2, 29))
        self.assertEqual((error.issuance_number, error.kind), ("7K2M-9QXD-44TP", None))

    async def test_a_foreign_certificate_gets_no_wsdl(self):
        """Whoever is not the centre gets no answer, and the kiosk says so instead of failing somewhere in zeep."""
        for identity in ("foreign", "revoked", "stranger"):
            met = await self.refused(lambda kiosk: kiosk.check(), kiosk_values.Unanswered, identity=identity)
            self.assertIn("gave no WSDL", str(met))

    async def test_nobody_there(self):
        """A server that does not run is named with its address."""
        met = await self.refused(lambda kiosk: kiosk.check(), kiosk_values.Unanswered, port=1)
        self.assertIn("https://localhost:1/center", str(met))


class Commands(SellingPort):
    """The same through the command line, as a person at a prompt meets it."""

    async def command(self, folder, *words):
        """Run `konbinid kiosk` in a process of its own with the settings file of the demo."""
        program = (
            "import argparse, sys; from konbinid.simulator.commands import add_parsers;"
            "p = argparse.ArgumentParser(); add_parsers(p.add_subparsers());"
            "a = p.parse_args(sys.argv[1:]); sys.exit(a.run(a))"
        )
        files = pki().center
        (folder / ".demo").mkdir(exist_ok=True)
        settings = {
            "url": f"https://localhost:{self.port}/center",
            "ca": str(pki().ca),
            "cert": str(files.cert),
            "key": str(files.key),
        }
        (folder / ".demo" / "kiosk.json").write_text(json.dumps(settings))
        return await deferToThread(
            subprocess.run,
            [sys.executable, "-c", program, "kiosk", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    async def test_issue_writes_the_pdf_and_reports(self):
        """One command is a whole sale: the file holds the document, the desk has the report."""
        done = await self.command(
            self.folder,
            "issue",
            "--card",
            "1",
            "--kind",
            "juminhyo",
            "--show",
            "RELATIONSHIP",
            "-o",
            "out.pdf",
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("7K2M-9QXD-44TP", done.stdout)
        self.assertEqual((self.folder / "out.pdf").read_bytes(), PDF)
        kinds = [type(request).__name__ for request in self.desk.asked]
        self.assertEqual(kinds, ["ListRequest", "IssueRequest", "DeliveryReport"])

    async def test_issue_without_report_and_the_report_later(self):
        """The delivery stays open for `kiosk report`."""
        words = ("--card", "32", "--kind", "inkan", "--fee", "200", "--no-report", "--transaction-id", "T-77")
        done = await self.command(self.folder, "issue", *words, "-o", "out.pdf")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.desk.asked[0].envelope.transaction_id, "T-77")
        self.assertEqual(str(self.desk.asked[0].credential.type), "PHONE")
        words = ("--issuance", "7K2M-9QXD-44TP", "--outcome", "DELIVERED", "--copies", "1")
        done = await self.command(self.folder, "report", *words)
        self.assertEqual((done.returncode, done.stdout), (0, "報告しました。\n"))

    async def test_list_and_check_show_a_screen(self):
        """Titles, fees, members, switches and hours stand on the screen."""
        done = await self.command(self.folder, "list", "--card", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in ("住民票の写し", "200円", "葛\U000e0100城 花子", "続柄　本籍・筆頭者"):
            self.assertIn(text, done.stdout)
        done = await self.command(self.folder, "check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("06:30〜23:00", done.stdout)
        self.assertIn("データ連携待ち", done.stdout)

    async def test_the_years_of_kazei_are_shown_and_asked_for(self):
        """The list names the 年度 that may be chosen; without a choice nothing is ordered."""
        years = (TaxYear(2026, "令和8年度"), TaxYear(2025, "令和7年度"))
        kazei = ListedCertificate(Kind.KAZEI, "課税証明書", 300, 10, (), (), years)
        self.desk.replies["list_certificates"] = Listed((kazei,))
        done = await self.command(self.folder, "list", "--card", "1")
        self.assertIn("年度: 令和8年度（--year 2026）　令和7年度（--year 2025）", done.stdout)
        words = ("issue", "--card", "1", "--kind", "kazei", "-o", "out.pdf")
        done = await self.command(self.folder, *words)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("kazei needs --year, one of 2026, 2025", done.stderr)
        done = await self.command(self.folder, *words, "--year", "2025")
        self.assertEqual(done.returncode, 0, done.stderr)
        ordered = [each for each in self.desk.asked if type(each).__name__ == "IssueRequest"]
        self.assertEqual([each.options for each in ordered], [Options(year=2025)])

    async def test_refusals_and_mistakes_say_what_to_do(self):
        """A refusal shows the resident's screen text and its code, with exit status 1 and no traceback."""
        self.desk.replies["issue"] = Refused(Code.UNDER_AGE)
        done = await self.command(self.folder, "issue", "--card", "20", "--kind", "juminhyo", "-o", "out.pdf")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"{MESSAGES[Code.UNDER_AGE]}\n（結果コード 1103）\n")
        self.assertFalse((self.folder / "out.pdf").exists())
        for words, text in (
            (("list", "--card", "99"), "there are 1 to 50"),
            (("issue", "--card", "1", "--kind", "kazei", "-o", "x"), "kazei is not among"),
            (("issue", "--card", "1", "--kind", "juminhyo", "--members", "a", "-o", "x"), "list of numbers"),
        ):
            done = await self.command(self.folder, *words)
            self.assertIn(text, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertNotEqual(done.returncode, 0)


def test_the_server_starts_without_zeep():
    """The daemon's machine has no demo libraries: importing the commands must not need them."""
    program = (
        "import sys; sys.modules['zeep'] = None; sys.modules['requests'] = None\n"
        "import konbinid.simulator.commands\n"
        "from konbinid.simulator.kiosk import Kiosk; from konbinid.simulator.kiosk_values import Door, KioskProblem\n"
        "try: Kiosk(Door('https://localhost:1/', None, None, None), '272060', None)\n"
        "except KioskProblem as problem: print(problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'konbinid[demo]'" in done.stdout


def test_transaction_ids_are_random():
    """No id derives from time or a counter (I-03)."""
    made = {new_transaction_id() for _ in range(200)}
    assert len(made) == 200
    assert all(len(each) == 32 and each.isalnum() for each in made)
    assert dt.timedelta(hours=9) == JST.utcoffset(None)


def test_a_card_and_a_document_do_not_show_in_a_repr():
    """A traceback of the kiosk carries no serial number and no certificate."""
    issued = kiosk_values.Issued("T", "7K2M-9QXD-44TP", 1, 200, MORNING, PDF, "0" * 64)
    assert "4B4F" not in repr(CARD)
    assert "PDF-1.7" not in repr(issued)


@pytest.fixture
def settings_folder(tmp_path):
    (tmp_path / ".demo").mkdir()
    for name in ("ca", "cert", "key", "other"):
        (tmp_path / name).touch()
    return tmp_path


def _leave(folder, **content):
    (folder / ".demo" / "kiosk.json").write_text(json.dumps(content))


def test_options_win_over_the_environment_and_that_over_the_file(settings_folder):
    """What is said closest to the command counts."""
    _leave(settings_folder, url="https://file/", ca="ca", cert="cert", key="key", municipality="272060")
    environment = {"KONBINID_KIOSK_URL": "https://environment/", "KONBINID_KIOSK_CA": "other"}
    settings = read_settings({"url": "https://option/", "ca": None}, environment, settings_folder)
    assert settings.door.url == "https://option/"
    assert settings.door.ca == settings_folder / "other"
    assert settings.door.key == settings_folder / "key"
    assert settings.municipality == "272060"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "is no JSON"),
        ("[]", "must hold an object"),
        ('{"uri": "x"}', "unknown key 'uri'"),
        ('{"url": 1}', "url must be text"),
        ('{"url": "x"}', "Missing: ca, cert, key"),
        ('{"url": "x", "ca": "ca", "cert": "cert", "key": "key"}', "begins with https://"),
        ('{"url": "https://x", "ca": "gone", "cert": "cert", "key": "key"}', "--ca: there is no file"),
    ],
)
def test_a_bad_settings_file_is_refused_by_name(settings_folder, content, text):
    """Every mistake in the settings is named; none becomes a TLS error much later."""
    (settings_folder / ".demo" / "kiosk.json").write_text(content)
    with pytest.raises(KioskProblem, match=text):
        read_settings({}, {}, settings_folder)


def test_columns_align_japanese_latin_and_variation_sequences():
    """A kanji takes two places, a selector none; without that every table of names is crooked."""
    assert width_of("葛\U000e0102城") == 4
    assert width_of("𠮷a") == 3
    assert padded("山", 4) == "山  "
    assert padded("9", 3, right=True) == "  9"
    assert shortened("NGUYEN THI LAN", 10) == "NGUYEN ..."
    lines = table([("山本", "x"), ("a", "yy")])
    assert lines == ["山本  x", "a     yy"]
    assert table([]) == []
