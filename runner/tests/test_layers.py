"""The arrows between the layers, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import agentrig

PACKAGE = Path(agentrig.__file__).parent

# Who may import whom; a layer may always import itself.
BASE = {"agentrig", "errors", "events", "_entry_points", "_excerpt", "_redact", "_secrets"}
SCENARIO = BASE | {"documents", "scenario"}
TARGETS = SCENARIO | {"_choices", "targets"}
CHECKS = SCENARIO | {"checks"}
STEPS = TARGETS | {"checks", "kubernetes", "steps"}
ENGINE = STEPS | {"engine", "stream"}
ALLOWED = {
    "_choices": set[str](),
    "_collector": set[str](),
    "agentrig": set[str](),
    "errors": set[str](),
    "events": {"errors"},
    "_entry_points": set[str](),
    "_excerpt": {"errors"},
    "_redact": set[str](),
    "_s3": {"_redact", "errors"},
    "_secrets": {"_redact"},
    "_workflow_commands": set[str](),
    "stream": {"_secrets", "errors", "events"},
    "documents": {"errors"},
    "scenario": SCENARIO,
    "targets": TARGETS,
    "checks": CHECKS,
    "steps": STEPS,
    "lint": STEPS | {"lint"},
    "engine": ENGINE,
    # Reports are made of events alone, so that a journal is enough to make them again.
    "reporters": BASE | {"_workflow_commands", "pages", "stream"},
    # HTML knows nothing of what it shows.
    "pages": set(),
    "merge": BASE | {"reporters", "resume", "stream"},
    "resume": BASE | {"reporters"},
    "store": BASE | {"_s3", "reporters", "stream"},
    "webhook": BASE | {"merge", "reporters", "store", "stream"},
    "search": BASE | {"reporters", "stream"},
    "history": BASE | {"merge", "pages", "reporters", "store", "stream"},
    "kubernetes": {"errors", "targets"},
    "pytest_plugin": ENGINE | {"reporters", "resume", "search", "store", "webhook"},
    "launch": TARGETS
    | {"agentrig", "kubernetes", "merge", "reporters", "store", "stream", "webhook"},
    "fetch": {"_redact", "_s3", "agentrig", "errors", "events"},
    "cli": ENGINE
    | {
        "_collector",
        "_workflow_commands",
        "fetch",
        "history",
        "launch",
        "lint",
        "merge",
        "pytest_plugin",
        "reporters",
        "search",
        "store",
        "webhook",
    },
    "demo": {"agentrig", "errors", "targets"},
    "__main__": {"_collector", "cli"},
}
# The demo is an extra: only these know it, and only when they are called.
DEMO_USERS = {"cli/demo.py", "pytest_plugin/_fixtures.py"}

FILES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "agentrig"


def imports_of(file: Path) -> list[tuple[str, bool]]:
    """List the modules of agentrig that a file imports, and whether at its top."""
    tree = ast.parse(file.read_bytes())
    top = {id(node) for node in tree.body}
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            modules = [node.module or ""]
            if node.module == "agentrig":
                modules = [
                    f"agentrig.{alias.name}"
                    if any((PACKAGE / alias.name).with_suffix(end).exists() for end in (".py", ""))
                    else "agentrig"
                    for alias in node.names
                ]
        else:
            continue
        found += [(name, id(node) in top) for name in modules if name.split(".")[0] == "agentrig"]
    return found


def here(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return "agentrig" if parts == ("__init__",) else parts[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_file_imports_only_what_its_layer_may(file: Path) -> None:
    name, layer = file.relative_to(PACKAGE).as_posix(), here(file)
    allowed = ALLOWED[layer] | {layer} | ({"demo"} if name in DEMO_USERS else set())
    wrong = [module for module, _ in imports_of(file) if layer_of(module) not in allowed]
    assert wrong == [], f"{layer} may import {sorted(allowed)}"


def test_every_layer_is_known() -> None:
    assert {here(file) for file in FILES} == set(ALLOWED)


def test_the_demo_is_imported_late_outside_of_its_command() -> None:
    file = PACKAGE / "pytest_plugin/_fixtures.py"
    assert [top for module, top in imports_of(file) if layer_of(module) == "demo"] == [False]


def test_private_modules_stay_within_their_layer() -> None:
    wrong = [
        f"{file.relative_to(PACKAGE)}: {module}"
        for file in FILES
        for module, _ in imports_of(file)
        if any(part.startswith("_") and not part.startswith("__") for part in module.split(".")[2:])
        and layer_of(module) != here(file)
    ]
    assert wrong == []


def test_pytest_is_used_through_its_public_names() -> None:
    wrong = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            wrong += [f"{file.name}: {name}" for name in names if name.startswith("_pytest")]
    assert wrong == []
