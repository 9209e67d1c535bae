"""AMP for a line on which anybody with a certificate may say anything: bounded, and with nothing of AMP's own that the wire does not need."""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.protocols import amp


class Limited(amp.AMP):
    """AMP with bounds: AMP itself takes boxes of any number of values, and as many commands at once as somebody sends."""

    most_values = 12
    most_under_way = 256

    def __init__(self) -> None:
        super().__init__()
        self.under_way = 0
        self._is_cut = False

    def proto_value(self, string: bytes) -> str:
        """One more value of a box."""
        state: str = super().proto_value(string)
        if len(self._currentBox or ()) > self.most_values:
            self.cut("a box without end")
        return state

    def lengthLimitExceeded(self, length: int) -> None:  # noqa: N802  # Twisted's name
        """A key that is none."""
        super().lengthLimitExceeded(length)
        self.cut("not AMP")

    def ampBoxReceived(self, box: Any) -> None:  # noqa: N802  # Twisted's name
        """A box is a command that wants an answer, or the answer to one of ours; who sends another is cut off."""
        if self._is_cut:
            return  # what came with the same bytes
        asked = box.get(amp.ANSWER) or box.get(amp.ERROR)
        if amp.COMMAND in box and box.get(amp.ASK) and asked is None:
            if self.under_way >= self.most_under_way:
                self.cut("too many commands at once")
                return
        elif asked not in self._outstandingRequests or (amp.ERROR in box and amp.ERROR_CODE not in box):
            self.cut("an answer to nothing")
            return
        super().ampBoxReceived(box)

    def locateResponder(self, name: bytes) -> Any:  # noqa: N802  # Twisted's name
        """Nobody begins a second TLS within the first: AMP would with anybody, and look at no certificate."""
        return None if name == amp.StartTLS.commandName else super().locateResponder(name)

    def dispatchCommand(self, box: Any) -> Any:  # noqa: N802  # Twisted's name
        """A command; what it must not say, and what nobody foresaw, ends the connection and not the process."""
        self.under_way += 1
        # A name that is no text raises at once.
        return maybeDeferred(super().dispatchCommand, box).addBoth(self._done).addErrback(self._failed)

    def _done(self, result: Any) -> Any:
        self.under_way -= 1
        return result

    def _failed(self, failure: Any) -> Any:
        if failure.check(amp.RemoteAmpError):
            return failure
        self.broke(failure)
        raise amp.RemoteAmpError(amp.UNKNOWN_ERROR_CODE, b"", fatal=True)

    def broke(self, failure: Any) -> None:
        """A command failed in a way that no error of the protocol tells."""

    def cut(self, why: str) -> None:  # noqa: ARG002  # told by who knows the other side
        """End the connection at once."""
        self._is_cut = True
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()
