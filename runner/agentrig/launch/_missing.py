"""What a container or volume refers to and is not there, from the kubelet's words."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentrig._redact import cut

__all__ = ["Missing", "missing"]

_CHARACTERS = 600
_CREATE = "create it, or name another one in the values"
_ADD_KEY = "add the key, or name another one in the values"


class Missing(NamedTuple):
    """What is not there, and what to do; `is_certain` where the kubelet knows it for sure."""

    why: str
    hint: str | None = None
    is_certain: bool = True


# The first that fits counts; the groups fill the text.
_RULES = (
    (r'secret "([^"]+)" not found', "there is no Secret '{0}' in namespace {namespace}", _CREATE),
    (
        r'configmap "([^"]+)" not found',
        "there is no ConfigMap '{0}' in namespace {namespace}",
        _CREATE,
    ),
    (
        r'persistentvolumeclaim "([^"]+)" not found',
        "there is no PersistentVolumeClaim '{0}' in namespace {namespace}",
        _CREATE,
    ),
    (
        r"couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?([^/\s]+)",
        "{1} '{2}' in namespace {namespace} has no key '{0}'",
        _ADD_KEY,
    ),
    (
        r'for volume "([^"]+)" ?: (?:\w+ )?references non-existent (?:secret|config) key: (\S+)',
        "what volume '{0}' is made of has no key '{1}'",
        _ADD_KEY,
    ),
    (
        r"driver name (\S+) not found in the list of registered CSI drivers",
        "the node has no CSI driver '{0}'",
        "have the driver installed in the cluster",
    ),
    (
        r"runAsNonRoot and image (?:will run as root|has non-numeric user)",
        "its image would run as root, or as a user without a number, which runAsNonRoot forbids",
        "use an image whose USER is a number other than 0, or set podSecurityContext.runAsUser",
    ),
)


def missing(message: str, *, namespace: str) -> Missing:
    """Say what is not there; other words are given as they are."""
    words = " ".join(message.split())
    for pattern, why, hint in _RULES:
        if found := re.search(pattern, words):
            return Missing(why.format(*found.groups(), namespace=namespace), hint)
    return Missing(cut(words, _CHARACTERS), is_certain=False)
