"""Kinds: names, order and options as the contract lists them."""

from __future__ import annotations

from konbinid.domain.kinds import (
    HOUSEHOLD_KINDS,
    KIND_RULES,
    REGISTER_KINDS,
    TITLES,
    Kind,
    Scope,
    Switch,
)


def test_kinds_stand_in_the_contracts_order():
    """The order in which listCertificates and checkService answer."""
    assert [kind.value for kind in Kind] == [
        "juminhyo",
        "kisaijiko",
        "inkan",
        "kazei",
        "koseki_zenbu",
        "koseki_kojin",
        "fuhyo",
    ]
    assert list(TITLES.values()) == [
        "住民票の写し",
        "住民票記載事項証明書",
        "印鑑登録証明書",
        "課税証明書",
        "戸籍全部事項証明書",
        "戸籍個人事項証明書",
        "戸籍の附票の写し",
    ]


def test_every_kind_has_its_options():
    """What contract 1, operation 3 allows, kind by kind: everything else is 1107."""
    every = set(Switch)
    allowed = {
        kind: (set(rule.scopes), set(rule.switches), rule.takes_year) for kind, rule in KIND_RULES.items()
    }
    assert allowed == {
        Kind.JUMINHYO: ({Scope.HOUSEHOLD, Scope.MEMBERS}, every, False),
        Kind.KISAIJIKO: ({Scope.HOUSEHOLD, Scope.MEMBERS}, every, False),
        Kind.INKAN: (set(), set(), False),
        Kind.KAZEI: (set(), set(), True),
        Kind.KOSEKI_ZENBU: ({Scope.ALL}, set(), False),
        Kind.KOSEKI_KOJIN: ({Scope.MEMBERS}, set(), False),
        Kind.FUHYO: ({Scope.ALL, Scope.MEMBERS}, {Switch.DOMICILE}, False),
    }


def test_groups_of_kinds():
    """Household kinds print others than the applicant; register kinds are passed on."""
    assert {Kind.JUMINHYO, Kind.KISAIJIKO} == HOUSEHOLD_KINDS
    assert {Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN, Kind.FUHYO} == REGISTER_KINDS
