"""Reading a person's tax records in the desk's snapshot. Whoever changes one counts up the person's lock row, as for a seal."""

from __future__ import annotations

from konbinid.domain.tax import AMOUNTS, COUNTS, Filing, TaxRecord
from konbinid.store.transaction import Transaction

_OF_PERSON = f"""
select year, filing, address, deductible_spouse, defect, {", ".join((*AMOUNTS, *COUNTS))}
  from people.tax where atena_number = %s order by year desc
"""  # noqa: S608  # the columns are constants of the domain


async def taxes_of(tx: Transaction, atena_number: str) -> tuple[TaxRecord, ...]:
    """Every 年度 that ZEI gave about a person, newest first, 未申告 and defective ones included: the rules look at them."""
    records = []
    for year, filing, address, spouse, defect, *numbers in await tx.fetch(_OF_PERSON, (atena_number,)):
        amounts = dict(zip(AMOUNTS, numbers, strict=False))
        counts = dict(zip(COUNTS, numbers[len(AMOUNTS) :], strict=True))
        records.append(TaxRecord(year, Filing(filing), address, amounts, counts, spouse, defect))
    return tuple(records)
