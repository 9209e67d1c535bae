"""Four eyes: who agrees to something is another person than who brought it."""

from __future__ import annotations

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Whether two names that people wrote for themselves are one person's: width, case and spaces make no second one."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
