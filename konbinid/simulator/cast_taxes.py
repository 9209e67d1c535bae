"""The demo's fixed people and their taxes: whose years say something that a rule is about, the same on any day.

Everybody else of the cast has what their household's dice give them (konbinid.simulator.taxes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.simulator import taxes
from konbinid.simulator.tax_law import Declared
from konbinid.simulator.tax_rows import EXEMPT, NEED_NOT_DECLARE, NOT_DECLARED, TaxRow, amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from konbinid.simulator.cast import Stage
    from konbinid.simulator.household import Household

# By name: a card has one person, a person has seldom a second card, and these names are of the cast only.
_HAD = {
    "山本　健一": Declared(
        42, salary=6_200_000, social=917_000, life=70_000, earthquake=18_000
    ),  # card 1: 課税
    "山本　由美子": Declared(40, salary=900_000),  # card 2: 非課税, 控除対象配偶者 of card 1
    "一　新": Declared(26, salary=3_100_000, social=458_000),  # card 3: 課税, here for two years only
    "佐藤　誠": Declared(
        51, salary=7_400_000, social=1_095_000, life=70_000
    ),  # card 4: 課税, one year without a record
    "NGUYEN THI LAN ANH": Declared(28, salary=3_400_000, social=503_000),  # card 8: 課税, a foreign resident
    "内田　愛": Declared(35),  # card 27: 未申告
    "武田　舞": Declared(35),  # card 28: 申告不要
    "千葉　恵美": Declared(
        35, salary=2_900_000, social=429_000
    ),  # card 29: 課税, the newest year contradicts itself
    "平野　めぐみ": Declared(36, salary=2_115_000, social=313_000),  # card 33: 均等割のみ, two dependants
    "平野　昭": Declared(99),
    "小野　智子": Declared(35, business=-3_000_000, social=210_000),  # card 37: a loss, 非課税
    # card 40: 課税 with 所得割 that 定額減税 takes whole (令和6年度)
    "南　さくら": Declared(30, salary=1_250_000, social=185_000),
}
_NOTHING_DECLARED = {"内田　愛": NOT_DECLARED, "武田　舞": NEED_NOT_DECLARE}
_WITHOUT_A_RECORD = "佐藤　誠"
_CONTRADICTING = "千葉　恵美"


def put_taxes(stage: Stage) -> None:
    """Say what the cast's people had; their rows are made when they are asked for."""
    for household in stage.households:
        household.incomes = {
            resident.atena_number: _HAD[resident.name]
            for resident in household.residents
            if resident.name in _HAD
        }


def cast_rows(household: Household, years: range) -> Iterator[TaxRow]:
    """The ZEI rows of one of the cast's households."""
    *_, before, newest = taxes.tax_years(household.today)
    for row in taxes.household_rows(household, years, household.incomes):
        if row.name == _WITHOUT_A_RECORD and row.year == str(before):
            continue
        if row.name in _NOTHING_DECLARED:
            yield row._replace(filing=_NOTHING_DECLARED[row.name])
        elif row.name == _CONTRADICTING and row.year == str(newest):
            yield row._replace(tax_class=EXEMPT, annual_tax=amount(12_000))
        else:
            yield row
