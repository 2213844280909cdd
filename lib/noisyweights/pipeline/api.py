"""The API reference: one page a module, written from its sources without importing them.

Docstrings are Markdown: indented lines are formulas, and a name in backquotes that the library defines
becomes a link. Sphinx's autodoc would import every module, TensorFlow with the first, and autoapi reads
docstrings as reStructuredText: hence pages of our own.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from noisyweights.pipeline import dependencies

__all__ = ["modules", "pages"]

ROOMS = (
    "noise",
    "networks",
    "hardware",
    "datasets",
    "scores",
    "ledger",
    "pages",
    "experiments",
    "number_words",
)

_CODE = re.compile(r"(?P<role>\{[\w:-]+\})?(?P<fence>`+)(?P<text>[^`].*?)(?<!`)(?P=fence)(?!`)")
_STAR = re.compile(r"(?<=\w)\*(?=\w)|(?<=\s)\*(?=\s)")
_LONG_VALUE = 72

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@cache
def modules() -> list[str]:
    """Modules that the reference describes: those of the rooms that say in `__all__` what they offer."""
    return [module for room in ROOMS for module in _of_room(room) if public(module)]


def _of_room(room: str) -> list[str]:
    """A room's modules; a package that only loads its modules on first use is none of them."""
    package = f"{dependencies.PACKAGE}.{room}"
    known = sorted(dependencies.graph().modules)
    inside = [module for module in known if module == package or module.startswith(f"{package}.")]
    return [module for module in inside if not dependencies.loads_lazily(module)]


def pages() -> dict[str, str]:
    """Pages of the reference by name (`api/index` first), as MyST."""
    written = {"api/index": _index()}
    return written | {f"api/{_short(module)}": _page(module) for module in modules()}


@cache
def public(module: str) -> tuple[str, ...]:
    """Names in the module's `__all__`, in its order."""
    for node in _tree(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return tuple(ast.literal_eval(node.value))
    return ()


def _index() -> str:
    lines = [
        "# API reference",
        "",
        "What the library offers, room by room. Importing `noisyweights` is quick; TensorFlow loads with the",
        "first room that needs it.",
    ]
    for room in ROOMS:
        own = [module for module in _of_room(room) if public(module)]
        if own:
            about = _sentence(f"{dependencies.PACKAGE}.{room}")
            lines += ["", f"## {room}", "", about, "", "| module | what it is |", "|---|---|"]
            lines += [
                f"| [{name}]({name}.md) | {_sentence(module)} |"
                for module, name in ((module, _short(module)) for module in own)
            ]
    return "\n".join(lines) + "\n"


def _page(module: str) -> str:
    tree = _tree(module)
    blocks = [f"# {_short(module)}", f"```{{py:module}} {module}\n```", _markdown(tree, module)]
    own = _definitions(module)
    blocks += ["\n".join(_describe(name, own[name], module)) for name in public(module) if name in own]
    elsewhere = [name for name in public(module) if name not in own]
    if links := [f"{{py:obj}}`{name} <{full}>`" for name in elsewhere if (full := _known(name, module))]:
        blocks.append(f"Offered here and described where it is defined: {', '.join(links)}.")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _describe(name: str, node: Definition, module: str, depth: int = 0) -> Iterator[str]:
    """A directive of Sphinx's Python domain for one definition, with those it contains."""
    fence = ":" * (8 - depth)
    match node:
        case ast.FunctionDef():
            kind = ("function" if not depth else _method_kind(node)) if not _is_property(node) else "property"
            argument = name + ("" if kind == "property" else _signature(node, module, bound=bool(depth)))
            options = (
                [f":type: {_annotation(node.returns, module)}"] if kind == "property" and node.returns else []
            )
            body = [_markdown(node, module)]
        case ast.ClassDef():
            kind, argument, options = "class", name + _constructor(node, module), []
            body = [_markdown(node, module)]
            body += ["\n".join(_describe(own, member, module, depth + 1)) for own, member in _members(node)]
        case _:
            kind, argument, body = "data" if not depth else "attribute", name, []
            annotation = getattr(node, "annotation", None)
            options = [f":type: {_annotation(annotation, module)}"] if annotation else []
            value = ast.unparse(node.value) if node.value else ""
            options += [f":value: {value}"] if 0 < len(value) <= _LONG_VALUE else []
    yield f"{fence}{{py:{kind}}} {argument}"
    yield from options
    for block in body:
        yield from ("", block)
    yield fence


def _members(node: ast.ClassDef) -> Iterator[tuple[str, Definition]]:
    """What the reference says of a class besides its signature and docstring."""
    protocol = "Protocol" in [ast.unparse(base) for base in node.bases]
    for member in node.body:
        if isinstance(member, ast.ClassDef) or (isinstance(member, ast.AnnAssign) and _is_dataclass(node)):
            continue  # fields of a dataclass are in its signature
        if isinstance(member, ast.FunctionDef) and not (ast.get_docstring(member) or protocol):
            continue  # a method that overrides another is described where that one is
        yield from ((own, member) for own in _names(member) if not own.startswith("_"))


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            targets = [part for target in node.targets for part in getattr(target, "elts", [target])]
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name()):
            return [node.target.id]
    return []


def _constructor(node: ast.ClassDef, module: str) -> str:
    """Signature of a class: that of its `__init__`, or the fields of a dataclass."""
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return _signature(member, module, bound=True).partition(" -> ")[0]
    if not _is_dataclass(node):
        return ""
    fields = [
        f"{member.target.id}: {_annotation(member.annotation, module)}"
        + (f" = {ast.unparse(member.value)}" if member.value and len(ast.unparse(member.value)) < 40 else "")
        for member in node.body
        if isinstance(member, ast.AnnAssign) and not ast.unparse(member.annotation).startswith("ClassVar")
    ]
    return f"({', '.join(fields)})"


def _signature(node: ast.FunctionDef, module: str, *, bound: bool) -> str:
    static = any(ast.unparse(decorator) == "staticmethod" for decorator in node.decorator_list)
    arguments = ast.parse(ast.unparse(node)).body[0].args
    if bound and not static:
        (arguments.posonlyargs or arguments.args).pop(0)
    for argument in (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ):
        if argument is not None and argument.annotation is not None:
            argument.annotation = _qualify(argument.annotation, module)
    returns = f" -> {_annotation(node.returns, module)}" if node.returns else ""
    return f"({ast.unparse(arguments)}){returns}"


def _annotation(node: ast.expr, module: str) -> str:
    return ast.unparse(_qualify(node, module))


def _qualify(node: ast.expr, module: str) -> ast.expr:
    """Full names for what the library defines, so that Sphinx can link it; it shows the short ones."""

    class Names(ast.NodeTransformer):
        def visit_Constant(self, constant: ast.Constant) -> ast.expr:
            if isinstance(constant.value, str):  # an annotation in quotes
                return self.visit(ast.parse(constant.value, mode="eval").body)
            return constant

        def visit_Name(self, name: ast.Name) -> ast.expr:
            full = _known(name.id, module)
            return ast.parse(full, mode="eval").body if full else name

        def visit_Attribute(self, attribute: ast.Attribute) -> ast.expr:
            full = _known(ast.unparse(attribute), module)
            return ast.parse(full, mode="eval").body if full else attribute

    return Names().visit(ast.parse(ast.unparse(node), mode="eval").body)


def _known(name: str, module: str) -> str | None:
    """Full name of what `name` means in a module, where the reference describes it."""
    head, _, member = name.partition(".")
    if head in _definitions(module):
        described = head in public(module) and (not member or _has_method(module, head, member))
        return f"{module}.{name}" if described and module in modules() else None
    target = _imports(module).get(head)
    if target is None:
        return None
    if target in modules():  # a module, of which `member` is a name
        return _known(member, target) if member else None
    owner, _, own = target.rpartition(".")
    return (
        _known(f"{own}.{member}" if member else own, owner) if owner in dependencies.graph().modules else None
    )


def _has_method(module: str, name: str, member: str) -> bool:
    node = _definitions(module)[name]
    return isinstance(node, ast.ClassDef) and member in dict(_members(node))


@cache
def _definitions(module: str) -> dict[str, Definition]:
    """What a module defines, by name."""
    return {name: node for node in _tree(module).body for name in _names(node)}


@cache
def _imports(module: str) -> dict[str, str]:
    """What the names that a module imports from the library stand for."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(dependencies.PACKAGE)
        for alias in node.names
    }


def _markdown(node: ast.AST, module: str) -> str:
    """The docstring, with links for names in backquotes and its signs kept from being taken for markup."""
    lines = (ast.get_docstring(node) or "").splitlines()
    return "\n".join(line if line.startswith("    ") else _inline(line, module) for line in lines)


def _inline(line: str, module: str) -> str:
    pieces, end = [], 0
    for code in _CODE.finditer(line):
        pieces.append(_escaped(line[end : code.start()]))
        full = _known(code["text"], module) if code["fence"] == "`" and not code["role"] else None
        if full:
            pieces.append(f"{{py:obj}}`{code['text']} <{full}>`")
        elif code["role"]:  # markup that the docstring speaks of, not markup of the docstring
            pieces.append(f"`` {code[0]} ``")
        else:
            pieces.append(code[0])
        end = code.end()
    return "".join([*pieces, _escaped(line[end:])])


def _escaped(prose: str) -> str:
    """Prose with its signs kept from being taken for markup."""
    return _STAR.sub(r"\\*", prose).replace("<", r"\<").replace("$", r"\$")


def _method_kind(node: ast.FunctionDef) -> str:
    kinds = {"classmethod": "classmethod", "staticmethod": "staticmethod"}
    return next((kinds[name] for name in map(ast.unparse, node.decorator_list) if name in kinds), "method")


def _is_property(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)


def _is_dataclass(node: ast.ClassDef) -> bool:
    bases = [ast.unparse(base) for base in node.bases]
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any("dataclass" in name for name in decorators) or "NamedTuple" in bases


def _sentence(module: str) -> str:
    """First sentence of the module's docstring."""
    text = " ".join((ast.get_docstring(_tree(module)) or "").split("\n\n")[0].split())
    return _inline(text, module)


def _short(module: str) -> str:
    return module.removeprefix(f"{dependencies.PACKAGE}.")


@cache
def _tree(module: str) -> ast.Module:
    (path,) = dependencies.files([module])
    return ast.parse(Path(path).read_text("utf-8"), filename=path)
