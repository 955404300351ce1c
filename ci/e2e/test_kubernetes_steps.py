"""Steps of the kind `kubernetes` on a real API: each action, and what the teardown puts back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from e2e.commands import ROOT, WITHIN_S, finish, get, kubectl, until
from e2e.workloads import deployment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """A run of one scenario that ended."""

    code: int
    out: str
    steps: list[Any]

    def named(self, name: str) -> Any:
        return next(one for one in self.steps if one["name"] == name)


@dataclass(frozen=True)
class Runner:
    """Runs scenarios of this machine in a namespace of the cluster."""

    folder: Path
    namespace: str

    def command(self, scenario: Mapping[str, Any], *args: str) -> list[str]:
        file = self.folder / "scenario.yaml"
        file.write_text(yaml.safe_dump(dict(scenario), sort_keys=False), encoding="utf-8")
        results = ("--results", str(self.folder / "results"))
        return ["agentrig", "run", str(file), "--namespace", self.namespace, *results, *args]

    def run(
        self, *steps: Mapping[str, Any], kubeconfig: Path | None = None, **scenario: Any
    ) -> Ran:
        document = {"name": "x", **scenario, "steps": list(steps)}
        environment = {"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}
        done = subprocess.run(
            self.command(document),
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=WITHIN_S,
            env={**os.environ, **environment},
        )
        return Ran(done.returncode, done.stdout + done.stderr, self.steps())

    def steps(self) -> list[Any]:
        journal = self.folder / "results" / "events.jsonl"
        if not journal.exists():
            return []
        lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
        return [one["event"] for one in lines if one["kind"] == "step.finished"]

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Make an object as somebody else would, before the run."""
        kubectl("apply", "-n", self.namespace, "-f", "-", stdin=json.dumps(manifest))

    def rolled_out(self, name: str) -> None:
        kubectl("rollout", "status", f"deployment/{name}", "-n", self.namespace, "--timeout=120s")

    def get(self, kind: str, name: str) -> Any:
        return get(kind, name, self.namespace)

    def names(self, kind: str) -> list[str]:
        listed = json.loads(kubectl("get", kind, "-n", self.namespace, "-o", "json"))["items"]
        return [one["metadata"]["name"] for one in listed]


@pytest.fixture
def runner(tmp_path: Path, namespace: str) -> Runner:
    return Runner(tmp_path, namespace)


@pytest.fixture
def existing(runner: Runner) -> dict[str, Any]:
    """A Deployment that was there before the run; give it as it was."""
    runner.apply(deployment(MODE="before"))
    runner.rolled_out("one")
    return settled(runner)


def settled(runner: Runner) -> dict[str, Any]:
    """Give the Deployment without what its controller and the API server write."""
    shown = ("-n", runner.namespace, "-o", "json", "--show-managed-fields")
    found: dict[str, Any] = json.loads(kubectl("get", "deployment", "one", *shown))
    for key in ("generation", "resourceVersion"):
        del found["metadata"][key]
    found["metadata"]["annotations"].pop("deployment.kubernetes.io/revision")
    owned = [one for one in found["metadata"]["managedFields"] if not one.get("subresource")]
    found["metadata"]["managedFields"] = owned
    del found["status"]
    return found


def act(action: str, /, **more: Any) -> dict[str, Any]:
    beside: dict[str, Any] = {
        key: more.pop(key) for key in ("name", "expect", "capture", "timeout") if key in more
    }
    return {**beside, "kubernetes": {action: more}}


def checks(*written: Mapping[str, Any]) -> dict[str, Any]:
    return {"checks": [dict(one) for one in written]}


REF = "deployment/one"


def test_every_action_does_what_it_says_and_nothing_stays(runner: Runner) -> None:
    file = runner.folder / "one.manifest.yaml"
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"a": "1"},
    }
    file.write_text(yaml.safe_dump_all([deployment(MODE="first"), config]), encoding="utf-8")
    ran = runner.run(
        act("apply", file="one.manifest.yaml", expect=checks({"jq": "length", "equals": 2})),
        act("rollout", object=REF, expect=checks({"jq": ".status.availableReplicas", "equals": 1})),
        act("logs", object=REF, contains="mode first"),
        act("set_env", object=REF, container="main", env={"MODE": "second", "NONE": None}),
        act("rollout", object=REF),
        act("logs", selector="app=one", matches="^mode sec", capture={"pod": {"jq": ".[0].pod"}}),
        act(
            "exec",
            object="pod/${pod}",
            command=["python", "-c", "import os, sys; print(os.environ['MODE']); print('x', file=sys.stderr)"],
            expect=checks({"jq": ".", "equals": {"exit_code": 0, "stdout": "second\n", "stderr": "x\n"}}),
        ),
        act("exec", object=REF, command=["python", "-c", "raise SystemExit(7)"], expect={"exit_code": 7}),
        act("wait", object="pod/${pod}", **{"for": "condition=Ready"}),
        act("wait", object=REF, jq='.spec.template.spec.containers[0].env == [{name: "MODE", value: "second"}]'),
        act("rollout", object=REF, restart=True),
        act("wait", object="pod/${pod}", **{"for": "deleted"}),
        act("scale", object=REF, replicas=2),
        act("rollout", object=REF, expect=checks({"jq": ".status.readyReplicas", "equals": 2})),
        act("patch", object=REF, strategic={"spec": {"template": {"spec": {"containers": [{"name": "main", "env": [{"name": "B", "value": "b"}]}]}}}},
            expect=checks({"jq": "[.spec.template.spec.containers[0].env[].name]", "unordered_equals": ["MODE", "B"]})),
        act("patch", object="cm/c", merge={"data": {"a": None, "b": "2"}}, expect=checks({"jq": ".data", "equals": {"b": "2"}})),
        act("patch", object="cm/c", json=[{"op": "replace", "path": "/data/b", "value": "3"}], expect=checks({"jq": ".data.b", "equals": "3"})),
        act("delete", object="cm/c"),
        timeout="3m",
    )  # fmt: skip
    assert ran.code == 0, ran.out
    assert runner.names("deployments") == []
    assert "c" not in runner.names("configmaps")


@pytest.mark.parametrize("end", ["passes", "fails", "takes too long"])
def test_what_was_there_is_put_back_however_the_scenario_ends(
    runner: Runner, existing: dict[str, Any], end: str
) -> None:
    last = {
        "passes": act("logs", object=REF, contains="mode during"),
        "fails": act("wait", object=REF, jq='.metadata.name == "two"', within="1s"),
        "takes too long": {"wait": "50s"},
    }[end]  # fmt: skip
    ran = runner.run(
        act("set_env", object=REF, env={"MODE": "during", "NEW": "x"}),
        act("rollout", object=REF),
        act("scale", object=REF, replicas=2),
        act("patch", object=REF, merge={"metadata": {"labels": {"touched": "yes"}}}),
        last,
        timeout="40s" if end == "takes too long" else "2m",
    )
    assert ran.code == (0 if end == "passes" else 1), ran.out
    assert settled(runner) == existing
    # The rollout of what was put back is over.
    status = runner.get("deployment", "one")["status"]
    assert (status["replicas"], status["updatedReplicas"], status["availableReplicas"]) == (1, 1, 1)


def test_an_interrupted_run_puts_back_what_it_changed(
    runner: Runner, existing: dict[str, Any]
) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}}
    steps = [
        act("apply", manifest=config),
        act("set_env", object=REF, env={"MODE": "during"}),
        {"wait": "50s"},
    ]
    command = runner.command({"name": "x", "steps": steps})
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        until(lambda: len(runner.steps()) == 2, "two steps are over")
        assert "made" in runner.names("configmaps")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 2, out
    assert settled(runner) == existing
    assert "made" not in runner.names("configmaps")


def test_apply_puts_back_what_it_changed_again_and_again(
    runner: Runner, existing: dict[str, Any]
) -> None:
    """A second run must not be in conflict with what the first one left."""
    changed = deployment(MODE="during")
    refused = runner.run(act("apply", manifest=changed))
    assert refused.code == 3, refused.out
    assert "`force: true` takes the fields over" in refused.out
    for _ in range(2):
        ran = runner.run(act("apply", manifest=changed, force=True), act("rollout", object=REF))
        assert ran.code == 0, ran.out
        assert settled(runner) == existing


def test_a_misspelled_field_is_refused(runner: Runner) -> None:
    manifest = deployment()
    manifest["spec"]["replicsa"] = 2
    ran = runner.run(act("apply", manifest=manifest))
    assert ran.code == 3, ran.out
    assert "replicsa" in ran.out
    assert runner.names("deployments") == []


def test_a_rollout_that_cannot_end_says_why(runner: Runner) -> None:
    ran = runner.run(
        act("apply", manifest=deployment(image="localhost/nosuch:dev")),
        act("rollout", object=REF, within="10s"),
    )
    assert ran.code == 3, ran.out
    assert "deployment/one in namespace" in ran.out
    assert "is not rolled out after 10 s: 0 of 1 replicas available" in ran.out
    assert "container main: ErrImageNeverPull" in ran.out
    assert runner.names("deployments") == []


def test_what_does_not_come_is_a_failed_check(runner: Runner, existing: dict[str, Any]) -> None:
    assert existing
    ran = runner.run(act("logs", object=REF, contains="never said", within="2s"))
    assert ran.code == 1, ran.out
    assert "no log line contains 'never said' within 2 s" in ran.out
    ran = runner.run(act("wait", object="pod/nobody", within="1s", **{"for": "condition=Ready"}))
    assert ran.code == 1, ran.out
    assert "it is not there, after 1 s" in ran.out


DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.steps.example.com"},
    "spec": {
        "group": "steps.example.com",
        "scope": "Namespaced",
        "names": {
            "plural": "widgets",
            "singular": "widget",
            "kind": "Widget",
            "shortNames": ["wg"],
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "size": {"type": "integer"},
                                    "parts": {"type": "array", "items": {"type": "string"}},
                                },
                            },
                            "status": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            },
                        },
                    }
                },
            }
        ],
    },
}
WIDGET = {
    "apiVersion": "steps.example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "one"},
    "spec": {"size": 1, "parts": ["a"]},
    "status": {"conditions": [{"type": "Painted", "status": "False", "reason": "Dry"}]},
}


def test_custom_resources_are_objects_as_any_other(runner: Runner) -> None:
    ran = runner.run(
        act("apply", manifest=[DEFINITION, WIDGET]),
        act("patch", object="widget/one", merge={"spec": {"size": 2, "parts": None}}),
        act("wait", object="widgets.steps.example.com/one", jq=".spec == {size: 2}"),
        act("wait", object="wg.v1.steps.example.com/one", **{"for": "condition=Painted=False"}),
        act("delete", object="wg/one"),
        act("wait", object="widget/one", **{"for": "deleted"}),
    )
    assert ran.code == 0, ran.out
    assert "widgets.steps.example.com" not in kubectl("get", "crds", "-o", "name")


def test_what_the_account_may_not_do_is_told_with_the_rule_that_is_missing(
    runner: Runner, existing: dict[str, Any]
) -> None:
    kubeconfig = restricted(runner, [rule("apps", "deployments", "get"), rule("", "pods", "list")])
    ran = runner.run(act("set_env", object=REF, env={"A": "b"}), kubeconfig=kubeconfig)
    assert ran.code == 3, ran.out
    needed = "{apiGroups: [apps], resources: [deployments], verbs: [patch]}"
    assert f"cannot patch {REF} in namespace {runner.namespace}" in ran.out
    assert f"Role (the chart's `rbac.rules`) needs {needed}" in ran.out.replace("\n", " ")
    ran = runner.run(act("exec", object=REF, command=["true"]), kubeconfig=kubeconfig)
    assert ran.code == 3, ran.out
    assert "pods/exec" in ran.out
    ran = runner.run(act("wait", object="node/x", jq="true"), kubeconfig=kubeconfig)
    assert ran.code == 3, ran.out
    assert "ClusterRole needs" in ran.out
    assert settled(runner) == existing


def rule(group: str, resource: str, *verbs: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


def restricted(runner: Runner, rules: list[dict[str, Any]]) -> Path:
    """Make an account with these rules, and a kubeconfig that uses it."""
    subject = {"kind": "ServiceAccount", "name": "few-rights", "namespace": runner.namespace}
    api = "rbac.authorization.k8s.io"
    metadata = {"name": "few-rights"}
    role = {"apiGroup": api, "kind": "Role", "name": "few-rights"}
    for manifest in (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [subject],
            "roleRef": role,
        },
    ):
        runner.apply(manifest)
    token = kubectl("create", "token", "few-rights", "-n", runner.namespace).strip()
    config = yaml.safe_load(kubectl("config", "view", "--raw", "--flatten", "-o", "yaml"))
    config["users"] = [{"name": one["name"], "user": {"token": token}} for one in config["users"]]
    file = runner.folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


@pytest.mark.alone  # it changes one of the demo's deployments
def test_steps_work_from_within_the_cluster(install: Any, demo: str) -> None:
    ref = "deployment/research-agent-sidecar"
    before = get("deployment", "research-agent-sidecar", demo)["spec"]
    scenario = {
        "name": "from within",
        "steps": [
            act("set_env", object=ref, env={"OPA_PROXY_MODE": "enforce"}),
            act("rollout", object=ref),
            act("exec", object=ref, container="sidecar", command=["printenv", "OPA_PROXY_MODE"],
                expect=checks({"body": {"equals": "enforce\n"}})),
        ],
    }  # fmt: skip
    rules = [
        rule("apps", "deployments", "get", "patch"),
        rule("", "pods", "get", "list"),
        rule("", "pods/exec", "get", "create"),
    ]
    release = install(
        {
            "scenarios": {"inline": {"within.yaml": yaml.safe_dump(scenario)}},
            "rbac": {"rules": rules},
            "job": {"backoffLimit": 0},
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log
    assert get("deployment", "research-agent-sidecar", demo)["spec"] == before
