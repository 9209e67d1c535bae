"""Columns of KOSEKI and FUHYO that are staged otherwise than they come (konbinid.intake.staging)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from konbinid.domain.feeds import Feed
from konbinid.intake.copy_text import NULL, bytea
from konbinid.intake.register_feeds import WHOLE
from konbinid.store.keyring import Keyring

_Staged = dict[str, Sequence[str]]


def _birth_date(_: Keyring, columns: _Staged, values: Sequence[str]) -> _Staged:
    """The whole register was not born. The era's code stands behind the date where the date alone does not tell it (values.EraDate)."""
    own = [each if member != WHOLE else "" for member, each in zip(columns["member"], values, strict=True)]
    return {"birth_date": [each[:8] or NULL for each in own], "birth_era": [each[8:] for each in own]}


def _atena_number(_: Keyring, columns: _Staged, values: Sequence[str]) -> _Staged:
    """The whole register is nobody, whatever number its row carries: who belongs to it has a row."""
    pairs = zip(columns["member"], values, strict=True)
    return {"atena_number": [each if each and member != WHOLE else NULL for member, each in pairs]}


def _pdf_sha256(_: Keyring, __: _Staged, values: Sequence[str]) -> _Staged:
    return {"pdf_sha256": [bytea(bytes.fromhex(each)) if each else NULL for each in values]}


REGISTER_COLUMNS: dict[tuple[Feed, str], Callable[[Keyring, _Staged, Sequence[str]], _Staged]] = {
    (feed, name): special
    for feed in (Feed.KOSEKI, Feed.FUHYO)
    for name, special in (
        ("birth_date", _birth_date),
        ("atena_number", _atena_number),
        ("pdf_sha256", _pdf_sha256),
    )
}
