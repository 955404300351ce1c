"""A node, and whether a pod would fit on it if it were empty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.launch._fields import flag, mapping, text
from agentrig.launch._pod_state import read_conditions

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Node", "read_node"]

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)(?:e([0-9]{1,2})|([num]|[kKMGTPE]i?)?)")
_POWERS = {"n": 10**-9, "u": 10**-6, "m": 10**-3, "": 1.0}
_POWERS |= {unit: 1000.0**power for power, unit in enumerate(("k", *"MGTPE"), 1)}
_POWERS |= {f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)}


class Node(Struct, frozen=True, kw_only=True):
    """One node; `room` is what it has for pods, by resource."""

    name: str
    takes_pods: bool
    room: dict[str, float]

    def could_hold(self, requests: Mapping[str, str]) -> bool:
        """Whether it has room for what a pod asks for, once others have left."""
        return self.takes_pods and all(
            sum(_amount(one) for one in wanted.split(" + ")) <= self.room.get(name, 0.0)
            for name, wanted in requests.items()
        )


def read_node(found: Any) -> Node:
    """Read a node, whatever its JSON holds."""
    ready = any(one.type == "Ready" and one.holds for one in read_conditions(found))
    room = mapping(found, "status", "allocatable")
    return Node(
        name=text(found, "metadata", "name"),
        takes_pods=ready and not flag(found, "spec", "unschedulable"),
        room={str(name): _amount(str(value)) for name, value in room.items()},
    )


def _amount(quantity: str) -> float:
    """Read a quantity such as `100m` or `1.5Gi`; what is none counts as nothing."""
    found = _QUANTITY.fullmatch(quantity)
    if not found:
        return 0.0
    number, exponent, unit = found.groups()
    return float(number) * (10.0 ** int(exponent) if exponent else _POWERS.get(unit or "", 0.0))
