"""A finished paper with everything that the ledger keeps about it, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from konbinid.domain.compose import record_of
from konbinid.domain.content import Content
from konbinid.domain.granted import Granted
from konbinid.domain.redact import Redacted
from konbinid.issue.equipment import Equipment
from konbinid.paper.press import Printed


@dataclass(frozen=True, slots=True, repr=False)
class Paper(Redacted):
    """One copy's bytes; ``record`` and ``printed`` are JSON-able. Form, fonts and 外字 are '' on a paper that is not ours.

    ``sha256`` is what the ledger is bound to: of the bytes that were drawn, or the one that intake bound to a register's PDF.
    """

    issuance_number: str
    atena_number: str
    printed: list[dict[str, Any]]
    record: Mapping[str, Any]
    document: bytes
    sha256: bytes
    pages: int
    fee: int
    form_version: str = ""
    form_digest: str = ""
    fonts_digest: str = ""
    gaiji_version: str = ""


def drawn(
    equipment: Equipment, granted: Granted, content: Content, printed: Printed, gaiji_version: str
) -> Paper:
    """A paper that the press made, with the 外字 of that version, and that was read back."""
    return Paper(
        issuance_number=content.issuance_number,
        atena_number=granted.applicant.atena_number,
        printed=[
            {"atena": p.atena_number, "member": p.member_number, "change_no": p.change_no}
            for p in granted.printed
        ],
        record=record_of(content, lambda text: equipment.keyring.digest("individual_number", text).hex()),
        document=printed.document,
        sha256=sha256(printed.document).digest(),
        pages=printed.pages,
        fee=granted.fee,
        form_version=content.form_version,
        form_digest=equipment.press.form(content).digest,
        fonts_digest=equipment.settings.fonts_digest,
        gaiji_version=gaiji_version,
    )
