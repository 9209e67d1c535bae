"""The fuzzing targets themselves, without the fuzzer: every seed, everything that ever broke a promise, and some damage to each.

`make fuzz` looks for more with atheris, which is no part of the tests' environment (docs/decisions/0039).
"""

from __future__ import annotations

from pathlib import Path

import fuzz_seeds
import fuzz_targets
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).parent
FOUND = sorted((FOLDER / "found").iterdir())


def test_every_target_has_seeds():
    """A target without them would begin at nothing and find nothing."""
    assert fuzz_seeds.SEEDS.keys() == fuzz_targets.TARGETS.keys()
    assert fuzz_seeds.DICTIONARY.keys() <= fuzz_targets.TARGETS.keys()
    assert all(fuzz_seeds.SEEDS[name]() for name in fuzz_seeds.SEEDS)


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_seeds_keep_every_promise(name):
    """And so does nothing at all."""
    for seed in [b"", b"\0", *fuzz_seeds.SEEDS[name]()]:
        assert len(seed) <= fuzz_targets.INPUT_LIMIT
        fuzz_targets.TARGETS[name](seed)


def test_what_was_found_once_is_not_found_again():
    """``TARGET-what`` in tests/fuzz/found."""
    for path in FOUND:
        fuzz_targets.TARGETS[path.name.partition("-")[0]](path.read_bytes())


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_keeps_every_promise(name, data):
    """The blind beginning of what the fuzzer does with eyes: bytes set, parts cut and doubled."""
    content = bytearray(data.draw(st.sampled_from(fuzz_seeds.SEEDS[name]())))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        part = content[at : at + data.draw(st.integers(1, 40))]
        kind = data.draw(st.sampled_from(["set", "cut", "double"]))
        if kind == "set":
            content[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
        else:
            content[at : at + len(part)] = b"" if kind == "cut" else part * 2
    fuzz_targets.TARGETS[name](bytes(content))


@pytest.mark.parametrize("name", ["bmp", "rows"])
def test_a_target_that_breaks_its_promise_is_seen(name, monkeypatch):
    """A target must be able to fail: a reader that raises something of its own."""

    def broken(*_, **__):
        raise LookupError

    monkeypatch.setattr(fuzz_targets, "read_bmp", broken)
    monkeypatch.setattr(fuzz_targets, "Reader", broken)
    with pytest.raises(LookupError):
        fuzz_targets.TARGETS[name](fuzz_seeds.SEEDS[name]()[0])
