"""Forms of values: what each takes, what it makes of it, and that the quick way equals the definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.checkdigit import individual_number_is_valid, resident_code_is_valid
from konbinid.intake.date_forms import EraDate, WesternDate
from konbinid.intake.feeds import CheckDigit
from konbinid.intake.problems import BadValue, Fault
from konbinid.intake.values import (
    Amount,
    Code,
    CodeList,
    Digits,
    FileName,
    Hex,
    Number,
    Sign,
    Text,
    ValueForm,
)

ERAS = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}
FORMS: list[ValueForm] = [
    Text(5),
    Digits(10, 10),
    Digits(1, 4),
    Number(4),
    Code({"M": "1", "F": "2"}),
    CodeList({"j": "juminhyo", "i": "inkan"}, "|", "ALL"),
    Hex(8),
    FileName(12),
    WesternDate(partial=False),
    WesternDate(partial=True),
    EraDate(ERAS, partial=False),
    EraDate(ERAS, partial=True),
    Amount(6, Sign.NONE),
    Amount(6, Sign.FRONT, filled=True),
    Amount(6, Sign.BACK, filled=True, factor=1000),
    Amount(9, Sign.BACK, grouping=","),
    WesternDate(partial=False, separator="/", unknown=["9999/99/99"]),
    EraDate(ERAS, partial=True, separator="."),
]


def fault(form: ValueForm, value: str) -> Fault:
    with pytest.raises(BadValue) as caught:
        form.cell(value)
    return caught.value.fault


@given(st.sampled_from(FORMS), st.lists(st.text("0123456789FMabij|ALL. é年", max_size=11), max_size=6))
def test_a_column_is_read_as_its_cells_are(form, values):
    """The quick way over a column and the cell-by-cell definition agree, good or bad, and remember nothing wrong."""
    cells: list[str] | None = []
    try:
        cells = [form.cell(value) if value else "" for value in values]
    except BadValue:
        cells = None
    found = form.column(values)
    assert (None if found is None else list(found)) == cells


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("20240229", "20240229"), ("00000000", "00000000"), ("18680125", "18680125")],
)
def test_western_dates(value, meaning):
    """Days that exist, and the unknown."""
    assert WesternDate(partial=False).cell(value) == meaning


@pytest.mark.parametrize(
    "value", ["20230229", "2024022", "20241301", "20240100", "00000101", "18680124", "２０２４０１０１"]
)
def test_western_dates_that_do_not_exist(value):
    """No such day, or one of no era (before 明治)."""
    assert fault(WesternDate(partial=False), value) is Fault.NO_SUCH_DATE


def test_only_births_may_be_partly_unknown():
    """19350400 is a birth date; as any other date it is a bad row (contract 2)."""
    assert WesternDate(partial=True).cell("19350400") == "19350400"
    assert WesternDate(partial=True).cell("19350000") == "19350000"
    assert fault(WesternDate(partial=False), "19350400") is Fault.NO_SUCH_DATE
    assert fault(WesternDate(partial=True), "19350003") is Fault.NO_SUCH_DATE


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("3100603", "19350603"),
        ("5010501", "20190501"),
        ("4310430", "20190430"),
        ("3640107", "19890107"),
        ("4010108", "19890108"),
        ("1010125", "18680125"),
        ("0000000", "00000000"),
    ],
)
def test_era_dates(value, meaning):
    """和暦 to the calendar, the first and last days of the eras included."""
    assert EraDate(ERAS, partial=False).cell(value) == meaning


@pytest.mark.parametrize("value", ["5010430", "4310501", "4010107", "3640108", "2010729", "3010101"])
def test_era_dates_outside_their_era(value):
    """平成31年5月1日 and its like never were."""
    assert fault(EraDate(ERAS, partial=False), value) is Fault.OUTSIDE_ERA


@pytest.mark.parametrize("value", ["6010101", "5000101", "501050", "5013001", "301023０", "5010600"])
def test_era_dates_that_cannot_be_read(value):
    """An unknown era, a year 0, a missing digit, no such month."""
    assert fault(EraDate(ERAS, partial=False), value) is Fault.NO_SUCH_DATE


def test_a_partly_unknown_birth_in_a_year_of_two_eras_keeps_its_era():
    """昭和64年 and 平成元年 are both 1989: the paper must show the era that the register has."""
    births = EraDate(ERAS, partial=True)
    assert births.cell("3640000") == "198900003"
    assert births.cell("4010000") == "198900004"
    assert births.cell("3640100") == "198901003"
    assert births.cell("4010500") == "19890500"
    assert births.cell("3100000") == "19350000"
    assert fault(births, "3640200") is Fault.OUTSIDE_ERA


def test_codes_of_a_vendor_become_the_contracts():
    """Another vendor's codes need a table in the layout and no Python."""
    assert Code({"男": "1", "女": "2"}).cell("女") == "2"
    assert fault(Code({"男": "1"}), "1") is Fault.UNKNOWN_CODE


def test_a_list_of_kinds():
    """ALL means every kind, also of later years; an unknown kind is a bad row, never left out."""
    kinds = CodeList({"juminhyo": "juminhyo", "inkan": "inkan"}, "|", "ALL")
    assert kinds.cell("ALL") == "*"
    assert kinds.cell("juminhyo|inkan|inkan") == "inkan|juminhyo"
    assert fault(kinds, "juminhyo|") is Fault.UNKNOWN_CODE
    assert fault(kinds, "juminhyo|ALL") is Fault.UNKNOWN_CODE


def test_serials_are_compared_without_case_and_leading_zeros():
    """Contract 1: 0ABC and abc are one serial; all zeros are none."""
    assert Hex(40).cell("000AbC") == "abc"
    assert fault(Hex(40), "0000") is Fault.OUT_OF_RANGE
    assert fault(Hex(40), "12g4") is Fault.NOT_HEX
    assert fault(Hex(4), "12345") is Fault.TOO_LONG


def test_lengths_count_code_points():
    """A base character with its variation selector are two."""
    assert Text(2).cell("葛\U000e0100") == "葛\U000e0100"
    assert fault(Text(2), "葛\U000e0100城") is Fault.TOO_LONG


@given(st.integers(0, 10**11 - 1), st.integers(0, 9))
def test_the_quick_check_digit_is_the_domains(head, last):
    """One formula, two ways of adding up."""
    number, code = f"{head:011d}{last}", f"{head:011d}"[1:] + str(last)
    assert CheckDigit(12)(number) is individual_number_is_valid(number)
    assert CheckDigit(11)(code) is resident_code_is_valid(code)


@given(st.lists(st.integers(0, 10**11 - 1), max_size=40), st.data())
def test_one_wrong_check_digit_among_many_is_seen(heads, data):
    """All numbers of a column are added up at once: no sum spills over into the next number's, and none hides another's."""
    numbers = [_with_check_digit(f"{head:011d}") for head in heads]
    check = CheckDigit(12)
    assert check.all_right(["", *numbers, ""])
    if numbers:
        at = data.draw(st.integers(0, len(numbers) - 1))
        other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != numbers[at][-1]]))
        numbers[at] = numbers[at][:-1] + other
        assert not check.all_right(numbers)


def _with_check_digit(head: str) -> str:
    return next(f"{head}{last}" for last in range(10) if individual_number_is_valid(f"{head}{last}"))
