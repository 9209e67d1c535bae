"""Whether two names are two people's."""

from __future__ import annotations

import pytest

from konbinid.domain.four_eyes import same_person


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("見本 一郎", "見本　一郎", True),
        ("見本一郎", " 見本 一郎 ", True),
        ("ｱﾍﾞ ABE", "アベ abe", True),
        ("見本 一郎", "見本\u200b一郎", True),
        ("見本 一郎", "\u2060見本 一郎\u00ad", True),
        ("葛城", "葛\U000e0102城", True),
        ("見本 か\u3099く", "見本 がく", True),
        ("見本 一郎", "見本 二郎", False),
        ("渡邉 一", "渡邊 一", False),
    ],
)
def test_spelling_makes_no_second_person(one, other, same):
    """Width, case, spaces and what nobody sees are how one hand could pass for two; other characters are other names."""
    assert same_person(one, other) is same_person(other, one) is same
