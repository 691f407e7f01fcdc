"""The house of docs/architecture.md, held by reading imports.

Imports run downhill, stages do not know each other, each heavy library has its rooms.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "vidfer"

# Longest prefix wins. A module imports from lower floors and from its own room only.
FLOORS = {
    "vidfer.errors": 0,
    "vidfer.emotions": 0,
    "vidfer.visible": 0,
    "vidfer.emotion_colours": 0,
    "vidfer.checks": 1,
    "vidfer.atomic": 1,
    "vidfer.toml_file": 1,
    "vidfer.planes": 0,
    "vidfer.precision": 0,
    "vidfer.lifeline": 0,
    "vidfer.batches": 1,
    "vidfer.profiling": 1,
    "vidfer.slots": 2,
    "vidfer.compute": 1,
    "vidfer.config": 2,
    "vidfer.resume_point": 2,
    "vidfer.checkpointing": 6,
    "vidfer.retrying": 6,
    "vidfer.locking": 2,
    "vidfer.video": 3,
    "vidfer.faces": 3,
    "vidfer.emotion": 3,
    "vidfer.timeline": 3,
    "vidfer.pipeline": 4,
    "vidfer.computing": 4,
    "vidfer.training": 4,
    "vidfer.stages": 5,
    "vidfer.engine": 5,
    "vidfer.job": 6,
    "vidfer.outcome": 6,
    "vidfer.frames": 6,
    "vidfer.worker_plan": 6,
    "vidfer.video_worker": 7,
    "vidfer.resume": 7,
    "vidfer.progress": 7,
    "vidfer.inspection": 7,
    "vidfer.analysis": 5,
    "vidfer.exporting": 6,
    "vidfer.rendering": 6,
    "vidfer.reporting": 7,
    "vidfer.verification": 8,
    "vidfer.purging": 8,
    "vidfer.run": 8,
    "vidfer.api": 9,
    "vidfer.field_test": 10,
    "vidfer": 10,
    "vidfer.cli": 11,
    "vidfer.__main__": 12,
}

OWNERS = {
    "torch": {"vidfer.compute", "vidfer.faces", "vidfer.emotion", "vidfer.training"},
    "torchvision": {"vidfer.faces"},
    "facenet_pytorch": {"vidfer.faces"},
    "av": {"vidfer.video", "vidfer.rendering"},
    "decord": {"vidfer.video"},
    "safetensors": {"vidfer.emotion", "vidfer.faces.aligner", "vidfer.training.checkpoint"},
    "matplotlib": {"vidfer.training.plots"},
    "pyarrow": {
        "vidfer.timeline",
        "vidfer.training",
        "vidfer.pipeline",
        "vidfer.stages",
        "vidfer.checkpointing",
        "vidfer.video_worker",
        "vidfer.frames",
        "vidfer.field_test",
    },
    "polars": {
        "vidfer.timeline.reader",
        "vidfer.frames",
        "vidfer.api",
        "vidfer.field_test",
        "vidfer.analysis",
        "vidfer.exporting",
        "vidfer.reporting",
        "vidfer.rendering",
        "vidfer.cli.rows",
    },
    "PIL": {"vidfer.training", "vidfer.field_test.decoding", "vidfer.rendering"},
    "tqdm": {"vidfer.progress", "vidfer.field_test.pictures"},
    "click": {"vidfer.cli"},
    "tomli": {"vidfer.toml_file"},
    "tomllib": {"vidfer.toml_file"},
    "tomli_w": {"vidfer.config"},
    "psutil": {"vidfer.engine"},
    "multiprocessing": {"vidfer.engine", "vidfer.computing"},
    "subprocess": {"vidfer.engine"},
}

# `from vidfer import __version__` and the command line's use of the public functions.
VERSION_READERS = {"vidfer.video_worker", "vidfer.inspection", "vidfer.training.commands"}

MOST_LINES = 300
MOST_FUNCTION_LINES = 40


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports_of(module: str, *, lazy: bool) -> Iterator[str]:
    """Yield what a module imports, whole names; with `lazy`, inside functions as well."""
    nodes = ast.walk(tree_of(module)) if lazy else eager_nodes(tree_of(module))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def eager_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs on import: no function bodies, no `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from eager_nodes(node)


def under(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def room_of(module: str) -> str:
    rooms = [room for room in FLOORS if room != "vidfer" and under(module, room)]
    return max(rooms, key=len, default="vidfer")


@pytest.mark.parametrize("module", MODULES)
def test_every_module_stands_on_a_floor(module):
    assert module == "vidfer" or room_of(module) != "vidfer"


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downhill(module):
    room = room_of(module)
    for imported in imports_of(module, lazy=False):
        if not under(imported, "vidfer") or room_of(imported) == room:
            continue
        if imported == "vidfer" and module in VERSION_READERS:
            continue
        assert FLOORS[room_of(imported)] < FLOORS[room], f"{module} imports {imported}"


def test_no_cycles_within_a_room():
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module in done:
            return
        for imported in imports_of(module, lazy=False):
            if imported in MODULES and imported != "vidfer":
                visit(imported, (*path, module))
        done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_each_heavy_library_stays_in_its_rooms(module):
    for imported in imports_of(module, lazy=True):
        owners = OWNERS.get(imported.split(".")[0])
        if owners is not None:
            assert any(under(module, owner) for owner in owners), f"{module} imports {imported}"


def reached_from(start: str) -> set[str]:
    """Return every library and module that importing `start` loads."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        if module in MODULES:
            waiting.extend(imports_of(module, lazy=False))
            waiting.extend(parent for parent in [module.rpartition(".")[0]] if parent)
    return reached


@pytest.mark.parametrize("start", ["vidfer.video_worker", "vidfer.training.commands"])
def test_workers_and_training_need_neither_polars_nor_the_command_line(start):
    libraries = {name.split(".")[0] for name in reached_from(start)}
    assert not libraries & {"polars", "click"}


def test_the_command_line_loads_no_heavy_library_until_it_runs():
    libraries = {name.split(".")[0] for name in reached_from("vidfer.cli.analyze")}
    assert not libraries & (set(OWNERS) - {"click", "tomllib", "tomli", "tomli_w"})


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_stay_small(module):
    path = MODULES[module]
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert lines <= MOST_FUNCTION_LINES, f"{module}.{node.name} has {lines} lines"


@pytest.mark.parametrize("module", MODULES)
def test_public_functions_take_no_arbitrary_keywords(module):
    if under(module, "vidfer.cli"):
        return  # click hands the generated options over by name
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert node.args.kwarg is None, f"{module}.{node.name} takes **kwargs"
