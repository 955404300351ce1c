"""Names, labels, references between objects, and the generated files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import agentrig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Render = Callable[..., list[dict[str, Any]]]

CHARTS = Path(__file__).resolve().parents[1]
ROOT = CHARTS.parent
LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
EVERYTHING = ["--set-string=scenarios.inline.a\\.yaml=x", "--set=run.namespace=demo"]
VALUES = sorted((CHARTS / "agentrig").glob("ci/*-values.yaml"))
RBAC = CHARTS / "agentrig" / "ci" / "rbac-values.yaml"


@pytest.mark.parametrize("release", ["r", "123", "a" * 53, "agentrig-" + "b" * 44, "x" + "-y" * 26])
@pytest.mark.parametrize("mode", ["job", "sharded", "cronjob", "hook"])
def test_names_and_labels_fit_any_release(mode: str, release: str, render: Render) -> None:
    shards = ["--set=shards.count=2"] if mode == "sharded" else []
    options = [f"--set=mode={mode}", *shards, "--values", RBAC, *EVERYTHING]
    objects = render("agentrig", *options, release=release)
    assert len(objects) == 5
    for item in objects:
        name = item["metadata"]["name"]
        assert len(name) <= 52
        assert DNS_LABEL.fullmatch(name), name
        for label in item["metadata"]["labels"].values():
            assert isinstance(label, str)
            assert LABEL.fullmatch(label), label


def test_releases_that_begin_alike_stay_apart(render: Render) -> None:
    names = [
        {item["metadata"]["name"] for item in render("agentrig", release="a" * 52 + end)}
        for end in "bc"
    ]
    assert names[0].isdisjoint(names[1])


def test_releases_of_one_name_in_two_namespaces_stay_apart(render: Render) -> None:
    roles = [
        item["metadata"]["name"]
        for namespace in ("one", "two")
        for item in render("agentrig", "--values", RBAC, namespace=namespace)
        if item["kind"] == "Role"
    ]
    assert len(set(roles)) == 2


def test_pods_use_only_what_there_is(render: Render) -> None:
    objects = render("agentrig", "--values", RBAC, *EVERYTHING)
    by_kind = {item["kind"]: item for item in objects}
    pod = by_kind["Job"]["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = [mount["name"] for mount in pod["containers"][0]["volumeMounts"]]
    assert sorted(mounts) == sorted(volumes)
    assert volumes["scenarios"]["configMap"]["name"] == by_kind["ConfigMap"]["metadata"]["name"]


def test_changed_scenarios_change_the_pod(render: Render) -> None:
    sums = set()
    for text in ("one", "two"):
        objects = render(
            "agentrig", "--set=mode=cronjob", f"--set=scenarios.inline.a\\.yaml={text}"
        )
        (cronjob,) = [item for item in objects if item["kind"] == "CronJob"]
        template = cronjob["spec"]["jobTemplate"]["spec"]["template"]
        sums.add(template["metadata"]["annotations"]["checksum/scenarios"])
    assert len(sums) == 2


@pytest.mark.parametrize("mode", ["job", "cronjob"])
def test_retries_follow_the_exit_codes(mode: str, render: Render) -> None:
    objects = render("agentrig", f"--set=mode={mode}")
    (workload,) = [item for item in objects if item["kind"] in {"Job", "CronJob"}]
    spec = workload["spec"] if mode == "job" else workload["spec"]["jobTemplate"]["spec"]
    pod = spec["template"]["spec"]
    fail, ignore = spec["podFailurePolicy"]["rules"]
    assert pod["restartPolicy"] == "Never"
    assert fail == {
        "action": "FailJob",
        "onExitCodes": {"containerName": "runner", "operator": "In", "values": [1, 4, 5]},
    }
    assert [container["name"] for container in pod["containers"]] == ["runner"]
    assert ignore == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }


@pytest.mark.parametrize(
    ("deadline", "ending", "own"), [(1800, 60, 1740), (121, 60, 61), (120, 60, None), (8, 5, None)]
)
def test_a_pod_ends_before_its_job_deletes_it(
    deadline: int, ending: int, own: int | None, render: Render
) -> None:
    options = [
        f"--set=job.activeDeadlineSeconds={deadline}",
        f"--set=terminationGracePeriodSeconds={ending}",
    ]
    (job,) = [item for item in render("agentrig", *options) if item["kind"] == "Job"]
    assert job["spec"]["activeDeadlineSeconds"] == deadline
    assert job["spec"]["template"]["spec"].get("activeDeadlineSeconds") == own


@pytest.mark.parametrize("values", VALUES, ids=[path.stem for path in VALUES])
def test_every_object_has_the_labels_and_annotations_of_all(values: Path, render: Render) -> None:
    options = ["--values", values, "--set=commonLabels.a=b", "--set=commonAnnotations.c=d"]
    for item in render("agentrig", *options, "--set=extraObjects=null"):
        metadata = item["metadata"]
        assert metadata["labels"]["a"] == "b", item["kind"]
        assert metadata["labels"]["app.kubernetes.io/part-of"] == "agentrig", item["kind"]
        assert metadata["annotations"]["c"] == "d", item["kind"]


@pytest.mark.parametrize("mode", ["sharded", "cronjob"])
def test_a_shard_that_fails_leaves_the_others_alone(mode: str, render: Render) -> None:
    objects = render("agentrig", f"--set=mode={mode}", "--set=shards.count=3")
    (workload,) = [item for item in objects if item["kind"] in {"Job", "CronJob"}]
    spec = workload["spec"] if mode == "sharded" else workload["spec"]["jobTemplate"]["spec"]
    invalid, failed, ignore = spec["podFailurePolicy"]["rules"]
    assert (invalid["action"], invalid["onExitCodes"]["values"]) == ("FailJob", [4])
    assert (failed["action"], failed["onExitCodes"]["values"]) == ("FailIndex", [1, 5])
    assert ignore["action"] == "Ignore"
    # With a limit of its own the Job would count the failures of all shards together.
    assert "backoffLimit" not in spec
    assert spec["completionMode"] == "Indexed"


@pytest.mark.parametrize(
    ("repository", "image"),
    [
        ("agentrig", "reg.test/agentrig:0.1.0"),
        ("qa/agentrig", "reg.test/qa/agentrig:0.1.0"),
        ("other.test/agentrig", "other.test/agentrig:0.1.0"),
        ("other:5000/agentrig", "other:5000/agentrig:0.1.0"),
        ("localhost/agentrig", "localhost/agentrig:0.1.0"),
    ],
)
def test_the_registry_of_all_charts_is_for_images_without_one(
    repository: str, image: str, render: Render
) -> None:
    options = ["--set=global.imageRegistry=reg.test/", f"--set=image.repository={repository}"]
    (job,) = [item for item in render("agentrig", *options) if item["kind"] == "Job"]
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == image


def test_pull_secrets_are_named_once(render: Render) -> None:
    options = [
        "--set-json",
        'global.imagePullSecrets=["a",{"name":"b"}]',
        "--set-json",
        'imagePullSecrets=[{"name":"b"},{"name":"c"}]',
    ]
    (job,) = [item for item in render("agentrig", *options) if item["kind"] == "Job"]
    secrets = job["spec"]["template"]["spec"]["imagePullSecrets"]
    assert [secret["name"] for secret in secrets] == ["a", "b", "c"]


def test_runs_have_ids_of_their_own(render: Render) -> None:
    ids = {}
    for mode in ("job", "cronjob", "hook"):
        text = json.dumps(render("agentrig", f"--set=mode={mode}"))
        ids[mode] = re.search(r'"AGENTRIG_RUN_RUN_ID", ("value".*?|"valueFrom".*?})}', text)
    found = {mode: match[1] for mode, match in ids.items() if match}
    assert '"rel-1"' in found["job"]
    assert "batch.kubernetes.io/job-name" in found["cronjob"]
    assert "$(AGENTRIG_POD_UID)" in found["hook"]


def test_demo_services_select_their_pods(render: Render) -> None:
    objects = render("demo-agents", namespace="demo")
    templates = {
        item["metadata"]["name"]: item["spec"]["template"]
        for item in objects
        if item["kind"] == "Deployment"
    }
    services = {
        item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "Service"
    }
    assert len(templates) == len(services) == 10
    for name, service in services.items():
        deployment = name.removesuffix("-app") if name.endswith("-app") else f"{name}-sidecar"
        selected = [
            other
            for other, template in templates.items()
            if service["selector"].items() <= template["metadata"]["labels"].items()
        ]
        assert selected == [deployment]
        (container,) = templates[deployment]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert {port["targetPort"]: port["port"] for port in service["ports"]} == ports


def test_works_below_another_chart(tmp_path: Path, render: Render) -> None:
    parent = tmp_path / "agent"
    shutil.copytree(CHARTS / "agentrig", parent / "charts" / "agentrig")
    chart = {"apiVersion": "v2", "name": "agent", "version": "1.0.0"}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(chart), encoding="utf-8")
    values = {"agentrig": {"mode": "hook"}, "global": {"team": "qa"}}
    (parent / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    (pod,) = [item for item in render(parent) if item["kind"] == "Pod"]
    assert pod["metadata"]["name"] == "rel-agentrig-test"


def test_versions_agree() -> None:
    for chart in ("agentrig", "demo-agents"):
        meta = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text("utf-8"))
        values = yaml.safe_load((CHARTS / chart / "values.yaml").read_text("utf-8"))
        versions = {meta["version"], meta["appVersion"], values["image"]["tag"]}
        assert versions == {agentrig.__version__}


def test_generated_files_are_up_to_date() -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "ci" / "generate", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("chart", ["agentrig", "demo-agents"])
def test_schemas_close_every_map_and_compile(chart: str) -> None:
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text("utf-8"))
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    for name, part in parts(schema, ""):
        if "properties" in part:
            # A parent chart's globals are for others too.
            assert name == ".global" or part.get("additionalProperties") is False, name
        if "pattern" in part:
            re.compile(part["pattern"])
        assert set(part) <= KEYWORDS, name


KEYWORDS = {
    "$schema",
    "additionalProperties",
    "default",
    "description",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "properties",
    "propertyNames",
    "required",
    "title",
    "type",
    "uniqueItems",
}


def parts(schema: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema within `schema` with its name."""
    if not isinstance(schema, dict):
        return
    yield name, schema
    for key, part in schema.get("properties", {}).items():
        yield from parts(part, f"{name}.{key}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        yield from parts(schema.get(keyword), f"{name}.{keyword}")


@pytest.mark.parametrize(
    ("url", "peer", "port"),
    [
        ("https://search.logging.svc.cluster.local:9200/x", "logging", 9200),
        ("http://search.logging.svc", "logging", 80),
        ("https://search", "qa", 443),
        ("https://10.1.2.3", "10.1.2.3/32", 443),
        ("https://[2001:db8::1]:9200", "2001:db8::1/128", 9200),
    ],
)
def test_a_policy_opens_the_way_that_a_url_tells(
    url: str, peer: str, port: int, render: Render
) -> None:
    options = ["--set=networkPolicy.enabled=true", f"--set-string=results.search.url={url}"]
    policies = [item for item in render("agentrig", *options) if item["kind"] == "NetworkPolicy"]
    (last,) = policies[0]["spec"]["egress"][2:]
    (to,) = last["to"]
    told = to.get("ipBlock", {}).get("cidr") or to["namespaceSelector"]["matchLabels"]
    assert told in (peer, {"kubernetes.io/metadata.name": peer})
    assert last["ports"] == [{"port": port, "protocol": "TCP"}]


def test_results_of_a_policed_run_in_a_volume_need_no_way_out(render: Render) -> None:
    options = ["--set=networkPolicy.enabled=true", "--set=results.persistence.create=true"]
    (policy,) = [item for item in render("agentrig", *options) if item["kind"] == "NetworkPolicy"]
    assert len(policy["spec"]["egress"]) == 2


@pytest.mark.parametrize("user", ["10001", "null"])
def test_a_volume_for_results_is_the_users_where_the_chart_chooses_it(
    user: str, render: Render
) -> None:
    options = [
        "--set=results.persistence.create=true",
        f"--set=podSecurityContext.runAsUser={user}",
    ]
    (job,) = [item for item in render("agentrig", *options) if item["kind"] == "Job"]
    context = job["spec"]["template"]["spec"]["securityContext"]
    # OpenShift gives the group with the user, and refuses any other.
    assert context.get("fsGroup") == (10001 if user == "10001" else None)
    assert context.get("fsGroupChangePolicy") == (None if user == "null" else "OnRootMismatch")


@pytest.mark.parametrize("policed", [True, False])
def test_what_installs_dashboards_is_no_run_and_goes_nowhere_else(
    policed: bool,  # noqa: FBT001  # parametrized
    render: Render,
) -> None:
    values = CHARTS / "agentrig" / "ci" / "dashboards-values.yaml"
    options = ["--values", values, f"--set=networkPolicy.enabled={str(policed).lower()}"]
    objects = render("agentrig", *options)
    component = "app.kubernetes.io/component"
    jobs = {
        item["metadata"]["labels"][component]: item for item in objects if item["kind"] == "Job"
    }
    assert set(jobs) == {"runner", "dashboards"}
    assert jobs["dashboards"]["metadata"]["annotations"]["helm.sh/hook"] == (
        "post-install,post-upgrade"
    )
    assert "annotations" not in jobs["runner"]["metadata"]
    pod = jobs["dashboards"]["spec"]["template"]
    assert pod["metadata"]["labels"][component] == "dashboards"
    assert pod["spec"]["automountServiceAccountToken"] is False
    policies = {
        item["spec"]["podSelector"]["matchLabels"][component]: item["spec"]
        for item in objects
        if item["kind"] == "NetworkPolicy"
    }
    assert set(policies) == ({"runner", "dashboards"} if policed else set())
    if policed:
        ports = {
            name: [rule.get("ports", [{}])[0].get("port") for rule in policy["egress"]]
            for name, policy in policies.items()
        }
        assert ports == {"runner": [53, None, 9200], "dashboards": [53, 5601]}
