"""The city's 外字 as intake writes them: the characters in force, and a new version of the font whenever anything about them is new."""

from __future__ import annotations

from psycopg2.extensions import cursor

_SHAPES = "select code, shape_hash from library.gaiji"
# Every character that a version had in force and that is in force no more, with the last version that had it.
_DROPPED = """
select c.code, max(f.id)
  from library.gaiji_font f, unnest(string_to_array(f.characters, ' ')) c(code)
 where not exists (select from library.gaiji g where g.code = c.code)
 group by c.code
"""
_FONT = "select content from library.gaiji_font where id = %s"
_HELD = """
select sha256, content from library.gaiji_font where id = (select max(id) from library.gaiji_font) and font_name = %s
"""

# Once the rows of the file are in library.gaiji. The same font with the same characters is no new version.
_NEW_VERSION = """
insert into library.gaiji_font (version, font_name, sha256, content, characters, incoming_id)
select s.version, s.font_name, s.font_sha256,
       coalesce((select a.content from intake.attachment a where a.sha256 = s.font_sha256),
                (select f.content from library.gaiji_font f where f.sha256 = s.font_sha256 order by f.id desc limit 1)),
       c.characters, %(incoming)s
  from (select version, font_name, font_sha256 from intake.staged_gaiji where run = %(run)s and line > 0 order by line desc limit 1) s,
       (select coalesce(string_agg(code, ' ' order by code), '') as characters from library.gaiji) c
 where not exists (select from (select sha256, characters from library.gaiji_font order by id desc limit 1) n
                    where n.sha256 = s.font_sha256 and n.characters = c.characters)
"""


def shapes_in_force(cur: cursor) -> dict[str, bytes]:
    """Code point (U+E000) -> hash of the shape of every character in force."""
    cur.execute(_SHAPES)
    return {code: bytes(shape) for code, shape in cur.fetchall()}


def dropped(cur: cursor) -> dict[str, int]:
    """Code point -> the last version that had it in force, of every character that was dropped since."""
    cur.execute(_DROPPED)
    return dict(cur.fetchall())


def font(cur: cursor, version: int) -> bytes:
    """A version's font."""
    cur.execute(_FONT, [version])
    row = cur.fetchone()
    assert row is not None  # rows are never deleted
    return bytes(row[0])


def held_font(cur: cursor, name: str) -> tuple[bytes, bytes] | None:
    """(sha256, bytes) of the font in force, if it came under this name."""
    cur.execute(_HELD, [name])
    row = cur.fetchone()
    return None if row is None else (bytes(row[0]), bytes(row[1]))


def add_version(cur: cursor, run: int, incoming_id: int) -> None:
    """The font of a file whose rows were just applied comes into force: papers from the next snapshot on are printed with it."""
    cur.execute(_NEW_VERSION, {"run": run, "incoming": incoming_id})
