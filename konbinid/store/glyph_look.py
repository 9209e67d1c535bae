"""The last look for characters without a glyph: what it was made from, when the next is due, and an alert for each character that is new.

Numbers only: which characters, in which fields, of how many residents. Whose they are is shown by ``konbinid fonts missing`` to whoever gives a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from psycopg2.extras import Json

from konbinid.store.state import clock, raise_alert

if TYPE_CHECKING:
    from konbinid.store.transaction import Transaction

OLD = timedelta(hours=24)
"""A look is made again at this age, whatever has changed."""

_PAUSE = timedelta(minutes=10)
_SHARE = 20  # a look takes a twentieth of the time at most: a large city that never rests is looked through less often
_KEPT = 5000
_ALERTS = 20  # one by one; of more, a sum: then a font is missing, not a character
_SOURCE = "glyphs"

# Heartbeats change nothing, so only files that did count. Instants as numbers: their text depends on the session's time zone. A held file that is
# applied after five hundred others is missed here and found at the age above.
_BASIS = """
select concat_ws(' ', %s::text, (select coalesce(max(id), 0) from library.gaiji_font), (select revision from library.revision),
       (select string_agg(coalesce((select extract(epoch from max(n.applied_at))
                                      from (select state, applied_at, added + changed + removed as moved
                                              from intake.incoming i where i.feed = f.feed order by id desc limit 500) n
                                     where n.state = 'applied' and n.moved > 0)::text, '-'), ' ' order by f.feed)
          from intake.feed f where f.feed in ('JUMIN', 'ZEI')))
"""
_READ = "select began_at, seconds, basis, people, characters, missing from ops.glyph_look"
_ALONE = "lock table ops.glyph_look in share row exclusive mode"  # the lease may have moved in the middle of a look
_WRITE = """
insert into ops.glyph_look (began_at, seconds, basis, people, characters, missing) values (%s, %s, %s, %s, %s, %s)
    on conflict (one) do update
   set began_at = excluded.began_at, seconds = excluded.seconds, basis = excluded.basis, people = excluded.people,
       characters = excluded.characters, missing = excluded.missing
"""
_WHERE = "どの方かは、konbinid fonts missing --by 氏名 で確かめられます。"
_NEW = (
    "字形のない文字が見つかりました。この文字を使う {people} 人は、端末で証明書を受け取れません。外字の送信を既存システムの担当に依頼するか、フォントを足してください。"
    + _WHERE
)
_MAYOR = "首長の職名か氏名に、字形のない文字があります。市が作成する証明書は、すべて作れません。フォントと市の設定を確かめてください。"
_MORE = (
    "字形のない文字が、ほかに {more} 字見つかりました。外字かフォントが欠けているおそれがあります。" + _WHERE
)


@dataclass(frozen=True, slots=True)
class Missing:
    """One character without a glyph. ``code`` like 「U+845B U+E0100」; ``people``: residents who need it, each once; ``fields``: how many need
    it in each field (for ``mayor``: entries of the library); ``since``: the look that found it first."""

    code: str
    people: int
    fields: Mapping[str, int]
    since: datetime


@dataclass(frozen=True, slots=True)
class GlyphLook:
    """One look. ``characters`` counts all that it found; of very many only the first are in ``missing``. ``is_current``: nothing that it was
    made from has changed."""

    began_at: datetime
    seconds: float
    people: int
    characters: int
    missing: tuple[Missing, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: code -> (residents, field -> how many)."""

    began_at: datetime
    basis: str
    people: int
    missing: Mapping[str, tuple[int, Mapping[str, int]]]


async def basis_of(tx: Transaction, fonts: str) -> str:
    """What a look is made from, as of this snapshot. fonts: digest of the base faces."""
    row = await tx.fetch_one(_BASIS, (fonts,))
    assert row is not None  # one row of sub-selects
    basis: str = row[0]
    return basis


async def read_look(tx: Transaction, fonts: str) -> GlyphLook | None:
    """The last look, None when none was made."""
    row = await tx.fetch_one(_READ)
    if row is None:
        return None
    began_at, seconds, basis, people, characters, missing = row
    found = tuple(
        Missing(each["code"], each["people"], each["fields"], datetime.fromisoformat(each["since"]))
        for each in missing
    )
    return GlyphLook(began_at, seconds, people, characters, found, basis == await basis_of(tx, fonts))


async def is_due(tx: Transaction, fonts: str) -> bool:
    """Whether to look now: never looked, too old (or of a time to come: a clock was wrong), or something changed and some time has passed."""
    last = await read_look(tx, fonts)
    if last is None:
        return True
    age = await clock(tx) - last.began_at
    if age < timedelta(0) or age >= OLD:
        return True
    return not last.is_current and age >= max(_PAUSE, _SHARE * timedelta(seconds=last.seconds))


async def keep_look(tx: Transaction, found: Found) -> int:
    """Keep it, in a transaction of its own, and tell what is new; how many characters are. A look that began before the one that is kept is let go."""
    await tx.execute(_ALONE)
    last = await read_look(tx, "")
    if last is not None and found.began_at <= last.began_at < await clock(tx):
        return 0
    before = {} if last is None else {each.code: each.since for each in last.missing}
    new = [code for code in found.missing if code not in before]
    kept = [
        {"code": code, "people": people, "fields": dict(fields), "since": before.get(code, found.began_at).isoformat()}
        for code, (people, fields) in list(found.missing.items())[:_KEPT]
    ]  # fmt: skip
    seconds = (await clock(tx) - found.began_at).total_seconds()
    await tx.execute(
        _WRITE,
        (found.began_at, max(0.0, seconds), found.basis, found.people, len(found.missing), Json(kept)),
    )
    await _tell(tx, found, new)
    return len(new)


async def _tell(tx: Transaction, found: Found, new: Sequence[str]) -> None:
    for code in new[:_ALERTS]:
        people, fields = found.missing[code]
        if "mayor" in fields:
            await raise_alert(tx, "error", _SOURCE, "glyph_missing", subject=code, detail={"text": _MAYOR})
        else:
            detail = {"text": _NEW.format(people=f"{people:,}")}
            await raise_alert(tx, "warning", _SOURCE, "glyph_missing", subject=code, detail=detail)
    if new[_ALERTS:]:
        detail = {"text": _MORE.format(more=f"{len(new) - _ALERTS:,}")}
        await raise_alert(tx, "error", _SOURCE, "glyph_missing", detail=detail)
