"""The certificates that have golden files: kind × persona × scope × set of switches, each made by the domain from the product's samples.

A kind is picked up here as soon as it has a form and samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations

from konbinid.domain.content import Content
from konbinid.domain.kinds import KIND_RULES, Kind, Scope, Switch
from konbinid.domain.person import HOUSEHOLDER, Household
from konbinid.paper.sample_people import EVERYTHING, PERSONAS, Persona, PersonaName
from konbinid.paper.samples import sample_contents, specimen_seal

ISSUED_ON = date(2026, 11, 25)
YEARS = (2019, 2023, 2024, 2025)
"""年度 whose tax certificates differ in their rows or in the name of the year: 令和元年度, before and from 森林環境税, with and without 定額減税."""
_SEAL = specimen_seal()  # drawn once, not for each of some thousand contents
_OF = {persona.name: persona for persona in PERSONAS}


def _household(people):
    """These people as one household in this order, each with a number of its own; the first is its head."""
    head = people[0]
    placed = [
        replace(
            person,
            atena_number=f"{9000 + place:010d}",
            household_order=place,
            member_number=place,
            relationship=_relationship(person, place),
            address=head.address,
            address_supplement=head.address_supplement,
        )
        for place, person in enumerate(people, 1)
    ]
    return Household(head.household_number, tuple(placed))


def _relationship(person, place):
    if place == 1:
        return HOUSEHOLDER
    return "同居人" if person.relationship == HOUSEHOLDER else person.relationship


def _twenty_four():
    """24 people: six sheets of 住民票の写し, Japanese and foreign residents mixed, and every name another."""
    typical, foreign, extreme = (
        _OF[name].people for name in (PersonaName.TYPICAL, PersonaName.FOREIGN, PersonaName.EXTREME)
    )
    pool = [*typical, *foreign, *extreme]
    names = "一二三四五六七八九十百千東西南北春夏秋冬上中下左"
    people = [
        replace(person, name=f"{person.name.split('　')[0]}　{names[place]}" if place else person.name)
        for place, person in enumerate((pool * 3)[:24])
    ]
    return replace(_OF[PersonaName.MANY], household=_household(people), printed=24, show=EVERYTHING)


def _five_lines():
    """Foreign residents whose names would take five lines at the form's size: 190 letters for the householder, 98 for the spouse."""
    word = "SAMPLE WOLFGANG VON HOHENZOLLERN SIGMARINGEN MARIA CRISTINA ISABELLA FRANCISCA ALEXANDRINA JOSEPHINE "
    name = (word + word.replace("SAMPLE ", "").replace("MARIA", "MARIANNE"))[:190].rstrip()
    head, spouse, _ = _OF[PersonaName.FOREIGN].people
    people = [replace(head, name=name), replace(spouse, name=word[:98].rstrip(), relationship="夫")]
    return replace(_OF[PersonaName.FOREIGN], household=_household(people), printed=2, show=EVERYTHING)


def _full_sheet():
    """Four Japanese residents on one sheet, no two with the same name, address or register: as many characters as a sheet usually has."""
    surnames, given = ("斎藤", "渡邉", "髙𣘺", "齋籐"), ("健太郎", "由美子", "翔", "結衣")
    kana = ("サイトウ　ケンタロウ", "ワタナベ　ユミコ", "タカハシ　ショウ", "サイトウ　ユイ")
    before = (
        "兵庫県架空郡見本町大字試験１２３番地の４",
        "東京都例示区桜丘九丁目８番７号　緑荘",
        "北海道試作市栄町条６５",
        "沖縄県仮想郡港村字浜４番",
    )
    typical = _OF[PersonaName.TYPICAL].people
    people = [
        replace(
            typical[min(place, 2)],
            name=f"{surnames[place]}　{given[place]}",
            name_kana=kana[place],
            former_name=("", "鷲塚", "", "")[place],
            former_name_kana=("", "ワシヅカ", "", "")[place],
            previous_address=before[place],
            domicile=before[-1 - place],
            head_of_register=f"{surnames[place]}　{given[-1 - place]}",
        )
        for place in range(4)
    ]
    return replace(_OF[PersonaName.TYPICAL], household=_household(people), printed=4, show=EVERYTHING)


# Beyond the product's personas: what is too long for a preview, or of interest to the tests only.
FURTHER = {"twenty-four": _twenty_four(), "five-lines": _five_lines(), "full-sheet": _full_sheet()}


def keys(forms: Mapping[tuple[Kind, str], object]) -> list[tuple[Kind, str, str]]:
    """Kind, version and persona of every group of certificates, in a fixed order: of each form in the folder whose kind has samples."""
    return [
        (kind, version, name)
        for kind, version in sorted(forms)
        if sample_contents(kind, version, ISSUED_ON, seal=_SEAL, personas=PERSONAS[:1])
        for name in (*_OF, *FURTHER)
        # A kind for one person has no use for households.
        if KIND_RULES[kind].scopes or name in {*_OF, "five-lines"}
    ]


def contents(kind: Kind, version: str, name: str) -> Iterator[tuple[str, Content]]:
    """The certificates of a group by their names. The first is ``plain``: what the persona asks for; then every scope, every set of
    switches and some of the years that a request may name (for the product's personas; the further ones are printed once)."""
    persona = FURTHER.get(name) or _OF[name]
    yield "plain", _content(kind, version, persona)
    if name in FURTHER:
        return
    if KIND_RULES[kind].takes_year:
        for year in YEARS:
            yield f"YEAR {year}", _content(kind, version, persona, ISSUED_ON.replace(year=year))
    for scope in sorted(KIND_RULES[kind].scopes):
        printed = len(persona.household.living) if scope is Scope.HOUSEHOLD else 1
        for show in switch_sets(kind):
            asked = replace(persona, printed=printed, show=show)
            yield f"{scope} {letters(show)}", _content(kind, version, asked)


def _content(kind: Kind, version: str, persona: Persona, on: date = ISSUED_ON) -> Content:
    return sample_contents(kind, version, on, seal=_SEAL, personas=(persona,))[persona.name]


def switch_sets(kind: Kind) -> list[frozenset[Switch]]:
    """Every set of switches that may be asked of a kind, the smallest first."""
    switches = [switch for switch in Switch if switch in KIND_RULES[kind].switches]
    return [frozenset(each) for size in range(len(switches) + 1) for each in combinations(switches, size)]


LEGEND = "R 続柄, H 世帯主, D 本籍・筆頭者, I 個人番号, N 国籍・地域, S 在留資格等"


def letters(show: frozenset[Switch]) -> str:
    """A set of switches in six letters, see LEGEND."""
    return "".join(letter if switch in show else "-" for switch, letter in zip(Switch, "RHDINS", strict=True))
