"""What the content streams of a finished PDF draw, for read-back.

A page's own stream is held to the few operators that the press writes there: no colour, no clipping, no invisible text.
The fixed parts come from reportlab; their operators are listed below, and anything else is a mismatch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from konbinid.paper.fitting import NARROWEST
from konbinid.paper.form import SMALLEST, THINNEST
from konbinid.paper.pdf_objects import Misread, unescape

_N = rb"-?\d+(?:\.\d+)?"
_PAGE = re.compile(
    rb"(?:q 1 0 0 1 %(n)s %(n)s cm /P\d+ Do Q\n)+BT\n"
    rb"(?:%(n)s 0 0 1 %(n)s %(n)s Tm\n(?:/V\d %(n)s Tf <(?:[0-9A-F]{4})+> Tj\n)+)+ET\n"
    rb"(?:q %(n)s 0 0 %(n)s %(n)s %(n)s cm /[A-Z][a-z]+ Do Q\n)*" % {b"n": _N}
)
_PLACED = re.compile(rb"/([A-Za-z]+\d*) Do")
_PIECE = re.compile(rb"q 1 0 0 1 (%(n)s) (%(n)s) cm /P" % {b"n": _N})
_SCALE = re.compile(rb"^(%(n)s) 0 0 1 " % {b"n": _N}, re.MULTILINE)
_RUN = re.compile(rb"/(V\d) (%(n)s) Tf <([0-9A-F]+)>" % {b"n": _N})
_CODES = re.compile(rb"....", re.DOTALL)

_PART = re.compile(
    rb"\s*(?:\(((?:[^\\()]|\\.)*)\)|/(L\d)\b|([-+]?(?:\d+\.?\d*|\.\d+))(?=\s)|([A-Za-z*]+))", re.DOTALL
)
GREYEST = 0.8  # DeviceGray: the watermark leaves at most 20 % ink (certificates.md)
# Operators of a fixed part and how many operands each takes.
_ARITY = {"q": 0, "Q": 0, "cm": 6, "n": 0, "m": 2, "l": 2, "c": 6, "h": 0, "S": 0, "f": 0, "g": 1, "w": 1}
_ARITY |= {"BT": 0, "ET": 0, "Tm": 6, "Tc": 1, "Tf": 2, "TL": 1, "Tj": 1, "T*": 0}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a stream shows: codes by font (four hex digits each), the XObjects it places in order, where it places the fixed parts among
    them (points from the lower left), and whether any of it is grey (the watermark)."""

    codes: dict[str, frozenset[bytes]]
    placed: tuple[str, ...] = ()
    grey: bool = False
    pieces: tuple[tuple[float, float], ...] = ()


def read_page(data: bytes) -> Drawn:
    """A page's own stream. Misread for anything but placed parts, black visible text of 8 pt and over, and images."""
    if not _PAGE.fullmatch(data):
        raise Misread("page operators")
    if not all(NARROWEST <= float(scale) <= 1 for scale in _SCALE.findall(data)):
        raise Misread("text width")
    codes: dict[str, set[bytes]] = {}
    for font, size, run in _RUN.findall(data):
        if float(size) < SMALLEST:
            raise Misread("text size")
        codes.setdefault(font.decode(), set()).update(_CODES.findall(run))
    placed = tuple(name.decode() for name in _PLACED.findall(data))
    pieces = tuple((float(x), float(y)) for x, y in _PIECE.findall(data))
    return Drawn({font: frozenset(used) for font, used in codes.items()}, placed, pieces=pieces)


def read_part(data: bytes) -> Drawn:
    """A fixed part's stream. Misread for an operator that parts do not use, small or grey text, or thin lines."""
    reader = _PartReader()
    data = data.rstrip()
    at = 0
    operands: list[bytes] = []
    while at < len(data):
        found = _PART.match(data, at)
        if not found:
            raise Misread("part operators")
        at = found.end()
        if not found[4]:
            operands.append(found[0].strip())
            continue
        reader.take(found[4].decode(), operands)
        operands = []
    return Drawn({font: frozenset(shown) for font, shown in reader.codes.items()}, grey=reader.grey)


class _PartReader:
    """Follows the state that matters: the font, and the grey that fills."""

    def __init__(self) -> None:
        self.codes: dict[str, set[bytes]] = {}
        self.grey = False
        self._font = ""
        self._ink = 0.0
        self._saved: list[float] = []

    def take(self, operator: str, operands: list[bytes]) -> None:
        """One operator with its operands."""
        if _ARITY.get(operator) != len(operands):
            raise Misread("part operators")
        match operator:
            case "q":
                self._saved.append(self._ink)
            case "Q":
                self._ink = self._saved.pop() if self._saved else 0.0
            case "g":
                self._ink = float(operands[0])
                self.grey = self.grey or self._ink > 0
            case "Tf":
                self._font = operands[0][1:].decode()
            case "Tj":
                self.codes.setdefault(self._font, set()).update(_codes(operands[0]))
        self._judge(operator, operands)

    def _judge(self, operator: str, operands: list[bytes]) -> None:
        small = operator == "Tf" and float(operands[1]) < SMALLEST
        thin = operator == "w" and float(operands[0]) < THINNEST
        # Grey is the watermark's: pale, filled, never text.
        grey = self._ink > 0 and (operator == "Tj" or not GREYEST <= self._ink < 1)
        if small or thin or grey:
            raise Misread("part style")


def _codes(literal: bytes) -> list[bytes]:
    shown = unescape(literal[1:-1])
    if len(shown) % 2:
        raise Misread("part text")
    return [shown[at : at + 2].hex().upper().encode() for at in range(0, len(shown), 2)]
