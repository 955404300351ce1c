"""What the Kubernetes API says when it refuses, as one kind of error."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from agentrig.errors import AgentrigError, ClusterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

__all__ = ["Refusal", "explained"]

NOT_FOUND = 404
# Any other refusal is an answer.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})

_FORBIDDEN = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
    r"(?P<cluster> at the cluster scope)?"
)


class Refusal(Exception):  # noqa: N818  # an answer, and at times the expected one
    """An answer of the API that is no success; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_missing(self) -> bool:
        """Whether there is no such object."""
        return self.status == NOT_FOUND

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return self.status in _PASSING


@contextmanager
def explained(action: str, where: str) -> Iterator[None]:
    """Turn what goes wrong between here and the API into ClusterError."""
    try:
        import httpx2  # noqa: PLC0415  # comes with lightkube
        from lightkube.core.exceptions import ApiError, ConfigError  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise UsageError(
            "Kubernetes needs lightkube: pip install 'agentrig[kubernetes]'"
        ) from error
    try:
        yield
    except Refusal as error:
        raise ClusterError(
            f"cannot {action} in {where}: {error} (HTTP {error.status}){_missing_rule(str(error))}",
            status=error.status,
            may_pass=error.may_pass,
        ) from error
    except ApiError as error:
        # Without a response the refusal came within a connection that stood, as exec's.
        status = f" (HTTP {error.response.status_code})" if error.response else ""
        message = error.status.message or str(error)
        raise ClusterError(
            f"cannot {action} in {where}: {message}{status}{_missing_rule(message)}",
            status=error.response.status_code if error.response else None,
        ) from error
    except ConfigError as error:
        raise ClusterError(
            f"cannot {action} in {where}: no cluster is configured: {error}"
        ) from error
    except (httpx2.TransportError, OSError) as error:
        raise ClusterError(
            f"cannot {action} in {where}: {_silence(error)}",
            may_pass=True,
        ) from error
    except (AgentrigError, AssertionError):
        raise
    except Exception as error:
        # A login page, an answer of another shape, a kubeconfig that is no YAML: the client lets
        # errors of all its libraries through.
        problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ClusterError(
            f"cannot {action} in {where}: the configuration or the API's answer is of no use: "
            f"{problem}"
        ) from error


def _silence(error: httpx2.TransportError | OSError) -> str:
    """Say which API does not answer, where the error knows, and why."""
    import httpx2  # noqa: PLC0415  # comes with lightkube

    server = ""
    if isinstance(error, httpx2.TransportError):
        with suppress(RuntimeError):  # it belongs to no request
            url = error.request.url
            server = f" at {url.scheme}://{url.netloc.decode()}"
    if isinstance(error, httpx2.TimeoutException):
        why = "it takes too long"
    else:
        why = str(error) or "the connection broke"
    return f"the API{server} does not answer: {why}"


def _missing_rule(message: str) -> str:
    """Write the RBAC rule that would have allowed what was forbidden."""
    found = _FORBIDDEN.search(message)
    if not found:
        return ""
    group = found["group"] or '""'
    rule = f"apiGroups: [{group}], resources: [{found['resource']}], verbs: [{found['verb']}]"
    role = "ClusterRole" if found["cluster"] else "Role (the chart's `rbac.rules`)"
    return f"; the account's {role} needs {{{rule}}}"
