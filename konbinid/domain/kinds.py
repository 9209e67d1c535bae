"""The kinds of certificate, what may be asked of each, and where a request came from (contract 1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The certificate kinds, in the contract's order."""

    JUMINHYO = "juminhyo"
    KISAIJIKO = "kisaijiko"
    INKAN = "inkan"
    KAZEI = "kazei"
    KOSEKI_ZENBU = "koseki_zenbu"
    KOSEKI_KOJIN = "koseki_kojin"
    FUHYO = "fuhyo"


TITLES = {
    Kind.JUMINHYO: "住民票の写し",
    Kind.KISAIJIKO: "住民票記載事項証明書",
    Kind.INKAN: "印鑑登録証明書",
    Kind.KAZEI: "課税証明書",
    Kind.KOSEKI_ZENBU: "戸籍全部事項証明書",
    Kind.KOSEKI_KOJIN: "戸籍個人事項証明書",
    Kind.FUHYO: "戸籍の附票の写し",
}

HOUSEHOLD_KINDS = frozenset({Kind.JUMINHYO, Kind.KISAIJIKO})

# Passed on as the register system made them: no form, no mayor and no official seal of ours. The contract's "koseki kinds".
REGISTER_KINDS = frozenset({Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN, Kind.FUHYO})


class Scope(StrEnum):
    """Whose entries are printed."""

    HOUSEHOLD = "HOUSEHOLD"
    MEMBERS = "MEMBERS"
    ALL = "ALL"


class Switch(StrEnum):
    """What is printed on request only, in the contract's order."""

    RELATIONSHIP = "RELATIONSHIP"
    HOUSEHOLDER = "HOUSEHOLDER"
    DOMICILE = "DOMICILE"
    INDIVIDUAL_NUMBER = "INDIVIDUAL_NUMBER"
    NATIONALITY = "NATIONALITY"
    RESIDENCE_STATUS = "RESIDENCE_STATUS"


class Channel(StrEnum):
    """A shop's kiosk or one in the city's own building."""

    STORE = "STORE"
    OFFICE = "OFFICE"


class CredentialType(StrEnum):
    """Where the JPKI user certificate lives."""

    CARD = "CARD"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True)
class KindRule:
    """What contract 1, operation 3 lets a request say about a kind."""

    scopes: frozenset[Scope]
    switches: frozenset[Switch]
    takes_year: bool = False


_HOUSEHOLD_SCOPES = frozenset({Scope.HOUSEHOLD, Scope.MEMBERS})

KIND_RULES = {
    Kind.JUMINHYO: KindRule(_HOUSEHOLD_SCOPES, frozenset(Switch)),
    Kind.KISAIJIKO: KindRule(_HOUSEHOLD_SCOPES, frozenset(Switch)),
    Kind.INKAN: KindRule(frozenset(), frozenset()),
    Kind.KAZEI: KindRule(frozenset(), frozenset(), takes_year=True),
    Kind.KOSEKI_ZENBU: KindRule(frozenset({Scope.ALL}), frozenset()),
    Kind.KOSEKI_KOJIN: KindRule(frozenset({Scope.MEMBERS}), frozenset()),
    Kind.FUHYO: KindRule(frozenset({Scope.ALL, Scope.MEMBERS}), frozenset({Switch.DOMICILE})),
}
