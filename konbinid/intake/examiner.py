"""Having PDFs examined: a process below the reading child (konbinid.intake.examining) that may hang, crash or run out of memory at any of
them. That costs the one PDF, whose row is bad, and not the file or the feed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from konbinid.intake.framing import pack
from konbinid.intake.problems import Fault


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a PDF (nothing: it may be kept), how many pages it has, whether there is text in it."""

    faults: tuple[Fault, ...]
    pages: int = 0
    has_text: bool = False


class Examiner:
    """One examining process, started when there is something to examine. ``seconds`` and ``memory_bytes`` bound what one PDF may take."""

    def __init__(self, seconds: float = 15.0, memory_bytes: int = 512 * 1024 * 1024) -> None:
        self._limits = (str(memory_bytes), str(seconds))
        self._process: subprocess.Popen[bytes] | None = None

    def examine(self, content: bytes, page_limit: int, names: Sequence[str]) -> Finding:
        """Look one PDF through (konbinid.paper.register_pdf.examine). PDF_TOO_COSTLY when the process did not survive it."""
        asked = {"bytes": len(content), "page_limit": page_limit, "names": list(names)}
        process = self._running()
        try:
            answer = _answer(process, pack(asked) + content)
        except (OSError, EOFError):
            self.close()
            return Finding((Fault.PDF_TOO_COSTLY,))
        return Finding(tuple(map(Fault, answer["faults"])), answer["pages"], answer["has_text"])

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:
                pass  # closes its pipes and waits for it

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()  # it died of something else than a PDF
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-P", "-m", "konbinid.intake.examining", str(os.getpid()), *self._limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what a library prints about a document may hold its text
                bufsize=0,
            )
        return self._process


def _answer(process: subprocess.Popen[bytes], question: bytes) -> dict[str, Any]:
    """The process's answer; EOFError or OSError when it is gone before it answered."""
    assert process.stdin is not None
    assert process.stdout is not None
    view = memoryview(question)
    while view:
        view = view[process.stdin.write(view) :]
    size = int.from_bytes(_read(process, 4), "big")
    answer: dict[str, Any] = json.loads(_read(process, size))
    return answer


def _read(process: subprocess.Popen[bytes], size: int) -> bytes:
    assert process.stdout is not None
    data = b""
    while len(data) < size:
        more = process.stdout.read(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data
