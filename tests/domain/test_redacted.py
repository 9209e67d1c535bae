"""No repr of the domain shows what a person's data is: logs, failures and assertion messages all go through repr."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import pkgutil
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import pytest
from cases import HOUSEHOLD_NUMBER, NOW, person, tax_record
from hypothesis import given, settings
from hypothesis import strategies as st

import konbinid.domain
from konbinid.domain.dates import PartialDate
from konbinid.domain.freshness import AROUND_THE_CLOCK, Calendar
from konbinid.domain.person import Household
from konbinid.domain.redact import Redacted
from konbinid.domain.tax import TaxRecord

# Dataclasses that may be shown: they say nothing about anybody. What they hold is shown only if it may be, too.
OPEN = {
    "Accepted", "Applied", "Asked", "Calendar", "CodeRange", "Comparison", "DeliveryReport", "Envelope", "Era", "ErrorReport", "FeedRule", "Holidays",
    "Hours", "IssueRequest", "KindRule", "KindShelf", "KindState", "Kiosk", "LibraryAct", "LibraryChange", "LibraryEntry", "LibraryRecord", "ListRequest", "Listed",
    "ListedCertificate", "Mayor", "Offer", "OfficialSeal", "OpeningToday", "Options", "PlannedStop", "Policy", "Refused", "RegistrationQuery",
    "RegistrationStatus", "ServiceQuery", "ServiceReport", "Shelf", "Signature", "TaxYear", "TaxYears",
}  # fmt: skip


def _dataclasses():
    found = {}
    for module in pkgutil.walk_packages(konbinid.domain.__path__, "konbinid.domain."):
        for value in vars(importlib.import_module(module.name)).values():
            if (
                isinstance(value, type)
                and dataclasses.is_dataclass(value)
                and value.__module__ == module.name
            ):
                found[value.__name__] = value
    return found


ALL = _dataclasses()
_PLAIN = {
    str: "open",
    int: 7,
    float: 7.0,
    bool: True,
    bytes: b"\x01",
    typing.Any: "open",
    date: NOW.date(),
    datetime: NOW,
    time: NOW.time(),
    timedelta: timedelta(hours=1),
}


def _build(cls, secret):
    """An instance whose every text that must not be shown is the secret."""
    if cls is Household:
        return Household(HOUSEHOLD_NUMBER, (person(name=secret, address=secret),))
    if cls is PartialDate:
        return PartialDate(1935, 6, 3)
    if cls is TaxRecord:
        return tax_record(address=secret, defect=secret)
    if cls is Calendar:
        return AROUND_THE_CLOCK
    hints = typing.get_type_hints(cls)
    hidden = issubclass(cls, Redacted)
    return cls(
        **{f.name: _value(hints[f.name], secret, hidden or not f.repr) for f in dataclasses.fields(cls)}
    )


def _value(hint, secret, hidden):
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return _value(next(each for each in arguments if each is not types.NoneType), secret, hidden)
    parts = [_value(each, secret, hidden) for each in arguments if each is not Ellipsis]
    if origin is Mapping:
        return dict([parts])
    if origin in {tuple, frozenset}:
        return origin(parts)
    if dataclasses.is_dataclass(hint):
        return _build(hint, secret)
    if isinstance(hint, enum.EnumMeta):
        return next(iter(hint))
    return secret if hint is str and hidden else _PLAIN[hint]


# Signs that no class or field name has, so that finding one is finding the secret.
_secrets = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=8)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_dataclass_is_redacted_or_known_to_be_harmless(name):
    """A new dataclass is redacted, or somebody decided that it says nothing about anybody."""
    assert issubclass(ALL[name], Redacted) != (name in OPEN)


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_repr_shows_a_persons_data(name):
    """Names, addresses, numbers and dates of birth stay out, however deep they lie."""

    @settings(max_examples=20)
    @given(_secrets)
    def check(secret):
        shown = repr(_build(ALL[name], secret))
        assert secret not in shown
        assert "1935" not in shown
        if issubclass(ALL[name], Redacted):
            assert shown == f"<{name} redacted>"

    check()


def test_formatting_shows_no_more_than_repr():
    """An f-string or a log format of a person, a case or a content says its class."""
    someone = person(name="見本　太郎")
    assert f"{someone}" == f"{someone!s}" == "<Person redacted>"
