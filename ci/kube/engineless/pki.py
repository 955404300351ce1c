"""Keys and certificates of a cluster that lives for one machine and a few hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kube.commands import run
from kube.engineless.layout import FIRST_SERVICE_ADDRESS, NODE_ADDRESS, NODE_NAME

if TYPE_CHECKING:
    from pathlib import Path

DAYS = "365"
OPENSSL_S = 30
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

# RFC 5280, section 4.2.1: without key usage and identifiers Python 3.13 refuses a chain.
AUTHORITY_EXTENSIONS = [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,digitalSignature,keyCertSign",
    "subjectKeyIdentifier=hash",
]
EXTENSIONS = [
    "authorityKeyIdentifier=keyid",
    "basicConstraints=critical,CA:FALSE",
    "extendedKeyUsage=clientAuth,serverAuth",
    "keyUsage=critical,digitalSignature",
    "subjectKeyIdentifier=hash",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a certificate speaks for: the user and group that RBAC sees, the names of a server."""

    name: str
    user: str
    group: str | None = None
    alternatives: str | None = None


# Kubernetes binds roles to these users and groups by itself (RBAC, core component roles).
IDENTITIES = (
    Identity(name="admin", user="admin", group="system:masters"),
    Identity(name="kube-controller-manager", user="system:kube-controller-manager"),
    Identity(name="kube-proxy", user="system:kube-proxy"),
    Identity(name="kube-scheduler", user="system:kube-scheduler"),
    Identity(
        name="kubelet",
        user=f"system:node:{NODE_NAME}",
        group="system:nodes",
        alternatives=f"DNS:{NODE_NAME},IP:{NODE_ADDRESS}",
    ),
    Identity(
        name="kube-apiserver",
        user="kube-apiserver",
        alternatives=(
            f"DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,"
            f"IP:{FIRST_SERVICE_ADDRESS},IP:{NODE_ADDRESS}"
        ),
    ),
)


def make_pki(folder: Path) -> None:
    """Write `ca`, one pair for each of IDENTITIES (NAME.crt, NAME.key), and tokens.key, .pub."""
    folder.mkdir(mode=0o700)
    authority = Identity(name="ca", user="agentrig-cluster")
    _openssl(folder, authority, AUTHORITY_EXTENSIONS, signer=[])
    signer = ["-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key")]
    for identity in IDENTITIES:
        extensions = [*EXTENSIONS]
        if identity.alternatives:
            extensions.append(f"subjectAltName={identity.alternatives}")
        _openssl(folder, identity, extensions, signer=signer)
    key, public = str(folder / "tokens.key"), str(folder / "tokens.pub")
    curve = KEY[2:4]
    run(["openssl", "genpkey", "-algorithm", "EC", *curve, "-out", key], timeout_s=OPENSSL_S)
    run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], timeout_s=OPENSSL_S)


def _openssl(folder: Path, identity: Identity, extensions: list[str], signer: list[str]) -> None:
    # A configuration of our own: the machine's would add extensions of its choice.
    config = folder / f"{identity.name}.cnf"
    config.write_text(
        "\n".join(
            [
                *("[req]", "distinguished_name=subject", "x509_extensions=extensions"),
                *("[subject]", "[extensions]", *extensions, ""),
            ]
        )
    )
    group = f"/O={identity.group}" if identity.group else ""
    files = ["-keyout", f"{folder / identity.name}.key", "-out", f"{folder / identity.name}.crt"]
    run(
        [
            *("openssl", "req", "-x509", "-config", str(config), *KEY, "-days", DAYS),
            *("-subj", f"{group}/CN={identity.user}", *signer, *files),
        ],
        timeout_s=OPENSSL_S,
    )
