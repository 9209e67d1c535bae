"""The numbers that registers give to people, made so that they are unique and look like those of a real city.

Every person of the demo city has an ordinal (see `person_ordinal`). Each number is the ordinal put through a fixed
permutation of its own range, so no table of used numbers is needed for millions of people, a number says nothing
about its neighbour, and the same person has the same numbers whatever the seed and the size of the city.
"""

from __future__ import annotations

from operator import mul

HOUSEHOLD_ROOM = 64
"""Ordinals kept free for one household: no household of the demo city is larger."""

# Multipliers without the factors 2 and 5 permute the residues of a power of ten; odd ones those of a power of two.
_ATENA = (7_368_787_241, 1_020_304_057)
_HOUSEHOLD = (3_141_592_653, 4_000_213_579)
_INDIVIDUAL = (61_803_398_877, 27_182_818_283)
_RESIDENT = (5_772_156_649, 9_160_000_431)
_REGISTRATION = (4_669_201, 1_234_567)
_REGISTER = (314_159_269, 27_182_818)
_WEIGHTS = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)
_SERIAL = 0x9E37_79B9_7F4A_7C15


def person_ordinal(household: int, place: int) -> int:
    """The ordinal of the person at `place` (0…63) of household number `household` (from 0)."""
    if not 0 <= place < HOUSEHOLD_ROOM:
        raise ValueError(f"a household has places 0 to {HOUSEHOLD_ROOM - 1}, not {place}")
    return household * HOUSEHOLD_ROOM + place


def _permuted(ordinal: int, step: tuple[int, int], digits: int) -> str:
    modulus = 10**digits
    if not 0 <= ordinal < modulus:
        raise ValueError(f"no number of {digits} digits is left for ordinal {ordinal}")
    return f"{(ordinal * step[0] + step[1]) % modulus:0{digits}d}"


def _with_check_digit(digits: str) -> str:
    """Contract 2, JUMIN: 11 - sum(Pn*Qn) mod 11, 0 when the remainder is at most 1; n counts from the right."""
    remainder = sum(map(mul, map(int, reversed(digits)), _WEIGHTS)) % 11
    return f"{digits}{0 if remainder <= 1 else 11 - remainder}"


def atena_number(ordinal: int) -> str:
    """宛名番号, 10 digits."""
    return _permuted(ordinal, _ATENA, 10)


def household_number(household: int) -> str:
    """世帯番号, 10 digits."""
    return _permuted(household, _HOUSEHOLD, 10)


def individual_number(ordinal: int) -> str:
    """個人番号, 12 digits with a valid check digit."""
    return _with_check_digit(_permuted(ordinal, _INDIVIDUAL, 11))


def resident_code(ordinal: int) -> str:
    """住民票コード, 11 digits with a valid check digit."""
    return _with_check_digit(_permuted(ordinal, _RESIDENT, 10))


def seal_registration_number(ordinal: int) -> str:
    """印鑑登録番号, 10 digits."""
    return _permuted(ordinal, _REGISTRATION, 10)


REGISTER_ROOM = 64
"""Numbers kept free for the registers of one household's members."""


def register_number(household: int, which: int) -> str:
    """戸籍番号 of register number `which` (from 0) of a household: a letter and 9 digits, as a city may number them."""
    if not 0 <= which < REGISTER_ROOM:
        raise ValueError(f"a household has registers 0 to {REGISTER_ROOM - 1}, not {which}")
    return f"K{_permuted(household * REGISTER_ROOM + which, _REGISTER, 9)}"


def serial_number(ordinal: int, which: int) -> str:
    """シリアル番号 of a generated resident's certificate number `which` (0…3), 16 hex digits, the first one a 6."""
    permuted = ((ordinal * 4 + which) * _SERIAL) % (1 << 60)
    return f"6{permuted:015x}"


def persona_serial(card: int) -> str:
    """The fixed シリアル番号 of demo card `card`, as a kiosk sends it: never one of `serial_number`."""
    return f"4B4F4E42{card:04X}"
