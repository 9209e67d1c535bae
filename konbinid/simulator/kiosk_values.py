"""What a kiosk asks for, what it gets, and everything that can stand in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


class KioskProblem(Exception):
    """A request that brought nothing; the text is for the person at the prompt."""


class Refused(KioskProblem):
    """The server's answer is a refusal: `code` of contract 1 and the `message` for the kiosk's screen."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


class Faulted(KioskProblem):
    """A SOAP Fault: its `code` (Client or Server), its text and the `reference` that the server's log has too."""

    def __init__(self, code: str, text: str, reference: str) -> None:
        super().__init__(f"SOAP Fault {code}: {text} (reference {reference or 'none'})")
        self.code = code
        self.reference = reference


class Unanswered(KioskProblem):
    """No answer came: no connection, a TLS refusal, a time-out. Whether anything was issued is unknown."""


class NotOnTheList(KioskProblem):
    """The kind is not among those that the server offers to this person: a kiosk would not show its button."""


class BrokenDocument(KioskProblem):
    """The document is not what the answer says it is; nobody may print it."""


@dataclass(frozen=True)
class Door:
    """Where the server is and as whom we come: its URL, the CA that signed its certificate, our certificate and key (PEM)."""

    url: str
    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True)
class Card:
    """A user certificate that the centre has validated: `serial` in hex, `kind` CARD or PHONE."""

    serial: str = field(repr=False)
    kind: str = "CARD"


@dataclass(frozen=True)
class Order:
    """What the resident chose. `members` are numbers from the list; none means everybody. `fee` is yen per copy."""

    kind: str
    fee: int
    copies: int = 1
    show: tuple[str, ...] = ()
    members: tuple[int, ...] = ()
    year: int | None = None

    def options(self) -> dict[str, Any] | None:
        """The element `options`, or None where the kind takes none."""
        scopes = {"juminhyo": "HOUSEHOLD", "kisaijiko": "HOUSEHOLD", "koseki_zenbu": "ALL", "fuhyo": "ALL"}
        scope = "MEMBERS" if self.members else scopes.get(self.kind)
        options = {
            "scope": scope,
            "memberNumbers": list(self.members),
            "show": list(self.show),
            "year": self.year,
        }
        return {name: value for name, value in options.items() if value} or None


@dataclass(frozen=True)
class Issued:
    """A certificate on its way to the printer; `document` is one copy's PDF."""

    transaction_id: str
    issuance_number: str
    pages: int
    total_fee: int
    expires_at: dt.datetime
    document: bytes = field(repr=False)
    sha256: str
