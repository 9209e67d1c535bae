"""Hypothesis without a time limit per example: on a machine busy with other work a slow example is no fault."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("konbinid", deadline=None)
settings.load_profile("konbinid")
