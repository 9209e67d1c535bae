"""What `konbinid registrations` shows: the queue, and an application beside the members of registers whom the applicant may be."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

from konbinid.domain.characters import code_points
from konbinid.domain.dates import JST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from konbinid.domain.matching import Candidate, Comparison
    from konbinid.store.registration_office import Listed, Shown

# Of what stands in a text, the categories that move a terminal's cursor or turn its writing, or that nobody sees.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
_SAME = {True: "✓", False: "✗"}


def seen(text: str) -> str:
    """A text of somebody outside as one line that shows all of it: an applicant's line end could write lines of this screen, with their ✓."""
    return "".join(f"<{code_points(sign)}>" if category(sign) in _UNSEEN else sign for sign in text)


def queue_line(each: Listed) -> str:
    """One application of the queue."""
    line = f"{each.number}  {each.state:8}  since {each.received_at.astimezone(JST):%Y-%m-%d %H:%M}"
    if each.decided_at is None:
        return line
    return f"{line}, {each.state} {each.decided_at.astimezone(JST):%Y-%m-%d %H:%M} by {each.decided_by}"


def application_screen(found: Shown) -> list[str]:
    """What the applicant wrote."""
    lines = [
        f"Application {found.number}: {found.state}, received {found.received_at.astimezone(JST):%Y-%m-%d %H:%M}",
        f"  氏名      {seen(found.name)}（{seen(found.kana)}）",
        f"  生年月日  {found.birth_date:%Y-%m-%d}",
        f"  住所      {seen(found.address)}",
        f"  電話      {seen(found.phone)}",
        f"  本籍      {seen(found.domicile)}",
        f"  筆頭者    {seen(found.head_of_register)}",
    ]
    if found.register_number is not None:
        lines.append(f"  Approved for register {found.register_number}, member {found.member}.")
    if found.reason:
        lines.append(f"  Reason: {found.reason}")
    if found.resident:
        lines.append("  The card is that of somebody who lives here: it needs no registration.")
    return lines


def candidates_screen(
    shown: Sequence[tuple[Candidate, Comparison]], more: Sequence[tuple[Candidate, Comparison]]
) -> list[str]:
    """The members whom the applicant may be, the likeliest first."""
    if not shown:
        return [
            "",
            "Nobody in the family registers has this birth date together with this name, or this 筆頭者 and 本籍.",
        ]
    lines = ["", "In the family registers:"]
    for candidate, same in shown:
        lines += _candidate(candidate, same)
    if more:
        lines.append(f"And {len(more)} more, less alike.")
    return lines


def _candidate(candidate: Candidate, same: Comparison) -> list[str]:
    notes = []
    if candidate.resident:
        notes.append("lives here")
    if not candidate.current:
        notes.append("removed (除籍)")
    born = candidate.birth_date
    about = f" ({', '.join(notes)})" if notes else ""
    return [
        f"  --register {candidate.register_number} --member {candidate.member}{about}",
        f"    {_SAME[same.name]} 氏名      {seen(candidate.name)}",
        f"    {_SAME[same.birth_date]} 生年月日  {born.year:04}-{born.month:02}-{born.day:02}",
        f"    {_SAME[same.domicile]} 本籍      {seen(candidate.domicile)}",
        f"    {_SAME[same.head_of_register]} 筆頭者    {seen(candidate.head_of_register)}",
    ]
