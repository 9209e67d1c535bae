"""The one place that imports spyne: it makes 2.14.0 load on Python 3.11, 3.12 and 3.13, and keeps it quiet.

Three things stand in the way of a plain ``import spyne`` (all measured):

* It carries its own copy of six 1.14, whose module finder speaks a protocol that Python 3.12 has dropped.
  ``spyne.util.six.moves`` is therefore answered by the installed six.
* It imports ``cgi``, deprecated in 3.11 and gone in 3.13; the ``legacy-cgi`` distribution, a dependency, brings it back.
* It logs whole requests at ERROR when it cannot read them, and exceptions that quote values. A kiosk's request
  names people, so nothing that spyne says may reach a log; what there is to say, the transport says.

Only names that the kiosk package uses are offered. ``spyne.server.twisted`` is never imported: it is broken on
every current Twisted.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import logging
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_BUNDLED = "spyne.util.six.moves"


class _InstalledSix(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers the imports of spyne's bundled six with the modules of the installed one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a bundled ``moves`` module, or None for every other name."""
        del path, target
        if fullname == _BUNDLED or fullname.startswith(_BUNDLED + "."):
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The installed six's module of the same place."""
        return importlib.import_module("six.moves" + spec.name.removeprefix(_BUNDLED))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: the module was loaded under its own name."""


def _silence(name: str) -> None:
    """Let nothing of this logger's tree out, whatever the root logger is set to."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    logger.addHandler(logging.NullHandler())


_silence("spyne")
if not any(isinstance(finder, _InstalledSix) for finder in sys.meta_path):
    sys.meta_path.insert(0, _InstalledSix())

with warnings.catch_warnings():
    # The deprecated cgi, and invalid escapes in spyne's docstrings: both known, neither ours to mend.
    warnings.simplefilter("ignore")
    from spyne import (
        Application,
        ByteArray,
        ComplexModel,
        Date,
        DateTime,
        Fault,
        Integer32,
        MethodContext,
        Service,
        Unicode,
        rpc,
    )
    from spyne.protocol.soap import Soap11
    from spyne.server import ServerBase

__all__ = [
    "Application",
    "ByteArray",
    "ComplexModel",
    "Date",
    "DateTime",
    "Fault",
    "Integer32",
    "MethodContext",
    "ServerBase",
    "Service",
    "Soap11",
    "Unicode",
    "rpc",
]
