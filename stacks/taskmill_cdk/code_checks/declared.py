"""What modules declare as tasks, as far as their source says it in plain words."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from taskmill_cdk.code_checks.modules import CodeError, Module

_CALLBACKS = ("on_success", "on_failure", "on_completion")
_CONDITIONS = (ast.If, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.Match, ast.While)


@dataclass
class Declared:
    """The task types of some modules.

    Attributes:
        types: By type, where it is declared.
        is_complete: Whether all types are known: none has a name that is computed.
        callbacks: Names of types in callbacks, with the places.
        pools: Names of worker pools, with the places.
        limited: Places of types with a limit of concurrency.
    """

    types: dict[str, str] = field(default_factory=dict)
    is_complete: bool = True
    callbacks: list[tuple[str, str]] = field(default_factory=list)
    pools: list[tuple[str, str]] = field(default_factory=list)
    limited: list[str] = field(default_factory=list)


def declared_in(modules: Sequence[Module]) -> Declared:
    """The task types of modules.

    Raises:
        CodeError: Two functions are declared as the same type.
    """
    found = Declared()
    for module in modules:
        names = _Names(module)
        if names.is_open:
            found.is_complete = False
        for call, always in _calls(module.tree, names):
            _note(found, call, module.place(call), always=always)
    return found


def _note(found: Declared, call: ast.Call, place: str, *, always: bool) -> None:
    task_type = _text(_name_in(call))
    if task_type is None:
        found.is_complete = False
    else:
        first = found.types.setdefault(task_type, place)
        if first != place and always:
            raise CodeError(
                f"task type {task_type!r} is declared twice: {first} and {place}; each type has one"
                " function"
            )
    for keyword in call.keywords:
        if keyword.arg in _CALLBACKS:
            found.callbacks += [(each, place) for each in _texts(keyword.value)]
        elif keyword.arg == "pool":
            found.pools += [(each, place) for each in _texts(keyword.value)]
        elif keyword.arg == "concurrency":
            found.limited.append(place)
        elif keyword.arg is None:  # **options
            found.is_complete = found.is_complete and task_type is not None


class _Names:
    """How a module calls taskmill's decorator ``task``."""

    def __init__(self, module: Module) -> None:
        self.functions: set[str] = set()
        self.packages: set[str] = set()
        self.is_open = False
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                aliases = [each for each in node.names if each.name == "taskmill"]
                self.packages |= {each.asname or each.name for each in aliases}
            elif isinstance(node, ast.ImportFrom) and node.module == "taskmill" and not node.level:
                self.functions |= {e.asname or e.name for e in node.names if e.name == "task"}
                others = ("*", "event_handler")  # what these bring says nothing about types
                self.is_open |= any(each.name in others for each in node.names)

    def are_called_by(self, call: ast.Call) -> bool:
        function = call.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return function.attr == "task" and function.value.id in self.packages
        return isinstance(function, ast.Name) and function.id in self.functions


def _calls(tree: ast.AST, names: _Names, *, always: bool = True) -> Iterator[tuple[ast.Call, bool]]:
    """Calls of the decorator, and whether they are made whenever the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and names.are_called_by(node):
            yield node, always
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for each in node.decorator_list:
                yield from _calls(ast.Expression(each), names, always=always)
            for statement in node.body:
                yield from _calls(statement, names, always=False)
            continue
        yield from _calls(node, names, always=always and not isinstance(node, _CONDITIONS))


def _name_in(call: ast.Call) -> ast.expr | None:
    if call.args:
        return call.args[0]
    return next((each.value for each in call.keywords if each.arg == "type"), None)


def _text(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _texts(node: ast.expr) -> list[str]:
    """The text, or the texts in a list of them."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [text for each in parts if (text := _text(each)) is not None]
