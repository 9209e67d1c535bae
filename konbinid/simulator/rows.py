"""One line of each feed, in the column order of contract 2. Every value is text as it stands in the file.

Tuples, because millions of them go straight to the CSV writer. Their repr shows no value: these people are invented,
but a traceback should look the same wherever it is read.
"""

from __future__ import annotations

from typing import NamedTuple

ADD, CHANGE, REMOVE = "1", "2", "9"
"""処理区分."""

RESIDENT, LEAVING, MOVED_OUT, DEAD, STRUCK_OFF = "1", "2", "3", "4", "5"
"""住民状態."""

JAPANESE, FOREIGN = "1", "2"
"""住民区分."""

MALE, FEMALE, UNSTATED = "1", "2", "9"
"""性別."""

CARD, PHONE = "1", "2"
"""種別 of a user certificate."""


class ResidentRow(NamedTuple):
    """JUMIN 住民記録."""

    process: str
    atena_number: str
    household_number: str
    household_order: str
    resident_class: str
    state: str
    name: str
    name_kana: str
    former_name: str
    former_name_kana: str
    alias: str
    alias_kana: str
    name_roman: str
    birth_date: str
    sex: str
    relationship: str
    address: str
    address_supplement: str
    resident_since: str
    address_since: str
    notified_on: str
    previous_address: str
    domicile: str
    head_of_register: str
    individual_number: str
    resident_code: str
    nationality: str
    article_30_45: str
    residence_status: str
    period_of_stay: str
    stay_expires_on: str
    residence_card_number: str
    change_in_progress: str
    last_changed_on: str
    kana_registered: str
    former_kana_registered: str
    name_katakana: str
    alias_history: str

    def __repr__(self) -> str:
        return "<ResidentRow>"


class SealRow(NamedTuple):
    """INKAN 印鑑登録."""

    process: str
    atena_number: str
    registration_number: str
    registered_on: str
    state: str
    cancelled_on: str
    image_name: str
    dpi: str
    name_kind: str

    def __repr__(self) -> str:
        return "<SealRow>"


class HoldRow(NamedTuple):
    """YOKUSHI 発行抑止."""

    process: str
    atena_number: str
    category: str
    target: str
    household_wide: str
    starts_on: str
    ends_on: str
    register_number: str
    register_member: str
    register_wide: str
    business_code: str
    hold_number: str

    def __repr__(self) -> str:
        return "<HoldRow>"


class CredentialRow(NamedTuple):
    """JPKI 電子証明書シリアル."""

    process: str
    resident_code: str
    serial: str
    kind: str
    issued_on: str
    expires_on: str
    state: str

    def __repr__(self) -> str:
        return "<CredentialRow>"


class RegisterRow(NamedTuple):
    """KOSEKI 戸籍 and FUHYO 戸籍の附票."""

    process: str
    register_number: str
    domicile: str
    head_of_register: str
    member: str
    name: str
    birth_date: str
    atena_number: str
    state: str
    pdf_name: str
    sha256: str
    display: str

    def __repr__(self) -> str:
        return "<RegisterRow>"


class GaijiRow(NamedTuple):
    """GAIJI 外字."""

    version: str
    code_point: str
    glyph_sha256: str
    may_change: str
    font_name: str
    note: str
