"""What a relay has people told through its server: the kinds, the words for each, and each thing once on a connection."""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from twisted.logger import Logger

from konbinid.intake import wire
from konbinid.intake.drop import Oddity
from konbinid.intake.names import is_plain
from konbinid.intake.sending import Ask

WORDS = {
    "name": "連携サーバの受信フォルダに、名前が規則に合わないファイルがあります。送信元に確かめてください。",
    "not_taken": "連携サーバの受信フォルダに、普通のファイルでないもの (リンクなど) があります。送信元に確かめてください。",
    "unreadable": "連携サーバが読み取れないファイルがあります。読み取りの権限を確かめてください。",
    "changing": "「.end」を置いたあとも書き換えられているファイルがあり、送れません。送信元に確かめてください。",
    "receipt": "連携サーバが受領ファイルを書けません。空き容量と権限を確かめてください。",
    "filing": "連携サーバが、済んだファイルを保管フォルダへ移せません。空き容量と権限を確かめてください。",
    "folder": "連携サーバが受信フォルダを開けません。マウントと権限を確かめてください。",
    "busy": "サーバが「いまは受け取れない」と答え続けるファイルがあり、その種別が送れません。ほかの知らせ (feed_stuck など) とデータベースを確かめ、続くなら保守担当へ連絡してください。",
    "other": "サーバが受け付けないファイルが連携サーバにあります。種別の設定とファイル名を確かめてください。",
}
FOLDER = "folder"
"""The one that is about no file."""
_TOLD_AT_ONCE = 20
_KINDS = {
    "may not be read": "unreadable",
    "cannot be read now": "unreadable",
    "not a plain file": "not_taken",
}


class Oddities:
    """``ask``: the way to the server that stands now; None without one."""

    log = Logger()

    def __init__(self, ask: Callable[[], Ask | None]) -> None:
        self._ask = ask
        self._told: set[tuple[str, str]] = set()

    def forget(self) -> None:
        """A new connection: it may be another server, and what is still so may be told again by now."""
        self._told.clear()

    def keep(self, names: Collection[str]) -> None:
        """These lie in the folder, which was looked through: what is over, and comes again, is told again."""
        self._told = {each for each in self._told if each[0] in names and each[1] != FOLDER}

    async def tell(self, name: str, what: str) -> bool:
        """Once; told is what the server has answered. Whether it was told now. AMP's errors."""
        ask = self._ask()
        if ask is None or (name, what) in self._told:
            return False
        try:
            await ask(wire.Odd, name=name if is_plain(name) else "", what=what)
        except wire.Busy:
            return False  # more than people are told within an hour: later
        self._told.add((name, what))
        return True

    async def tell_of(self, oddities: Sequence[Oddity]) -> None:
        """What a look found. Not many of them at once: the line may be needed for files."""
        found = {(each.name, _KINDS.get(each.reason, "name")): each.reason for each in oddities}
        for name, what in [each for each in found if each not in self._told][:_TOLD_AT_ONCE]:
            if await self.tell(name, what):
                self.log.warn("{file}: not taken: {reason}", file=name, reason=found[name, what])
