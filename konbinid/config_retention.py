"""[retention] of the configuration: how long what was taken in and what was issued is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from konbinid.declared.section import Section


@dataclass(frozen=True, slots=True)
class Retention:
    """How long, each from the moment that ``docs/decisions/0040`` names.

    ``files``: applied files, from being applied. ``documents``: a certificate's bytes, from the report of its delivery. ``unreported``: those of a
    certificate that nobody reported on, from the end of the time for reporting.
    """

    files: timedelta
    documents: timedelta
    unreported: timedelta


def read_retention(section: Section) -> Retention:
    """[retention]. A file is kept two weeks at least: a database restored from a backup catches up from the archive."""
    return Retention(
        files=timedelta(days=section.whole("files_days", 90, least=14, most=3660)),
        documents=timedelta(days=section.whole("documents_days", 30, least=1, most=3660)),
        unreported=timedelta(days=section.whole("unreported_days", 30, least=1, most=3660)),
    )
