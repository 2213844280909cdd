"""A fingerprint of the code that a function reaches: what comments, places and other functions do not change.

Followed are the names that a definition uses, to other definitions of the library and on from there, without
importing any of them. What lies in other packages counts as a name; a method counts with its class.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["fingerprint", "reached"]

_PACKAGE = "noisyweights"
_ROOT = Path(__file__).resolve().parents[1]


class Definition(NamedTuple):
    """A function, a class or an assigned name at the top level of a module of the library."""

    module: str
    name: str


@cache
def fingerprint(*roots: str, outside: tuple[str, ...] = ()) -> str:
    """SHA-256 of the definitions that `roots` reach, themselves included.

    Unchanged by comments, docstrings, layout, the order of definitions and the module they stand in.

    Args:
        roots: full names of definitions, or of modules for all that these define.
        outside: modules whose definitions are not followed.

    Raises: KeyError for a root that the library lacks.
    """
    texts = sorted(_text(definition) for definition in reached(*roots, outside=outside))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def reached(*roots: str, outside: tuple[str, ...] = ()) -> frozenset[Definition]:
    """The definitions that `roots` reach; arguments as in `fingerprint`."""
    waiting: list[Definition] = []
    for root in roots:
        if not (starts := list(_resolved(root))):
            raise KeyError(f"the library defines no {root}")
        waiting += starts
    found: set[Definition] = set()
    while waiting:
        definition = waiting.pop()
        if definition not in found and definition.module not in outside:
            found.add(definition)
            waiting += _uses(definition)
    return frozenset(found)


class _Module(NamedTuple):
    """What the names at the top level of a module stand for: definitions, modules, and members of modules."""

    definitions: dict[str, ast.stmt]
    imports: dict[str, str]


@cache
def _parsed(module: str) -> _Module:
    definitions: dict[str, ast.stmt] = {}
    tree = ast.parse(_file(module).read_text("utf-8"))
    for node in tree.body:
        for name in _assigned(node):
            definitions[name] = node
    imports = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _PACKAGE:
            imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names = (alias for alias in node.names if alias.name.split(".")[0] == _PACKAGE)
            imports |= {alias.asname: alias.name for alias in names if alias.asname}
    return _Module(definitions, imports)


def _assigned(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


def _uses(definition: Definition) -> Iterator[Definition]:
    """Definitions that a definition names."""
    parsed = _parsed(definition.module)
    attributes = set()
    node = parsed.definitions[definition.name]
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            attributes.add(part.value)
            target = parsed.imports.get(part.value.id)
            if target and _is_module(target):
                yield from _resolved(f"{target}.{part.attr}")
            else:
                yield from _named(part.value.id, parsed, definition.module)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part not in attributes:
            yield from _named(part.id, parsed, definition.module)


def _named(name: str, parsed: _Module, module: str) -> Iterator[Definition]:
    if name in parsed.definitions:
        yield Definition(module, name)
    elif name in parsed.imports:
        yield from _resolved(parsed.imports[name])


def _resolved(full: str) -> Iterator[Definition]:
    """What a dotted name stands for: one definition, or all of a module that is handed on as a whole."""
    if _is_module(full):
        yield from (Definition(full, name) for name in _parsed(full).definitions if name != "__all__")
        return
    module, _, name = full.rpartition(".")
    if _is_module(module):
        yield from _named(name, _parsed(module), module)


@cache
def _text(definition: Definition) -> str:
    """The syntax of a definition without what does not bear on what it computes."""
    parsed = _parsed(definition.module)
    node = ast.parse(ast.unparse(parsed.definitions[definition.name])).body[0]
    for part in ast.walk(node):
        body = getattr(part, "body", None)
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
            part.body = body[1:] or [ast.Pass()]

    class Places(ast.NodeTransformer):
        """`metrics.accuracy` and `accuracy` are the same function, wherever it stands."""

        def visit_Attribute(self, attribute: ast.Attribute) -> ast.expr:
            if isinstance(attribute.value, ast.Name) and _is_module(
                parsed.imports.get(attribute.value.id, "")
            ):
                return ast.Name(attribute.attr, attribute.ctx)
            return self.generic_visit(attribute)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
            return ast.Pass() if (node.module or "").split(".")[0] == _PACKAGE else node

    return ast.dump(Places().visit(node))


@cache
def _is_module(full: str) -> bool:
    return full.partition(".")[0] == _PACKAGE and _file(full).is_file()


def _file(module: str) -> Path:
    path = _ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
