"""Why an image cannot be pulled, from what the kubelet and the registry say."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["IMAGE_REASONS", "PullProblem", "pull_problem"]

# The reasons of a container that waits, by how long each may last before the run has no hope.
# One failed attempt is ErrImagePull; the kubelet says ImagePullBackOff before it tries again.
IMAGE_REASONS: dict[str, float] = {
    "ErrImagePull": 12.0,
    "ImagePullBackOff": 0.0,
    "ErrImageNeverPull": 0.0,
    "InvalidImageName": 0.0,
    "ImageInspectError": 12.0,
    "RegistryUnavailable": 12.0,
    "SignatureValidationFailed": 0.0,
}
# What a second attempt may well bring; the kubelet makes it after ten seconds.
_SECOND_ATTEMPT_S = 13.0

# What stands before the registry's own words, in the order in which it is wrapped around them.
_WRAPPERS = re.compile(
    r'^(?:Back-off pulling image "[^"]*"(?:: )?'
    r"|ErrImagePull: |rpc error: |code = \w+ desc = "
    r"|(?:failed|unable) to (?:pull and unpack image|pull image|resolve reference|copy|do request"
    r'|fetch anonymous token|authorize|fetch oauth token)(?: "[^"]*")?: '
    r"|pulling from host \S+ failed with status code )"
)


class PullProblem(NamedTuple):
    """Why it failed, the registry's own words, what to do, and whether another try may help."""

    why: str
    words: str
    hint: str
    may_pass: bool = False

    @property
    def fatal_after_s(self) -> float:
        """How long a pull that is given up for now may still come to something."""
        return _SECOND_ATTEMPT_S if self.may_pass else 0.0


class _Rule(NamedTuple):
    pattern: str
    why: str
    hint: str
    may_pass: bool = False


_NAME = "check image.repository and image.tag, or image.digest"
_ACCESS = (
    "give the pod credentials with imagePullSecrets; a registry says the same of an image that it "
    "does not have, so check its name too"
)
_NETWORK = "see whether the nodes reach the registry, or use one that they do"
# The first that fits counts.
_RULES = (
    _Rule(
        r"toomanyrequests|rate limit|429",
        "the registry limits how often it is asked",
        "log in with imagePullSecrets, or use a mirror of the registry",
        may_pass=True,
    ),
    _Rule(
        r"no match for platform|does not match the specified platform|exec format",
        "it is not built for the node's kind of processor",
        "build it for the node's platform, or choose nodes with nodeSelector",
    ),
    _Rule(r"no such host|server misbehaving|name resolution", "its registry is unknown", _NAME),
    _Rule(
        r"x509|certificate|http: server gave HTTP response to HTTPS",
        "the node does not trust its registry",
        "have the registry's certificate authority installed on the nodes",
    ),
    _Rule(
        r"unauthorized|authentication required|no basic auth|denied|forbidden"
        r"|insufficient_scope|authorization failed|40[13]",
        "the registry refuses",
        _ACCESS,
    ),
    _Rule(
        r"not found|manifest unknown|name unknown|does not exist",
        "the registry has no such image",
        _NAME,
    ),
    _Rule(
        r"no space left",
        "the node's disk is full",
        "free space on the node, or choose another one with nodeSelector",
    ),
    _Rule(
        r"connection refused|timeout|timed out|deadline exceeded|EOF|connection reset|unreachable"
        r"|\b50[0-9]\b|TLS handshake",
        "its registry does not answer",
        _NETWORK,
        may_pass=True,
    ),
)


def pull_problem(reason: str, message: str) -> PullProblem:
    """Say why an image cannot be pulled; `reason` is one of IMAGE_REASONS."""
    words = _own_words(message)
    if reason == "ErrImageNeverPull":
        hint = "load it onto the nodes, or set image.pullPolicy to IfNotPresent"
        return PullProblem("it is not on the node, and may never be pulled", "", hint)
    if reason == "InvalidImageName":
        return PullProblem("this is no name of an image", words, _NAME)
    if reason == "SignatureValidationFailed":
        return PullProblem("its signature is not valid", words, "use an image that is signed")
    for rule in _RULES:
        if re.search(rule.pattern, words, re.IGNORECASE):
            return PullProblem(rule.why, words, rule.hint, rule.may_pass)
    return PullProblem("the node could not pull it", words, _NAME, may_pass=True)


def _own_words(message: str) -> str:
    words = " ".join(message.split())
    while found := _WRAPPERS.match(words):
        words = words[found.end() :]
    return words
