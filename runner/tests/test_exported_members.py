"""Public names: listed, sorted, and really there."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import agentrig

PACKAGE = Path(agentrig.__file__).parent
MODULES = sorted(
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for file in PACKAGE.rglob("*.py")
    if file.name != "__main__.py" and file != PACKAGE / "__init__.py"
)
PACKAGES = [
    *("agentrig.checks", "agentrig.engine", "agentrig.fetch", "agentrig.history"),
    *("agentrig.kubernetes", "agentrig.launch", "agentrig.launch.preflight", "agentrig.lint"),
    *("agentrig.merge", "agentrig.pages", "agentrig.pytest_plugin"),
    *("agentrig.reporters", "agentrig.resume", "agentrig.scenario", "agentrig.search"),
    *("agentrig.steps", "agentrig.store"),
    *("agentrig.targets", "agentrig.webhook"),
]


def declared(module: str) -> list[str]:
    names: list[str] = import_module(module).__all__
    return names


@pytest.mark.parametrize("module", MODULES)
def test_all_is_sorted_and_importable(module: str) -> None:
    names = declared(module)
    # Constants first, then classes, then functions, as ruff sorts.
    rank = {True: 0, False: 1}
    assert names == sorted(names, key=lambda n: (rank[n.isupper()], not n[0].isupper(), n))
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(import_module(module), name)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_exports_what_it_imports_from_its_own_modules(package: str) -> None:
    """A name that is imported into the package and not exported is a leftover."""
    tree = ast.parse(Path(str(import_module(package).__file__)).read_bytes())
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package + ".")
        for alias in node.names
    }
    assert imported <= set(declared(package))
