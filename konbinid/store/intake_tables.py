"""Which staging table fills which table, by which key; and how statements are made for any of them.

A statement is written once with marks like <staged> in it; the marks stand for the names below and nothing else, so no value of a file
ever becomes part of a statement's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from konbinid.domain.tax import AMOUNTS, COUNTS


@dataclass(frozen=True, slots=True)
class Table:
    """One feed's tables. ``values`` decide whether a row differs; ``carried`` come along with them but are never compared.

    ``tells_operation``: the feed has a 処理区分. ``large``: it can have so many rows that the planner must be told.
    """

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    carried: tuple[str, ...] = ()
    present: str = "true"  # whether a row t of the target counts as there
    schema: str = "people"
    tells_operation: bool = True
    large: bool = True

    @property
    def staged(self) -> str:
        """The staging table."""
        return f"intake.staged_{self.name}"

    @property
    def staged_columns(self) -> tuple[str, ...]:
        """What COPY brings."""
        return ("run", "line", "operation", *self.key, *self.values, *self.carried)

    def statement(self, template: str) -> str:
        """A template's marks filled in: the target is ``t``, a staged row ``s``, an effect row ``e``."""
        text = template
        for mark, meaning in self._marks().items():
            text = text.replace(mark, meaning)
        return text

    def _marks(self) -> Mapping[str, str]:
        columns = (*self.key, *self.values, *self.carried)
        return {
            "<staged>": self.staged,
            "<effect>": f"{self.staged}_effect",
            "<target>": f"{self.schema}.{self.name}",
            "<key>": ", ".join(self.key),
            "<t.key>": _of("t", self.key),
            "<s.key>": _of("s", self.key),
            "<same key>": " and ".join(f"t.{column} = s.{column}" for column in self.key),
            "<t.values>": _of("t", self.values),
            "<s.values>": _of("s", self.values),
            "<columns>": ", ".join(columns),
            "<s.columns>": _of("s", columns),
            "<t is there>": f"(t.{self.key[0]} is not null and {self.present})",
        }


def _of(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)


_REGISTER = (
    ("register_number", "member", "display"),
    (
        "domicile",
        "head_of_register",
        "name",
        "birth_date",
        "birth_era",
        "atena_number",
        "state",
        "pdf_name",
        "pdf_sha256",
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "JUMIN": Table(
            "person",
            ("atena_number",),
            (
                "household_number",
                "household_order",
                "resident_class",
                "state",
                "name",
                "name_kana",
                "former_name",
                "former_name_kana",
                "alias",
                "alias_kana",
                "name_roman",
                "birth_date",
                "birth_era",
                "sex",
                "relationship",
                "address",
                "address_supplement",
                "resident_since",
                "address_since",
                "notified_on",
                "previous_address",
                "domicile",
                "head_of_register",
                "individual_number_digest",
                "resident_code_digest",
                "nationality",
                "article_30_45",
                "residence_status",
                "period_of_stay",
                "stay_expires_on",
                "residence_card_number",
                "change_in_progress",
                "last_changed_on",
                "kana_registered",
                "former_kana_registered",
                "name_katakana",
                "alias_history",
            ),
            # Sealed afresh with every reading, so it never equals what is held; the digest tells whether the number changed.
            carried=("individual_number_sealed",),
        ),
        "JPKI": Table(
            "credential",
            ("type", "serial"),
            ("resident_code_digest", "issued_on", "expires_on", "state"),
            # A removed serial keeps its row: it never belongs to a second resident.
            present="t.present",
        ),
        "YOKUSHI": Table(
            "hold",
            ("business_code", "hold_number"),
            (
                "atena_number",
                "category",
                "kinds",
                "household",
                "starts_on",
                "ends_on",
                "register_number",
                "register_member",
                "register_wide",
            ),
        ),
        "INKAN": Table(
            "seal",
            ("registration_number",),
            (
                "atena_number",
                "registered_on",
                "state",
                "cancelled_on",
                "image_name",
                "image_sha256",
                "width",
                "height",
                "dpi",
                "rows",
                "defect",
                "name_kind",
            ),
        ),
        "ZEI": Table(
            "tax",
            ("year", "atena_number"),
            (
                "filing",
                "tax_class",
                "address",
                "name",
                *AMOUNTS,
                *COUNTS,
                "determined_on",
                "deductible_spouse",
                "defect",
            ),
        ),
        "GAIJI": Table(
            "gaiji",
            ("code",),
            ("version", "glyph_hash", "shape_hash", "redefinable", "font_name", "note"),
            carried=("font_sha256",),
            schema="library",
            tells_operation=False,
            large=False,
        ),
        "KOSEKI": Table("koseki", *_REGISTER),
        "FUHYO": Table("fuhyo", *_REGISTER),
    }
)
