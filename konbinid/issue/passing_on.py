"""A register's paper is passed on as the register system made it: found by what intake bound to register, member and 表示区分, and looked at again."""

from __future__ import annotations

from hashlib import sha256

from konbinid.domain.case import Asked
from konbinid.domain.granted import PassedOn
from konbinid.domain.registers import RegisterRow
from konbinid.issue.equipment import Equipment
from konbinid.issue.papers import Paper
from konbinid.paper.readback import ReadbackMismatch
from konbinid.store import registers
from konbinid.store.transaction import Transaction


async def pass_on(
    tx: Transaction, equipment: Equipment, granted: PassedOn, number: str, asked: Asked
) -> Paper:
    """The PDF, byte for byte. ReadbackMismatch when its bytes do not have the hash that was bound at intake (invariant 1): the bytes that leave
    are the ones that are hashed here, and once more when the release ticket is spent."""
    bound = granted.row.pdf_sha256
    assert bound is not None  # what has no PDF was refused
    document = await registers.pdf(tx, bound)
    if document is None or sha256(document).digest() != bound:
        raise ReadbackMismatch("register_pdf")
    await equipment.pause()  # what is scanned has megabytes: each step over them is a turn of its own
    return Paper(
        issuance_number=number,
        atena_number=granted.atena_number,
        printed=[_printed(row, granted) for row in granted.printed],
        record={
            "kind": asked.kind.value,
            "issuance_number": number,
            "register": granted.register_number,
            "holder": granted.member,
            "member": granted.row.member,
            "display": granted.row.display,
            "pdf_sha256": bound.hex(),
        },
        document=document,
        sha256=bound,
        pages=granted.row.pages,
        fee=granted.fee,
    )


def _printed(row: RegisterRow, granted: PassedOn) -> dict[str, object]:
    """Whom the paper is about: by 宛名番号 where there is one ('' for who lives elsewhere), and by the number that the kiosk showed."""
    return {
        "atena": row.atena_number or "",
        "member": row.number,
        "register_member": row.member,
        "change_no": granted.change_no,
    }
