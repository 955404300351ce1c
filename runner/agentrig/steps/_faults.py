"""From the errors of the HTTP library to ours: who is to blame, and what to say."""

from __future__ import annotations

import re

from pyreqwest import exceptions as pyreqwest_errors

from agentrig.errors import TargetError
from agentrig.scenario import describe_duration
from agentrig.steps._messages import LateError, NoAnswerError

__all__ = ["fault_of"]

# How hyper, below pyreqwest, marks a failure before the connection stood. Its error classes do
# not tell: a connection that breaks later is a ConnectError too, a late answer a connect timeout.
_NOT_CONNECTED = "client error (Connect)"
# A server that refuses a client's certificate says so after the client took the connection for
# made (RFC 8446, 4.4.2.4): no agent was asked.
_REFUSED_BY_TLS = "received fatal alert"
_MANUAL = re.compile(r": https://docs\.rs/\S+")


def fault_of(error: Exception, *, connect_s: float, timeout_s: float) -> Exception:
    """Give the TargetError or NoAnswerError that `error` means; the times are what was waited."""
    causes = _causes(error)
    what = _MANUAL.sub("", causes[-1])
    if not isinstance(error, pyreqwest_errors.RequestError):
        # A URL, method or header that HTTP does not allow; BuilderError is one of them.
        return NoAnswerError(f"the request cannot be sent: {what}")
    timeout = isinstance(error, pyreqwest_errors.RequestTimeoutError)
    if _NOT_CONNECTED in causes:
        return TargetError(
            f"no connection within {describe_duration(connect_s)}" if timeout else what
        )
    if any(_REFUSED_BY_TLS in cause for cause in causes):
        return TargetError(f"TLS: {what}")
    if timeout:
        began = isinstance(error, pyreqwest_errors.ReadTimeoutError)
        return LateError(timeout_s, began=began)
    return NoAnswerError(f"no whole response: {what}")


def _causes(error: Exception) -> list[str]:
    """List what went wrong, the innermost cause last."""
    if isinstance(error, pyreqwest_errors.DetailedPyreqwestError):
        causes = [cause["message"] for cause in error.details.get("causes") or ()]
        return causes or [error.message]
    return [str(error)]
