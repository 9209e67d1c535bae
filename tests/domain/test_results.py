"""Result codes: complete, in the contract's order, and with words that tell nobody why."""

from __future__ import annotations

import pytest

from konbinid.domain.entitlement import REPLAY_CODES, RULES
from konbinid.domain.results import MESSAGES, ORDER, Code

_CONTRACTS_ORDER = "1501, 1401, 1404, 1202, 1201, 1105, 1001, 1002, 1203, 1101, 1102, 1103, 1104, 1106, 1107, 1109, 1108, 1301, 1302"
_NOT_IN_ORDER = {
    Code.DONE,
    Code.CONTRADICTING_REPORT,
    Code.ISSUANCE_UNKNOWN,
    Code.TRY_LATER,
    Code.OUTCOME_UNKNOWN,
}


def test_the_order_is_the_contracts():
    """When several refusals apply, the kiosk is told the one that every other implementation of the contract tells."""
    assert [code.value for code in ORDER] == _CONTRACTS_ORDER.split(", ")


def test_the_order_leaves_nothing_out():
    """Every refusal of an application has its place; what is not in it answers other operations or no decision."""
    assert set(ORDER) | _NOT_IN_ORDER == set(Code)
    assert not set(ORDER) & _NOT_IN_ORDER
    assert len(ORDER) == len(set(ORDER))


def test_the_rules_follow_the_order():
    """Rules are asked in the order of their codes; what has no rule is the ledger's or found on paper."""
    codes = [code for code, _ in RULES]
    assert codes == [code for code in ORDER if code in codes]
    assert set(ORDER) - set(codes) == {
        Code.TRANSACTION_BOUND,
        Code.TRANSACTION_CLOSED,
        Code.UNPRINTABLE,
        Code.TOO_MANY_PAGES,
    }


def test_what_a_replay_checks_again():
    """Contract 1, operation 3: 1202, 1001, 1002, 1102 and 1104, nothing else."""
    assert {code.value for code in REPLAY_CODES} == {"1202", "1001", "1002", "1102", "1104"}


@pytest.mark.parametrize("code", Code)
def test_messages_fit_the_screen_and_tell_no_reason(code):
    """Every code has its words: up to 120 characters, none with 0000, in Japanese, saying what to do, and no word of 支援措置."""
    message = MESSAGES[code]
    assert len(message) <= 120
    assert (message == "") == (code is Code.DONE)
    if message:
        assert message.endswith("ください。")
        assert message.isprintable()
        assert not any("a" <= sign.lower() <= "z" for sign in message)
    telling = (
        "支援",
        "措置",
        "DV",
        "抑止",
        "保護",
        "暴力",
        "後見",
        "年齢",
        "歳",
        "異動",
        "転出",
        "死亡",
        "除票",
        "枚数",
        "世帯",
    )
    assert not [word for word in telling if word in message]


def test_a_hold_reads_like_a_change():
    """1102 and 1104 show the same message, so that nobody at a kiosk learns that somebody is protected."""
    assert MESSAGES[Code.MAY_NOT_BE_ISSUED] == MESSAGES[Code.CHANGE_IN_PROGRESS]
