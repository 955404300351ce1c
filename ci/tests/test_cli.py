from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kube.backend import Component, Status
from kube.cli import as_text

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

COMMANDS = ("up", "down", "load", "exec", "status")


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("cluster.help", ["cluster", "--help"]),
        *((f"cluster_{command}.help", ["cluster", command, "--help"]) for command in COMMANDS),
        ("image.help", ["image", "--help"]),
    ],
)
def test_help_is_as_reviewed(
    ci: Callable[..., subprocess.CompletedProcess[str]],
    golden: Callable[[str, str], None],
    file: str,
    arguments: list[str],
) -> None:
    answer = ci(*arguments)
    assert answer.returncode == 0
    golden(file, answer.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cluster"], "COMMAND"),
        (["cluster", "up", "--backend", "minikube"], "invalid choice: 'minikube'"),
        (["cluster", "load"], "IMAGE"),
        (["cluster", "exec", "--context", "mine"], "exec needs a command"),
        (["cluster", "exec", "--context", "mine", "--"], "exec needs a command"),
        (["image", "--tag", "mine"], "--tag needs --target"),
        (["image", "--target", "all"], "invalid choice: 'all'"),
    ],
)
def test_wrong_usage_ends_with_2(
    ci: Callable[..., subprocess.CompletedProcess[str]], arguments: list[str], message: str
) -> None:
    answer = ci(*arguments)
    assert answer.returncode == 2
    assert message in answer.stderr


def test_failure_ends_with_1_and_one_message(
    ci: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    answer = ci("image", "--source", str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr == f"error: no Dockerfile in {tmp_path}\n"


def test_status_of_a_cluster_that_is_down(
    ci: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    folder = ["--backend", "engineless", "--dir", "/var/lib/agentrig-no-such"]
    answer = ci("cluster", "status", *folder)
    assert answer.returncode == 1
    assert answer.stdout == "problem: the cluster is down\nthe engineless cluster is not healthy\n"
    answer = ci("cluster", "status", "--json", *folder)
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["healthy"] is False


def test_options_can_come_from_the_environment(
    ci: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    answer = ci(
        "cluster", "status", AGENTRIG_CLUSTER_BACKEND="engineless", AGENTRIG_CLUSTER_DIR="/run/x"
    )
    assert answer.returncode == 1
    assert "--dir /run/x cannot hold images" in answer.stderr
    answer = ci("cluster", "status", AGENTRIG_CLUSTER_BACKEND="minikube")
    assert answer.returncode == 1
    assert "no back end 'minikube'" in answer.stderr


def test_exec_becomes_the_command_with_the_context_alone(
    ci: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The words after the command are its own, and so is the exit code."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\necho "$@"\n')
    kubectl.chmod(0o755)
    script = 'cat "$KUBECONFIG"; echo "$@"; exit 7'
    answer = ci(
        *("cluster", "exec", "--context", "mine", "sh", "-c", script, "sh", "--json", "-x"),
        PATH=f"{tmp_path}:/usr/bin:/bin",
    )
    assert answer.returncode == 7
    assert answer.stdout.splitlines() == [
        "config view --raw --minify --flatten --context=mine",
        "--json -x",
    ]


def test_command_that_does_not_exist_is_named(
    ci: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\n")
    kubectl.chmod(0o755)
    answer = ci("cluster", "exec", "--context", "mine", "no-such", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert answer.returncode == 1
    assert answer.stderr == "error: cannot run 'no-such': No such file or directory\n"


def test_status_is_readable(golden: Callable[[str, str], None]) -> None:
    status = Status(
        backend="engineless",
        problem="the node 'rig' is not ready: container runtime is down",
        components=[
            Component(name="etcd", pid=4711),
            Component(name="kube-apiserver", pid=4712, problem="https://x/readyz answers 500"),
            Component(name="containerd", problem="does not run"),
        ],
        kubeconfig=Path("/rig/live/admin.kubeconfig"),
        logs=Path("/rig/live/log"),
    )
    golden("status.txt", as_text(status) + "\n")
    assert not status.healthy
    assert Status(backend="kind", node="rig").healthy
