"""What launch reads from a chart's manifests: the one run, or why there is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import UsageError
from agentrig.launch import ChartSource, bundled_chart
from agentrig.launch._helm import Helm
from agentrig.launch._rendered import Rendered, read_rendered

if TYPE_CHECKING:
    from collections.abc import Callable

Render = "Callable[..., Rendered]"


@pytest.fixture
def render(with_helm: None) -> Callable[..., Rendered]:
    """Give `render("mode=job", ...)`: render our chart with these values, and read it."""
    del with_helm

    def made(*values: str) -> Rendered:
        source = ChartSource(chart=str(bundled_chart()), set=values)
        text = asyncio.run(Helm().template("rel", source, namespace="qa"))
        return read_rendered(text, release="rel", namespace="qa")

    return made


def test_the_run_of_our_chart_is_found(render: Callable[..., Rendered]) -> None:
    rendered = render("image.repository=registry.example.com/agentrig")
    assert rendered.job["metadata"]["name"] == "rel-agentrig-run-1"
    assert rendered.runner["image"].startswith("registry.example.com/agentrig:")
    assert (rendered.shards, rendered.deadline_s) == (0, 1800.0)
    assert rendered.has("ServiceAccount", rendered.pod_spec["serviceAccountName"])
    assert not rendered.has("Secret", "llm")
    assert rendered.made_secrets == frozenset()


def test_secrets_that_an_operator_will_make_are_known(render: Callable[..., Rendered]) -> None:
    rendered = render(
        "secrets.external.store.name=vault",
        "secrets.external.data.LLM_KEY.key=staging/llm",
        "secrets.external.data.LLM_KEY.property=api-key",
    )
    (made,) = rendered.made_secrets
    mounted = [
        source.get("secret", {}).get("name")
        for volume in rendered.pod_spec["volumes"]
        for source in [*volume.get("projected", {}).get("sources", ()), volume]
    ] + [volume.get("secret", {}).get("secretName") for volume in rendered.pod_spec["volumes"]]
    assert made in mounted


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("cronjob", "mode 'cronjob' runs on a schedule, and launch runs now: add --set mode=job"),
        ("hook", "mode 'hook' runs on `helm test`, and launch runs now: add --set mode=job"),
    ],
)
def test_a_chart_that_does_not_run_now_is_refused(
    render: Callable[..., Rendered], mode: str, said: str
) -> None:
    with pytest.raises(UsageError) as raised:
        render(f"mode={mode}")
    assert said in str(raised.value)


JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: NAME, labels: {app.kubernetes.io/component: runner}}
spec: {completionMode: Indexed, completions: 4, template: {spec: {containers: [{name: runner}]}}}
---
"""


def test_the_parts_of_an_indexed_job_are_counted() -> None:
    rendered = read_rendered(JOB.replace("NAME", "one"), release="rel", namespace="qa")
    assert rendered.shards == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the chart makes no run"),
        (JOB + JOB, "the chart makes 2 runs"),
        ("a: [", "renders something that is no YAML"),
        ("just text", "no Kubernetes object"),
        ("kind: Job\n", "no Kubernetes object"),
        ("kind: List\nitems: [1]\n", "no Kubernetes object"),
        ("apiVersion: v1\nkind: Job\nmetadata: {labels: {}}\n", "no Kubernetes object"),
    ],
)
def test_manifests_without_one_run_are_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_rendered(text, release="rel", namespace="qa")


def test_a_list_is_read_as_its_items() -> None:
    items = "kind: List\napiVersion: v1\nitems:\n- " + JOB.strip().removesuffix("---").replace(
        "\n", "\n  "
    )
    assert read_rendered(items, release="rel", namespace="qa").shards == 4
