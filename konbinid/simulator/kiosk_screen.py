"""What the kiosk commands show: the cards of the demo, the service's state, what a person may have, what was issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from konbinid.simulator.columns import shortened, table, width_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from konbinid.simulator.cast import Persona
    from konbinid.simulator.kiosk_values import Issued

SWITCHES = {
    "RELATIONSHIP": "続柄",
    "HOUSEHOLDER": "世帯主",
    "DOMICILE": "本籍・筆頭者",
    "INDIVIDUAL_NUMBER": "個人番号",
    "NATIONALITY": "国籍・地域",
    "RESIDENCE_STATUS": "在留資格等",
}
_KINDS = {
    "juminhyo": "住民票の写し",
    "kisaijiko": "住民票記載事項証明書",
    "inkan": "印鑑登録証明書",
    "kazei": "課税証明書",
    "koseki_zenbu": "戸籍全部事項証明書",
    "koseki_kojin": "戸籍個人事項証明書",
    "fuhyo": "戸籍の附票の写し",
}
_STATES = {"OPEN": "取扱中", "CLOSED": "時間外", "SUSPENDED": "停止中", "STALE": "データ連携待ち"}
_SERVICE = _STATES | {"CLOSED": "交付できる証明書なし"}  # whatever the reason: the kinds below say which
_DEVICES = {"CARD": "カード", "PHONE": "スマホ"}
_NAME_PLACES = 24


def cards_screen(personas: Sequence[Persona]) -> list[str]:
    """The demo cards: number, device, name, the answers to expect, what is special."""
    head = ("No.", "媒体", "氏名", "住民票", "印鑑", "課税", "特徴")
    rows = [
        (
            str(one.card),
            _DEVICES[one.kind],
            shortened(one.name, _NAME_PLACES),
            _expected(one.juminhyo),
            _expected(one.inkan),
            _expected(one.kazei),
            one.note,
        )
        for one in personas
    ]
    head_line, *lines = table([head, *rows], right=(0,))
    notes = (
        "住民票・印鑑・課税 (いちばん新しい年度): 可 は交付できる、数字は断られるときの結果コード。人物はすべて架空です。",
        "どちらも交付できない人は、一覧を求めた時点で、最も早い段階の結果コードで断られます（--fee 300 を付けると一覧を省きます）。",
    )
    return [head_line, _rule([head_line, *lines]), *lines, "", *notes]


def _expected(code: str) -> str:
    return "可" if code == "0000" else code


def _rule(lines: Sequence[str]) -> str:
    return "-" * max(width_of(line) for line in lines)


def check_screen(answer: dict[str, Any]) -> list[str]:
    """The state of the service, and of each kind with its hours of today."""
    at = _clock(answer["serverTime"], with_day=True)
    state, environment = _SERVICE[answer["state"]], answer["environment"]
    lines = [f"サービス: {state}（{environment}）　版 {answer['version']}　サーバー時刻 {at}", ""]
    rows = []
    for offered in answer["certificates"]:
        hours = "終日休止"
        if offered["opensAt"] and offered["closesAt"]:
            hours = f"{_clock(offered['opensAt'])}〜{_closing(offered['opensAt'], offered['closesAt'])}"
        rows.append((_KINDS[offered["kind"]], offered["kind"], _STATES[offered["state"]], hours))
    return lines + table(rows)


def _clock(instant: dt.datetime, *, with_day: bool = False) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if with_day else f"{instant:%H:%M}"


def _closing(opens: dt.datetime, closes: dt.datetime) -> str:
    """The end of the day is 24:00, not 00:00 of the next one."""
    return "24:00" if closes.date() > opens.date() and closes.hour == 0 else _clock(closes)


def list_screen(certificates: Sequence[dict[str, Any]]) -> list[str]:
    """What a person may have: title, kind, fee, the people and switches to choose from."""
    heads = table(
        [
            (one["title"], one["kind"], f"{one['fee']:,}円", f"{one['maxCopies']}部まで")
            for one in certificates
        ],
        right=(2,),
    )
    lines = []
    for head, one in zip(heads, certificates, strict=True):
        lines.append(head)
        lines += [f"    {line}" for line in _choices(one)]
        lines.append("")
    return lines[:-1]


def _choices(certificate: dict[str, Any]) -> list[str]:
    lines = table(
        [
            (str(member["number"]), member["name"], member["relationship"] or "")
            for member in certificate["members"]
        ],
        right=(0,),
    )
    if certificate["printable"]:
        names = "　".join(SWITCHES[switch] for switch in certificate["printable"])
        lines += [f"選べる項目: {names}", f"  --show {','.join(certificate['printable'])}"]
    if certificate["years"]:
        lines.append(
            "年度: " + "　".join(f"{each['title']}（--year {each['year']}）" for each in certificate["years"])
        )
    return lines


def issued_screen(issued: Issued, path: str) -> list[str]:
    """What was issued and where it lies."""
    return table(
        [
            ("発行番号", issued.issuance_number),
            ("取引番号", issued.transaction_id),
            ("枚数", f"{issued.pages}枚"),
            ("手数料", f"{issued.total_fee:,}円"),
            ("報告期限", _clock(issued.expires_at, with_day=True)),
            ("PDF", f"{path}（{len(issued.document):,}バイト）"),
        ]
    )
