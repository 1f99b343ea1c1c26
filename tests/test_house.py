"""The house keeps its order: imports run one way, nothing grows too large, nothing unfinished is left."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rulegen"

# What each part of the house may import of the others; itself always. Lowest first.
GROUND = {"errors", "resources", "storage"}
THEORY = GROUND | {"theory"}
SCORE = THEORY | {"score"}
STYLE = SCORE | {"language", "io", "perform", "models", "style"}
RULES = STYLE | {"rules", "folds", "lattice"}
ENGINE = {"lattice", "sampling"}
PLAN = RULES | ENGINE | {"plan"}
STAGES = PLAN | {"stages"}
ANSWERS = STAGES | {"compose", "grading", "explain", "tables"}
FACE = {"face", "grading", "tables", "interrupts", "__init__"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "resources": {"errors"},
    "storage": {"errors"},
    "tables": set(),
    "interrupts": set(),
    "theory": GROUND,
    "score": THEORY,
    "language": GROUND,  # knows no music
    "perform": SCORE,
    "sound": GROUND,  # knows no scores
    "io": SCORE | {"perform"},
    "models": SCORE | {"io"},  # corpora are read through io
    "style": SCORE | {"language", "io", "perform", "models"},  # whether a model has notes that can be quoted
    "rules": STYLE | {"lattice"},  # a draft holds what a lattice is built from
    "folds": STYLE | {"rules", "lattice"},
    "lattice": {"errors", "storage"},  # knows no music
    "sampling": {"errors", "lattice"},
    "plan": RULES | ENGINE,
    "stages": PLAN,
    "compose": ANSWERS,
    "grading": ANSWERS,
    "explain": ANSWERS,
    "fit": ANSWERS,
    "face": ANSWERS | {"fit", "sound", "__init__"},
    "cli": GROUND | FACE,
    "__init__": GROUND | FACE,
    "__main__": {"cli", "interrupts"},
}

# Names that two classes have.
ALIKE = {
    "Style",  # what the face shows, and its meaning
    "Scope",  # what names mean in a text, and what they are bound to in a window
    "Bound",
}

# Third parties that cost a long start: who may import them, and whether inside functions only.
KEPT_APART = {
    "music21": ("rulegen/io/", True),
    "pretty_midi": ("rulegen/io/", True),
    "midirenderer": ("rulegen/sound/", True),
    "soundfile": ("rulegen/sound/", True),
    "pyloudnorm": ("rulegen/sound/", True),
    "torch": ("rulegen/models/learn", False),
    "hmmlearn": ("rulegen/models/learn", False),
}

LONGEST_FILE, MEDIAN_FILE = 500, 150
LONGEST_FUNCTION, USUAL_FUNCTION, SHARE_OF_USUAL = 60, 30, 0.9
MOST_PARAMETERS = 6
ENOUGH_FILES_TO_JUDGE = 10

# "rulegen/file.py" or "rulegen/file.py::function" → the reason why it may be larger.
MAY_BE_LARGER: dict[str, str] = {}

LEFT_BEHIND = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of rulegen, parsed; `path` is relative to the root, with slashes."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def part(self) -> str:
        """The part of the house that it belongs to: `rulegen/theory/pitch.py` to `theory`."""
        return self.path.split("/")[1].removesuffix(".py")

    @property
    def name(self) -> str:
        """Its dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> list[str]:
        """The names that a relative import with one dot starts from."""
        return self.path.split("/")[:-1]


@dataclass(frozen=True)
class Import:
    """One imported module or name, dotted and absolute, and where it stands."""

    name: str
    line: int
    at_import_time: bool
    for_types: bool = False


def modules() -> list[Module]:
    return [
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imports(module: Module) -> list[Import]:
    return list(_imports(module.tree, module, at_import_time=True))


def _imports(node: ast.AST, module: Module, at_import_time: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_import_time) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            origin = _origin(child, module)
            for alias in child.names:
                yield Import(f"{origin}.{alias.name}", child.lineno, at_import_time)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for_types = _imports(ast.Module(child.body, []), module, at_import_time=False)
            yield from (replace(each, for_types=True) for each in for_types)
            yield from _imports(ast.Module(child.orelse, []), module, at_import_time)
        else:
            later = isinstance(child, Function | ast.Lambda)
            yield from _imports(child, module, at_import_time and not later)


def _origin(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    base = module.package[: len(module.package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def part_imported(name: str) -> str | None:
    """The part of rulegen that a name belongs to, `__init__` for a public one; None where it is not ours."""
    first, *rest = name.split(".")
    if first != "rulegen" or rest[:1] == ["__version__"]:
        return None
    existing = {path.stem for path in PACKAGE.iterdir()}
    return rest[0] if rest and rest[0] in existing | set(MAY_IMPORT) else "__init__"


def against_the_arrows(module: Module) -> list[str]:
    if module.part not in MAY_IMPORT:
        return [f"{module.path}:1: {module.part} has no layer yet: give it one in MAY_IMPORT"]
    allowed = MAY_IMPORT[module.part] | {module.part}
    return [
        f"{module.path}:{found.line}: {module.part} may not import {found.name}"
        for found in imports(module)
        if (part := part_imported(found.name)) is not None and part not in allowed
    ]


def circles(every: Sequence[Module]) -> list[list[str]]:
    """Modules that import one another, at import time or inside functions; imports for types alone are none."""
    names = {module.name for module in every}
    ahead = {module.name: sorted(_needed(module, names)) for module in every}
    reached: dict[str, set[str]] = {}
    for name in ahead:
        found, frontier = set[str](), [name]
        while frontier:
            fresh = [each for each in ahead[frontier.pop()] if each not in found]
            found.update(fresh)
            frontier += fresh
        reached[name] = found
    rings = {
        tuple(sorted(other for other in found if name in reached[other]))
        for name, found in reached.items()
        if name in found
    }
    return sorted(map(list, rings))


def _needed(module: Module, names: set[str]) -> set[str]:
    """The modules of ours that a module imports."""
    found = set()
    for each in imports(module):
        home = each.name if each.name in names else each.name.rpartition(".")[0]
        if home in names and not each.for_types and each.name != "rulegen.__version__":
            found.add(home)
    return found - {module.name}


def costly_imports(module: Module) -> list[str]:
    faults = []
    for found in imports(module):
        third_party = found.name.split(".")[0]
        if third_party not in KEPT_APART:
            continue
        home, inside_functions_only = KEPT_APART[third_party]
        if not module.path.startswith(home):
            faults.append(f"{module.path}:{found.line}: {third_party} is imported in {home} alone")
        elif inside_functions_only and found.at_import_time:
            faults.append(f"{module.path}:{found.line}: {third_party} is imported inside functions only")
    return faults


def functions(tree: ast.Module) -> Iterator[tuple[Function, bool]]:
    """Every function, and whether it is bound to an object or class that it gets as its first parameter."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                static = any(ast.unparse(mark) == "staticmethod" for mark in child.decorator_list)
                yield child, isinstance(node, ast.ClassDef) and not static


def lines_of(function: Function) -> int:
    """Its lines from `def` to the end, docstring apart."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def parameters_of(function: Function, bound: bool) -> int:
    given = function.args
    named = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
    return named + (given.vararg is not None) + (given.kwarg is not None) - bound


def too_large(module: Module) -> list[str]:
    faults = []
    length = len(module.text.splitlines())
    if length > LONGEST_FILE and module.path not in MAY_BE_LARGER:
        faults.append(f"{module.path}:1: {length} lines, more than {LONGEST_FILE}")
    for function, bound in functions(module.tree):
        if f"{module.path}::{function.name}" in MAY_BE_LARGER:
            continue
        place = f"{module.path}:{function.lineno}: {function.name}"
        if (lines := lines_of(function)) > LONGEST_FUNCTION:
            faults.append(f"{place} has {lines} lines, more than {LONGEST_FUNCTION}")
        if (parameters := parameters_of(function, bound)) > MOST_PARAMETERS:
            faults.append(f"{place} has {parameters} parameters, more than {MOST_PARAMETERS}")
    return faults


def assert_none(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


def test_imports_run_one_way() -> None:
    assert_none([fault for module in modules() for fault in against_the_arrows(module)])


def test_no_modules_import_one_another() -> None:
    assert circles(modules()) == []


def test_a_class_has_a_name_of_its_own() -> None:
    """Those of a module alone, which begin with _, may be called alike."""
    homes: dict[str, list[str]] = {}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module.path)
    assert {name: found for name, found in homes.items() if len(found) > 1 and name not in ALIKE} == {}
    assert {name for name in ALIKE if len(homes.get(name, ())) < 2} == set()


def test_costly_third_parties_are_imported_in_their_place_alone() -> None:
    assert_none([fault for module in modules() for fault in costly_imports(module)])


def test_no_file_and_no_function_is_too_large() -> None:
    assert_none([fault for module in modules() for fault in too_large(module)])


def test_files_are_short_as_a_rule() -> None:
    lengths = [len(module.text.splitlines()) for module in modules()]
    if len(lengths) >= ENOUGH_FILES_TO_JUDGE:
        assert median(lengths) <= MEDIAN_FILE


def test_functions_are_short_as_a_rule() -> None:
    all_modules = modules()
    sizes = [
        (lines_of(function), f"{module.path}:{function.lineno}: {function.name}")
        for module in all_modules
        for function, _ in functions(module.tree)
    ]
    longer = sorted((size for size in sizes if size[0] > USUAL_FUNCTION), reverse=True)
    if len(all_modules) >= ENOUGH_FILES_TO_JUDGE and len(longer) > (1 - SHARE_OF_USUAL) * len(sizes):
        assert_none([f"{place} has {lines} lines, more than {USUAL_FUNCTION}" for lines, place in longer])


def test_exceptions_to_the_sizes_are_still_needed() -> None:
    existing = {module.path for module in modules()} | {
        f"{module.path}::{function.name}" for module in modules() for function, _ in functions(module.tree)
    }
    assert set(MAY_BE_LARGER) <= existing
    assert all(MAY_BE_LARGER.values())


def test_nothing_unfinished_is_left_behind() -> None:
    texts = [
        path
        for folder, endings in {
            PACKAGE: ("*.py", "*.rules"),
            ROOT / "grammars": ("*.lark",),
            ROOT / "styles": ("*.rules",),
        }.items()
        for ending in endings
        for path in sorted(folder.rglob(ending))
    ]
    assert_none(
        [
            f"{path.relative_to(ROOT).as_posix()}:{number}: {found[0]}"
            for path in texts
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if (found := LEFT_BEHIND.search(line))
        ]
    )


@pytest.mark.parametrize("name", ["rulegen", "rulegen.cli"])
def test_importing_is_light(name: str) -> None:
    program = f"import {name}, sys; print(*sorted(set(sys.modules) & {set(KEPT_APART)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        (
            "rulegen/theory/a.py",
            "\nfrom rulegen.score import b",
            "rulegen/theory/a.py:2: theory may not import",
        ),
        ("rulegen/theory/a.py", "from ..score import b", "theory may not import rulegen.score.b"),
        ("rulegen/theory/a.py", "from .. import plan", "theory may not import rulegen.plan"),
        ("rulegen/lattice/a.py", "import rulegen.theory", "lattice may not import rulegen.theory"),
        ("rulegen/language/a.py", "def f():\n    import rulegen.score.b", "a.py:2: language may not import"),
        (
            "rulegen/score/a.py",
            "from rulegen import compose_style",
            "score may not import rulegen.compose_style",
        ),
        ("rulegen/novelty/a.py", "", "novelty has no layer yet"),
    ],
)
def test_an_import_against_the_arrows_is_found(path: str, text: str, fault: str) -> None:
    (found,) = against_the_arrows(Module(path, text))
    assert fault in found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("rulegen/score/a.py", "from ..theory import pitch\nfrom .b import c\nfrom rulegen.errors import E"),
        ("rulegen/sampling/a.py", "from rulegen.lattice import layers\nimport numpy"),
        ("rulegen/plan/a.py", "from rulegen.lattice.layers import Layer"),
        ("rulegen/__init__.py", "from .face.style import Style"),
        ("rulegen/io/a.py", "from rulegen import __version__"),
    ],
)
def test_an_import_along_the_arrows_is_fine(path: str, text: str) -> None:
    assert against_the_arrows(Module(path, text)) == []


def test_a_circle_is_found_however_late_it_is_closed() -> None:
    first = Module("rulegen/io/a.py", "from rulegen.io.b import f")
    later = Module("rulegen/io/b.py", "def f():\n    from rulegen.io import c")
    third = Module("rulegen/io/c.py", "import rulegen.io.a")
    named = Module("rulegen/io/d.py", "if TYPE_CHECKING:\n    from rulegen.io.e import E")
    last = Module("rulegen/io/e.py", "from rulegen.io.d import g\nfrom rulegen.io.a import f")
    assert circles([first, later, third, named, last]) == [["rulegen.io.a", "rulegen.io.b", "rulegen.io.c"]]


@pytest.mark.parametrize(
    ("path", "text", "faults"),
    [
        ("rulegen/io/a.py", "def f():\n    import music21", 0),
        ("rulegen/io/a.py", "if TYPE_CHECKING:\n    import music21", 0),
        ("rulegen/io/a.py", "from music21.note import Note", 1),
        ("rulegen/io/a.py", "class A:\n    import pretty_midi", 1),
        ("rulegen/score/a.py", "def f():\n    import music21", 1),
        ("rulegen/models/learn.py", "import torch", 0),
        ("rulegen/models/lstm.py", "def f():\n    from torch import nn", 1),
    ],
)
def test_a_costly_import_out_of_place_is_found(path: str, text: str, faults: int) -> None:
    assert len(costly_imports(Module(path, text))) == faults


def test_what_is_too_large_is_found() -> None:
    filling = "    x = 1\n" * LONGEST_FUNCTION
    assert too_large(Module("rulegen/a.py", f"def f():\n{filling}")) == [
        "rulegen/a.py:1: f has 61 lines, more than 60"
    ]
    assert too_large(Module("rulegen/a.py", f'def f():\n    """Says\n    much."""\n{filling[10:]}')) == []
    assert too_large(Module("rulegen/a.py", "class A:\n    def f(self, a, b, c, d, e, f): ...\n")) == []
    assert too_large(Module("rulegen/a.py", "def f(a, b, c, d, *e, f, **g): ...\n")) == [
        "rulegen/a.py:1: f has 7 parameters, more than 6"
    ]
    assert too_large(Module("rulegen/a.py", "x = 1\n" * 501)) == ["rulegen/a.py:1: 501 lines, more than 500"]
