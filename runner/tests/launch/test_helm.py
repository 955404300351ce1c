"""helm as launch calls it: what it needs, what it says, and what stays out of its arguments."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import AgentrigError, ClusterError, UsageError
from agentrig.launch import ChartSource, bundled_chart
from agentrig.launch._helm import Helm, HelmRelease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIST = [
    {
        "name": "run-1",
        "namespace": "qa",
        "revision": "1",
        "updated": "2026-11-21 16:45:21.084101848 +0000 UTC",
        "status": "deployed",
        "chart": "agentrig-0.1.0",
        "app_version": "0.1.0",
    }
]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Give `stand_in(script)`: it is the only helm; its arguments come to the file it gives."""

    def write(script: str) -> Path:
        asked = tmp_path / "asked"
        helm = tmp_path / "bin" / "helm"
        helm.parent.mkdir(exist_ok=True)
        helm.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {asked}\n{script}\n')
        helm.chmod(helm.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{helm.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
        return asked

    return write


SOURCE = ChartSource(chart="oci://registry.example.com/agentrig", values=("v.yaml",), set=("a=b",))


def test_without_helm_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"helm is not on PATH.*Helm 3\.18 or newer"):
        asyncio.run(Helm().version())


@pytest.mark.parametrize(
    ("printed", "version"),
    [("v3.18.0+gcc58e3f", (3, 18)), ("v4.1.4+g05fa379", (4, 1)), ("v3.99.1", (3, 99))],
)
def test_helm_3_18_and_4_will_do(
    stand_in: Callable[[str], Path], printed: str, version: tuple[int, int]
) -> None:
    stand_in(f"echo {printed}")
    assert asyncio.run(Helm().version()) == version


@pytest.mark.parametrize(
    ("printed", "said"),
    [("v3.17.9", "helm is v3.17.9, and Helm 3.18"), ("dev", "helm does not tell its version")],
)
def test_an_older_helm_is_refused(stand_in: Callable[[str], Path], printed: str, said: str) -> None:
    stand_in(f"echo {printed}")
    with pytest.raises(UsageError, match=said):
        asyncio.run(Helm().version())


def test_the_real_helm_tells_its_version(with_helm: None) -> None:
    del with_helm
    assert asyncio.run(Helm().version()) >= (3, 18)


def test_install_waits_for_nothing_and_labels_the_release(
    stand_in: Callable[[str], Path],
) -> None:
    asked = stand_in("")
    helm = Helm(context="kind-dev")
    labels = {"agentrig.dev/launched": "true", "agentrig.dev/call": "x"}
    asyncio.run(helm.install("run-1", SOURCE, namespace="qa", labels=labels))
    assert asked.read_text().splitlines() == [
        "install",
        "run-1",
        "oci://registry.example.com/agentrig",
        "--values=v.yaml",
        "--set=a=b",
        "--namespace=qa",
        "--labels=agentrig.dev/launched=true,agentrig.dev/call=x",
        "--hide-notes",
        "--kube-context=kind-dev",
    ]


def test_what_helm_says_is_told_without_its_own_names(stand_in: Callable[[str], Path]) -> None:
    stand_in(
        "cat >&2 <<'END'\n"
        'level=ERROR msg="create failed"\n'
        "Error: INSTALLATION FAILED: the server is away\n"
        "and a second line\n\n"
        "Use --debug flag to render out invalid YAML\n"
        "END\nexit 1"
    )
    with pytest.raises(ClusterError) as raised:
        asyncio.run(Helm().install("run-1", SOURCE, namespace="qa", labels={}))
    assert str(raised.value) == (
        "cannot install release run-1 in namespace qa: the server is away\n  and a second line"
    )


def test_of_templates_that_include_each_other_the_last_is_told(
    stand_in: Callable[[str], Path],
) -> None:
    stand_in(
        "cat >&2 <<'END'\n"
        'Error: INSTALLATION FAILED: template: a/job.yaml:8:6: executing "a/job.yaml" at '
        '<include "a.pod" .>: error calling include: template: a/_pod.tpl:2:4: executing "a.pod" '
        'at <include "a.refuse" (list $ "x")>: error calling include: template: a/_refuse.tpl:3:1: '
        'executing "a.refuse" at <lookup "v1" "Namespace" "" $x>: error calling lookup: Get '
        '"https://192.0.2.2:6443/api/v1": connect: connection refused\n'
        "END\nexit 1"
    )
    with pytest.raises(ClusterError) as raised:
        asyncio.run(Helm().install("run-1", SOURCE, namespace="qa", labels={}))
    assert str(raised.value) == (
        "cannot install release run-1 in namespace qa: template: a/_refuse.tpl:3:1: executing "
        '"a.refuse" at <lookup "v1" "Namespace" "" $x>: error calling lookup: Get '
        '"https://192.0.2.2:6443/api/v1": connect: connection refused'
    )


def test_a_helm_that_says_nothing_still_gives_a_message(stand_in: Callable[[str], Path]) -> None:
    stand_in("exit 7")
    with pytest.raises(ClusterError, match=r"helm gives no reason \(exit code 7\)"):
        asyncio.run(Helm().uninstall("run-1", namespace="qa"))


def test_a_chart_that_cannot_be_fetched_is_trouble_of_the_infrastructure(
    stand_in: Callable[[str], Path],
) -> None:
    stand_in("echo 'Error: dial tcp: lookup registry.example.com: no such host' >&2; exit 1")
    with pytest.raises(ClusterError, match="no chart 'oci:"):
        asyncio.run(Helm().template("run-1", SOURCE, namespace="qa"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("mode=sometimes",), "at '/mode': value must be one of"),
        (("image.tag=latest",), 'image.tag "latest" may be another image at the next run'),
    ],
)
def test_wrong_values_are_wrong_usage(with_helm: None, values: tuple[str, ...], said: str) -> None:
    del with_helm
    source = ChartSource(chart=str(bundled_chart()), set=values)
    with pytest.raises(UsageError) as raised:
        asyncio.run(Helm().template("run-1", source, namespace="qa"))
    assert said in str(raised.value)
    assert "execution error" not in str(raised.value)


def test_releases_of_every_status_are_listed(stand_in: Callable[[str], Path]) -> None:
    asked = stand_in(f"echo '{json.dumps(LIST)}'")
    found = asyncio.run(Helm().releases("agentrig.dev/launched=true", namespace=None))
    assert found == [
        HelmRelease(
            name="run-1",
            namespace="qa",
            status="deployed",
            updated="2026-11-21 16:45:21.084101848 +0000 UTC",
        )
    ]
    assert {"--failed", "--pending", "--uninstalling", "--all-namespaces", "--max=0"} <= set(
        asked.read_text().splitlines()
    )


@pytest.mark.parametrize("printed", ["[", "[1]", "[{}]", '{"a": 1}'])
def test_a_list_that_is_none_is_an_error(stand_in: Callable[[str], Path], printed: str) -> None:
    stand_in(f"echo '{printed}'")
    with pytest.raises(AgentrigError, match="no list of releases"):
        asyncio.run(Helm().releases("a=b", namespace="qa"))


@pytest.mark.parametrize("printed", ["", "null", "[]"])
def test_no_releases_are_no_error(stand_in: Callable[[str], Path], printed: str) -> None:
    stand_in(f"echo '{printed}'")
    assert asyncio.run(Helm().releases("a=b", namespace="qa")) == []


def test_an_install_that_is_cancelled_lets_helm_end_first(
    stand_in: Callable[[str], Path], tmp_path: Path
) -> None:
    stand_in(f"touch {tmp_path}/begun; sleep 0.3; touch {tmp_path}/ended")

    async def cancelled() -> None:
        installing = asyncio.create_task(Helm().install("run-1", SOURCE, namespace="qa", labels={}))
        while not (tmp_path / "begun").exists():  # noqa: ASYNC110  # another process makes it
            await asyncio.sleep(0.01)
        installing.cancel()
        await asyncio.gather(installing, return_exceptions=True)
        assert installing.cancelled()

    asyncio.run(cancelled())
    assert (tmp_path / "ended").exists()


def test_what_the_chart_refuses_in_the_cluster_is_a_wrong_value(
    stand_in: Callable[[str], Path],
) -> None:
    stand_in(
        'echo \'Error: INSTALLATION FAILED: execution error at (a/b.tpl:1:2): namespace "qa" is '
        "labelled production' >&2\nexit 1"
    )
    with pytest.raises(UsageError, match=r'qa: namespace "qa" is labelled production$'):
        asyncio.run(Helm().install("run-1", SOURCE, namespace="qa", labels={}))


def test_labels_that_may_not_be_looked_at_have_a_way_out(stand_in: Callable[[str], Path]) -> None:
    stand_in(
        'echo \'Error: INSTALLATION FAILED: template: a: error calling lookup: namespaces "demo" '
        "is forbidden' >&2\nexit 1"
    )
    with pytest.raises(ClusterError, match=r"refuseNamespaceLabels=\[\]") as raised:
        asyncio.run(Helm().install("run-1", SOURCE, namespace="qa", labels={}))
    assert 'namespaces "demo" is forbidden' in str(raised.value)
