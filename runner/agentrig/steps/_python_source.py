"""Finding a function without importing its module: what is wrong is known before anything runs."""

from __future__ import annotations

import ast
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.scenario import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.machinery import ModuleSpec

__all__ = ["Call", "CallProblem", "argument_problem", "find_function", "parse_call"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class CallProblem(ValueError):  # noqa: N818  # a mistake of the file, with its hint
    """A call that leads to no function."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Call(Struct, frozen=True):
    """A function and its module: a file's path, or a name that can be imported."""

    module: str
    function: str

    @property
    def is_file(self) -> bool:
        """Whether the module is given by its file."""
        return self.module.endswith(".py")


def parse_call(text: str) -> Call:
    """Split `orders.py:make_order`, or `package.module:function`. Raises CallProblem."""
    module, _, function = text.rpartition(":")
    if not module or not function.isidentifier():
        hint = "write path/to/module.py:function, or package.module:function"
        raise CallProblem(f"'{text}' names no function", hint)
    if not module.endswith(".py") and not all(part.isidentifier() for part in module.split(".")):
        hint = "a file ends in .py, a module's name has dots between its parts"
        raise CallProblem(f"'{module}' is no module", hint)
    return Call(module, function)


def find_function(call: Call, folder: Path) -> _Function | None:
    """Find the function in its module's source; None where the source cannot tell.

    Raises CallProblem where there is no such module, or no such name in it.
    """
    file = folder / call.module if call.is_file else _file_of(call.module)
    if file is None:
        return None
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except OSError as error:
        raise CallProblem(f"'{call.module}' cannot be read: {error.strerror}") from None
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise CallProblem(f"'{call.module}'{line}: {said}") from None
    names: dict[str, ast.AST] = dict(_names_in(tree.body))
    if call.function in names:
        found = names[call.function]
        return found if isinstance(found, _Function) else None
    if "*" in names or "__getattr__" in names:
        return None
    functions = [name for name, node in names.items() if isinstance(node, _Function)]
    known = f"its functions: {', '.join(functions)}" if functions else "it has no function"
    raise CallProblem(
        f"'{call.module}' has no '{call.function}'", closest(call.function, functions) or known
    )


def argument_problem(function: _Function, given: Mapping[str, object]) -> CallProblem | None:
    """Say which argument a function does not take, or lacks."""
    if function.decorator_list:
        return None  # a decorator may change what it takes
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    known = [one.arg for one in (*arguments.args, *arguments.kwonlyargs)]
    if arguments.kwarg is None:
        for name in given:
            if name not in known:
                takes = f"it takes: {', '.join(known)}" if known else "it takes none"
                hint = closest(name, known) or takes
                return CallProblem(f"'{function.name}' takes no argument '{name}'", hint)
    required = plain[: len(plain) - len(arguments.defaults)]
    required += [
        one
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    for one in required:
        if one.arg not in given:
            hint = f"add 'with: {{{one.arg}: ...}}'"
            return CallProblem(f"'{function.name}' needs the argument '{one.arg}'", hint)
    return None


def _file_of(module: str) -> Path | None:
    """Find a module's source without importing the packages around it."""
    top, *inner = module.split(".")
    found = _spec(top, None)
    name = top
    for part in inner:
        if found is None or found.submodule_search_locations is None:
            break
        name += f".{part}"
        found = PathFinder.find_spec(name, list(found.submodule_search_locations))
    else:
        if found is not None:
            origin = Path(found.origin) if found.origin else None
            return origin if origin and origin.suffix == ".py" and origin.is_file() else None
    hint = "install it, put it on PYTHONPATH, or name its file: path/to/module.py:function"
    raise CallProblem(f"there is no module '{name}'", hint)


def _spec(name: str, path: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find(name, path) if find else None
        if spec is not None:
            return spec
    return None


def _names_in(body: list[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """List what a module's top level binds, also below `if`, `try` and `with`."""
    for node in body:
        if isinstance(node, _Function | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name).partition(".")[0], node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from ((name, node) for name in _targets(node))
        else:
            for name in ("body", "orelse", "finalbody"):
                yield from _names_in(getattr(node, name, []))
            for handler in getattr(node, "handlers", []):
                yield from _names_in(handler.body)


def _targets(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
