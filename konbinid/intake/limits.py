"""What a process that reads others' bytes lays upon itself."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_SESSION = Path("/proc/self/autogroup")
_NICE = 10  # the kernel gives such a process about a tenth of what it gives another one


def die_with(parent: int) -> None:
    """Be killed when the parent goes, however it goes (Linux); elsewhere the end of standard input ends us."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)  # it went before we asked


def limit_memory(size: int) -> None:
    """No more address space than this: what asks for more gets MemoryError, and the file is rejected."""
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold people's data


def make_way() -> bool:
    """Take a tenth of a processor when kiosks want it, and all of it when they do not (measured: bench/beside.py). False: ask again later.

    Linux may share processors out among sessions first (sched_autogroup). Then a nice process gives way within its own session only, and every
    backend of PostgreSQL has one of its own: so must we, and it is our session that gives way. All this is a courtesy: where it is refused, files
    are read all the same.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    try:
        if os.getsid(0) != os.getpid():
            os.setsid()
        _SESSION.write_text(str(_NICE), encoding="ascii")
    except BlockingIOError:
        return False  # Linux lets ten sessions a second change theirs, whoever they belong to
    except OSError:
        return True
    return True
