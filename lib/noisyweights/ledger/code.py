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

__all__ = ["LIBRARY", "Definition", "fingerprint", "reached"]

LIBRARY = Path(__file__).resolve().parents[1]


class Definition(NamedTuple):
    """A function, a class or an assigned name at the top level of a module of the library."""

    module: str
    name: str


def fingerprint(*roots: str, outside: tuple[str, ...] = (), library: Path = LIBRARY) -> str:
    """SHA-256 of the definitions that `roots` reach, themselves included.

    Unchanged by comments, docstrings, layout, the order of definitions, the module they stand in, and the
    version of Python. Sources are read once in a process, as its modules are: what it says of edits since
    then is what it runs.

    Args:
        roots: full names of definitions, or of modules for all that these define.
        outside: modules whose definitions are not followed.
        library: the package's folder.

    Raises: KeyError for a name that the library lacks.
    """
    sources = _sources(library)
    digests = sorted(
        _digest(
            sources.text(definition),
            *sorted(sources.text(used) for used in sources.uses(definition) if used.module not in outside),
        )
        for definition in reached(*roots, outside=outside, library=library)
    )
    return _digest(*digests)


def reached(*roots: str, outside: tuple[str, ...] = (), library: Path = LIBRARY) -> frozenset[Definition]:
    """The definitions that `roots` reach; arguments as in `fingerprint`."""
    sources = _sources(library)
    waiting = [definition for root in roots for definition in sources.resolved(root)]
    found: set[Definition] = set()
    while waiting:
        definition = waiting.pop()
        if definition not in found and definition.module not in outside:
            found.add(definition)
            waiting += sources.uses(definition)
    return frozenset(found)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


class _Module(NamedTuple):
    """What the names of a module stand for: statements that define them, or full names that they import."""

    definitions: dict[str, list[ast.stmt]]
    imports: dict[str, str]


class _Sources:
    """The modules of a package, each read and parsed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, _Module | None] = {}
        self._texts: dict[Definition, str] = {}
        self._uses: dict[Definition, frozenset[Definition]] = {}

    def resolved(self, full: str) -> list[Definition]:
        """What a dotted name stands for: one definition, or all of a module that is handed on as a whole."""
        if whole := self._module(full):
            return [Definition(full, name) for name in whole.definitions if name != "__all__"]
        module, _, name = full.rpartition(".")
        parsed = self._module(module)
        if parsed and name in parsed.definitions:
            return [Definition(module, name)]
        if parsed and name in parsed.imports:
            return self.resolved(parsed.imports[name])
        raise KeyError(f"the library defines no {full}")

    def uses(self, definition: Definition) -> frozenset[Definition]:
        """The definitions that a definition names."""
        if definition not in self._uses:
            parsed = self._parsed(definition.module)
            nodes = parsed.definitions[definition.name]
            names = {name for node in nodes for name in self._named(node, definition.module)}
            self._uses[definition] = frozenset(found for name in names for found in self.resolved(name))
        return self._uses[definition]

    def text(self, definition: Definition) -> str:
        """Checksum of a definition's syntax."""
        if definition not in self._texts:
            parsed = self._parsed(definition.module)
            nodes = parsed.definitions[definition.name]
            self._texts[definition] = _digest(*(self._written(node, parsed.imports) for node in nodes))
        return self._texts[definition]

    def _named(self, node: ast.AST, module: str) -> Iterator[str]:
        """The full names of the library's definitions in a piece of code of a module."""
        parsed = self._parsed(module)
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=member) if self._has(
                parsed.imports.get(name), member
            ):
                yield f"{parsed.imports[name]}.{member}"
            case ast.Name(id=name) if name in parsed.definitions or name in parsed.imports:
                yield f"{module}.{name}"
            case _:
                for part in ast.iter_child_nodes(node):
                    yield from self._named(part, module)

    def _has(self, module: str | None, member: str) -> bool:
        """Whether a module has a member; a variable may bear a module's name."""
        parsed = self._module(module) if module else None
        return bool(parsed) and (
            member in parsed.definitions
            or member in parsed.imports
            or bool(self._module(f"{module}.{member}"))
        )

    def _written(self, part: object, imports: dict[str, str]) -> str:
        """A piece of code as text, without what does not bear on what it computes.

        `metrics.accuracy` and `accuracy` are the same function, wherever it stands. Empty fields are left
        out: which there are depends on the version of Python.
        """
        match part:
            case ast.Attribute(value=ast.Name(id=name), attr=member) if self._has(imports.get(name), member):
                text = f"Name({member})"
            case ast.Name(id=name):
                text = f"Name({name})"
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                text = ""
            case ast.ImportFrom(module=str(module)) if self._module(module):
                text = ""
            case ast.AST():
                fields = {key: value for key, value in ast.iter_fields(part) if value not in (None, [])}
                own = (f"{key}={self._written(value, imports)}" for key, value in fields.items())
                text = f"{type(part).__name__}({','.join(own)})"
            case list():
                text = f"[{','.join(filter(None, (self._written(one, imports) for one in part)))}]"
            case _:
                text = repr(part)
        return text

    def _parsed(self, module: str) -> _Module:
        if (parsed := self._module(module)) is None:
            raise KeyError(f"the library has no module {module}")
        return parsed

    def _module(self, full: str) -> _Module | None:
        """A module of the package, or None where there is no such module."""
        if full not in self._modules:
            package, *inside = full.split(".")
            path = self._folder.joinpath(*inside)
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            known = package == self._folder.name and file.is_file()
            self._modules[full] = self._read(file) if known else None
        return self._modules[full]

    def _read(self, file: Path) -> _Module:
        tree = ast.parse(file.read_text("utf-8"), filename=file)
        definitions: dict[str, list[ast.stmt]] = {}
        for node in tree.body:
            for name in _defined(node):
                definitions.setdefault(name, []).append(node)
        imports: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                imports |= {alias.asname: alias.name for alias in node.names if alias.asname}
        package = self._folder.name
        return _Module(
            definitions, {key: full for key, full in imports.items() if full.split(".")[0] == package}
        )


@cache
def _sources(library: Path) -> _Sources:
    return _Sources(library)


def _defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top level of a module defines or changes."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (
                part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
            )
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
