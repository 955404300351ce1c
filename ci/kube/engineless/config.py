"""The configuration files of the components, as text.

Those that Kubernetes reads are YAML by their books; JSON is YAML, and needs no library here.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from kube.engineless.layout import (
    API_PORT,
    CLUSTER_DOMAIN,
    NODE_ADDRESS,
    PAUSE_IMAGE,
    POD_RANGE,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kube.engineless.layout import Layout

API_URL = f"https://{NODE_ADDRESS}:{API_PORT}"

# Parts of containerd that are not used. Some cost time to start; `opt` makes /opt/containerd.
UNUSED_CONTAINERD_PLUGINS = (
    "io.containerd.internal.v1.opt",
    "io.containerd.internal.v1.tracing",
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
    "io.containerd.tracing.processor.v1.otlp",
)


def write_config(layout: Layout, cni_folder: Path) -> None:
    """Write every file that `components.py` names, and the kubeconfigs."""
    cni = layout.live / "cni"
    cni.mkdir()
    (cni / "10-bridge.conflist").write_text(cni_config(layout))
    (layout.live / "containerd.toml").write_text(containerd_config(layout, cni_folder))
    (layout.live / "kubelet.yaml").write_text(kubelet_config(layout))
    (layout.live / "Corefile").write_text(coredns_config(layout))
    (layout.live / "resolv.conf").touch()
    for user in ("admin", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet"):
        path = layout.kubeconfig(user)
        path.touch(mode=0o600)
        path.write_text(kubeconfig(layout.pki, user))


def kubeconfig(pki: Path, user: str) -> str:
    """Return a kubeconfig that holds the certificates themselves: it may be copied about."""

    def data(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode()

    cluster = {"server": API_URL, "certificate-authority-data": data("ca.crt")}
    credentials = {
        "client-certificate-data": data(f"{user}.crt"),
        "client-key-data": data(f"{user}.key"),
    }
    return _as_yaml(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "rig", "cluster": cluster}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": user}}],
            "current-context": "rig",
        }
    )


def containerd_config(layout: Layout, cni_folder: Path) -> str:
    """Return containerd's configuration; all that it keeps lies in the cluster's folder.

    - restrict_oom_score_adj: root may lack CAP_SYS_RESOURCE, and runc would fail to lower it.
    - disable_apparmor: a profile would stay in the kernel after the cluster is down.
    """
    live = layout.live
    return f"""\
version = 2
root = "{live}/containerd/root"
state = "{live}/containerd/state"
disabled_plugins = {json.dumps(UNUSED_CONTAINERD_PLUGINS)}

[grpc]
  address = "{layout.containerd_socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_apparmor = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_folder}"
    conf_dir = "{live}/cni"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "{live}/runc"
      SystemdCgroup = false
"""


def cni_config(layout: Layout) -> str:
    """Return the pods' network: one bridge, addresses counted up in a folder."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": POD_RANGE}]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": f"{layout.live}/cni-addresses",
        },
    }
    port_map = {"type": "portmap", "capabilities": {"portMappings": True}}
    return _as_yaml({"cniVersion": "0.4.0", "name": "rig", "plugins": [bridge, port_map]})


def kubelet_config(layout: Layout) -> str:
    """Return the kubelet's configuration.

    Images are loaded by hand and cannot be pulled again, so they are never collected, and a
    full disk is the machine's matter; memory is guarded, since its lack would hang the tests.
    """
    return _as_yaml(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": NODE_ADDRESS,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{layout.pki}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{layout.cgroup}",
            "clusterDNS": [NODE_ADDRESS],
            "clusterDomain": CLUSTER_DOMAIN,
            "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
            "evictionHard": {
                "imagefs.available": "0%",
                "imagefs.inodesFree": "0%",
                "memory.available": "100Mi",
                "nodefs.available": "0%",
                "nodefs.inodesFree": "0%",
            },
            "failCgroupV1": False,
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,
            "podLogsDir": f"{layout.log}/pods",
            "resolvConf": f"{layout.live}/resolv.conf",
            "tlsCertFile": f"{layout.pki}/kubelet.crt",
            "tlsPrivateKeyFile": f"{layout.pki}/kubelet.key",
            "volumePluginDir": f"{layout.live}/volume-plugins",
        }
    )


def coredns_config(layout: Layout) -> str:
    """Return the Corefile: the cluster's names alone, and for the rest a clear "no such name".

    There is no network beyond the cluster, so a name server to ask further would be late to
    say so. There is no cache: answers come from memory, and a new Service is found at once.
    """
    return f"""\
.:53 {{
    bind {NODE_ADDRESS}
    ready 127.0.0.1:8181
    errors
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {layout.kubeconfig("admin")}
        pods insecure
        ttl 5
    }}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def _as_yaml(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
