"""What the page of characters without a glyph says: which, where, how many residents. Nobody is named: whoever needs 宛名番号 asks by command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.characters import character_of, is_private
from konbinid.office import words
from konbinid.office.cells import field_name, field_order
from konbinid.office.words import Said, Tone
from konbinid.store.glyph_look import OLD, GlyphLook, Missing

_SHOWN = 200
_LATE = OLD * 1.25

NOT_YET = Said("まだ調べていません", Tone.QUIET)
NONE = Said("字形のない文字はありません", Tone.GOOD)
SOME = Said("字形のない文字があります", Tone.WARNING)
MAYOR = Said("首長の職名か氏名に、字形のない文字があります", Tone.BAD)
AWAY = Said("データベースに接続できません", Tone.BAD)

_ADVICE = {
    NOT_YET: "起動してから数分のうちに調べ始めます。",
    NONE: "",
    SOME: "この文字を使う方は、端末で証明書を受け取れません (結果コード 1301)。外字の送信を既存システムの担当に依頼するか、フォントを足してください。",
    MAYOR: "市が作成する証明書は、すべて作れません。フォントと市の設定を確かめてください。",
    AWAY: "データベースの状態を確かめてください。",
}
_STOPPED = "前に調べてから1日を過ぎています。記録の glyphs.failed を保守担当に伝えてください。"
_CHANGED = "このあとに、住民のデータ、外字、フォント、または市の設定が変わりました。まもなく調べ直します。"


@dataclass(frozen=True, slots=True)
class CharacterLine:
    """One character: its code points, what kind of character it is, where it stands (「氏名 12人」), residents, since when it is known."""

    code: str
    sort: str
    fields: tuple[str, ...]
    people: str
    since: str


@dataclass(frozen=True, slots=True)
class GlyphsView:
    """The page. ``more``: characters that are not listed."""

    environment: str
    host: str
    summary: Said
    advice: str
    looked_at: str
    people: str
    news: str
    characters: str
    lines: tuple[CharacterLine, ...]
    more: int
    database_is_away: bool


def glyphs_view(
    look: GlyphLook | None, *, environment: str, host: str, now: datetime, away: bool
) -> GlyphsView:
    """look: the last one, None before the first; away: it could not be read. now: aware."""
    summary = AWAY if away else _summary(look)
    stopped = look is not None and now - look.began_at > _LATE
    lines = () if look is None else tuple(map(_line, look.missing[:_SHOWN]))
    changed = look is not None and not look.is_current
    return GlyphsView(
        environment=environment,
        host=host,
        summary=summary,
        advice=_ADVICE[summary],
        looked_at="" if look is None else words.with_seconds(look.began_at),
        people="" if look is None else f"{look.people:,}",
        news=_STOPPED if stopped else _CHANGED if changed else "",
        characters="" if look is None else f"{look.characters:,}",
        lines=lines,
        more=0 if look is None else look.characters - len(lines),
        database_is_away=away,
    )


def _summary(look: GlyphLook | None) -> Said:
    if look is None:
        return NOT_YET
    if any("mayor" in each.fields for each in look.missing):
        return MAYOR
    return SOME if look.missing else NONE


def _line(missing: Missing) -> CharacterLine:
    fields = tuple(
        f"{field_name(field)} {count:,}{'件' if field == 'mayor' else '人'}"
        for field, count in sorted(missing.fields.items(), key=lambda each: (-each[1], field_order(each[0])))
    )
    return CharacterLine(
        missing.code, _sort(missing.code), fields, f"{missing.people:,}", words.at_time(missing.since)
    )


def _sort(code: str) -> str:
    first, _, selector = code.partition(" ")
    if selector:
        return "異体字 (IVS)"
    return "外字" if is_private(character_of(first)) else "標準の文字"
