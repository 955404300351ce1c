"""A namespace for each test, and the demo's agents for all."""

from __future__ import annotations

import fcntl
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from e2e.commands import (
    CHART,
    DEMO_NAMESPACE,
    IMAGE,
    Release,
    install_demo,
    kubectl,
    make_namespace,
    run,
)
from e2e.launching import Launch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The five agents, in a namespace that enforces `restricted`; give its name."""
    # One of the processes that share the tests installs; Helm refuses two at once.
    with (tmp_path_factory.getbasetemp().parent / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_demo()
    return DEMO_NAMESPACE


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own that enforces `restricted`."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    make_namespace(name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def install(namespace: str, demo: str) -> Iterator[Any]:
    """Give `install(values)`: install the chart against the demo's agents."""
    installed: list[str] = []

    def make(values: Mapping[str, Any], *, name: str = "check") -> Release:
        merged = {"image": IMAGE, **values, "run": {"namespace": demo, **values.get("run", {})}}
        run(
            *("helm", "install", name, str(CHART), "-n", namespace, "-f", "-"),
            stdin=yaml.safe_dump(merged),
        )
        installed.append(name)
        return Release(name, namespace)

    yield make
    for name in installed:
        run("helm", "uninstall", name, "-n", namespace, "--wait", "--timeout", "60s", check=False)


@pytest.fixture
def launch(namespace: str, demo: str, tmp_path: Path) -> Iterator[Any]:
    """Give `launch(values, *options)`: start `agentrig launch` against the demo's agents."""
    started: list[Launch] = []

    def start(values: Mapping[str, Any], *options: str, release: str = "check") -> Launch:
        one = Launch(
            {**values, "run": {"namespace": demo, **values.get("run", {})}},
            *options,
            release=release,
            namespace=namespace,
            folder=tmp_path / release,
        )
        started.append(one)
        return one

    yield start
    for one in started:
        one.remove()
