"""The child's second job: a stored file's rows, checked, sealed and digested, into the staging tables.

個人番号 leaves here encrypted and 住民票コード only as a digest: what PostgreSQL sees of them is nothing without the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection, cursor

from konbinid.domain.characters import CodeRange
from konbinid.domain.feeds import Feed
from konbinid.intake.copy_text import NULL as _NULL
from konbinid.intake.copy_text import bytea as _bytea
from konbinid.intake.date_forms import UNKNOWN_DATE
from konbinid.intake.examiner import Examiner
from konbinid.intake.feeds import ADD, CHANGE, REMOVE, Attached
from konbinid.intake.glyphs import Glyph, Glyphs
from konbinid.intake.layout import Layout
from konbinid.intake.pictures import Impression, Pictures
from konbinid.intake.problems import Fault
from konbinid.intake.records import Block, Named, Reader
from konbinid.intake.register_columns import REGISTER_COLUMNS
from konbinid.intake.register_pdfs import RegisterPdfs
from konbinid.store import intake_files, intake_staging
from konbinid.store.intake_files import Incoming
from konbinid.store.intake_link import transaction
from konbinid.store.intake_tables import TABLES
from konbinid.store.keyring import Keyring

RESIDENT_CODE = "resident_code"  # purposes of the keyring's digests
INDIVIDUAL_NUMBER = "individual_number"

_BETWEEN = "\x00"  # stands in no value
_KEYS_AT_ONCE = 5000
_BYTES_AT_ONCE = (
    128 * 1024
)  # what a block's columns take stays in the processor's cache: a quarter quicker than a whole part
_ATTACHED_AT_ONCE = 200  # in memory, so that a file of a city's seals needs no more than one of a village's

Staged = dict[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Staging:
    """What came of it: rows read, rows staged, bad rows whose keys are kept, the faults (ProblemList.as_report), whether keys could not be read."""

    rows: int
    staged: int
    named: int
    report: dict[str, Any]
    keys_unread: bool


class Stager:
    """Stages one file. ``reading``: a connection for the file's parts, in autocommit; ``writing``: one for COPY; ``private``: characters
    that are no 外字 here (konbinid.intake.glyphs)."""

    def __init__(
        self,
        reading: connection,
        writing: connection,
        layout: Layout,
        keyring: Keyring,
        progress: Callable[[int], None],
        *,
        examiner: Examiner,
        private: Sequence[CodeRange] = (),
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._layout = layout
        self._keyring = keyring
        self._examiner = examiner
        self._progress = progress
        self._private = private
        self._staged = 0
        self._named = 0

    def stage(self, incoming_id: int, run: int) -> Staging:
        """Read the file and leave its good rows, and the keys of its bad ones, under ``run``."""
        table = TABLES[self._layout.feed]
        with self._reading.cursor() as cur, transaction(self._writing) as copying:
            incoming = intake_files.by_id(cur, incoming_id)
            reader = Reader(self._layout, full=incoming.full)
            intake_staging.clear(copying, table)
            intake_staging.copy_rows(copying, table, self._pieces(cur, reader, incoming, run))
            self._keep_named(cur, reader, run, at_least=1)
        return Staging(
            reader.rows, self._staged, self._named, reader.problems.as_report(), reader.keys_unread
        )

    def _pieces(self, cur: cursor, reader: Reader, incoming: Incoming, run: int) -> Iterator[bytes]:
        feed = self._layout.feed
        attached = self._attached(cur, reader, incoming)
        glyphs = Glyphs(cur, incoming, reader, self._private) if feed is Feed.GAIJI else None
        at_once = _ATTACHED_AT_ONCE if attached is not None else None
        for block in self._blocks(cur, reader, incoming, at_once):
            lines, staged = block.lines, self._staged_columns(block)
            if isinstance(attached, Pictures):
                lines, staged = _with_pictures(attached, reader, block, staged)
            elif attached is not None:
                good = attached.good_rows(reader, block)
                lines = [block.lines[at] for at in good]
                staged = {name: [values[at] for at in good] for name, values in staged.items()}
            elif glyphs is not None:
                staged["operation"] = [ADD if reader.full else CHANGE] * len(lines)
                lines, staged = _with_glyphs(glyphs, block, staged)
            if lines:
                self._staged += len(lines)
                yield _copy_text(TABLES[feed].staged_columns, run, lines, staged)
            self._keep_named(cur, reader, run, at_least=_KEYS_AT_ONCE)
            self._progress(reader.rows)
        if glyphs is not None:
            glyphs.finish()

    def _attached(self, cur: cursor, reader: Reader, incoming: Incoming) -> Pictures | RegisterPdfs | None:
        match self._layout.spec.attached:
            case Attached.SEAL:
                return Pictures(cur, incoming, self._layout.threshold)
            case Attached.REGISTER_PDF:
                limit, alive = self._layout.page_limit, lambda: self._progress(reader.rows)
                return RegisterPdfs(cur, incoming, self._examiner, limit, alive)
        return None

    @staticmethod
    def _blocks(cur: cursor, reader: Reader, incoming: Incoming, at_once: int | None) -> Iterator[Block]:
        for part in intake_files.parts(cur, incoming.id):
            for start in range(0, len(part), _BYTES_AT_ONCE):
                for block in reader.feed(part[start : start + _BYTES_AT_ONCE]):
                    yield from block.pieces(at_once)
        for block in reader.finish():
            yield from block.pieces(at_once)

    def _keep_named(self, cur: cursor, reader: Reader, run: int, *, at_least: int) -> None:
        if len(reader.named) >= at_least:
            intake_staging.add_keys(cur, [self._key_row(run, each) for each in reader.named])
            self._named += len(reader.named)
            reader.named = []

    def _key_row(self, run: int, named: Named) -> intake_staging.KeyRow:
        people = named.people
        code = people.get("resident_code")
        digest = self._keyring.digest(RESIDENT_CODE, code) if code else None
        names = (
            people.get("atena_number"),
            digest,
            people.get("register_number"),
            people.get("register_member"),
            people.get("household_number"),
        )
        key = [named.key.get(column, "") for column in TABLES[self._layout.feed].key]
        claimed = named.claimed
        if claimed and self._layout.feed is Feed.JUMIN:
            claimed = self._keyring.digest(INDIVIDUAL_NUMBER, claimed).hex()
        return run, named.line, *names, key if all(key) else None, claimed or None

    def _staged_columns(self, block: Block) -> Staged:
        """A block's columns under the staging table's names, as COPY writes them."""
        targets = self._layout.spec.targets
        staged: Staged = {}
        for name, values in block.columns.items():
            special = _SPECIAL.get((self._layout.feed, name))
            if special is not None:
                staged.update(special(self._keyring, block.columns, values))
            else:
                escaped = values if block.plain else _escaped(values)
                staged[name] = [value or _NULL for value in escaped] if targets[name].nullable else escaped
        derive = self._layout.spec.derive
        return staged if derive is None else staged | derive(block.columns)


def _escaped(values: Sequence[str]) -> Sequence[str]:
    joined = _BETWEEN.join(values)
    return joined.replace("\\", "\\\\").split(_BETWEEN) if "\\" in joined else values


def _copy_text(columns: tuple[str, ...], run: int, lines: Sequence[int], staged: Staged) -> bytes:
    count = len(lines)
    ordered = [staged[name] for name in columns if name not in {"run", "line"}]
    rows = zip([str(run)] * count, map(str, lines), *ordered, strict=True)
    return ("\n".join(map("\t".join, rows)) + "\n").encode("utf-8")


def _individual_number(keyring: Keyring, columns: Staged, values: Sequence[str]) -> Staged:
    digest, seal = keyring.digest, keyring.seal_number
    return {
        "individual_number_digest": [
            _bytea(digest(INDIVIDUAL_NUMBER, each)) if each else _NULL for each in values
        ],
        "individual_number_sealed": [
            _bytea(seal(atena, each)) if each else _NULL
            for atena, each in zip(columns["atena_number"], values, strict=True)
        ],
    }


def _resident_code(keyring: Keyring, _: Staged, values: Sequence[str]) -> Staged:
    digest = keyring.digest
    return {
        "resident_code_digest": [_bytea(digest(RESIDENT_CODE, each)) if each else _NULL for each in values]
    }


def _birth_date(_: Keyring, __: Staged, values: Sequence[str]) -> Staged:
    """The era's code stands behind the date where the date alone does not tell it (values.EraDate)."""
    return {"birth_date": [each[:8] or _NULL for each in values], "birth_era": [each[8:] for each in values]}


def _kinds(_: Keyring, __: Staged, values: Sequence[str]) -> Staged:
    """NULL = every kind, those of later years included."""
    known = {each: f"{{{each.replace('|', ',')}}}" for each in set(values)} | {"*": _NULL, "": _NULL}
    return {"kinds": [known[each] for each in values]}


def _hold_day(name: str) -> Callable[[Keyring, Staged, Sequence[str]], Staged]:
    """A hold's day that is unknown bounds nothing: it began always, it ends never."""
    unbounded = {"", UNKNOWN_DATE}
    return lambda _, __, values: {name: [_NULL if each in unbounded else each for each in values]}


_SPECIAL: dict[tuple[Feed, str], Callable[[Keyring, Staged, Sequence[str]], Staged]] = {
    (Feed.JUMIN, "individual_number"): _individual_number,
    (Feed.JUMIN, "resident_code"): _resident_code,
    (Feed.JUMIN, "birth_date"): _birth_date,
    (Feed.JPKI, "resident_code"): _resident_code,
    (Feed.YOKUSHI, "kinds"): _kinds,
    (Feed.YOKUSHI, "starts_on"): _hold_day("starts_on"),
    (Feed.YOKUSHI, "ends_on"): _hold_day("ends_on"),
    **REGISTER_COLUMNS,
}


def _with_pictures(
    pictures: Pictures, reader: Reader, block: Block, staged: Staged
) -> tuple[Sequence[int], Staged]:
    """The rows whose pictures are good, with them; the others are noted as bad and their people as named."""
    columns = block.columns
    named = zip(columns["operation"], columns["image_name"], strict=True)
    wanted = ["" if operation == REMOVE else name for operation, name in named]
    found = pictures.of_rows(columns["registration_number"], columns["atena_number"], wanted, columns["dpi"])
    spec = reader.layout.spec
    for at, (line, each) in enumerate(zip(block.lines, found, strict=True)):
        if isinstance(each, Fault):
            reader.problems.add(line, reader.layout.name_of("image_name"), each)
            people, key = ({name: columns[name][at] for name in names} for names in (spec.people, spec.keys))
            reader.named.append(Named(line, people, key, columns["image_name"][at]))
    good = [at for at, each in enumerate(found) if not isinstance(each, Fault)]
    kept = {name: [values[at] for at in good] for name, values in staged.items()}
    return [block.lines[at] for at in good], {**kept, **_picture_columns([found[at] for at in good])}


def _picture_columns(impressions: Sequence[Impression | Fault | None]) -> Staged:
    held = [each if isinstance(each, Impression) else None for each in impressions]
    return {
        "image_sha256": [_bytea(each.sha256) if each else _NULL for each in held],
        "width": [str(each.picture.width) if each else _NULL for each in held],
        "height": [str(each.picture.height) if each else _NULL for each in held],
        "rows": [_bytea(each.picture.rows) if each else _NULL for each in held],
        "defect": [each.defect if each else "" for each in held],
    }


def _with_glyphs(glyphs: Glyphs, block: Block, staged: Staged) -> tuple[Sequence[int], Staged]:
    """The rows whose characters the font may give, with what it draws; the others are noted as bad."""
    good = [(at, glyph) for at, glyph in enumerate(glyphs.of_block(block)) if glyph is not None]
    kept = {name: [values[at] for at, _ in good] for name, values in staged.items()}
    return [block.lines[at] for at, _ in good], {**kept, **_glyph_columns([glyph for _, glyph in good])}


def _glyph_columns(found: Sequence[Glyph]) -> Staged:
    return {
        "glyph_hash": [_bytea(each.record_hash) for each in found],
        "shape_hash": [_bytea(each.shape_hash) for each in found],
        "font_sha256": [_bytea(each.font_sha256) for each in found],
    }
