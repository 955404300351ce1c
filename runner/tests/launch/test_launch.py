"""`agentrig launch` and `attach` as processes: every ending, and what becomes of the release."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.launch import bundled_chart
from tests.launch.played import NAMESPACE, ending, running, template
from tests.support.cluster_objects import a_pod, terminated
from tests.support.golden import check_golden
from tests.support.kube_api import Asked, forbidden, status
from tests.support.webhook_server import SECRET, Answer, webhook_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.launch.played import Play

LAUNCH = ("launch", "run-1", "--no-preflight")


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_runs_code_is_the_commands_and_the_release_goes(play: Play, code: int) -> None:
    play.on_install = ending(play, code)
    ran = play.agentrig(*LAUNCH)
    assert ran.code == code, ran.said
    assert ran.summary()["exit_code"] == code
    # What became of the Job stands beside the tests where they do not say it themselves.
    assert ran.junit().tests == (2 if code == 3 else 1)
    assert play.commands() == ["install", "uninstall"]
    assert play.called[1][1:3] == ["run-1", f"--namespace={NAMESPACE}"]
    assert "release run-1 is uninstalled" in ran.err
    (pod,) = json.loads((ran.results / "pods.json").read_bytes())
    assert (pod["pod"], pod["exit_code"]) == ("run-1-agentrig-run-1-x7k2p", code)
    assert "hello" in (ran.results / pod["log"]).read_text()


def test_what_is_said_of_a_run_that_passes(play: Play, request: pytest.FixtureRequest) -> None:
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH, "--logs")
    said = re.sub(r"(?m)^ +\d+ s  ", "   0 s  ", ran.err)
    check_golden(request.path.parent / "golden/launch_passed.txt", f"{ran.out}--- stderr\n{said}")


def test_one_message_is_sent_for_the_run(play: Play) -> None:
    with webhook_server() as server:
        play.on_install = ending(play, 1)
        play.variables["AGENTRIG_LAUNCH_WEBHOOK"] = server.url
        state = ("--webhook-on", "change", "--webhook-state", str(play.folder / "state"))
        for code in (1, 0):
            play.on_install = ending(play, code)
            ran = play.agentrig(*LAUNCH, *state)
            assert ran.code == code, ran.said
        server.answers = [Answer(status=410)]
        ran = play.agentrig(*LAUNCH, "--webhook-on", "always")
    heads = [text.split("\n")[0] for text in server.texts]
    assert heads == [
        ":x: run-1: failed: 1 failed",
        ":white_check_mark: run-1: passed (before: failed): 1 passed",
        ":white_check_mark: run-1: passed: 1 passed",
    ]
    assert "warning: webhook 127.0.0.1: the message was not sent: status 410" in ran.err
    assert ran.code == 0
    assert SECRET not in ran.said + str(play.called)


def test_failures_are_annotated_on_github(play: Play) -> None:
    play.on_install = ending(play, 1)
    page = play.folder / "page.md"
    play.variables |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 1, ran.said
    assert ran.out.rstrip().splitlines()[-1].startswith("::error title=")
    assert "**1 failed**" in page.read_text()


def test_without_a_name_the_release_gets_one(play: Play) -> None:
    play.on_install = ending(play, 0)
    ran = play.agentrig("launch", "--no-preflight")
    assert ran.code == 0, ran.said
    assert re.fullmatch(r"run-\d{4}-\d{6}-[a-z0-9]{4}", play.called[0][1])


def test_an_api_that_restarts_behind_the_install_is_waited_for(play: Play) -> None:
    left = iter(range(3))
    job = play.cluster.path("jobs") + "/run-1-agentrig-run-1"

    def away(asked: Asked) -> tuple[int, Any] | None:
        if asked.path != job or next(left, None) is None:
            return None
        return 503, status(503, "ServiceUnavailable", "apiserver not ready")

    play.cluster.rules.insert(0, away)
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 0, ran.said
    assert next(left, None) is None


def test_a_run_that_is_kept_says_how_to_come_back(play: Play) -> None:
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH, "--keep")
    assert ran.code == 0, ran.said
    assert play.commands() == ["install"]
    assert f"agentrig attach run-1 -n {NAMESPACE}" in ran.err
    assert f"helm uninstall run-1 -n {NAMESPACE}" in ran.err


def test_results_of_an_earlier_run_are_gone(play: Play) -> None:
    results = play.folder / "results"
    (results / "logs").mkdir(parents=True)
    (results / "junit.xml").write_text("<old/>")
    (results / "logs" / "old.log").write_text("old")
    (results / "mine.txt").write_text("mine")
    play.failure = "the API is on fire"
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 3, ran.said
    assert sorted(one.name for one in results.rglob("*")) == ["logs", "mine.txt"]


def test_an_install_that_fails_half_way_is_undone(play: Play) -> None:
    play.failure = "create: failed to create: the server was unable to return a response"
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 3, ran.said
    assert "cannot install release run-1 in namespace demo: create: failed to create" in ran.err
    assert play.commands() == ["install", "list", "uninstall"]
    assert "was removed again" in ran.err


def test_a_hook_that_fails_says_why(play: Play) -> None:
    name = "run-1-agentrig-dashboards"
    labels = {"batch.kubernetes.io/job-name": name}
    message = "starting\nerror: cannot reach https://me:secret@kibana: refused\n"
    pod = a_pod(f"{name}-a", runner=terminated(3, "Error", message), labels=labels)
    play.cluster.put("pods", pod)
    play.failure = "failed post-install: resource Job/demo/x not ready. status: Failed"
    shown = ["--set", "results.dashboards.install=true,results.dashboards.url=https://kibana"]
    ran = play.agentrig(*LAUNCH, *shown)
    assert ran.code == 3, ran.said
    assert "cannot install release run-1 in namespace demo: failed post-install" in ran.err
    assert f"\n  hook {name}: error: cannot reach https://" in ran.err
    assert "secret" not in ran.err
    assert "was removed again" in ran.err


def test_a_release_of_another_is_left_alone(play: Play) -> None:
    play.install("run-1", template(play, "run-1"))
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 3, ran.said
    assert "cannot reuse a name that is still in use" in ran.err
    assert play.commands() == ["install", "list"]
    assert list(play.releases) == ["run-1"]


def test_a_run_that_takes_too_long_is_given_up(play: Play) -> None:
    play.on_install = lambda job: running(play, job)
    ran = play.agentrig(*LAUNCH, "--timeout", "1s")
    assert ran.code == 3, ran.said
    assert play.commands() == ["install", "uninstall"]


def test_a_preflight_that_finds_something_installs_nothing(play: Play) -> None:
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    play.cluster.on("POST", reviews, lambda _: (201, {"status": {"allowed": True}}))
    ran = play.agentrig("launch", "run-1", "--set", "serviceAccount.create=false",
                        "--set", "serviceAccount.name=e2e")  # fmt: skip
    assert ran.code == 3, ran.said
    assert f"namespace '{NAMESPACE}' does not exist" in ran.err
    assert f"serviceaccount 'e2e' does not exist in namespace {NAMESPACE}" in ran.err
    assert play.commands() == []
    # A CI server shows what is in junit.xml.
    messages = [case.result[0].message for suite in ran.junit() for case in suite]
    assert any("serviceaccount 'e2e' does not exist" in message for message in messages)
    assert ran.summary()["exit_code"] == 3


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["Run_1"], "'Run_1' cannot name a release"),
        (["--set", "mode=cronjob"], "mode 'cronjob' runs on a schedule"),
        (["--set", "mode=never"], "at '/mode': value must be one of"),
        (["-f", "nosuch.yaml"], "--values 'nosuch.yaml': there is no such file"),
        (["--timeout", "soon"], "--timeout: 'soon' is no duration"),
        (["--scenarios", "kubeconfig"], "'kubeconfig' is no name for an inline scenario"),
    ],
)
def test_wrong_calls_exit_with_4_before_anything(play: Play, args: list[str], said: str) -> None:
    ran = play.agentrig("launch", *args)
    assert ran.code == 4, ran.said
    assert said in ran.err
    assert play.commands() == []


def test_values_of_standard_input_reach_both_calls_of_helm(play: Play) -> None:
    play.on_install = ending(play, 0)
    process = play.start(*LAUNCH, "--values=-")
    ran = play.ended(process)
    assert ran.code == 0, ran.said
    assert any(word.startswith("--values=/") for word in play.called[0])


def test_files_of_this_machine_come_into_the_chart(play: Play) -> None:
    (play.folder / "a.yaml").write_text("name: a\nsteps: [{endpoint: http://x, path: /}]\n")
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH, "--scenarios", "a.yaml")
    assert ran.code == 0, ran.said
    assert '"a.yaml": "name: a\\nsteps:' in play.installed[0]


SHA = "8f2d1c0b9a7e6d5c4b3a29180f7e6d5c4b3a2918"


def environment_of(play: Play) -> dict[str, str]:
    """Read the literal environment of the runner that was installed."""
    (job,) = [one for one in yaml.safe_load_all(play.installed[0]) if one and one["kind"] == "Job"]
    (runner,) = job["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one.get("value", "") for one in runner["env"]}


def labels_in(play: Play) -> list[str]:
    return re.findall(r"--label=[^\n'\"]*", play.installed[0])


def test_the_commit_of_the_ci_server_goes_to_the_pods(play: Play) -> None:
    play.variables["CI_COMMIT_SHA"] = SHA
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 0, ran.said
    assert environment_of(play)["AGENTRIG_RUN_COMMIT"] == SHA


@pytest.mark.parametrize(
    ("args", "commit"),
    [
        (["--set=results.commit=theirs"], "theirs"),
        (["--set=results.commit=theirs", "--commit=mine"], "theirs"),
        (["--commit=mine"], "mine"),
        (["--set=scenarios.git.url=https://git.example.com/a.git,scenarios.git.ref=v1"], None),
    ],
)
def test_a_commit_that_is_named_goes_before_the_ci_servers(
    play: Play, args: list[str], commit: str | None
) -> None:
    play.variables["CI_COMMIT_SHA"] = SHA
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH, *args)
    assert ran.code == 0, ran.said
    assert environment_of(play).get("AGENTRIG_RUN_COMMIT") == commit


def test_without_a_ci_server_git_knows_the_commit(play: Play) -> None:
    for command in (
        ["init", "--quiet"],
        ["-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "x", "--allow-empty"],
    ):
        subprocess.run(["git", *command], cwd=play.folder, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=play.folder, check=True, capture_output=True, text=True
    )
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 0, ran.said
    assert environment_of(play)["AGENTRIG_RUN_COMMIT"] == head.stdout.strip()


def test_outside_of_a_working_copy_no_commit_is_made_up(play: Play) -> None:
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 0, ran.said
    assert "AGENTRIG_RUN_COMMIT" not in environment_of(play)


def test_a_chart_without_the_value_is_not_told_of_the_commit(play: Play) -> None:
    play.variables["CI_COMMIT_SHA"] = SHA
    older = shutil.copytree(bundled_chart(), play.folder / "older")
    schema = json.loads((older / "values.schema.json").read_text())
    del schema["properties"]["results"]["properties"]["commit"]
    (older / "values.schema.json").write_text(json.dumps(schema))
    values = (older / "values.yaml").read_text().replace('  commit: ""', "")
    (older / "values.yaml").write_text(values)
    (older / "templates/_results.tpl").write_text(
        (older / "templates/_results.tpl")
        .read_text()
        .replace("(tpl .Values.results.commit .)", '""')
    )
    play.on_install = ending(play, 0)
    ran = play.agentrig(*LAUNCH, "--chart", str(older))
    assert ran.code == 0, ran.said
    assert "AGENTRIG_RUN_COMMIT" not in environment_of(play)


def test_labels_reach_the_pods_as_they_were_typed(play: Play) -> None:
    (play.folder / "values.yaml").write_text("results: {labels: {model: x, team: '{{ 1 }}'}}\n")
    play.on_install = ending(play, 0)
    ran = play.agentrig(
        *LAUNCH, "-f", "values.yaml", "--label=model=Large 1", "--label=odd={{ x }}"
    )
    assert ran.code == 0, ran.said
    assert sorted(labels_in(play)) == [
        "--label=model=Large 1",
        "--label=odd={{ x }}",
        "--label=team=1",
    ]


def test_what_is_no_label_is_refused(play: Play) -> None:
    ran = play.agentrig(*LAUNCH, "--label=environment")
    assert ran.code == 4, ran.said
    assert "--label: 'environment' is not NAME=VALUE" in ran.err
    assert play.commands() == []


def started(
    play: Play,
    until: Callable[[Callable[[], Any]], None],
    *args: str,
    jobs: list[dict[str, Any]] | None = None,
) -> Any:
    def begin(job: dict[str, Any]) -> None:
        running(play, job)
        if jobs is not None:
            jobs.append(job)

    play.on_install = begin
    process = play.start(*LAUNCH, *args)
    until(lambda: any(one.path.endswith("/log") for one in play.cluster.asked))
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_uninstalls_where_nobody_can_be_asked(
    play: Play, until: Callable[[Callable[[], Any]], None], number: int
) -> None:
    process = started(play, until)
    process.send_signal(number)
    ran = play.ended(process)
    assert ran.code == 2, ran.said
    assert play.commands() == ["install", "list", "uninstall"]
    assert signal.Signals(number).name in ran.err


def test_a_signal_leaves_the_run_where_it_is_told_to(
    play: Play, until: Callable[[Callable[[], Any]], None]
) -> None:
    process = started(play, until, "--on-interrupt", "leave")
    process.send_signal(signal.SIGINT)
    ran = play.ended(process)
    assert ran.code == 2, ran.said
    assert play.commands() == ["install", "list"]
    assert f"agentrig attach run-1 -n {NAMESPACE}" in ran.err


def test_what_an_ended_run_still_says_is_kept(
    play: Play, until: Callable[[Callable[[], Any]], None]
) -> None:
    jobs: list[dict[str, Any]] = []
    process = started(play, until, jobs=jobs)

    def end(_: str) -> str:
        ending(play, 2, condition={"type": "FailureTarget", "status": "True"})(jobs[0])
        return ""

    play.on_uninstall = end
    process.send_signal(signal.SIGTERM)
    ran = play.ended(process)
    assert ran.code == 2, ran.said
    assert ran.summary()["exit_code"] == 2
    assert len(ran.summary()["scenarios"]) == 1
    assert "--cascade=foreground" in play.called[-1]


def test_many_signals_do_not_cut_the_uninstall_short(
    play: Play, until: Callable[[Callable[[], Any]], None]
) -> None:
    process = started(play, until)

    def many(_: str) -> str:
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
            time.sleep(0.1)
        return ""

    play.on_uninstall = many  # as a CI server does
    process.send_signal(signal.SIGINT)
    ran = play.ended(process)
    assert ran.code == 2, ran.said
    assert play.releases == {}
    assert "release run-1 is uninstalled" in ran.err


def test_a_release_that_cannot_be_uninstalled_is_told_and_no_pass(play: Play) -> None:
    play.on_install = ending(play, 0)
    play.on_uninstall = lambda _: "the server is away"
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 3, ran.said
    assert "cannot uninstall release run-1 in namespace demo: the server is away" in ran.err
    assert "helm uninstall run-1" in ran.err


def test_an_api_that_refuses_leaves_the_run_and_says_so(play: Play) -> None:
    path = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
    play.on_install = lambda _: play.cluster.on("GET", path, forbidden("list", "jobs", "batch"))
    ran = play.agentrig(*LAUNCH)
    assert ran.code == 3, ran.said
    assert re.search(r"error: cannot \w+ jobs in namespace demo: .* is forbidden", ran.err)
    assert f"agentrig attach run-1 -n {NAMESPACE}" in ran.err
    assert play.commands() == ["install"]


def test_attach_gives_the_results_of_a_run_that_is_over(play: Play) -> None:
    play.on_install = ending(play, 1)
    play.install("kept", template(play, "kept"))
    ran = play.agentrig("attach", "kept")
    assert ran.code == 1, ran.said
    assert ran.summary()["run"] == "kept-1"
    assert play.commands() == []


def test_attach_follows_a_run_to_its_end(
    play: Play, until: Callable[[Callable[[], Any]], None]
) -> None:
    jobs: list[dict[str, Any]] = []
    play.on_install = jobs.append
    play.install("late", template(play, "late"))
    process = play.start("attach", "late")
    until(lambda: play.cluster.watches("jobs") and play.cluster.watches("pods"))
    pod = running(play, jobs[0])
    until(lambda: any(one.path.endswith(f"/{pod}/log") for one in play.cluster.asked))
    ending(play, 0)(jobs[0])
    ran = play.ended(process)
    assert ran.code == 0, ran.said


def test_attach_takes_the_newest_run_or_the_one_that_is_named(play: Play) -> None:
    for code in (1, 0):
        play.on_install = ending(play, code)
        text = template(play, "nightly").replace("run-1", f"run-{2 - code}")
        play.install("nightly", text)
    assert play.agentrig("attach", "nightly").code == 0
    assert play.agentrig("attach", "nightly", "--job", "nightly-agentrig-run-1").code == 1
    ran = play.agentrig("attach", "nightly", "--job", "nosuch")
    assert ran.code == 4
    assert "has no job 'nosuch': it has nightly-agentrig-run-2, nightly-agentrig-run-1" in ran.err


def test_attach_suggests_a_release_that_is_there(play: Play) -> None:
    play.on_install = ending(play, 0)
    play.install("nightly", template(play, "nightly"))
    ran = play.agentrig("attach", "nigthly")
    assert ran.code == 4, ran.said
    assert "release 'nigthly' has no run in namespace demo: did you mean 'nightly'?" in ran.err


def test_an_interrupted_attach_leaves_the_run_alone(
    play: Play, until: Callable[[Callable[[], Any]], None]
) -> None:
    play.on_install = lambda job: running(play, job)
    play.install("late", template(play, "late"))
    process = play.start("attach", "late")
    until(lambda: play.cluster.watches("pods"))
    process.send_signal(signal.SIGINT)
    ran = play.ended(process)
    assert ran.code == 2, ran.said
    assert "the run goes on" in ran.err
    assert play.commands() == []
