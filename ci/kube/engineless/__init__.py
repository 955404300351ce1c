"""A Kubernetes without a container engine: its programs, built from source and run as they are.

The modules, from the top: `cluster` (the back end) → `bring_up`, `take_down`, `images`, `health`
→ `components`, `config`, `pki`, `probes` → `namespaces`, `cgroups` → `processes`, `layout`,
`build`.
"""

from kube.engineless.build import find_go
from kube.engineless.cluster import EnginelessBackend
from kube.engineless.layout import DEFAULT_FOLDER

__all__ = ["DEFAULT_FOLDER", "EnginelessBackend", "find_go"]
