"""Which modules of the library a chapter or an experiment depends on, directly or not, and their files."""

import ast
import importlib.util
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import grimp

__all__ = [
    "all_experiments",
    "closure",
    "data_sets",
    "experiment_module",
    "experiments",
    "files",
    "imported",
    "loads_lazily",
]

PACKAGE = "noisyweights"
_EXPERIMENTS = f"{PACKAGE}.experiments"
_DEFINED = ("PROFILES", "points", "compute", "collect", "measurements")


@cache
def graph() -> grimp.ImportGraph:
    """Read the import graph from the sources, without importing any of them."""
    return grimp.build_graph(PACKAGE, cache_dir=None, exclude_type_checking_imports=True)


@cache
def root() -> Path:
    """The package's folder, relative to the working directory."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(os.path.relpath(spec.submodule_search_locations[0]))


def closure(modules: Iterable[str]) -> frozenset[str]:
    """The modules, all that they import, and the packages they lie in (whose `__init__` runs as well)."""
    reached, waiting = set(), set(modules)
    while waiting:
        module = waiting.pop()
        reached.add(module)
        needs = graph().find_modules_directly_imported_by(module)
        if "." in module:
            needs = needs | {module.rpartition(".")[0]}
        waiting |= needs - reached
    return frozenset(reached)


def files(modules: Iterable[str]) -> list[str]:
    """Source files of the modules, relative to the working directory, in a fixed order."""
    return sorted(str(_file(module)) for module in modules)


def imported(code: str, *, where: str) -> frozenset[str]:
    """Modules of the library that a chapter's code imports by name.

    Raises ValueError for an import that only names a package whose modules load lazily, by attribute: an edit
    to them would not be seen.
    """
    found = set()
    for node in ast.walk(ast.parse(code, filename=where)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE:
                found.add(_module(name, where=where))
    return frozenset(found)


def experiments(code: str, *, where: str, by: str = "run") -> tuple[str, ...]:
    """Names of the experiments that a chapter runs, or that it takes from elsewhere `by` "gather".

    Raises ValueError for the name of an experiment that does not exist.
    """
    names = set()
    runs = _names_of(by, code)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in runs:
            match node.args[:1]:
                case [ast.Constant(value=str(name))]:
                    names.add(name)
                case _:
                    raise ValueError(f"{where}: {ast.unparse(node)} must name its experiment as a string")
    for name in names:
        if not is_experiment(experiment_module(name)):
            raise ValueError(f"{where} runs the experiment {name!r}, which is not in experiments/")
    return tuple(sorted(names))


def all_experiments() -> tuple[str, ...]:
    """Names of all experiments of the library."""
    modules = (module for module in graph().modules if module.startswith(f"{_EXPERIMENTS}."))
    return tuple(sorted(_experiment(module) for module in modules if is_experiment(module)))


def _experiment(module: str) -> str:
    return module.removeprefix(f"{_EXPERIMENTS}.").removesuffix(".experiment")


def experiment_module(name: str) -> str:
    """The module of an experiment: "regression" is regression/experiment.py, "a.b" is a/b.py."""
    module = f"{_EXPERIMENTS}.{name}"
    return f"{module}.experiment" if f"{module}.experiment" in graph().modules else module


def data_sets(experiment: str) -> tuple[str, ...]:
    """Image sets that an experiment loads: what DATASETS is in its module, read without importing it."""
    value = _value("DATASETS", experiment_module(experiment))
    return tuple(ast.literal_eval(value)) if value is not None else ()


def _value(name: str, module: str) -> ast.expr | None:
    """What a module assigns to a name, itself or where it imports it from."""
    for node in ast.parse(_file(module).read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node.value
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return _value(name, str(node.module))
    return None


def _names_of(function: str, code: str) -> set[str]:
    """What a chapter calls a function of `noisyweights.experiments.results` by, after its imports."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == _EXPERIMENTS:
            names |= {
                f"{alias.asname or alias.name}.{function}" for alias in node.names if alias.name == "results"
            }
        elif isinstance(node, ast.ImportFrom) and node.module == f"{_EXPERIMENTS}.results":
            names |= {alias.asname or alias.name for alias in node.names if alias.name == function}
        elif isinstance(node, ast.Import):
            modules = {alias.name: alias.asname or alias.name for alias in node.names}
            names |= {
                f"{name}.{function}"
                for module, name in modules.items()
                if module == f"{_EXPERIMENTS}.results"
            }
    return names


def is_experiment(module: str) -> bool:
    """Whether a module offers in `__all__` what defines an experiment, read without importing it."""
    if module not in graph().modules:
        return False
    offered = _value("__all__", module)
    return offered is not None and set(_DEFINED) <= set(ast.literal_eval(offered))


def _module(name: str, *, where: str) -> str:
    """The module that an imported dotted name belongs to: itself, or the one it is a member of."""
    modules = graph().modules
    if name not in modules:
        name = name.rpartition(".")[0]
    if name not in modules:
        raise ValueError(f"{where} imports {name}, which is not in the library")
    if loads_lazily(name):
        raise ValueError(
            f"{where} imports the package {name}, whose modules load lazily: import the modules by name, "
            f"as in `from {PACKAGE}.noise import laws`, so that the pipeline sees what the chapter depends on"
        )
    return name


def loads_lazily(module: str) -> bool:
    """Whether a module is a package that does nothing but load its modules on first use."""
    return f"{PACKAGE}.lazy_loading" in graph().find_modules_directly_imported_by(module)


def _file(module: str) -> Path:
    path = root().joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
