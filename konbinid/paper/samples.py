"""What is printed when a form is tried out: the content of every kind for every persona, made by the domain like any other.

``sample_contents`` is the list that preview, comparison, the library's check of what can be printed, golden files and the gallery share.
Everything on it is invented, and every sheet says 見本.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from konbinid.domain.case import Asked, Case
from konbinid.domain.compose import compose
from konbinid.domain.content import Content, OfficialSeal, SealImpression
from konbinid.domain.dates import JST
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import HOUSEHOLD_KINDS, KIND_RULES, Kind, Scope
from konbinid.domain.library import Item, LibraryEntry, Mayor, shelf_at
from konbinid.domain.person import Seal, SealNameKind, SealState
from konbinid.domain.request import Options
from konbinid.paper.sample_people import HOUSEHOLD, PERSONAS, Persona, PersonaName
from konbinid.paper.sample_taxes import sample_record

NUMBER = "MIHN-0000-0000-0000"
"""No certificate has this issuance number: it has a letter that none has, and as many characters as a real one."""

_DPI = 400
_MUNICIPALITY = "272060"

SPECIMEN_MAYOR = Mayor("架空市長", "見本　一郎")


def specimen_seal() -> OfficialSeal:
    """A seal that is nobody's: 21 mm, a double frame crossed out."""
    pixels = 331
    edge, inner = 12, 26

    def ink(x: int, y: int) -> bool:
        nearest = min(x, y, pixels - 1 - x, pixels - 1 - y)
        return nearest < edge or inner <= nearest < inner + 3 or min(abs(x - y), abs(x + y - pixels)) < 4

    return OfficialSeal(pixels, pixels, _rows(pixels, ink), 21.0, 21.0)


def specimen_impression(size_mm: float) -> SealImpression:
    """A registered seal of this size that is nobody's: a ring with a cross."""
    pixels = round(size_mm / 25.4 * _DPI)
    middle, outer = (pixels - 1) / 2, pixels / 2

    def ink(x: int, y: int) -> bool:
        far = ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5
        if far > outer:
            return False
        return far > outer * 0.9 or min(abs(x - middle), abs(y - middle)) < outer * 0.06

    return SealImpression(pixels, pixels, _DPI, _rows(pixels, ink))


def sample_contents(
    kind: Kind,
    form_version: str,
    on: date,
    mayor: Mayor = SPECIMEN_MAYOR,
    seal: OfficialSeal | None = None,
    *,
    personas: Iterable[Persona] = PERSONAS,
) -> Mapping[PersonaName, Content]:
    """The certificates of one kind, issued on a day, in the personas' order; empty for a kind that has no form of ours.

    Without a ``seal`` it is the specimen one. Every content is marked as a specimen.
    """
    make = _MAKERS.get(kind)
    if make is None:
        return {}
    entries = (
        _entry(1, Item.MAYOR, None, mayor),
        _entry(2, Item.OFFICIAL_SEAL, None, seal or specimen_seal()),
        _entry(3, Item.FORM, kind, form_version),
    )
    at = datetime.combine(on, time(12), JST)
    return {
        persona.name: make(kind, persona, Case(at, _MUNICIPALITY, shelf_at(entries, 0, at)))
        for persona in personas
    }


def _entry(number: int, item: Item, kind: Kind | None, value: object) -> LibraryEntry:
    always = datetime(1868, 1, 25, tzinfo=JST)
    return LibraryEntry(number, item, kind, always, None, value)


def _resident_content(kind: Kind, persona: Persona, bare: Case) -> Content:
    applicant = persona.people[0]
    case = Case(
        at=bare.at,
        municipality=bare.municipality,
        shelf=bare.shelf,
        household=persona.household,
        seals=(_seal(persona, bare.at),) if kind is Kind.INKAN else (),
        taxes=(sample_record(persona.name, bare.today.year, applicant.full_address),),
    )
    printed = persona.people if kind in HOUSEHOLD_KINDS else (applicant,)
    options = _options(kind, persona, bare.today.year)
    asked = Asked(bare.municipality, kind, options=options)
    granted = Granted(applicant, printed, printed == persona.household.living, 0)
    return compose(case, asked, granted, NUMBER, specimen=True)


def _options(kind: Kind, persona: Persona, year: int) -> Options:
    if kind in HOUSEHOLD_KINDS:
        return Options(Scope.HOUSEHOLD, (), persona.show)
    return Options(year=year if KIND_RULES[kind].takes_year else None)


def _seal(persona: Persona, at: datetime) -> Seal:
    applicant = persona.people[0]
    return Seal(
        registration_number=HOUSEHOLD,
        state=SealState.REGISTERED,
        name_kind=SealNameKind.KATAKANA if applicant.is_foreign else SealNameKind.NAME,
        file_stamp=at.replace(tzinfo=None) - timedelta(days=1),
        impression=specimen_impression(persona.seal_mm),
    )


def _rows(pixels: int, ink: Callable[[int, int], bool]) -> bytes:
    """1 bit a pixel, rows padded to bytes, most significant bit first, 1 = ink."""
    width = (pixels + 7) // 8
    rows = bytearray(width * pixels)
    for y in range(pixels):
        for x in range(pixels):
            if ink(x, y):
                rows[y * width + x // 8] |= 0x80 >> x % 8
    return bytes(rows)


_MAKERS: Mapping[Kind, Callable[[Kind, Persona, Case], Content]] = MappingProxyType(
    dict.fromkeys((Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN, Kind.KAZEI), _resident_content)
)
"""How a kind's content is made for a persona. A new kind of ours has its line here."""
