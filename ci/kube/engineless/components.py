"""The components: what each is started with, and where each tells that it is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kube.engineless.config import API_URL
from kube.engineless.layout import NODE_ADDRESS, NODE_NAME, POD_RANGE, SERVICE_RANGE

if TYPE_CHECKING:
    from pathlib import Path

    from kube.engineless.layout import Layout

ETCD_URL = "http://127.0.0.1:2379"
ETCD_PEER_URL = "http://127.0.0.1:2380"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """How to start one component; `health` is a URL, None for one without (containerd)."""

    name: str
    argv: tuple[str, ...]
    health: str | None


def specs(layout: Layout, binaries: Path) -> dict[str, Spec]:
    """Return every component by name, in the order of starting."""
    pki = layout.pki

    def spec(name: str, health: str | None, *flags: str, program: str | None = None) -> Spec:
        return Spec(name=name, argv=(program or str(binaries / name), *flags), health=health)

    def kubeconfig(user: str) -> str:
        return f"--kubeconfig={layout.kubeconfig(user)}"

    everything = (
        spec(
            "containerd",
            None,
            f"--config={layout.live}/containerd.toml",
            program="containerd",
        ),
        spec(
            "etcd",
            f"{ETCD_URL}/health",
            f"--advertise-client-urls={ETCD_URL}",
            f"--data-dir={layout.live}/etcd",
            f"--initial-advertise-peer-urls={ETCD_PEER_URL}",
            f"--initial-cluster=default={ETCD_PEER_URL}",
            f"--listen-client-urls={ETCD_URL}",
            f"--listen-peer-urls={ETCD_PEER_URL}",
            "--unsafe-no-fsync",  # its data does not outlive it
        ),
        spec(
            "kube-apiserver",
            f"{API_URL}/readyz",
            f"--advertise-address={NODE_ADDRESS}",
            "--allow-privileged",
            "--authorization-mode=Node,RBAC",
            f"--bind-address={NODE_ADDRESS}",
            f"--client-ca-file={pki}/ca.crt",
            "--enable-admission-plugins=NodeRestriction",
            f"--etcd-servers={ETCD_URL}",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/admin.crt",
            f"--kubelet-client-key={pki}/admin.key",
            "--kubelet-preferred-address-types=InternalIP",  # its name is in no DNS
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki}/tokens.pub",
            f"--service-account-signing-key-file={pki}/tokens.key",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            f"--tls-cert-file={pki}/kube-apiserver.crt",
            f"--tls-private-key-file={pki}/kube-apiserver.key",
        ),
        spec(
            "kube-controller-manager",
            "https://127.0.0.1:10257/healthz",
            "--bind-address=127.0.0.1",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            # The default, 20 requests a second, makes its start take 4.5 s instead of 1.
            "--kube-api-burst=1000",
            "--kube-api-qps=500",
            kubeconfig("kube-controller-manager"),
            "--leader-elect=false",
            f"--root-ca-file={pki}/ca.crt",
            f"--service-account-private-key-file={pki}/tokens.key",
            "--use-service-account-credentials",
        ),
        spec(
            "kube-scheduler",
            "https://127.0.0.1:10259/healthz",
            "--bind-address=127.0.0.1",
            kubeconfig("kube-scheduler"),
            "--leader-elect=false",
        ),
        spec(
            "kube-proxy",
            "http://127.0.0.1:10256/healthz",
            f"--cluster-cidr={POD_RANGE}",
            "--conntrack-max-per-core=0",  # the limit is the whole machine's
            "--healthz-bind-address=127.0.0.1:10256",
            f"--hostname-override={NODE_NAME}",
            kubeconfig("kube-proxy"),
            "--metrics-bind-address=127.0.0.1:10249",
            "--proxy-mode=iptables",
        ),
        spec(
            "coredns",
            "http://127.0.0.1:8181/ready",
            "-conf",
            f"{layout.live}/Corefile",
        ),
        spec(
            "kubelet",
            "http://127.0.0.1:10248/healthz",
            f"--cert-dir={layout.live}/kubelet/pki",
            f"--config={layout.live}/kubelet.yaml",
            f"--hostname-override={NODE_NAME}",
            kubeconfig("kubelet"),
            f"--node-ip={NODE_ADDRESS}",
            f"--root-dir={layout.live}/kubelet",
        ),
    )
    return {each.name: each for each in everything}
