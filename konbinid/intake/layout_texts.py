"""How a layout's cells are written down, and whether a text that the layout names can stand in one of them: a code that no cell can hold is a
mistake of the layout and not of every row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.fixed_lines import PAD
from konbinid.intake.forbidden import forbidden
from konbinid.intake.tidying import Tidying


@dataclass(frozen=True, slots=True)
class Writing:
    """``delimiter`` is empty where lines are of fixed width, ``quote`` where there is none. ``in_bytes``: widths count bytes of UTF-8.
    ``heading``: the first line names the columns."""

    delimiter: str = ""
    quote: str = ""
    in_bytes: bool = False
    heading: bool = False

    @property
    def fixed(self) -> bool:
        """Whether lines are of fixed width."""
        return not self.delimiter

    @property
    def unit(self) -> str:
        """What widths count."""
        return "bytes" if self.in_bytes else "characters"

    def size(self, text: str) -> int:
        """How much of a column a text takes."""
        return len(text.encode("utf-8", "surrogatepass")) if self.in_bytes else len(text)

    def holds(self, text: str) -> bool:
        """Whether a cell can hold a text: where nothing quotes, the delimiter ends it."""
        return self.fixed or bool(self.quote) or self.delimiter not in text


def check_texts(
    section: Section,
    key: str,
    texts: Iterable[str],
    writing: Writing,
    *,
    width: int | None = None,
    tidying: Tidying | None = None,
) -> None:
    """Texts that stand in cells of the column and mean something: each must be able to get to its form as it is."""
    for text in texts:
        if not text:
            section.complain(key, "an empty value means nothing: what it stands for is a default")
        elif forbidden(text):
            section.complain(key, "holds a character that no file may hold")
        elif not writing.holds(text):
            section.complain(key, f"{text} holds the delimiter, and nothing quotes it")
        elif width is not None and writing.size(text) > width:
            section.complain(key, f"{text} does not fit into {width} {writing.unit}")
        elif width is not None and text != text.rstrip(PAD):
            section.complain(key, "no code ends in a space: spaces fill a column up")
        elif tidying is not None and tidying.trimmed(text) != text:
            section.complain(key, f"{text} never comes: trim takes its spaces")
        elif tidying is not None and text in tidying.nothing and key != "nothing":
            section.complain(key, f"{text} never comes: it means that nothing is recorded")
