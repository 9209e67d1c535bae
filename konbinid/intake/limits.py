"""What a process that reads others' bytes lays upon itself."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
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


def make_way() -> None:
    """Take a tenth of a processor when kiosks want it, and all of it when they do not (measured: bench/beside.py)."""
    os.nice(_NICE)
