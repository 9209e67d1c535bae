"""Synthetic residents, households, holds, seals, libraries and cases, with defaults that are granted everything.

A test names only what it is about: ``case(holds=(hold(HEAD, category="02"),))`` is a case in which only that hold stands in the way. The
default household is a Japanese family of three (HEAD 1, SPOUSE 2, CHILD 3 are their 宛名番号 and member numbers in that order); the default
instant is an open Tuesday morning, the default library offers the kinds that are made, and kazei for four years. Everyone here is invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from konbinid.domain.case import Asked, Case
from konbinid.domain.content import OfficialSeal, SealImpression
from konbinid.domain.dates import JST, PartialDate
from konbinid.domain.kinds import (
    HOUSEHOLD_KINDS,
    KIND_RULES,
    REGISTER_KINDS,
    CredentialType,
    Kind,
    Scope,
    Switch,
)
from konbinid.domain.library import Holidays, Hours, KindShelf, Mayor, Offer, Policy, Shelf, TaxYears
from konbinid.domain.person import (
    HOUSEHOLDER,
    Credential,
    Hold,
    HoldSource,
    Household,
    Person,
    ResidentClass,
    ResidentState,
    Seal,
    SealNameKind,
    SealState,
    Sex,
)
from konbinid.domain.registers import (
    MemberHere,
    Reach,
    Register,
    RegisterHold,
    RegisterRow,
    RegisterState,
    Registration,
)
from konbinid.domain.request import Options
from konbinid.domain.tax import AMOUNTS, COUNTS, Filing, TaxRecord

MUNICIPALITY = "272060"
OTHER_MUNICIPALITY = "271004"
HOUSEHOLD_NUMBER = "0000000900"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=JST)  # a Tuesday within the hours, no holiday
TODAY = NOW.date()
NEWEST_YEAR = 2026  # the newest 年度 that the default library offers

# 宛名番号 of the default household, in its order; their member numbers are 1, 2 and 3.
HEAD, SPOUSE, CHILD = "0000000001", "0000000002", "0000000003"

ADDRESS = "見本市試験町一丁目２番３号"
SEAL_ROWS = b"\xff\x80" + b"\x80\x80" * 7 + b"\xff\x80"  # a frame of 9 × 9 pixels


def partial(text: str | None, era: str = "") -> PartialDate | None:
    """A date of a register from ``YYYYMMDD``; None stays None."""
    return None if text is None else replace(PartialDate.parse(text), era=era)


_DAYS = frozenset({"birth_date", "resident_since", "address_since", "notified_on", "stay_expires_on"})


def person(**overrides: Any) -> Person:
    """A Japanese resident: HEAD, the householder, everything recorded but 旧氏. Dates may be given as ``YYYYMMDD``.

    Without a ``member_number`` it is the last three digits of the 宛名番号.
    """
    values: dict[str, Any] = {
        "atena_number": HEAD,
        "household_number": HOUSEHOLD_NUMBER,
        "household_order": 1,
        "resident_class": ResidentClass.JAPANESE,
        "state": ResidentState.RESIDENT,
        "name": "見本　太郎",
        "name_kana": "ミホン　タロウ",
        "birth_date": "19860503",
        "sex": Sex.MALE,
        "relationship": HOUSEHOLDER,
        "address": ADDRESS,
        "address_supplement": "試験荘１０１",
        "resident_since": "20100401",
        "address_since": "20150610",
        "notified_on": "20150612",
        "previous_address": "例示県例示市三丁目４番",
        "domicile": "見本県見本市本町五番地",
        "head_of_register": "見本　太郎",
        "has_individual_number": True,
        "kana_registered": True,
        "change_no": 1,
        **overrides,
    }
    values.setdefault("member_number", int(values["atena_number"][-3:]))
    for name in _DAYS & values.keys():
        if isinstance(values[name], str):
            values[name] = partial(values[name])
    return Person(**values)


def spouse(**overrides: Any) -> Person:
    """SPOUSE, with a 旧氏 whose 振り仮名 is registered."""
    return person(
        **{
            "atena_number": SPOUSE,
            "household_order": 2,
            "name": "見本　花子",
            "name_kana": "ミホン　ハナコ",
            "former_name": "例示",
            "former_name_kana": "レイジ",
            "former_kana_registered": True,
            "birth_date": "19880229",
            "sex": Sex.FEMALE,
            "relationship": "妻",
            **overrides,
        }
    )


def child(**overrides: Any) -> Person:
    """CHILD, ten years old at NOW, 振り仮名 not registered yet."""
    return person(
        **{
            "atena_number": CHILD,
            "household_order": 3,
            "name": "見本　一",
            "name_kana": "ミホン　ハジメ",
            "kana_registered": False,
            "birth_date": "20160707",
            "relationship": "子",
            **overrides,
        }
    )


def foreigner(**overrides: Any) -> Person:
    """A 中長期在留者 with a 通称, otherwise HEAD."""
    return person(
        **{
            "resident_class": ResidentClass.FOREIGN,
            "name": "SPECIMEN MARIA",
            "name_kana": "",
            "kana_registered": False,
            "name_roman": "SPECIMEN MARIA",
            "name_katakana": "スペシメン　マリア",
            "alias": "例示　真理",
            "alias_kana": "レイジ　マリ",
            "sex": Sex.FEMALE,
            "domicile": "",
            "head_of_register": "",
            "nationality": "見本国",
            "article_30_45": "中長期在留者",
            "residence_status": "技術・人文知識・国際業務",
            "period_of_stay": "５年",
            "stay_expires_on": "20270331",
            "residence_card_number": "ZZ00000000ZZ",
            "alias_history": "令和2年4月1日記載",
            **overrides,
        }
    )


def special_permanent_resident(**overrides: Any) -> Person:
    """特別永住者: a certificate number, but no 在留資格, 在留期間 or 満了日."""
    return foreigner(
        **{
            "article_30_45": "特別永住者",
            "residence_status": "",
            "period_of_stay": "",
            "stay_expires_on": None,
            **overrides,
        }
    )


def transitional_resident(**overrides: Any) -> Person:
    """出生による経過滞在者: nothing of 在留資格等 but the class itself."""
    return special_permanent_resident(
        **{"article_30_45": "出生による経過滞在者", "residence_card_number": "", **overrides}
    )


def family() -> tuple[Person, Person, Person]:
    """The default household's members."""
    return person(), spouse(), child()


def household(*members: Person) -> Household:
    """These people as one household, the default family when none is given."""
    return Household(HOUSEHOLD_NUMBER, members or family())


def family_with(number: str, **changes: Any) -> Household:
    """The default family, one of whom is changed."""
    return household(*(replace(p, **changes) if p.atena_number == number else p for p in family()))


def credential(number: str | None = HEAD, **overrides: Any) -> Credential:
    """A valid card certificate of one resident."""
    values: dict[str, Any] = {
        "type": CredentialType.CARD,
        "serial": "1a2b3c",
        "atena_number": number,
        "valid": True,
        "issued_on": date(2024, 1, 15),
        "expires_on": date(2029, 1, 14),
        **overrides,
    }
    return Credential(**values)


def hold(number: str = HEAD, **overrides: Any) -> Hold:
    """A hold of YOKUSHI on one person: 04 職権, all kinds, not household-wide, in force since always."""
    values: dict[str, Any] = {
        "source": HoldSource.CORE,
        "atena_number": number,
        "category": "04",
        "kinds": None,
        "household": False,
        "starts_on": None,
        "ends_on": None,
        **overrides,
    }
    return Hold(**values)


def doubt(number: str = HEAD) -> Hold:
    """The provisional hold of someone who is named in a file that waits, failed or contradicts."""
    return hold(number, source=HoldSource.DOUBT, category="")


def impression(**overrides: Any) -> SealImpression:
    """A frame of 9 × 9 pixels, a little over 9 mm."""
    return SealImpression(**{"width": 9, "height": 9, "dpi": 25, "rows": SEAL_ROWS, **overrides})


def seal(**overrides: Any) -> Seal:
    """A registered seal in the person's own name, newer than any change of name in these cases."""
    values: dict[str, Any] = {
        "registration_number": "S-0001",
        "state": SealState.REGISTERED,
        "name_kind": SealNameKind.NAME,
        "file_stamp": datetime(2026, 4, 1, 9, 0),  # noqa: DTZ001 - file names carry Japan time without an offset
        "impression": impression(),
        **overrides,
    }
    return Seal(**values)


REGISTER_NUMBER = "K-000100"
# The family is also one register: 構成員番号 01 to 03 and, living elsewhere, 04. The kiosk's numbers are 1 to 4.
ELSEWHERE = "04"
ELSEWHERE_NAME, ELSEWHERE_BIRTH = "見本　遠子", "19900704"


def register_row(member: str = "01", **overrides: Any) -> RegisterRow:
    """One row of the family's register, with a PDF of two sheets. Its hash names member and 表示区分."""
    people = dict(zip(("01", "02", "03"), family(), strict=True))
    one = people.get(member)
    values: dict[str, Any] = {
        "member": member,
        "display": 0,
        "name": "見本　太郎" if member == "00" else ELSEWHERE_NAME if one is None else one.name,
        "birth_date": None if member == "00" else partial(ELSEWHERE_BIRTH) if one is None else one.birth_date,
        "atena_number": None if one is None else one.atena_number,
        "state": RegisterState.CURRENT,
        "number": int(member),
        "pages": 2,
        **overrides,
    }
    values.setdefault("pdf_sha256", f"{member}/{values['display']}".encode().ljust(32, b"."))
    return RegisterRow(**values)


def register(*rows: RegisterRow, **overrides: Any) -> Register:
    """The family's register: the whole and four members. Rows given replace the default ones of the same member and 表示区分."""
    default = {(member, 0): register_row(member) for member in ("00", "01", "02", "03", ELSEWHERE)}
    there = {**default, **{(row.member, row.display): row for row in rows}}
    here = {row.atena_number for row in there.values()} - {None}
    values: dict[str, Any] = {
        "number": REGISTER_NUMBER,
        "rows": tuple(there[key] for key in sorted(there)),
        "here": tuple(member_here(number) for number in sorted(here)),
        "change_no": 3,
        **overrides,
    }
    return Register(**values)


def supplement(*rows: RegisterRow, **overrides: Any) -> Register:
    """The same register in FUHYO: with and without 本籍・筆頭者."""
    shown = [register_row(member, display=1) for member in ("00", "01", "02", "03", ELSEWHERE)]
    return register(*shown, *rows, **overrides)


def member_here(number: str, **overrides: Any) -> MemberHere:
    """A member who lives here and about whom nothing is going on."""
    values = {
        "state": ResidentState.RESIDENT,
        "change_in_progress": False,
        "household_clear": True,
        **overrides,
    }
    return MemberHere(number, **values)


def register_hold(
    number: str = "", member: str | None = None, *, wide: bool = False, **overrides: Any
) -> RegisterHold:
    """A hold that reaches the register: by 宛名番号 or by 構成員番号."""
    return RegisterHold(hold(number, **overrides), member, wide)


def reaches(koseki: Register | None = None, fuhyo: Register | None = None) -> dict[Kind, Reach]:
    """The credential leads to this one register in both feeds."""
    family_register, addresses = koseki or register(), fuhyo or supplement()
    return {
        kind: Reach((REGISTER_NUMBER,), addresses if kind is Kind.FUHYO else family_register)
        for kind in REGISTER_KINDS
    }


def registration(**overrides: Any) -> Registration:
    """The approved 利用登録 of the member who lives elsewhere."""
    values: dict[str, Any] = {
        "application_number": "0000-0000-0000-0001",
        "register_number": REGISTER_NUMBER,
        "member": ELSEWHERE,
        "name": ELSEWHERE_NAME,
        "birth_date": partial(ELSEWHERE_BIRTH),
        "stands": True,
        **overrides,
    }
    return Registration(**values)


def elsewhere(**overrides: Any) -> Case:
    """A case of somebody who lives elsewhere and is registered."""
    return case(
        **{"credential": None, "household": None, "seals": (), "registration": registration(), **overrides}
    )


def kind_shelf(kind: Kind, **overrides: Any) -> KindShelf:
    """A kind offered with all its switches, 300 yen, ten copies, 06:30 to 23:00."""
    values: dict[str, Any] = {
        "offer": Offer(offered=True, max_copies=10, switches=KIND_RULES[kind].switches),
        "fee": 300,
        "hours": Hours(((time(6, 30), time(23, 0)),) * 7),
        "form_version": "2026.1",
        **overrides,
    }
    return KindShelf(**values)


def shelf(
    *,
    policy: Mapping[str, Any] | None = None,
    kinds: Mapping[Kind, KindShelf] | None = None,
    **overrides: Any,
) -> Shelf:
    """A library that offers the kinds that are made. ``policy`` changes settings, ``kinds`` replaces whole kinds."""
    offered = {kind: kind_shelf(kind) for kind in Kind}
    values: dict[str, Any] = {
        "revision": 7,
        "at": NOW,
        "mayor": Mayor("見本市長", "試験　一郎"),
        "official_seal": OfficialSeal(9, 9, SEAL_ROWS, 21.0, 21.0),
        "policy": Policy(**(policy or {})),
        "holidays": Holidays(frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}), frozenset()),
        "kinds": {**offered, **(kinds or {})},
        "tax_years": TaxYears(NEWEST_YEAR, 4),
        **overrides,
    }
    return Shelf(**values)


def case(*, policy: Mapping[str, Any] | None = None, **overrides: Any) -> Case:
    """HEAD of the default family at NOW, entitled to every kind that is made. ``policy`` changes settings of the default shelf."""
    at = overrides.get("at", NOW)
    values: dict[str, Any] = {
        "at": at,
        "municipality": MUNICIPALITY,
        "shelf": shelf(policy=policy, at=at),
        "credential": credential(),
        "household": household(),
        "seals": (seal(),),
        "taxes": tuple(tax_record(year) for year in range(NEWEST_YEAR, NEWEST_YEAR - 4, -1)),
        "reaches": reaches(),
        **overrides,
    }
    return Case(**values)


def asked(
    kind: Kind = Kind.JUMINHYO,
    *,
    members: Iterable[int] | None = None,
    show: Iterable[Switch] = (),
    copies: int = 1,
    fee: int | None = 300,
    municipality: str = MUNICIPALITY,
    scope: Scope | None = None,
    year: int | None = None,
) -> Asked:
    """A request for one kind. Household kinds print the household, register kinds all of the register (koseki_kojin its first
    member), or with ``members`` those numbers; ``scope`` overrules both; a kazei is that of NEWEST_YEAR."""
    if kind is Kind.KOSEKI_KOJIN and members is None:
        members = (1,)
    if scope is None and KIND_RULES[kind].scopes:
        everybody = Scope.HOUSEHOLD if kind in HOUSEHOLD_KINDS else Scope.ALL
        scope = everybody if members is None else Scope.MEMBERS
    if year is None and KIND_RULES[kind].takes_year:
        year = NEWEST_YEAR
    options = Options(scope, tuple(members or ()), frozenset(show), year)
    return Asked(municipality, kind, copies, fee, options)


def only_right(kind: Kind = Kind.JUMINHYO) -> Asked:
    """Whether the kind may be had at all, as listCertificates asks it: no options, no fee."""
    return Asked(MUNICIPALITY, kind)


def tax_record(year: int = 2026, **overrides: Any) -> TaxRecord:
    """A salaried taxpayer with a spouse and one child under 16. Amounts and counts are given by their names, like ``annual_tax=0``."""
    values: dict[str, Any] = {
        "filing": Filing.FILED,
        "address": "見本市試験町一丁目２番３号",
        "deductible_spouse": True,
        **overrides,
    }
    amounts = dict.fromkeys(AMOUNTS, 0) | {
        "salary_revenue": 5_432_100,
        "salary_income": 3_905_600,
        "aggregate_income": 3_905_600,
        "total_income": 3_905_600,
        "miscellaneous_income": -1_200,
        "social_insurance_deduction": 812_345,
        "life_insurance_deduction": 56_000,
        "spouse_deduction": 330_000,
        "basic_deduction": 430_000,
        "deductions_total": 1_628_345,
        "tax_base": 2_277_000,
        "adjustment_credit": 2_500,
        "city_income_levy": 135_100,
        "prefecture_income_levy": 90_100,
        "city_per_capita": 3_000,
        "prefecture_per_capita": 1_300,
        "forest_tax": 1_000 if year >= 2024 else 0,
        "annual_tax": 230_500 if year >= 2024 else 229_500,
    }
    counts = dict.fromkeys(COUNTS, 0) | {"dependants_under_16": 1}
    for numbers in (amounts, counts):
        numbers |= {name: values.pop(name) for name in [*values] if name in numbers}
    return TaxRecord(year=year, amounts=amounts, counts=counts, **values)
