"""Values that carry a person's data keep it out of every repr, and so out of logs and tracebacks."""

from __future__ import annotations


class Redacted:
    """Base of every dataclass that carries personal data: declare it with ``@dataclass(repr=False)``.

    The repr names the class only. Twisted's failures, log formats and assertion messages all go through
    ``repr``; what is not in it cannot leak through them.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} redacted>"
