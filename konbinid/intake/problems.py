"""What can be wrong with a file, and the list of it: places and kinds of fault, never a value (contract 2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """Kinds of fault. The first group is about the file, the rest about a row or one of its columns."""

    END_MALFORMED = "end_malformed"
    HASH_MISMATCH = "hash_mismatch"
    ROWS_MISMATCH = "rows_mismatch"
    WRONG_EXTENSION = "wrong_extension"
    STAMP_AHEAD = "stamp_ahead"
    TOO_LARGE = "too_large"
    NOT_PROCESSED = "not_processed"
    LATE = "late"
    OLDER = "older"
    OTHER_CONTENT = "other_content"
    FULL_OLDER = "full_older"
    HEADING_OTHER = "heading_other"
    HEADER_OTHER = "header_other"
    TRAILER_MISSING = "trailer_missing"
    TRAILER_COUNT = "trailer_count"

    NOT_UTF8 = "not_utf8"
    FORBIDDEN_CHARACTER = "forbidden_character"
    LINE_TOO_LONG = "line_too_long"
    QUOTING = "quoting"
    COLUMN_COUNT = "column_count"
    LINE_LENGTH = "line_length"
    RECORD_TYPE = "record_type"
    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_DIGITS = "not_digits"
    NOT_AMOUNT = "not_amount"
    NOT_HEX = "not_hex"
    UNKNOWN_CODE = "unknown_code"
    NO_SUCH_DATE = "no_such_date"
    OUTSIDE_ERA = "outside_era"
    OUT_OF_RANGE = "out_of_range"
    CHECK_DIGIT = "check_digit"
    NOT_PLAIN_NAME = "not_plain_name"
    NOT_GAIJI_CODE = "not_gaiji_code"
    NOT_AN_ADDITION = "not_an_addition"
    DUPLICATE_KEY = "duplicate_key"
    NUMBER_TAKEN = "number_taken"
    SERIAL_OF_ANOTHER = "serial_of_another"
    SECOND_REGISTRATION = "second_registration"
    ATTACHMENT_MISSING = "attachment_missing"
    ATTACHMENT_TOO_LARGE = "attachment_too_large"
    ATTACHMENT_BROKEN = "attachment_broken"
    ATTACHMENT_BLANK = "attachment_blank"
    ATTACHMENT_SHARED = "attachment_shared"
    ATTACHMENT_OTHER = "attachment_other"
    ATTACHMENT_OF_ANOTHER = "attachment_of_another"
    CODE_OF_A_FACE = "code_of_a_face"
    GLYPH_MISSING = "glyph_missing"
    GLYPH_DIFFERS = "glyph_differs"
    GLYPH_REDEFINED = "glyph_redefined"

    # A register's PDF; those that konbinid.paper.foreign finds have its names.
    PDF_OTHER_CONTENT = "pdf_other_content"
    PDF_BROKEN = "pdf_broken"
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_SCRIPT = "pdf_script"
    PDF_ACTION = "pdf_action"
    PDF_ENCLOSURE = "pdf_enclosure"
    PDF_FONT = "pdf_font"
    PDF_SIZE = "pdf_size"
    PDF_PAGES = "pdf_pages"
    PDF_NAME = "pdf_name"
    PDF_TOO_COSTLY = "pdf_too_costly"


WORDS = {
    Fault.END_MALFORMED: "「.end」ファイルの内容が rows=<件数> sha256=<ハッシュ> の1行になっていません。作り直して新しい日時のファイル名で再送してください。",
    Fault.HASH_MISMATCH: "ファイルの内容が「.end」のハッシュと一致しません。転送の途中で欠けた可能性があります。新しい日時のファイル名で再送してください。",
    Fault.ROWS_MISMATCH: "ファイルの件数が「.end」の件数と一致しません。新しい日時のファイル名で再送してください。",
    Fault.WRONG_EXTENSION: "このデータ種別のレイアウトと拡張子が合いません。",
    Fault.STAMP_AHEAD: "ファイル名の日時が現在より先です。送信側の時計を確認し、正しい日時のファイル名で再送してください。",
    Fault.TOO_LARGE: "ファイルが大きすぎます。分けて送信してください。",
    Fault.NOT_PROCESSED: "ファイルを処理できませんでした。運用担当者に連絡してください。",
    Fault.LATE: "この連番は処理済みです。次の連番で送信してください。",
    Fault.OLDER: "同じ連番でより新しいファイルがあるため受け付けません。",
    Fault.OTHER_CONTENT: "同じ名前で内容の異なるファイルを受信済みです。新しい日時のファイル名で送信してください。",
    Fault.FULL_OLDER: "この全件ファイルより新しい異動を反映済みのため受け付けません。全件を作り直して送信してください。",
    Fault.HEADING_OTHER: "見出しの行が、レイアウトの項目の名前や順序と違います。見出しと項目の並びを直し、新しい日時のファイル名で再送してください。",
    Fault.HEADER_OTHER: "ヘッダレコードの内容がレイアウトと違います。ほかの種別や団体のファイルでないか確認し、新しい日時のファイル名で再送してください。",
    Fault.TRAILER_MISSING: "トレーラレコードがありません。途中で切れていないか確認し、新しい日時のファイル名で再送してください。",
    Fault.TRAILER_COUNT: "トレーラレコードの件数が、データレコードの件数と一致しません。新しい日時のファイル名で再送してください。",
    Fault.NOT_UTF8: "UTF-8 として読めません。",
    Fault.FORBIDDEN_CHARACTER: "使用できない文字（制御文字など）があります。",
    Fault.LINE_TOO_LONG: "行が長すぎます。",
    Fault.QUOTING: "引用符の使い方が正しくありません。",
    Fault.COLUMN_COUNT: "項目の数がレイアウトと合いません。",
    Fault.LINE_LENGTH: "行の長さがレイアウトの桁数の合計と合いません。文字で数えるときは異体字セレクタも1文字、バイトで数えるときは UTF-8 のバイト数として作り直してください。",
    Fault.RECORD_TYPE: "レイアウトにないレコード区分か、レコードの順序（ヘッダ、データ、トレーラ）が違います。",
    Fault.MISSING: "必須の項目が空です。",
    Fault.TOO_LONG: "項目の長さがレイアウトの桁数を超えています。",
    Fault.NOT_DIGITS: "決められた桁数の数字ではありません。",
    Fault.NOT_AMOUNT: "決められた桁数の金額ではありません。",
    Fault.NOT_HEX: "16進数ではありません。",
    Fault.UNKNOWN_CODE: "レイアウトにないコードです。",
    Fault.NO_SUCH_DATE: "存在しない日付です。",
    Fault.OUTSIDE_ERA: "元号の期間にない日付です。",
    Fault.OUT_OF_RANGE: "値が範囲の外です。",
    Fault.CHECK_DIGIT: "検査数字が合いません。",
    Fault.NOT_PLAIN_NAME: "添付ファイル名は英数字と . _ - だけで指定してください。",
    Fault.NOT_GAIJI_CODE: "外字の領域 (U+E000–F8FF、第15・16面) の文字コードを U+E000 の形で指定してください。",
    Fault.NOT_AN_ADDITION: "全件ファイルの処理区分は 1 だけです。",
    Fault.DUPLICATE_KEY: "同じキーの行が2行以上あります。",
    Fault.NUMBER_TAKEN: "この番号は別の人に付いています。",
    Fault.SERIAL_OF_ANOTHER: "このシリアル番号は別の人のものです。",
    Fault.SECOND_REGISTRATION: "登録中の印鑑が同じ人に2件以上あります。",
    Fault.ATTACHMENT_MISSING: "添付ファイルがないか、読み取れません。",
    Fault.ATTACHMENT_TOO_LARGE: "添付ファイルが大きすぎます。上限以下に作り直して送信してください。",
    Fault.ATTACHMENT_BROKEN: "添付ファイルが壊れているか、使えない形式です。",
    Fault.ATTACHMENT_BLANK: "添付ファイルの印影が白紙か、塗りつぶしです。",
    Fault.ATTACHMENT_SHARED: "添付ファイル名は別の行のものです。",
    Fault.ATTACHMENT_OTHER: "TTEファイル名が前の行と異なります。1つのファイルの行はすべて同じTTEを指定してください。",
    Fault.ATTACHMENT_OF_ANOTHER: "訂正前のファイルでは、この添付ファイルは別の登録のものでした。この行の添付ファイルを、別の名前で、訂正後のファイルと一緒に送ってください。",
    Fault.CODE_OF_A_FACE: "この文字コードは基本フォントの文字として宣言されています (fonts.toml の private)。外字には使えません。",
    Fault.GLYPH_MISSING: "TTEにこの文字の字形がありません。使用中の外字をすべて含むTTEを送信してください。",
    Fault.GLYPH_DIFFERS: "字形ハッシュがTTEの字形と一致しません。",
    Fault.GLYPH_REDEFINED: "使用中の文字コードの字形が変わっています。意図した変更なら、その文字の行で再定義可を 1 にして送信してください。",
    Fault.PDF_OTHER_CONTENT: "PDFの内容が行の sha256 と一致しません。正しいPDFとその sha256 を送信してください。",
    Fault.PDF_BROKEN: "PDFとして正しく読めません。PDFを作り直して送信してください。",
    Fault.PDF_ENCRYPTED: "PDFが暗号化されています。暗号化せずに作り直してください。",
    Fault.PDF_SCRIPT: "PDFに JavaScript などのプログラムが含まれています。含めずに作り直してください。",
    Fault.PDF_ACTION: "PDFに外部の起動・リンク・送信などの動作が含まれています。含めずに作り直してください。",
    Fault.PDF_ENCLOSURE: "PDFに添付ファイル、外部ファイルの参照、動画などが含まれています。含めずに作り直してください。",
    Fault.PDF_FONT: "PDFに埋め込まれていないフォントの文字があります。すべてのフォントを埋め込んで作り直してください。",
    Fault.PDF_SIZE: "PDFに A4 縦（±1 mm）でないページがあります。",
    Fault.PDF_PAGES: "PDFのページ数が上限を超えています。",
    Fault.PDF_NAME: "PDFの文字の中に、この行の人の氏名（戸籍全部の行では筆頭者）が見つかりません。別のPDFでないか確認してください。",
    Fault.PDF_TOO_COSTLY: "PDFの検査が時間・メモリの上限内に終わりませんでした。PDFを作り直して送信してください。",
}


class BadValue(ValueError):
    """A value that its form or column does not allow. Carries the kind of fault only."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(slots=True)
class Problem:
    """One fault: in rows ``line`` to ``through`` (from 1; 0 = the file as a whole), in a column or, when empty, in the whole row."""

    line: int
    through: int
    column: str
    fault: Fault


@dataclass(slots=True)
class ProblemList:
    """The faults of one file, in the order found. Runs of the same fault are one entry, so a file in a wrong encoding stays a short
    list; beyond ``most`` entries faults are only counted."""

    most: int = 10_000
    entries: list[Problem] = field(default_factory=list)
    bad_rows: int = 0
    left_out: int = 0
    _last_line: int = 0
    _latest: dict[tuple[str, Fault], Problem] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def add(self, line: int, column: str, fault: Fault) -> None:
        """Note a fault of a row, or with line 0 one of the whole file. All faults of one row are noted one after another."""
        if line and line != self._last_line:
            self.bad_rows += 1
            self._last_line = line
        entry = self._latest.get((column, fault))
        if entry is not None and 0 <= line - entry.through <= 1:
            entry.through = line
        elif len(self.entries) < self.most:
            self._latest[column, fault] = entry = Problem(line, line, column, fault)
            self.entries.append(entry)
        else:
            self.left_out += 1

    def add_file(self, fault: Fault, line: int = 0) -> None:
        """Note a fault of the whole file; ``line``: where it is seen, when that is a line which is no row."""
        self.entries.insert(0, Problem(line, line, "", fault))

    def as_report(self) -> dict[str, Any]:
        """For intake.incoming.report and the ``.ng``."""
        return {
            "bad_rows": self.bad_rows,
            "left_out": self.left_out,
            "problems": [asdict(entry) for entry in self.entries],
        }

    @classmethod
    def of_report(cls, report: dict[str, Any]) -> ProblemList:
        """The reverse of ``as_report``."""
        entries = [
            Problem(int(each["line"]), int(each["through"]), str(each["column"]), Fault(each["fault"]))
            for each in report.get("problems", [])
        ]
        return cls(
            entries=entries,
            bad_rows=int(report.get("bad_rows", 0)),
            left_out=int(report.get("left_out", 0)),
        )
