"""One SOAP request on its way to its one answer: the counter's, the deadline's, or a Fault.

Nothing is shared between two exchanges. When the time for an answer is over, the caller is told so and the work runs on
to its own end, because a COMMIT must not be cancelled; what it brings then is thrown away and can reach nobody (I-01).
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from twisted.internet.defer import ensureDeferred
from twisted.logger import Logger

from konbinid.domain.request import ContractBroken
from konbinid.domain.results import Code
from konbinid.kiosk import soap, telling
from konbinid.kiosk.contract import OPERATIONS

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure

    from konbinid.kiosk.channel import CenterRequest
    from konbinid.kiosk.transport import CenterSite

_log = Logger()
_INNERMOST = 4


class Exchange:
    """See the module. Made for one request, begun once."""

    def __init__(self, site: CenterSite, request: CenterRequest) -> None:
        self._site = site
        self._request = request
        self._open = True
        self._deadline: IDelayedCall | None = None

    def begin(self) -> None:
        """Read the request, put it to the counter, and see to it that there is an answer in time."""
        self._request.notifyFinish().addErrback(self._gone)
        try:
            call = self._site.soap.read(self._request.content.getvalue())
        except Exception as problem:  # noqa: BLE001  # whatever it is, the caller gets a Fault
            self._fault("a request", problem)
            return
        limits = self._site.limits
        left = limits.answer_within - (self._site.reactor.seconds() - self._request.since)
        if left <= 0:
            self._late(call)
            return
        self._deadline = self._site.reactor.callLater(left, self._late, call)
        self._site.under_way += 1
        ensureDeferred(self._put(call))

    async def _put(self, call: soap.Call) -> None:
        try:
            told = await self._site.counter.answer(call.operation, self._request.client, call.asked)
            self._tell(call, told)
        except Exception as problem:  # noqa: BLE001  # whatever it is, the caller gets a Fault
            self._fault(call.operation, problem)
        finally:
            self._site.under_way -= 1

    def _tell(self, call: soap.Call, told: telling.Told) -> None:
        if not self._open:
            _log.warn(
                "{operation}: an answer with {code} came when nobody waited any more, and was thrown away",
                operation=call.operation,
                code=told["resultCode"],
            )
            return
        body = self._site.soap.write(call, told)
        self._finish(200, body)
        _log.info(
            "{operation} for {client}: {code} after {seconds:.3f} s",
            operation=call.operation,
            client=self._request.client,
            code=told["resultCode"],
            seconds=self._site.reactor.seconds() - self._request.since,
        )

    def _late(self, call: soap.Call) -> None:
        # 9001 says that certainly nothing was issued. Of an operation that leaves a trace that is not known here.
        self._deadline = None
        unknown = OPERATIONS[call.operation].writes
        self._tell(call, telling.result(Code.OUTCOME_UNKNOWN if unknown else Code.TRY_LATER))

    def _fault(self, operation: str, problem: Exception) -> None:
        reference = self._site.new_reference()
        _log.warn(
            "{operation} from {client}: Fault {reference}: {what}",
            operation=operation,
            client=self._request.client,
            reference=reference,
            what=_told_of(problem),
        )
        if self._open:
            self._finish(500, soap.fault(problem, reference))

    def _finish(self, code: int, body: bytes) -> None:
        self._close()
        self._site.send(self._request, code, body)

    def _close(self) -> None:
        self._open = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _gone(self, reason: Failure) -> None:
        """The connection ended first. The work goes on: what it commits is asked for again with the same id."""
        del reason
        self._close()


def _told_of(problem: Exception) -> str:
    """What the log may hold of a failure: ours in full, anything else by class and place, since its text may quote."""
    if isinstance(problem, ContractBroken):
        return str(problem)
    frames = traceback.extract_tb(problem.__traceback__)[-_INNERMOST:]
    places = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(problem).__qualname__} at {places}"
