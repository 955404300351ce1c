"""The kind `kubernetes`, against an API in memory and against the demo's stand-in."""

from __future__ import annotations

import importlib.util
import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.demo.embedded import Demo, running_demo
from agentrig.events import Outcome, ScenarioFinished, StepFinished
from agentrig.kubernetes import Cluster, KubernetesSettings
from tests.support.bench import Bench
from tests.support.kube_api import Asked, KubeApi, forbidden, running_kube_api, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.rig import Rig

CONFIG = "/api/v1/namespaces/demo/configmaps/one"
DEPLOYMENT = "/apis/apps/v1/namespaces/demo/deployments/one"
PODS = "/api/v1/namespaces/demo/pods"
MANIFEST: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "one"},
    "data": {"a": "1"},
}
SIDECAR = "deployment/gymcoach-sidecar"


@pytest.fixture(scope="module")
def running_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("kubernetes")) as bench:
        yield bench


@pytest.fixture
def api() -> Iterator[KubeApi]:
    with running_kube_api() as running:
        yield running


@pytest.fixture
def bench(running_bench: Bench, api: KubeApi) -> Bench:
    running_bench.kubernetes = KubernetesSettings(namespace="demo", server=api.url)
    return running_bench


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo() as running:
        yield running


@pytest.fixture
def demo_bench(running_bench: Bench, demo: Demo) -> Bench:
    running_bench.kubernetes = KubernetesSettings(namespace="demo", server=demo.kube_server)
    return running_bench


def steps(bench: Bench, *written: Mapping[str, Any], **scenario: Any) -> list[StepFinished]:
    document = {"name": "x", **scenario, "steps": [dict(one) for one in written]}
    return bench.run(yaml.safe_dump(document, sort_keys=False), {})


def act(action: str, /, **more: Any) -> dict[str, Any]:
    expect = {"expect": more.pop("expect")} if "expect" in more else {}
    capture = {"capture": more.pop("capture")} if "capture" in more else {}
    return {"kubernetes": {action: more}, **expect, **capture}


def passes(bench: Bench, *written: Mapping[str, Any], **scenario: Any) -> None:
    found = steps(bench, *written, **scenario)
    assert [one.message for one in found if one.outcome is not Outcome.PASSED] == []
    assert len(found) == len(written)


def fails(bench: Bench, *written: Mapping[str, Any]) -> str:
    last = steps(bench, *written)[-1]
    assert last.outcome is Outcome.FAILED, last
    check = last.checks[-1]
    assert check.outcome is Outcome.FAILED
    assert check.at is not None, "a failed check stands at a line"
    return str(last.message)


def is_error(bench: Bench, *written: Mapping[str, Any]) -> str:
    last = steps(bench, *written)[-1]
    assert last.outcome is Outcome.ERROR, last
    return str(last.message)


def ended(bench: Bench, *written: Mapping[str, Any]) -> ScenarioFinished:
    document = {"name": "x", "steps": [dict(one) for one in written]}
    last = bench.events(yaml.safe_dump(document, sort_keys=False), {})[-1]
    assert isinstance(last, ScenarioFinished)
    return last


def calls(api: KubeApi, *methods: str) -> list[str]:
    return [f"{one.method} {one.path}" for one in api.asked if one.method in methods]


def test_what_is_applied_is_given_and_deleted_in_the_teardown(api: KubeApi, bench: Bench) -> None:
    passes(
        bench,
        act(
            "apply",
            manifest=MANIFEST,
            capture={"name": {"jq": ".metadata.name"}},
            expect={"checks": [{"jq": ".data.a", "equals": "1"}]},
        ),
        act("patch", object="configmap/${name}", merge={"data": {"b": "2"}}),
        act("wait", object="cm/one", jq='.data == {"a": "1", "b": "2"}'),
    )
    assert CONFIG not in api.objects


def test_several_manifests_are_a_list_and_are_undone_the_other_way_round(
    api: KubeApi, bench: Bench
) -> None:
    other = {**MANIFEST, "metadata": {"name": "two", "namespace": "there"}}
    passes(
        bench,
        act(
            "apply",
            manifest=[MANIFEST, other],
            expect={"checks": [{"jq": "map(.metadata.name)", "equals": ["one", "two"]}]},
        ),
    )
    assert calls(api, "DELETE") == [
        "DELETE /api/v1/namespaces/there/configmaps/two",
        f"DELETE {CONFIG}",
    ]


def test_manifests_come_from_a_file_beside_the_scenario(
    api: KubeApi, running_bench: Bench, bench: Bench
) -> None:
    (running_bench.folder / "m.yaml").write_text(
        yaml.safe_dump_all([MANIFEST, {**MANIFEST, "metadata": {"name": "two"}}])
    )
    passes(bench, act("apply", file="m.yaml", restore=False), act("delete", file="m.yaml"))
    assert [path.rpartition("/")[2] for path in calls(api, "PATCH", "DELETE")] == [
        *("one", "two", "two", "one"),
    ]


def test_what_existed_is_put_back(api: KubeApi, bench: Bench) -> None:
    api.put(CONFIG, data={"a": "0", "b": "x"})
    passes(
        bench,
        act("apply", manifest=MANIFEST),
        act("delete", object="cm/other", ignore_missing=True),
    )
    assert api.objects[CONFIG]["data"] == {"a": "0", "b": "x"}


def test_changes_of_several_steps_are_put_back_in_reverse_order(api: KubeApi, bench: Bench) -> None:
    api.put(DEPLOYMENT, spec={"replicas": 1, "paused": False}, status=rolled_out(9))
    values: list[Any] = []

    def patched(asked: Asked) -> None:
        if asked.method == "PATCH":
            values.append(asked.body["spec"]["replicas"])

    api.rules.append(patched)
    passes(
        bench,
        act("scale", object="deployment/one", replicas=2),
        act("scale", object="deployment/one", replicas=3),
        act("patch", object="deployment/one", merge={"spec": {"replicas": 4}}),
    )
    assert values == [2, 3, 4, 3, 2, 1]
    assert api.objects[DEPLOYMENT]["spec"] == {"replicas": 1, "paused": False}


def rolled_out(generation: int) -> dict[str, Any]:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 9)
    return {"observedGeneration": generation, **counts}


@pytest.mark.parametrize("action", ["scale", "patch", "apply"])
def test_restore_false_leaves_the_change(api: KubeApi, bench: Bench, action: str) -> None:
    api.put(DEPLOYMENT, spec={"replicas": 1}, status=rolled_out(9))
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "one"}}
    written = {
        "scale": act("scale", object="deployment/one", replicas=2, restore=False),
        "patch": act("patch", object="deployment/one", merge={"spec": {"replicas": 2}}, restore=False),
        "apply": act("apply", manifest={**manifest, "spec": {"replicas": 2}}, restore=False),
    }  # fmt: skip
    passes(bench, written[action])
    assert api.objects[DEPLOYMENT]["spec"]["replicas"] == 2
    assert len(calls(api, "PATCH")) == 1


@pytest.mark.parametrize(
    "then",
    [
        {"kubernetes": {"wait": {"object": "cm/one", "for": "condition=Never", "within": "1ms"}}},
        {"wait": "30s", "timeout": "31s", "name": "cut off by the scenario's timeout"},
    ],
    ids=["failed", "timeout"],
)
def test_a_change_is_put_back_after_a_failure_and_after_a_timeout(
    api: KubeApi, bench: Bench, then: dict[str, Any]
) -> None:
    api.put(CONFIG, data={"a": "0"})
    patch = act("patch", object="cm/one", merge={"data": {"a": "9"}})
    found = steps(bench, patch, then, timeout="300ms")
    assert found[-1].outcome is Outcome.FAILED
    assert api.objects[CONFIG]["data"] == {"a": "0"}


def test_a_change_that_was_cut_off_is_put_back(api: KubeApi, bench: Bench) -> None:
    """The API took the patch, and its answer did not come before the step's end."""
    api.put(CONFIG, data={"a": "0"})
    over = threading.Event()

    def late(asked: Asked) -> tuple[int, Any]:
        api.rules.pop(0)
        answer = api.answer(asked)
        over.wait(10)
        return answer

    api.on("PATCH", CONFIG, late)
    patch = act("patch", object="cm/one", merge={"data": {"a": "9"}})
    found = steps(bench, {**patch, "timeout": "300ms"})
    over.set()
    assert "no end within 300 ms" in str(found[-1].message)
    assert api.objects[CONFIG]["data"] == {"a": "0"}


def test_a_restore_that_fails_is_an_error_of_the_infrastructure(api: KubeApi, bench: Bench) -> None:
    api.put(CONFIG, data={"a": "0"})

    def refuse_the_second(asked: Asked) -> tuple[int, Any] | None:
        patches = calls(api, "PATCH")
        refused = asked.method == "PATCH" and len(patches) == 2
        return forbidden("patch", "configmaps") if refused else None

    api.rules.append(refuse_the_second)
    found = ended(bench, act("patch", object="cm/one", merge={"data": {"a": "9"}}))
    assert found.outcome is Outcome.ERROR
    assert "teardown: cannot restore cm/one in namespace demo: " in str(found.message)
    assert "verbs: [patch]" in str(found.message)


def test_a_refused_apply_is_one_error_and_not_two(api: KubeApi, bench: Bench) -> None:
    """Who may not create may not delete either: the teardown must not try."""
    api.on("PATCH", CONFIG, forbidden("create", "configmaps"))
    api.on("DELETE", CONFIG, forbidden("delete", "configmaps"))
    found = ended(bench, act("apply", manifest=MANIFEST))
    assert found.outcome is Outcome.ERROR
    assert "cannot apply configmap/one in namespace demo" in str(found.message)
    assert "verbs: [create]" in str(found.message)
    assert found.details is None


def test_what_the_scenario_deleted_itself_is_not_put_back(api: KubeApi, bench: Bench) -> None:
    api.put(CONFIG, data={"a": "0"})
    found = ended(
        bench,
        act("patch", object="cm/one", merge={"data": {"a": "9"}}),
        act("delete", object="cm/one", expect={"checks": [{"jq": ".data.a", "equals": "9"}]}),
    )
    assert (found.outcome, found.message) == (Outcome.PASSED, None)
    assert CONFIG not in api.objects


def test_json_and_strategic_patches(api: KubeApi, bench: Bench) -> None:
    api.put(CONFIG, data={"a": "0"})
    operations = [{"op": "add", "path": "/data/b", "value": "${vars.b}"}]
    api.on("PATCH", CONFIG, (200, {**MANIFEST, "data": {"a": "0", "b": "1"}}))
    passes(
        bench,
        {"kubernetes": {"patch": {"object": "cm/one", "json": operations, "restore": False}}},
        act("patch", object="cm/one", strategic={"data": {}}, restore=False),
        vars={"b": "x"},
    )
    sent = [one for one in api.asked if one.method == "PATCH"]
    assert sent[0].body == [{"op": "add", "path": "/data/b", "value": "x"}]
    assert [one.content_type for one in sent] == [
        *("application/json-patch+json", "application/strategic-merge-patch+json"),
    ]


def test_what_is_not_gone_in_time_fails(api: KubeApi, bench: Bench) -> None:
    api.put(CONFIG, metadata={"finalizers": ["a/b"]})
    api.on("DELETE", CONFIG, (200, status(200, "", "")))
    message = fails(bench, act("delete", object="cm/one", within="10ms"))
    assert message == (
        "[delete cm/one] cm/one in namespace demo was deleted: "
        "it is still there after 0.01 s (finalizers: a/b)"
    )
    passes(bench, act("delete", object="cm/one", wait=False))


def test_delete_of_what_is_not_there_is_an_error(bench: Bench) -> None:
    assert "cannot delete cm/one in namespace demo: " in is_error(
        bench, act("delete", object="cm/one")
    )


def pod(**conditions: str) -> dict[str, Any]:
    listed = [{"type": key, "status": value} for key, value in conditions.items()]
    return {"status": {"conditions": listed, "phase": "Running"}}


@pytest.mark.parametrize(
    "wanted",
    [
        {"for": "condition=Ready"},
        {"for": "condition=Old=False"},
        {"jq": '.status.phase == "Running"'},
        {"jq": ".status.phase == $phase"},
    ],
)
def test_a_wait_gives_the_object(api: KubeApi, bench: Bench, wanted: dict[str, str]) -> None:
    api.put(f"{PODS}/x", **pod(Ready="True", Old="False"))
    wait = act("wait", object="pod/x", **wanted)
    wait["expect"] = {"checks": [{"jq": ".metadata.name", "equals": "x"}]}
    passes(bench, wait, vars={"phase": "Running"})


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"for": "condition=Ready"}, "condition Ready is False, after 0.1 s"),
        ({"for": "condition=Ready=Unknown"}, "condition Ready is False, after 0.1 s"),
        ({"for": "condition=No"}, "it has no condition No (it has: Ready), after 0.1 s"),
        ({"for": "deleted"}, "it is still there after 0.1 s"),
        ({"jq": ".status.phase"}, "'.status.phase' gives \"Running\", not true, after 0.1 s"),
        ({"jq": "[]|implode == 1"}, "'[]|implode == 1' gives false, not true, after 0.1 s"),
        ({"jq": ".status|error"}, "'.status|error' fails: "),
    ],
)
def test_what_does_not_come_true_in_time_fails(
    api: KubeApi, bench: Bench, wanted: dict[str, str], problem: str
) -> None:
    api.put(f"{PODS}/x", **pod(Ready="False"))
    message = fails(bench, act("wait", object="pod/x", within="100ms", **wanted))
    assert message.startswith(f"[wait pod/x] pod/x in namespace demo: {problem}")


def test_a_wait_ends_before_its_step_does(api: KubeApi, bench: Bench) -> None:
    """So that the message says what was waited for, and not that time ran out."""
    api.put(f"{PODS}/x", **pod(Ready="False"))
    wait = {**act("wait", object="pod/x", **{"for": "condition=Ready"}), "timeout": "1500ms"}
    assert "condition Ready is False, after " in fails(bench, wait)


def test_a_rollout_that_does_not_end_is_an_error_of_the_infrastructure(
    api: KubeApi, bench: Bench
) -> None:
    selector = {"matchLabels": {"app": "one"}}
    api.put(
        DEPLOYMENT, spec={"replicas": 1, "selector": selector}, status={"observedGeneration": 1}
    )
    message = is_error(bench, act("rollout", object="deployment/one", within="10ms"))
    assert message == (
        "[rollout deployment/one] deployment/one in namespace demo is not rolled out "
        "after 0.01 s: 0 of 1 replicas updated"
    )


def log(api: KubeApi, *lines: str) -> None:
    api.put(f"{PODS}/x", spec={"containers": [{"name": "main"}]})
    api.on("GET", f"{PODS}/x/log", (200, "".join(f"{line}\n" for line in lines)))


NEW, OLD = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("wanted", [{"contains": "b=1"}, {"matches": r"b=\d"}])
def test_log_lines_since_the_scenario_began(
    api: KubeApi, bench: Bench, wanted: dict[str, str]
) -> None:
    log(api, f"{OLD} a b=1", f"{NEW} c b=1", f"{NEW} d")
    line = {"pod": "x", "container": "main", "text": "c b=1"}
    search = act("logs", object="pod/x", **wanted)
    search["expect"] = {"checks": [{"jq": ".", "equals": [line]}, {"body": {"equals": "c b=1\n"}}]}
    passes(bench, search, {**search, "kubernetes": {"logs": {**search["kubernetes"]["logs"], "since": "step"}}})  # fmt: skip


def test_a_line_that_does_not_come_fails(api: KubeApi, bench: Bench) -> None:
    log(api, f"{NEW} something else")
    message = fails(bench, act("logs", selector="app=x", contains="b=1", within="10ms"))
    assert message == (
        "[logs app=x] no log line contains 'b=1' within 0.01 s: 1 lines of x were read, the last:\n"
        "  x/main: something else"
    )


def test_an_api_that_is_not_there_is_an_error(running_bench: Bench) -> None:
    running_bench.kubernetes = KubernetesSettings(server="http://127.0.0.1:9", namespace="demo")
    message = is_error(running_bench, act("scale", object="deployment/one", replicas=1))
    assert message.startswith(
        "[scale deployment/one] cannot get deployment/one in namespace demo: "
        "the API at http://127.0.0.1:9 does not answer: "
    )


@pytest.mark.parametrize(
    "written",
    [
        act("scale", object="deployment/one", replicas=1),
        act("wait", object="deployment/one", jq="true"),
        act("logs", object="deployment/one", contains="x"),
    ],
    ids=["scale", "wait", "logs"],
)
def test_an_api_that_does_not_answer_in_the_steps_time_is_an_error(
    api: KubeApi, bench: Bench, written: dict[str, Any]
) -> None:
    hangs = threading.Event()
    api.on("GET", DEPLOYMENT, lambda _: (503, {}) if hangs.wait(20) else (500, {}))
    message = is_error(bench, {**written, "name": "Ask", "timeout": "1s"})
    hangs.set()
    assert message == "[Ask] the API of the cluster does not answer within 1 s"


def test_each_step_may_name_its_namespace(api: KubeApi, bench: Bench) -> None:
    api.put(CONFIG.replace("demo", "there"), data={})
    passes(bench, act("wait", object="cm/one", jq=".data == {}", namespace="there"))


def test_env_is_set_seen_and_put_back(demo: Demo, demo_bench: Bench) -> None:
    cluster = Cluster(KubernetesSettings(namespace="demo", server=demo.kube_server))
    before = cluster.get(SIDECAR)["spec"]
    passes(
        demo_bench,
        act("set_env", object=SIDECAR, env={"OPA_PROXY_MODE": "off", "NEW": "${vars.new}"}),
        act("rollout", object=SIDECAR),
        act("exec", object=SIDECAR, command=["printenv", "NEW"], expect=body("x y\n")),
        act("set_env", object=SIDECAR, env={"NEW": None}, container="sidecar"),
        act("rollout", object=SIDECAR, restart=True),
        act("exec", object=SIDECAR, command=["printenv", "NEW"], expect={"exit_code": 1}),
        vars={"new": "x y"},
    )
    assert {**cluster.get(SIDECAR)["spec"], "template": None} == {**before, "template": None}
    env = cluster.get(SIDECAR)["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env == before["template"]["spec"]["containers"][0]["env"]
    cluster.close()


def body(text: str) -> dict[str, Any]:
    return {"checks": [{"body": {"equals": text}}]}


def test_an_exit_code_but_0_fails_unless_it_is_expected(demo_bench: Bench) -> None:
    def run(*command: str, **expect: Any) -> dict[str, Any]:
        return act("exec", object=SIDECAR, command=list(command), expect=expect)

    assert fails(demo_bench, run("printenv", "NONE")).endswith("exit code 1, expected 0")
    assert fails(demo_bench, run("printenv", "OPA_PROXY_MODE", exit_code=3)).endswith(
        "exit code 0, expected 3: track"
    )
    asked = {"jq": ".exit_code", "one_of": [1, 2]}
    passes(
        demo_bench, run("printenv", "NONE", exit_code=1), run("printenv", "NONE", checks=[asked])
    )
    elsewhere = {"jq": ".stdout", "equals": ""}
    assert "exit code 1" in fails(demo_bench, run("printenv", "NONE", checks=[elsewhere]))
    assert "executable file not found" in is_error(demo_bench, run("ls"))


def test_scale_to_none_and_back(demo: Demo, demo_bench: Bench) -> None:
    passes(
        demo_bench,
        act("scale", object=SIDECAR, replicas=0),
        act("rollout", object=SIDECAR),
        act("wait", object=SIDECAR, jq=".status.replicas == null"),
    )
    cluster = Cluster(KubernetesSettings(namespace="demo", server=demo.kube_server))
    assert cluster.get(SIDECAR)["status"]["availableReplicas"] == 1
    cluster.close()


def test_without_the_extra_the_way_out_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, package=None: None if name == "lightkube" else found(name, package),
    )
    rig.write("a.yaml", "name: a\nsteps: [{kubernetes: {wait: {object: cm/one, jq: .data}}}]\n")
    ran = rig.here("lint", "a.yaml")
    assert ran.code == 4
    assert "error: this step needs lightkube" in ran.out
    assert "pip install 'agentrig[kubernetes]'" in ran.out


SCENARIO = """
name: patched, then interrupted
steps:
  - kubernetes: {patch: {object: cm/one, merge: {data: {a: "9"}}}}
  - {wait: 50s}
"""


def test_an_interrupted_run_puts_back_what_it_changed(
    rig: Rig, api: KubeApi, until: Callable[[Callable[[], Any]], None]
) -> None:
    api.put(CONFIG, data={"a": "0"})
    rig.write("a.yaml", SCENARIO)
    server = ("--kube-server", api.url, "--namespace", "demo")
    with rig.started("a.yaml", *server) as process:
        until(lambda: api.objects[CONFIG]["data"] == {"a": "9"})
        process.send_signal(signal.SIGINT)
        ran = rig.ended(process)
    assert (ran.code, ran.outcomes()) == (2, {"a": "interrupted"}), ran.said
    assert api.objects[CONFIG]["data"] == {"a": "0"}


def test_a_run_gives_its_namespace_and_its_context_to_the_steps(rig: Rig, api: KubeApi) -> None:
    api.put(CONFIG.replace("demo", "there"), data={})
    rig.write(
        "a.yaml", 'name: a\nsteps: [{kubernetes: {wait: {object: cm/one, jq: ".data == {}"}}}]\n'
    )
    ran = rig.run("a.yaml", "--kube-server", api.url, "--namespace", "there")
    assert ran.code == 0, ran.said
    config = {
        "apiVersion": "v1",
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "two", "context": {"cluster": "c", "user": "u"}}],
    }
    rig.write("config", json.dumps(config))
    env = {"KUBECONFIG": str(rig.folder / "config")}
    assert rig.run("a.yaml", "--context", "two", "--namespace", "there", env=env).code == 0
    ran = rig.run("a.yaml", "--context", "nosuch", "--namespace", "there", env=env)
    assert ran.code == 3
    assert "Context 'nosuch' not found" in ran.out
