"""What every kind of cluster can do, and how it tells of itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One process of a cluster; `pid` is None if it does not run, `problem` if it is well."""

    name: str
    pid: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a cluster fares. It is healthy if nothing has a problem, the cluster included."""

    backend: str
    problem: str | None = None
    node: str | None = None
    components: list[Component] = field(default_factory=list)
    kubeconfig: Path | None = None
    logs: Path | None = None

    @property
    def healthy(self) -> bool:
        """Whether tests can use the cluster."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """What is wrong, one line each."""
        found = [self.problem] if self.problem else []
        return found + [f"{c.name}: {c.problem}" for c in self.components if c.problem]

    def as_json(self) -> dict[str, Any]:
        """Return the fields and `healthy` as JSON values."""
        fields = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}
        return {"healthy": self.healthy, **fields}


class Backend(Protocol):
    """A way to have a Kubernetes. Every method raises ClusterError when it cannot do its work."""

    name: str

    def up(self, steps: Steps) -> None:
        """Make a healthy cluster; do nothing if there is one."""

    def down(self, steps: Steps) -> None:
        """Leave nothing behind; do nothing if there is nothing."""

    def load(self, image: str, steps: Steps) -> None:
        """Give the cluster a local image, or those of an archive file, under the same name."""

    def exec(self, command: Sequence[str]) -> NoReturn:
        """Become `command`, with the cluster within its reach and KUBECONFIG set."""

    def status(self) -> Status:
        """Look, and change nothing."""
