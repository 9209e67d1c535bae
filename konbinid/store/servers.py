"""What every connection to the servers begins with, the pool's and the blocking ones: noticing a dead server, choosing the one that takes writes."""

from __future__ import annotations

from types import MappingProxyType

# A half-open connection is noticed in seconds instead of the hours of TCP's own defaults (measured).
KEEPALIVES = MappingProxyType(
    {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 4000}
)
TIMELINE = """
select case when pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' then 0
            else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer end
"""
"""0 for a server that takes no writes. A deposed primary may still claim to take them, so the highest timeline counts.

It is read from the name of the WAL file being written. pg_control_checkpoint() would name the old timeline until the first checkpoint after
a promotion has ended, which takes minutes (measured: over 30 s with 100 MB to write)."""
