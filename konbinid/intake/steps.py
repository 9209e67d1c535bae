"""The points at which a daemon may die while it takes in a file, by name. Tests kill it at every one of them.

After each point the same question has one answer: what does intake.incoming say? ``received`` or ``waiting``: read it again. ``applied``,
``rejected``, ``refused``…: it is settled; give the receipt again and put the files away. Nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """In the order of a file's way. What is true from this point on stands beside each."""

    FOUND = "found"  # nothing
    STORED = "stored"  # bytes and attachments are in PostgreSQL, state received
    STAGED = "staged"  # rows are in the staging tables, which do not count by themselves
    PREPARED = "prepared"  # so are their effects
    SETTLING = "settling"  # everything is written in a transaction that is not committed: nothing is true
    SETTLED = "settled"  # committed: applied, held, rejected, waiting or refused
    ANSWERED = "answered"  # the receipt lies in the out-box
    ATTACHMENTS_FILED = "attachments_filed"  # attachments have left the drop folder
    DATA_FILED = "data_filed"  # so has the data file
    FILED = "filed"  # so has the marker


Passing = Callable[[Point], None]
"""Called at each point; it may raise or kill. The daemon passes one that does nothing."""


def pass_by(_: Point) -> None:
    """Nothing happens here."""
