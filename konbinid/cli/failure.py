"""How a command says no."""

from __future__ import annotations


class CommandFailed(Exception):
    """A command could not do what it was asked; the text is one sentence or two: what happened, and what to do."""
