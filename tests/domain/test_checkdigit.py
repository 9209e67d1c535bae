"""Check digits: what a mistyped number would need to pass as another person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.checkdigit import (
    individual_number_is_valid,
    municipality_code_is_valid,
    resident_code_is_valid,
)

# Test, digits without the check digit, and the check digit at which two remainders meet: there one wrong digit may pass.
_RULES = [
    pytest.param(individual_number_is_valid, 11, "0", id="individual number"),
    pytest.param(resident_code_is_valid, 10, "0", id="resident code"),
    pytest.param(municipality_code_is_valid, 5, "1", id="municipality"),
]


def _digits(length):
    return st.text("0123456789", min_size=length, max_size=length)


def _completed(is_valid, body):
    return [body + digit for digit in "0123456789" if is_valid(body + digit)]


@pytest.mark.parametrize(
    ("is_valid", "number"),
    [
        # worked out by hand from the formula of contract 2: remainders 10, 1, 0 and 2
        (individual_number_is_valid, "000000000051"),
        (individual_number_is_valid, "000000000060"),
        (individual_number_is_valid, "000000000000"),
        (individual_number_is_valid, "000000000019"),
        (individual_number_is_valid, "123456789018"),
        (resident_code_is_valid, "00000000051"),
        (resident_code_is_valid, "00000000000"),
        (municipality_code_is_valid, "272060"),
        (municipality_code_is_valid, "271004"),
        (municipality_code_is_valid, "010006"),
        (municipality_code_is_valid, "131016"),
    ],
)
def test_known_numbers(is_valid, number):
    """The formula as the law and 総務省 print it, on numbers reckoned apart from this code."""
    assert is_valid(number)


@pytest.mark.parametrize(("is_valid", "length", "_"), _RULES)
def test_exactly_one_check_digit(is_valid, length, _):
    """For every body there is one number, no more: a check digit that said nothing would let anything in."""

    @given(_digits(length))
    def check(body):
        assert len(_completed(is_valid, body)) == 1

    check()


@pytest.mark.parametrize(("is_valid", "length", "shared"), _RULES)
def test_a_wrong_digit_is_found(is_valid, length, shared):
    """One digit mistyped is found, wherever the check digit is not the one that two remainders share; a wrong check digit always."""

    @given(_digits(length), st.integers(0, length), st.integers(1, 9))
    def check(body, place, shift):
        (number,) = _completed(is_valid, body)
        wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
        if place == length or number[-1] != shared:
            assert not is_valid(wrong)

    check()


@pytest.mark.parametrize(("is_valid", "length", "_"), _RULES)
@pytest.mark.parametrize("spoil", [lambda n: n[:-1], lambda n: n + "0", lambda n: " " + n[1:], lambda n: ""])
def test_other_lengths_and_signs_are_none(is_valid, length, _, spoil):
    """A number is all its digits and nothing else."""
    (number,) = _completed(is_valid, "1" * length)
    assert not is_valid(spoil(number))


@pytest.mark.parametrize(("is_valid", "length", "_"), _RULES)
def test_full_width_digits_are_none(is_valid, length, _):
    """Python's isdigit takes 「１」 and 「²」; a register number does not."""
    (number,) = _completed(is_valid, "1" * length)
    assert not is_valid(number.translate({ord("1"): "１"}))
    assert not is_valid("²" + number[1:])
