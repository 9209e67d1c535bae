"""The sentences about a declared file, in the language of the people who write that file: the one its own comments are in.

What a caller adds about its own keys (``Section.complain``, ``shape``) is written in the same language.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Templates for ``str.format``; the names in braces are filled in. ``wanted`` is what a value should be, in the words below it."""

    unreadable: str
    not_utf8: str
    not_toml: str
    unknown: str
    unknown_near: str
    missing: str
    missing_wanted: str
    wrong: str
    text: str
    wording: str
    texts: str
    choice: str
    whole: str
    number: str
    flag: str
    path: str
    table: str
    tables: str
    none_given: str
    no_file: str
    closed_file: str
    open_file: str
    no_folder: str
    closed_folder: str
    locked_folder: str
    open_folder: str


ENGLISH = Words(
    unreadable="cannot be read ({error})",
    not_utf8="is not UTF-8",
    not_toml="is not TOML: {error}",
    unknown="unknown",
    unknown_near="unknown; did you mean {near}?",
    missing="missing",
    missing_wanted="missing; it must be {wanted}",
    wrong="must be {wanted}",
    text="text",
    wording="a text of 1 to {longest} characters",
    texts="a list of texts",
    choice="one of {choices}",
    whole="a whole number from {least} to {most}",
    number="a number from {least:g} to {most:g}",
    flag="true or false",
    path="a path",
    table="a table",
    tables="a list of tables",
    none_given="needs at least one",
    no_file="{path}: no such file",
    closed_file="{path}: cannot be read",
    open_file="{path}: others than its owner may use it; run chmod 600 on it",
    no_folder="{path}: no such folder",
    closed_folder="{path}: cannot be read",
    locked_folder="{path}: cannot be read and written",
    open_folder="{path}: others than its owner may use it; run chmod 700 on it",
)

JAPANESE = Words(
    unreadable="読めません ({error})。",
    not_utf8="UTF-8 のファイルではありません。UTF-8 で保存し直してください。",
    not_toml="TOML の書き方に誤りがあります ({error})。",
    unknown="知らない項目です。綴りを確かめるか、削除してください。",
    unknown_near="知らない項目です。{near} のことでしょうか。綴りを直すか、削除してください。",
    missing="必要な項目がありません。追加してください。",
    missing_wanted="必要な項目がありません。{wanted}を追加してください。",
    wrong="{wanted}にしてください。",
    text="1文字以上の文字列",
    wording="1文字以上{longest}文字以内の文字列",
    texts="文字列の並び",
    choice="次のどれか ({choices}) ",
    whole="{least} 以上 {most} 以下の整数",
    number="{least:g} 以上 {most:g} 以下の数",
    flag="true か false ",
    path="ファイルかフォルダのパス",
    table="表 (テーブル) ",
    tables="表の並び ([[…]]) ",
    none_given="一つ以上書いてください。",
    no_file="{path}: ファイルがありません。",
    closed_file="{path}: 読めません。読み取りの権限を確かめてください。",
    open_file="{path}: 所有者以外が使えます。chmod 600 を実行してください。",
    no_folder="{path}: フォルダがありません。",
    closed_folder="{path}: 読めません。読み取りの権限を確かめてください。",
    locked_folder="{path}: 読み書きできません。権限を確かめてください。",
    open_folder="{path}: 所有者以外が使えます。chmod 700 を実行してください。",
)
