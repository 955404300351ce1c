"""What a test does to the cluster around the agents: set env, wait for a rollout, exec."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentrig.errors import AgentrigError, ClusterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lightkube import Client

__all__ = ["Cluster", "ExecResult"]

POLL_EVERY_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecResult:
    """What a command in a container printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


class Cluster:
    """A Kubernetes cluster, addressed with references such as `deployment/NAME`.

    Every method raises ClusterError when the API cannot be reached or refuses, and UsageError
    for a reference that it does not know.
    """

    def __init__(
        self,
        *,
        namespace: str,
        context: str | None = None,
        server: str | None = None,
        on_rollout: Callable[[], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use the pod's service account, else the kubeconfig, else `server` as it is.

        `on_rollout` is called after each rollout: pods were replaced.
        """
        self.namespace = namespace
        self._context = context
        self._server = server
        self._on_rollout = on_rollout
        self._sleep = sleep
        self._clock = clock
        self._client: Client | None = None

    def get_env(self, ref: str, *, namespace: str | None = None) -> dict[str, str]:
        """Read the literal environment variables of a workload's containers."""
        with _explained(f"read {ref}", self._where(namespace)):
            containers = self._get(ref, namespace).spec.template.spec.containers
            return {
                variable.name: variable.value or ""
                for container in containers
                for variable in container.env or ()
                if variable.valueFrom is None
            }

    def set_env(
        self,
        ref: str,
        env: Mapping[str, str],
        *,
        container: str | None = None,
        namespace: str | None = None,
    ) -> None:
        """Set environment variables in one container of a workload, or in all of them."""
        from lightkube.types import PatchType  # noqa: PLC0415  # only where a cluster is used

        resource, name = _workload(ref)
        with _explained(f"patch {ref}", self._where(namespace)):
            workload = self._get(ref, namespace)
            names = [found.name for found in workload.spec.template.spec.containers]
            if container is not None and container not in names:
                raise UsageError(f"{ref} has no container '{container}': {', '.join(names)}")
            variables = [{"name": key, "value": value} for key, value in env.items()]
            chosen = [container] if container else names
            containers = [{"name": found, "env": variables} for found in chosen]
            self._connect().patch(
                resource,
                name,
                {"spec": {"template": {"spec": {"containers": containers}}}},
                namespace=namespace or self.namespace,
                patch_type=PatchType.STRATEGIC,
            )

    def wait_rollout(
        self, ref: str, *, timeout_s: float = 90.0, namespace: str | None = None
    ) -> None:
        """Wait until every replica runs the newest template and is available.

        Raises ClusterError with the state that was reached when `timeout_s` runs out.
        """
        deadline = self._clock() + timeout_s
        while True:
            with _explained(f"read {ref}", self._where(namespace)):
                problem = _rollout_problem(self._get(ref, namespace))
            if problem is None:
                break
            if self._clock() >= deadline:
                where = self._where(namespace)
                raise ClusterError(
                    f"{ref} in {where} is not rolled out after {timeout_s:g} s: {problem}"
                )
            self._sleep(POLL_EVERY_S)
        if self._on_rollout:
            self._on_rollout()

    def exec(
        self,
        ref: str,
        command: Sequence[str],
        *,
        container: str | None = None,
        timeout_s: float = 60.0,
        namespace: str | None = None,
    ) -> ExecResult:
        """Run a command in a pod (`pod/NAME`), or in a running pod of a workload."""
        from lightkube.resources.core_v1 import Pod  # noqa: PLC0415  # only where a cluster is used

        with _explained(f"exec in {ref}", self._where(namespace)):
            pod = self._pod_of(ref, namespace)
            found: Any = self._connect().get(Pod, pod, namespace=namespace or self.namespace)
            response = self._connect().exec(
                pod,
                namespace=namespace or self.namespace,
                container=container or found.spec.containers[0].name,
                command=list(command),
                stdout=True,
                stderr=True,
                timeout=timeout_s,
            )
        return ExecResult(
            exit_code=response.exit_code,
            stdout=str(response.stdout or ""),
            stderr=str(response.stderr or ""),
        )

    def close(self) -> None:
        """Close the connection to the API."""
        if self._client:
            self._client.close()

    def _connect(self) -> Client:
        if self._client is None:
            from lightkube import Client, KubeConfig  # noqa: PLC0415  # 200 ms, an extra
            from lightkube.config import models  # noqa: PLC0415

            if self._server:
                config = KubeConfig.from_one(
                    cluster=models.Cluster(server=self._server), user=models.User()
                )
            else:
                config = KubeConfig.from_env()
            self._client = Client(config=config.get(self._context), namespace=self.namespace)
        return self._client

    def _get(self, ref: str, namespace: str | None) -> Any:
        resource, name = _workload(ref)
        return self._connect().get(resource, name, namespace=namespace or self.namespace)

    def _pod_of(self, ref: str, namespace: str | None) -> str:
        from lightkube.resources.core_v1 import Pod  # noqa: PLC0415  # only where a cluster is used

        kind, _, name = ref.partition("/")
        if kind in {"pod", "pods"}:
            return name
        labels = self._get(ref, namespace).spec.selector.matchLabels
        pods: Any = self._connect().list(Pod, namespace=namespace or self.namespace, labels=labels)
        running = [
            pod.metadata.name
            for pod in pods
            if pod.status.phase == "Running" and pod.metadata.deletionTimestamp is None
        ]
        if not running:
            raise ClusterError(f"{ref} in {self._where(namespace)} has no running pod")
        return str(running[0])

    def _where(self, namespace: str | None) -> str:
        return f"namespace {namespace or self.namespace}"


def _workload(ref: str) -> tuple[Any, str]:
    from lightkube.resources import apps_v1  # noqa: PLC0415  # only where a cluster is used

    kinds = {
        "deployment": apps_v1.Deployment,
        "statefulset": apps_v1.StatefulSet,
        "daemonset": apps_v1.DaemonSet,
    }
    kind, _, name = ref.partition("/")
    resource = kinds.get(kind.lower().removesuffix("s"))
    if resource is None or not name:
        raise UsageError(f"'{ref}' is no reference to a workload: write deployment/NAME")
    return resource, name


def _rollout_problem(workload: Any) -> str | None:
    """Say what a rollout still waits for, by the rules of `kubectl rollout status`."""
    status = workload.status
    if (status.observedGeneration or 0) < (workload.metadata.generation or 0):
        return "the controller has not seen the change"
    if hasattr(status, "desiredNumberScheduled"):  # a DaemonSet
        wanted = status.desiredNumberScheduled or 0
        updated, ready = status.updatedNumberScheduled or 0, status.numberAvailable or 0
        left = 0
    else:
        wanted = workload.spec.replicas if workload.spec.replicas is not None else 1
        updated, ready = status.updatedReplicas or 0, status.availableReplicas or 0
        left = (status.replicas or 0) - updated
    if updated < wanted:
        return f"{updated} of {wanted} replicas updated"
    if left > 0:
        return f"{left} old replicas not yet gone"
    if ready < wanted:
        return f"{ready} of {wanted} replicas available"
    return None


@contextmanager
def _explained(action: str, where: str) -> Iterator[None]:
    """Turn the client's errors into ClusterError."""
    try:
        import httpx2  # noqa: PLC0415  # comes with lightkube
        from lightkube.core.exceptions import ApiError, ConfigError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UsageError(
            "the cluster fixture needs lightkube: pip install 'agentrig[kubernetes]'"
        ) from error
    try:
        yield
    except ApiError as error:
        raise ClusterError(
            f"cannot {action} in {where}: {error.status.message or error} "
            f"(HTTP {error.response.status_code})"
        ) from error
    except ConfigError as error:
        raise ClusterError(
            f"cannot {action} in {where}: no cluster is configured: {error}"
        ) from error
    except (httpx2.TransportError, OSError) as error:
        raise ClusterError(
            f"cannot {action} in {where}: the API does not answer: {error}"
        ) from error
    except AgentrigError:
        raise
    except Exception as error:
        # A login page, an answer of another shape, a kubeconfig that is no YAML: the client lets
        # errors of all its libraries through.
        problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ClusterError(
            f"cannot {action} in {where}: the configuration or the API's answer is of no use: "
            f"{problem}"
        ) from error
