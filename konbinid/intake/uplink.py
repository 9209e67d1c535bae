"""One relay's connection, on the server: every command judged, written, and answered when it is in PostgreSQL (konbinid.intake.wire).

A relay is known by its certificate, asked for again with every command: a connection may outlive a certificate or a revocation list.
"""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg2
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import ConnectionDone
from twisted.logger import Logger
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure

from konbinid.intake import transfers, wire
from konbinid.intake.limited import Limited
from konbinid.intake.names import BadName, DropName
from konbinid.intake.telling import told
from konbinid.intake.transfers import Scribe
from konbinid.intake.wire import Busy, Refused, Unwelcome
from konbinid.intake.worker import JobFailed, WorkerLost
from konbinid.store import relay_files, relay_receipts
from konbinid.store.intake_link import is_over
from konbinid.store.relay_files import Offered

if TYPE_CHECKING:
    from konbinid.intake.port import Port

_TOLD = (wire.Unwelcome, wire.Refused, wire.Busy)
Answers = Callable[[Any], Any]


def _answers(command: type[wire.Command]) -> Answers:
    """Makes a method the answer to a command: only for a relay that is let in, and its failures are told as the protocol's."""

    def made(work: Any) -> Any:
        def respond(self: Uplink, **given: Any) -> Deferred[dict[str, Any]]:
            return ensureDeferred(self.answer(command, work, given))

        command.responder(respond)  # AMP finds it when the class is made
        return work

    return made


class Uplink(Limited, TimeoutMixin):
    """``client_of`` tells which relay a transport's certificate names, None when none (any more)."""

    log = Logger()

    def __init__(self, port: Port, client_of: Callable[[Any], str | None]) -> None:
        super().__init__()
        self._port = port
        self._client_of = client_of
        self._scribe: Scribe | None = None
        self._returns = 0
        self.relay = ""
        self.address = ""

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        """Somebody is there; who, the first bytes tell."""
        transport: Any = self.transport
        self.address = transport.getPeer().host
        self._port.came(self)
        self.setTimeout(wire.SILENCE_SECONDS)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Whatever the other side makes AMP stumble over ends this connection only."""
        self.resetTimeout()
        try:
            super().dataReceived(data)
        except Exception as failed:  # noqa: BLE001  # AMP raises what it likes at nonsense
            self.broke(Failure(failed))
            self.cut("not AMP")

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008, N802  # Twisted's
        """It is over; what was written stays, what was not comes again."""
        self.setTimeout(None)
        if self._scribe is not None:
            self._scribe.close()
        self._port.went(self)
        super().connectionLost(reason)

    def timeoutConnection(self) -> None:  # noqa: N802  # Twisted's name
        """Too long silent."""
        self.cut("silent")

    def cut(self, why: str) -> None:
        """End the connection at once."""
        if not self._is_cut:
            self.log.warn("relay.cut", relay=self.relay, address=self.address, why=why)
        super().cut(why)

    def broke(self, failure: Failure) -> None:
        """What nobody foresaw: kinds and places are told, no values."""
        self.log.error("relay.failed", relay=self.relay, failure=told(failure.value or Exception()))

    async def answer(self, command: type[wire.Command], work: Any, given: dict[str, Any]) -> dict[str, Any]:
        """One command of a relay that is let in. Trouble of the moment is Busy."""
        relay = self._client_of(self.transport)
        if relay is None or (self.relay and relay != self.relay):
            self._port.turned_away(self.relay or self.address, "certificate")
            self.cut("its certificate is not let in any more")
            raise Unwelcome("certificate")
        if not self.relay and command is not wire.Hello:
            self.cut("not introduced")
            raise Unwelcome("say Hello first")
        try:
            found: dict[str, Any] | None = await work(self, **given)
        except _TOLD:
            raise
        except (psycopg2.Error, JobFailed, WorkerLost) as failed:
            self.log.warn(
                "relay.not_now", relay=self.relay, failure=getattr(failed, "detail", None) or told(failed)
            )
            if isinstance(failed, psycopg2.Error) and is_over(failed):
                # Another server may answer from here on, without what this one said it had. A relay offers everything again when it connects.
                self.cut("the database session ended")
            raise Busy("the database does not answer") from None
        return found or {}

    async def _write(self, work: Callable[[Any], Any]) -> Any:
        if self._scribe is None:
            raise Busy("closed")
        return await self._scribe.write(work)

    @_answers(wire.Hello)
    async def greet(self, version: int, city: str, relay: str) -> dict[str, Any]:
        """Hello: the certificate counts; what is said otherwise is told to people."""
        certified = self._client_of(self.transport)
        what = self._port.objection(certified or "", version, city, relay)
        if what:
            self._port.turned_away(certified or self.address, what)
            raise Unwelcome(what)
        self.relay = relay
        self._scribe = self._port.scribe()
        self._returns = await self._write(lambda cur: relay_receipts.greeted(cur, relay))
        self._port.introduced(self)
        return {"most_bytes": self._port.most_bytes}

    @_answers(wire.Offer)
    async def offer(self, name: str, size: int, sha256: bytes, rows: int, claimed: bytes) -> dict[str, Any]:
        """Offer."""
        try:
            feed = DropName.parse(name).feed
        except BadName:
            raise Refused("not a name of the contract") from None
        if feed not in self._port.feeds or size > self._port.most_bytes + 1 or not sha256:
            raise Refused("not a file that is taken here")
        offered = Offered(name, feed.value, size, sha256, rows, claimed or None)
        most = 2 * self._port.most_bytes
        found = await self._write(lambda cur: relay_files.offer(cur, self.relay, offered, most))
        self._port.passing("offered")
        return {"transfer": found.id, "have": found.have, "stored": found.incoming_id is not None}

    @_answers(wire.Chunk)
    async def chunk(self, transfer: int, part: str, offset: int, content: bytes) -> dict[str, Any]:
        """Chunk."""
        relay = self.relay
        have = await self._write(
            lambda cur: relay_files.append(cur, relay, transfer, part=part, offset=offset, content=content)
        )
        self._port.passing("part")
        return {"have": have}

    @_answers(wire.Wanted)
    async def wanted(self, transfer: int, after: str) -> dict[str, Any]:
        """Wanted: at the first asking the rows are read."""
        relay = self.relay
        found = await self._write(lambda cur: relay_files.transfer(cur, transfer, relay))
        if found.incoming_id is not None or found.have != found.offered.size:
            raise Refused("it is not whole")
        spec = self._port.feeds[found.offered.feed].spec
        if spec.attachment is None:
            await self._write(lambda cur: relay_files.end_names(cur, transfer))
        elif not found.named and (await self._port.job(found, "names"))["anew"]:
            return {"names": b"", "most_bytes": 0, "anew": True}
        self._port.passing("named")
        names = await self._write(lambda cur: relay_files.wanted(cur, transfer, after, wire.PAGE))
        listed = [(name, held.hex() if held else "-") for name, held in names]
        return {"names": wire.lines(listed), "most_bytes": spec.attachment_bytes, "anew": False}

    @_answers(wire.Attach)
    async def attach(
        self, transfer: int, name: str, size: int, sha256: bytes, content: bytes
    ) -> dict[str, Any]:
        """Attach."""
        relay = self.relay
        if not sha256 or size > self._port.most_attached or len(content) > size:
            raise Refused("not an attachment that is taken here")

        def work(cur: Any) -> int:
            have = relay_files.attach(cur, relay, transfer, name, size=size, sha256=sha256)
            if have or not content:
                return have
            return relay_files.append(cur, relay, transfer, part=name, offset=0, content=content)

        return {"have": await self._write(work)}

    @_answers(wire.Unusable)
    async def unusable(self, transfer: int, name: str, fault: str) -> None:
        """Unusable."""
        relay = self.relay
        await self._write(lambda cur: relay_files.unusable(cur, relay, transfer, name, fault))

    @_answers(wire.Finish)
    async def finish(self, transfer: int) -> dict[str, Any]:
        """Finish: the same code as the inbox's makes the row of intake.incoming, and whoever holds the lease takes it in."""
        relay = self.relay
        found = await self._write(lambda cur: relay_files.transfer(cur, transfer, relay))
        done = await self._port.job(found, "store")
        self._port.passing("stored")
        if not done["anew"]:
            self.log.info("{file}: stored", file=found.offered.name, feed=found.offered.feed)
            self._port.hint()
        return {"anew": done["anew"]}

    @_answers(wire.Receipts)
    async def receipts(self) -> dict[str, Any]:
        """Receipts: as in the daemon's own folder, of nothing that could be lost unnoticed (konbinid.intake.lane)."""
        found = await self._decided()
        if found:
            still = await self._decided() if await self._port.attest() else []
            found = [each for each in found if each in still]
        return {"decided": wire.lines(found)}

    async def _decided(self) -> list[tuple[object, ...]]:
        relay = self.relay
        returns, found = await self._write(
            lambda cur: (relay_receipts.returns(cur), transfers.decided(cur, relay))
        )
        if returns != self._returns:
            # What was stored may be lost, and a relay offers its files again only when it connects.
            self.cut("the database went back")
            raise Unwelcome("the database went back")
        return list(found)

    @_answers(wire.Receipt)
    async def receipt(self, transfer: int, offset: int) -> dict[str, Any]:
        """Receipt."""
        relay = self.relay
        ok, text = await self._write(lambda cur: transfers.receipt(cur, relay, transfer))
        digest = hashlib.sha256(text).digest()
        return {
            "ok": ok,
            "sha256": digest,
            "size": len(text),
            "content": text[offset : offset + wire.CHUNK_BYTES],
        }

    @_answers(wire.Attached)
    async def attached(self, transfer: int, after: str) -> dict[str, Any]:
        """Attached."""
        relay = self.relay
        found = await self._write(lambda cur: transfers.attached(cur, relay, transfer, after))
        return {"attached": wire.lines(found)}

    @_answers(wire.Taken)
    async def taken(self, transfer: int) -> None:
        """Taken."""
        relay = self.relay
        await self._write(lambda cur: transfers.taken(cur, relay, transfer))

    @_answers(wire.Odd)
    async def odd(self, name: str, what: str) -> None:
        """Odd. Busy when this relay has had too much told lately."""
        self._port.odd(self.relay, name, what)
