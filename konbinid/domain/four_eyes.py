"""Four eyes: who agrees to something is another person than who brought it."""

from __future__ import annotations

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Whether two names that people wrote for themselves are one person's: width, case, spaces and what nobody sees
    (format characters, variation selectors) make no second one."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    spelt = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in "".join(spelt.split()) if not _is_invisible(char))


def _is_invisible(char: str) -> bool:
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return selector or unicodedata.category(char) in {"Cf", "Cc"}
