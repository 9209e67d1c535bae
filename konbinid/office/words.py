"""What the admin pages call things: Japanese for staff, with a tone that decides the mark beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed, Standing
from konbinid.domain.request import ServiceState


class Tone(StrEnum):
    """How much a state asks for attention; the style sheet gives each a mark of its own, never a colour alone."""

    GOOD = "good"
    QUIET = "quiet"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Said:
    """A state in words."""

    words: str
    tone: Tone


SERVICE_STATES = {
    ServiceState.OPEN: Said("開", Tone.GOOD),
    ServiceState.CLOSED: Said("閉", Tone.QUIET),
    ServiceState.SUSPENDED: Said("停止", Tone.BAD),
    ServiceState.STALE: Said("データ遅延", Tone.WARNING),
}
NOT_OFFERED = Said("取扱なし", Tone.QUIET)

FEEDS = {
    Feed.JUMIN: "住民記録",
    Feed.JPKI: "電子証明書",
    Feed.YOKUSHI: "発行抑止",
    Feed.INKAN: "印鑑登録",
    Feed.ZEI: "課税",
    Feed.KOSEKI: "戸籍",
    Feed.FUHYO: "戸籍の附票",
    Feed.GAIJI: "外字",
}

STANDINGS = {
    Standing.NONE: Said("未受信", Tone.WARNING),
    Standing.BEHIND: Said("復元待ち", Tone.BAD),
    Standing.FRESH: Said("正常", Tone.GOOD),
    Standing.LATE: Said("間もなく遅延", Tone.WARNING),
    Standing.STALE: Said("遅延", Tone.WARNING),
}

ISSUANCE_STATES = {
    "OPEN": Said("作成中", Tone.QUIET),
    "MADE": Said("作成済み・引渡し報告待ち", Tone.QUIET),
    "UNREPORTED": Said("引渡し報告なし", Tone.WARNING),
    "DELIVERED": Said("引渡し済み", Tone.GOOD),
    "CANCELLED": Said("取消し", Tone.QUIET),
    "FAILED": Said("引渡し失敗", Tone.WARNING),
}

# Of a file that holds people: what it is that must be settled (intake.incoming.state).
FILE_STATES = {
    "received": Said("受け取ったところ", Tone.QUIET),
    "waiting": Said("前のファイルを待っている", Tone.WARNING),
    "held": Said("承認を待っている (削除が多い)", Tone.WARNING),
    "rejected": Said("誤りがあり、取り込んでいない", Tone.BAD),
    "refused": Said("受け付けていない", Tone.BAD),
    "applied": Said("照合して、反映済みのデータと違った", Tone.WARNING),
    "released": Said("反映せずに終えた", Tone.QUIET),
    "superseded": Said("ほかのファイルに代わった", Tone.QUIET),
}
UNKNOWN_FILE = Said("もう残っていない", Tone.WARNING)

SEVERITIES = {
    "info": Said("連絡", Tone.QUIET),
    "warning": Said("注意", Tone.WARNING),
    "error": Said("異常", Tone.BAD),
    "critical": Said("重大", Tone.BAD),
}

# What an alert means and what to do, for those whose source gives no text of its own.
ALERTS = {
    "paper.differs": "作成した証明書が内容と一致しなかったため、この種類を停止しました。保守担当に連絡してください。",
    "paper.unprintable": "字形のない文字か、枠に入らない項目があるか、枚数が上限を超えるため、証明書を交付しませんでした。",
    "glyph_missing": "字形のない文字が見つかりました。「字形のない文字」のページで確かめ、外字の送信を既存システムの担当に依頼してください。",
    "desk.defect": "予期しない動作がありました。保守担当に連絡してください。",
    "delivery.contradicts": "前に受け付けたものと異なる引渡し報告が届きました。証明書交付センターに確かめてください。",
    "center.error": "証明書交付センターから異常の報告が届きました。内容を確かめてください。",
    "file_not_taken": "受信フォルダに、取り込めないファイルがあります。名前と置き方、読み取りの権限を確かめてください。",
    "file_rejected": "ファイルに誤りがあり、取り込みませんでした。送信元に訂正したファイルを求めてください。載っている方の交付は止めています。",
    "file_refused": "受け付けられないファイルが届きました。送信元に確かめてください。",
    "file_held": "削除が多いファイルが届きました。内容を確かめ、反映してよければ承認してください。",
    "file_compared": "全件ファイルを照合しました。違う方の交付を止めています。konbinid files show で違いを見て、反映するか手放すかを決めてください。",
    "feed_differs": "全件ファイルが反映済みのデータと一致しません。一致しない方の交付は止めています。",
    "feed_stuck": "データ連携が同じ失敗を繰り返しています。この種別は止まっています。保守担当へ連絡してください。",
    "people_closed": "内容が食い違う行があり、その方の証明書を止めました。konbinid files closed で確かめ、送信元に訂正を求めてください。",
    "database.went_back": "データベースが過去の状態に戻りました。すべての証明書を止めています。運用の手引きの9章を見てください。",
    "witness.other_database": "このサーバの控えとは別のデータベースにつながっています。交付していません。",
    "witness.not_written": "復元に気付くための控えを書けません。[state] folder を確かめてください。",
    "feed_late": "データが届いていません。このまま届かないと、その種別が要る証明書が止まります。送信元に確かめてください。",
    "feed_stale": "データが古くなりすぎたため、その種別が要る証明書を止めました。送信元に確かめてください。",
    "feed_open_again": "新しいデータを反映し、その種別の古さによる停止が終わりました。",
    "relay_silent": "連携サーバから応答がありません。連携サーバと回線を確かめてください。",
    "relay_heard_again": "連携サーバから再び応答がありました。",
    "relay.turned_away": "連携サーバの接続を断りました。証明書と設定を確かめてください。",
    "relay.odd": "連携サーバの受信フォルダに、確かめていただきたいものがあります。",
    "sequence_gap": "ファイルの連番が飛んでいます。抜けたファイルの送信を求めてください。",
}
UNKNOWN_ALERT = "内容は記録を確かめてください。"


def at_time(instant: datetime | None) -> str:
    """「11月23日 14:05」 in Japan time, 「―」 for none."""
    if instant is None:
        return "―"
    local = instant.astimezone(JST)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def with_seconds(instant: datetime) -> str:
    """「11月23日 14:05:09」 in Japan time."""
    return f"{at_time(instant)}:{instant.astimezone(JST):%S}"


def how_long(age: timedelta) -> str:
    """「3分」, 「5時間20分」, 「2日4時間」: the two largest parts, rounded down."""
    minutes = int(age.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days}日{hours}時間" if hours else f"{days}日"
    if hours:
        return f"{hours}時間{minutes % 60}分" if minutes % 60 else f"{hours}時間"
    return f"{minutes}分" if minutes else "1分未満"
