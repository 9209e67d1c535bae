"""The release ticket: the only way for a document to leave, and only once."""

from __future__ import annotations

from hashlib import sha256

from konbinid.domain.request import Issued


class AlreadySpent(Exception):
    """A ticket was used twice: a defect. Nothing is given."""


class ReleaseTicket:
    """Made inside the transaction that settles the ledger, spent after its COMMIT was answered.

    It holds the bytes of one request and nothing else refers to them (invariant 3 of incidents.md): a document cannot be taken from a
    queue, a file name or "the latest", because there is none.
    """

    __slots__ = ("_bound_sha256", "_issued")

    def __init__(self, issued: Issued, bound_sha256: bytes) -> None:
        self._issued: Issued | None = issued
        self._bound_sha256 = bound_sha256

    def spend(self) -> Issued:
        """The answer, once. Its bytes are compared with the digest that the ledger committed."""
        issued, self._issued = self._issued, None
        if issued is None:
            raise AlreadySpent("a release ticket is spent once")
        if sha256(issued.document).digest() != self._bound_sha256:
            raise AlreadySpent("the bytes are not those the ledger is bound to")
        return issued
