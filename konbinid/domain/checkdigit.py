"""Check digits: 個人番号, 住民票コード, 全国地方公共団体コード."""

from __future__ import annotations


def _weighted(digits: str) -> int:
    """11 − Σ Pn·Qn mod 11, 0 when the remainder is ≤ 1 (番号法施行令の算式;住民票コード by contract 2 likewise)."""
    total = 0
    for n, digit in enumerate(reversed(digits), start=1):
        total += int(digit) * (n + 1 if n <= 6 else n - 5)
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def individual_number_is_valid(number: str) -> bool:
    """個人番号: 12 digits, the last one the check digit."""
    return _is_digits(number, 12) and _weighted(number[:-1]) == int(number[-1])


def resident_code_is_valid(code: str) -> bool:
    """住民票コード: 11 digits, the last one the check digit."""
    return _is_digits(code, 11) and _weighted(code[:-1]) == int(code[-1])


def municipality_code_is_valid(code: str) -> bool:
    """全国地方公共団体コード: 5 digits and a check digit.

    The check digit is the last digit of 11 − (Σ of the digits weighted 6, 5, 4, 3, 2) mod 11
    (総務省「全国地方公共団体コード仕様」).
    """
    if not _is_digits(code, 6):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=False))
    return (11 - total % 11) % 10 == int(code[5])
