"""Coverage-guided fuzzing of one target: ``python fuzz.py TARGET SECONDS FOLDER``. Started by tools/fuzz, which brings atheris.

FOLDER keeps the corpus between runs and what broke a promise (``crash-…``), and is no part of the repository: a crash becomes a file
in tests/fuzz/found, where test_fuzz_targets.py keeps it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["konbinid"]):
    import fuzz_targets

import fuzz_seeds


def main() -> None:
    name, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(fuzz_seeds.SEEDS[name]()):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = folder / f"{name}.dict"
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in fuzz_seeds.DICTIONARY.get(name, ["\\x00"])))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={fuzz_targets.INPUT_LIMIT}",
        "-rss_limit_mb=1024",  # the reading child's own limit
        f"-timeout={int(fuzz_targets.SECONDS) * 4}",  # the target itself is stricter; this catches what never comes back
        f"-artifact_prefix={folder}/crash-{name}-",
        f"-dict={words}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], fuzz_targets.TARGETS[name])
    atheris.Fuzz()


def _quoted(word: str) -> str:
    """As libFuzzer reads a dictionary: quotes and backslashes escaped, unless the word has an escape of a byte."""
    return word if "\\" in word else word.replace('"', '\\"').replace("\r", "\\x0D").replace("\n", "\\x0A")


if __name__ == "__main__":
    main()
