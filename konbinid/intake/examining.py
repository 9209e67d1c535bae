"""The examining process: ``python -m konbinid.intake.examining``, started by konbinid.intake.examiner and by nothing else.

It looks one PDF after the other through. What it reads was written by others and may hang or break any parser, so it ends itself when one
takes too long (the kernel's alarm, which no loop in a library escapes) or too much memory, and dies with the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import BinaryIO

from konbinid.intake.framing import pack
from konbinid.intake.limits import die_with, limit_memory
from konbinid.paper.register_pdf import examine


def main() -> None:
    """Serve until standard input ends. Arguments: the parent's process id, bytes of memory, seconds for one PDF."""
    parent, memory, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    die_with(parent)
    limit_memory(memory)
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.dup(1)
    # What any library prints goes to standard error, never between the answers.
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while head := incoming.read(4):
        asked = json.loads(_whole(incoming, int.from_bytes(head, "big")))
        content = _whole(incoming, asked["bytes"])
        signal.setitimer(signal.ITIMER_REAL, seconds)  # its default is the end of the process
        found = examine(content, asked["page_limit"], asked["names"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        answer = {"faults": found.faults, "pages": found.pages, "has_text": found.has_text}
        os.write(outgoing, pack(answer))


def _whole(incoming: BinaryIO, size: int) -> bytes:
    data = incoming.read(size)
    if len(data) != size:
        sys.exit(1)  # whoever asks is gone
    return data


if __name__ == "__main__":
    main()
