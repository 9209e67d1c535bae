"""What can go wrong between the daemon and PostgreSQL, told apart by what the caller may do next.

Every class but OutcomeUnknown means: *certainly nothing of this transaction counts*.
"""

from __future__ import annotations


class StoreError(Exception):
    """Base; the text names statements' classes and states, never values."""


class NotNow(StoreError):
    """Base of what time or other people's work stood in the way of; asked again later it may go."""


class Unavailable(NotNow):
    """No writable server answered within the deadline, too many wait already, or the server had no room for the statement or cancelled it."""


class DeadlinePassed(NotNow):
    """The transaction's time ran out before COMMIT was sent; its connection was closed."""


class ConnectionLost(StoreError):
    """The connection broke before COMMIT was sent. The work may be done again on another one."""


class Conflict(NotNow):
    """40001 or 40P01: somebody changed what was read. The whole work may be done again on a new snapshot."""


class HostDeviates(NotNow):
    """The build or configuration of this host is not the one approved in the database (I-05, I-07)."""


class DatabaseWentBack(NotNow):
    """The database shows less than this host saw committed, or is another one: nothing is answered from it until that is noted (I-11)."""


class LockTimeout(NotNow):
    """55P03: a lock was not had in time."""


class Duplicate(StoreError):
    """23505: a unique constraint says that it exists already. ``constraint`` names it."""

    def __init__(self, constraint: str) -> None:
        super().__init__(f"duplicate for {constraint}")
        self.constraint = constraint


class StatementFailed(StoreError):
    """Any other error of a statement: a defect of ours or of the schema. ``sqlstate`` names its class."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"statement failed with SQLSTATE {sqlstate}")
        self.sqlstate = sqlstate


class OutcomeUnknown(StoreError):
    """COMMIT was sent and its answer did not come, or came with a warning. It may count or not: ask by key, never redo."""
