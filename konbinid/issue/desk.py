"""The desk: the one screen on which a request becomes a certificate. Read ``_make`` from top to bottom.

One REPEATABLE READ transaction holds everything: the ledger row first, then the rows that any change to these people must take, the
decision, the paper, its read-back, the record. Nothing is queued, kept or shared between two requests (I-01, I-05); every exclusion is the
database's (I-07). After COMMIT was sent nothing is ever tried again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256

from twisted.logger import Logger

from konbinid.domain.case import Asked
from konbinid.domain.compose import compose
from konbinid.domain.entitlement import decide
from konbinid.domain.granted import Granted, PassedOn
from konbinid.domain.kinds import Switch
from konbinid.domain.request import Issued, IssueRequest, Refused
from konbinid.domain.results import Code
from konbinid.issue import alarms
from konbinid.issue.attempts import settle
from konbinid.issue.digest import request_digest
from konbinid.issue.equipment import new_issuance_number
from konbinid.issue.inquiries import Inquiries
from konbinid.issue.papers import Paper, drawn
from konbinid.issue.passing_on import pass_on
from konbinid.issue.reading import ReadCase, read_case
from konbinid.issue.replay import bound_to_application, replay
from konbinid.issue.ticket import ReleaseTicket
from konbinid.paper import readback
from konbinid.paper.press import Unprintable
from konbinid.store import ledger, residents
from konbinid.store.errors import Duplicate, NotNow, OutcomeUnknown
from konbinid.store.transaction import Transaction


@dataclass(slots=True)
class _Placement:
    """Whether this attempt has placed the transactionId: only then is it certain that nothing else is bound to it."""

    certain: bool = False

    def forget(self) -> None:
        """Another attempt begins, or this one has taken its row back."""
        self.certain = False


class Desk(Inquiries):
    """Makes certificates, and answers everything else the centre asks. One for the whole daemon; it holds no state of a request."""

    __slots__ = ()
    log = Logger()

    async def issue(self, request: IssueRequest) -> Issued | Refused:
        """The paper, a refusal, or the same paper again for the same request. What nobody foresaw goes on as it is, and people are told."""
        try:
            return await self._issue(request)
        except Exception as error:
            await alarms.defect(self.equipment, "issueCertificate", error)
            raise

    async def _issue(self, request: IssueRequest) -> Issued | Refused:
        equipment, envelope = self.equipment, request.envelope
        deadline = equipment.deadline()
        placement = _Placement()
        # Written before anything else, so that an unknown outcome can be traced (house.md, step 1).
        self.log.info(
            "issue.asked",
            client=envelope.client,
            transaction_id=envelope.transaction_id,
            kind=request.kind.value,
        )

        async def make(tx: Transaction) -> ReleaseTicket | Refused:
            return await self._make(tx, request, placement, deadline)

        try:
            made = await settle(equipment, make, deadline=deadline, before=placement.forget)
        except Duplicate as found:
            if found.constraint == ledger.BINDING_CONSTRAINT:
                return await bound_to_application(equipment, request, deadline)
            if found.constraint != ledger.TRANSACTION_CONSTRAINT:
                raise
            return await replay(equipment, request, deadline)
        except readback.ReadbackMismatch as mismatch:
            await alarms.paper_differs(equipment, request.kind, mismatch.place)
            return Refused(Code.TRY_LATER, "readback_mismatch")
        except OutcomeUnknown:
            self.log.critical("issue.outcome_unknown", transaction_id=envelope.transaction_id)
            return Refused(Code.OUTCOME_UNKNOWN, "commit_unknown")
        except NotNow as error:
            return self._not_made(type(error).__name__, placement)
        return self._released(made)

    def _not_made(self, reason: str, placement: _Placement) -> Refused:
        """9001 promises that nothing is issued under this id. Without having placed the id that cannot be promised: an earlier request
        with it may have been committed. Then 9002: ask again (docs/decisions)."""
        self.log.warn("issue.not_made", reason=reason, certain=placement.certain)
        return Refused(Code.TRY_LATER if placement.certain else Code.OUTCOME_UNKNOWN, reason)

    def _released(self, made: ReleaseTicket | Refused) -> Issued | Refused:
        if isinstance(made, Refused):
            self.log.info("issue.refused", code=made.code.value, rule=made.rule)
            return made
        issued = made.spend()
        self.log.info("issue.made", issuance_number=issued.issuance_number, pages=issued.pages)
        return issued

    async def _make(
        self, tx: Transaction, request: IssueRequest, placement: _Placement, deadline: float
    ) -> ReleaseTicket | Refused:
        """The whole certificate, inside one transaction."""
        equipment = self.equipment
        number, asked = new_issuance_number(equipment.random), Asked.of(request)

        # 1. The ledger row. Whoever asks with the same id waits here, as long as its time allows.
        await tx.wait_at_most(deadline - equipment.clock.seconds())
        await tx.execute("savepoint asked")
        digest = request_digest(equipment.keyring, request)
        await ledger.insert_issuance(tx, number, request, digest, equipment.origin)
        placement.certain = True
        await equipment.step("issue.placed")

        # 2. Hold what a change must take, and read the case as of one snapshot.
        await tx.wait_at_most(equipment.settings.lock_timeout)
        read = await read_case(tx, equipment, request.credential, request.kind)
        await equipment.step("issue.read")

        # 3. Decide. 4. to 6. Say exactly what will stand on the paper, print it and read the finished bytes back; a register's is passed on.
        decision = decide(read.case, asked)
        if isinstance(decision, Refused):
            return await self._refuse(tx, request, decision, read, placement)
        if isinstance(decision, PassedOn):
            paper: Paper | Refused = await pass_on(tx, equipment, decision, number, asked)
        else:
            paper = await self._drawn(tx, read, asked, decision, number)
        if isinstance(paper, Refused):
            return await self._refuse(tx, request, paper, read, placement)
        await equipment.step("issue.printed")

        # 7. Record all of it; the ticket is what may leave once COMMIT (8, by the pool) was answered.
        ticket = await self._record(tx, request, read, paper)
        await equipment.step("issue.recorded")
        return ticket

    async def _drawn(
        self, tx: Transaction, read: ReadCase, asked: Asked, decision: Granted, number: str
    ) -> Paper | Refused:
        """A paper of ours, read back."""
        equipment = self.equipment
        granted = self._with_numbers(decision, read, asked)
        content = compose(read.case, asked, granted, number, specimen=equipment.settings.specimen)
        version, press = await equipment.gaiji.in_force(tx, equipment.press, equipment.pause)
        try:
            printed = press.print(content)
        except Unprintable as unprintable:
            return Refused(unprintable.code, unprintable.place)
        for _ in readback.sheet_by_sheet(printed.document, content, press):
            await equipment.pause()  # ten sheets at one go would keep the reactor over 20 ms
        return drawn(equipment, granted, content, printed, version)

    async def _refuse(
        self, tx: Transaction, request: IssueRequest, refused: Refused, read: ReadCase, placement: _Placement
    ) -> Refused:
        """Only 0000 binds the id: back to before the ledger row, which leaves a refusal behind."""
        equipment = self.equipment
        await tx.execute("rollback to savepoint asked")
        placement.forget()  # whoever waited for the id may place it from here on
        applicant = read.case.applicant
        note = ledger.RefusalNote(
            "issueCertificate",
            request.kind,
            refused.code,
            refused.rule,
            applicant.atena_number if applicant is not None else None,
        )
        await ledger.insert_refusal(tx, request.envelope, request.kiosk, note, equipment.origin)
        if refused.code in {Code.UNPRINTABLE, Code.TOO_MANY_PAGES}:
            await alarms.unprintable(tx, request.kind, refused)
        await equipment.step("issue.refused")
        return refused

    def _with_numbers(self, granted: Granted, read: ReadCase, asked: Asked) -> Granted:
        """個人番号 is opened only for those on whose entry it will stand."""
        if asked.options is None or Switch.INDIVIDUAL_NUMBER not in asked.options.show:
            return granted
        printed = tuple(
            replace(
                person,
                individual_number=residents.open_number(self.equipment.keyring, person, read.sealed_numbers),
            )
            for person in granted.printed
        )
        return replace(granted, printed=printed)

    async def _record(
        self, tx: Transaction, request: IssueRequest, read: ReadCase, paper: Paper
    ) -> ReleaseTicket:
        equipment, number = self.equipment, paper.issuance_number
        decision = ledger.Decision(
            issuance_number=number,
            decided_at=read.case.at,
            atena_number=paper.atena_number,
            printed=paper.printed,
            content=paper.record,
            content_digest=sha256(
                json.dumps(paper.record, ensure_ascii=False, sort_keys=True).encode()
            ).digest(),
            form_version=paper.form_version,
            form_digest=paper.form_digest,
            fonts_digest=paper.fonts_digest,
            gaiji_version=paper.gaiji_version,
            library_revision=read.case.shelf.revision,
            fingerprint=equipment.settings.fingerprint,
            pages=paper.pages,
            total_fee=paper.fee * request.copies,
            document_sha256=paper.sha256,
            expires_at=read.case.at + equipment.settings.report_within,
        )
        await ledger.insert_decision(tx, decision)
        wrapped, sealed = equipment.keyring.seal_document(number, paper.document)
        await equipment.pause()
        shows_number = Switch.INDIVIDUAL_NUMBER in request.options.show
        await ledger.insert_document(tx, number, sealed, wrapped, shows_number=shows_number)
        issued = Issued(
            number,
            paper.pages,
            decision.total_fee,
            decision.expires_at,
            paper.document,
            decision.document_sha256.hex(),
        )
        return ReleaseTicket(issued, decision.document_sha256)
