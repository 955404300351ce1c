"""Results that leave the pod: a bucket, a volume, a search index, a webhook, dashboards."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from e2e.commands import CHART, IMAGE, WITHIN_S, finish, get, kubectl, names, run, until
from e2e.receiver import node_address, running_receiver
from e2e.test_sources import apply, named, secret
from tests.support.s3_server import s3_server
from tests.support.search_server import SearchServer, own_search_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.receiver import Receiver
    from tests.support.s3_server import S3Server

ROOT = """
name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
WRONG = ROOT.replace("200", "418")
SUITE = {**{f"root-{number}.yaml": ROOT for number in range(5)}, "root-5.yaml": WRONG}
SHA = "8f2d1c0b9a7e6d5c4b3a29180f7e6d5c4b3a2918"
BUCKET = "results"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server that pods can reach, with a bucket."""
    with s3_server(tmp_path_factory.mktemp("s3"), host=node_address()) as server:
        server.fill(BUCKET)
        yield server


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchServer]:
    """A real OpenSearch that pods can reach."""
    host = node_address()
    with own_search_server(tmp_path_factory.mktemp("search"), f"http.host={host}") as server:
        yield SearchServer(server.url.replace("127.0.0.1", host), server.pid)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A server for webhooks and dashboards that pods can reach."""
    with running_receiver() as server:
        yield server


def store_values(s3: S3Server, namespace: str) -> dict[str, Any]:
    """Put the server's credentials into a Secret; give `results.store`."""
    apply(secret(namespace, "s3", s3.credentials()))
    return {
        "url": f"s3://{BUCKET}/{namespace}",
        "endpoint": s3.url,
        "region": "us-east-1",
        "pathStyle": True,
        "credentialsSecret": {"name": "s3"},
    }


def report(source: str, folder: Path, s3: S3Server | None = None) -> tuple[int, Any]:
    """Rebuild the report of a run from where it is kept; give its exit code and summary."""
    settings = {
        **(s3.credentials() if s3 else {}),
        "AWS_ENDPOINT_URL_S3": s3.url if s3 else "",
        "AWS_REGION": "us-east-1",
        "AGENTRIG_STORE_PATH_STYLE": "true",
    }
    done = subprocess.run(
        ["agentrig", "report", source, "--results", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        env={**os.environ, **settings},
    )
    summary = folder / "summary.json"
    assert summary.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(summary.read_text(encoding="utf-8"))


def told_of(summary: Any) -> dict[str, Any]:
    """Give what two reports of one run must agree in."""
    same = ("run", "counts", "planned", "total", "exit_code", "commit", "labels")
    outcomes = sorted((one["id"], one["outcome"]) for one in summary["scenarios"])
    return {**{key: summary[key] for key in same}, "outcomes": outcomes}


def test_a_bucket_has_of_a_sharded_run_what_launch_reports(
    launch: Any, namespace: str, s3: S3Server, receiver: Receiver, tmp_path: Path
) -> None:
    apply(secret(namespace, "hook", {"url": f"{receiver.url}/{namespace}/sharded"}))
    ended = launch(
        {
            "mode": "sharded",
            "shards": {"count": 2},
            "scenarios": {"inline": SUITE},
            "results": {
                "labels": {"environment": "e2e", "model": "Large Model 1"},
                "store": store_values(s3, namespace),
                "webhook": {"urlSecret": {"name": "hook"}},
            },
        },
        f"--commit={SHA}",
        "--label=release=candidate",
    ).ended()
    assert ended.code == 1, ended.output
    assert ended.summary["counts"] == {"passed": 5, "failed": 1}
    labels = {"environment": "e2e", "model": "Large Model 1", "release": "candidate"}
    assert (ended.summary["commit"], ended.summary["labels"]) == (SHA, labels)
    # The release may be installed again: the Job's uid keeps two runs apart.
    run_id = ended.summary["run"]
    assert run_id == f"check-1-{ended.job['metadata']['uid']}"

    code, summary = report(f"s3://{BUCKET}/{namespace}/runs/{run_id}", tmp_path / "kept", s3)
    assert code == 1
    assert told_of(summary) == told_of(ended.summary)

    # Both shards could tell of the run, and one has.
    (message,) = [one for one in receiver.received if one.path == f"/{namespace}/sharded"]
    text = json.loads(message.body)["text"]
    assert "5 passed, 1 failed" in text
    assert "shard" not in text


@pytest.fixture
def volume(namespace: str) -> Iterator[tuple[str, Path]]:
    """A volume that any user may write, as a folder of the node; give its class and the folder."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o777)
    name = f"results-{namespace}"
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": name,
        "hostPath": {"path": str(root)},
    }
    apply({**named("v1", "PersistentVolume", None, name), "spec": spec})
    yield name, root
    kubectl("delete", "persistentvolume", name, "--wait=false")
    shutil.rmtree(root)


def test_the_results_of_a_nightly_run_stay_in_its_volume(
    install: Any, namespace: str, volume: tuple[str, Path], tmp_path: Path
) -> None:
    storage_class, folder = volume
    values = {
        "mode": "cronjob",
        "cronjob": {"suspend": True},
        "scenarios": {"inline": SUITE},
        # As OpenShift does, a user that nobody has heard of.
        "podSecurityContext": {"runAsUser": 1_000_680_000},
        "results": {"persistence": {"create": True, "storageClassName": storage_class}},
    }
    release = install(values, name="nightly")
    ids = []
    for name in ("one", "two"):
        cronjob = "--from=cronjob/nightly-agentrig-schedule"
        kubectl("create", "job", "-n", namespace, name, cronjob)
        done = finish(name, namespace)
        assert done.exit_codes == [1], done.log
        ids.append(f"{name}-{get('job', name, namespace)['metadata']['uid']}")
    assert sorted(one.name for one in (folder / "runs").iterdir()) == sorted(ids)

    copy = read_by_the_document(namespace, tmp_path)
    for run_id in ids:
        code, summary = report(str(copy / run_id), tmp_path / run_id)
        assert (code, summary["counts"]) == (1, {"passed": 5, "failed": 1})

    # A release of the same name takes up what the one before has left.
    run("helm", "uninstall", release.name, "-n", namespace, "--wait", "--timeout", "60s")
    claim = "nightly-agentrig-results"
    assert names("pvc", "-n", namespace) == [f"persistentvolumeclaim/{claim}"]
    install(values, name="nightly")
    assert get("pvc", claim, namespace)["status"]["phase"] == "Bound"


def read_by_the_document(namespace: str, folder: Path) -> Path:
    """Type the document's commands that bring runs out of a volume; give where they are then."""
    example = "charts/examples/results-reader/pod.yaml"
    image = f"{IMAGE['repository']}:{IMAGE['tag']}\n      imagePullPolicy: Never"
    pod = (CHART.parents[1] / example).read_text(encoding="utf-8")
    here = folder / example
    here.parent.mkdir(parents=True)
    here.write_text(pod.replace("registry.example.com/qa/agentrig:0.1.0", image))
    document = (CHART.parents[1] / "docs/cluster.md").read_text(encoding="utf-8")
    (block,) = (
        one
        for one in re.findall(r"^```console\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
        if example in one
    )
    for line in block.splitlines():
        command = line.removeprefix("$ ").replace("-n qa", f"-n {namespace}")
        run("bash", "-c", f"cd {folder} && {command}")
    return folder / "runs"


def test_a_store_that_refuses_the_run_is_told(launch: Any, namespace: str, s3: S3Server) -> None:
    store = store_values(s3, namespace)
    wrong = {**s3.credentials(), "AWS_SECRET_ACCESS_KEY": "not-the-key"}
    apply(secret(namespace, "s3", wrong))
    ended = launch(
        {"scenarios": {"inline": SUITE}, "results": {"store": store}, "job": {"backoffLimit": 0}}
    ).ended()
    assert ended.code == 3, ended.output
    assert "whose last words are: " in ended.output
    assert f"refused to list s3://{BUCKET}/{namespace}" in ended.output
    assert "(SignatureDoesNotMatch)" in ended.output
    assert "not-the-key" not in ended.output


def test_a_search_index_has_each_scenario_of_a_run_once(
    launch: Any, namespace: str, search: SearchServer
) -> None:
    ended = launch(
        {
            "mode": "sharded",
            "shards": {"count": 2},
            "scenarios": {"inline": SUITE},
            "env": {"MODEL": "small-1", "OTHER": "not to be told"},
            "results": {
                "labels": {"environment": "e2e"},
                "search": {
                    "url": search.url,
                    "index": namespace,
                    "env": ["MODEL"],
                    "requireDelivery": True,
                },
            },
        },
        f"--commit={SHA}",
    ).ended()
    assert ended.code == 1, ended.output
    found = list(search.documents(f"{namespace}*").values())
    scenarios = [one for one in found if "test_id" in one]
    told = [(one["test_id"], one["outcome"]) for one in scenarios]
    assert sorted(told) == told_of(ended.summary)["outcomes"]
    assert {one["run"] for one in found} == {ended.summary["run"]}
    assert {one["commit"] for one in scenarios} == {SHA}
    assert {one["labels"]["environment"] for one in scenarios} == {"e2e"}
    assert "not to be told" not in json.dumps(found)
    assert "small-1" in json.dumps(found)


def test_a_nightly_run_is_kept_and_told_by_what_secrets_hold(
    install: Any, namespace: str, receiver: Receiver, s3: S3Server
) -> None:
    document = (CHART.parents[1] / "docs/cluster.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\$ (kubectl create secret generic slack .*)$", document, re.MULTILINE)
    slack = re.search(r"https://\S+", line)
    assert slack
    here = line.replace(slack[0], f"{receiver.url}/{namespace}/hook").replace("-n qa", "")
    run("bash", "-c", f"{here} -n {namespace}")
    # As a file, which is how the CSI driver gives secrets.
    store = {**store_values(s3, namespace), "credentialsSecret": {"name": ""}}
    account = s3.credentials()
    lines = [f"{name.lower()} = {value}" for name, value in account.items()]
    apply(secret(namespace, "account", {"aws-credentials": "\n".join(["[default]", *lines, ""])}))
    install(
        {
            "secrets": {"existing": [{"name": "account"}]},
            "env": {"AWS_SHARED_CREDENTIALS_FILE": "/secrets/aws-credentials"},
            "mode": "cronjob",
            "cronjob": {"suspend": True},
            "scenarios": {"inline": SUITE},
            "results": {
                "store": store,
                "webhook": {
                    "urlSecret": {"name": "slack"},
                    "name": "{{ .Release.Name }}",
                    "template": '{"text": "{{ name }} {{ outcome }}: {{ failures[0].name }}"}',
                },
            },
        },
        name="nightly",
    )
    kubectl("create", "job", "-n", namespace, "one", "--from=cronjob/nightly-agentrig-schedule")
    done = finish("one", namespace)
    assert done.exit_codes == [1], done.log
    (message,) = [one for one in receiver.received if one.path == f"/{namespace}/hook"]
    assert json.loads(message.body) == {"text": "nightly failed: The root answers"}
    kept = s3.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{namespace}/runs/one-")["Contents"]
    assert any(one["Key"].endswith("/shard=0/attempt=1/report.html") for one in kept)
    said = done.log + json.dumps(done.termination)
    assert receiver.url not in said, "the URL of a webhook is a secret"
    assert account["AWS_SECRET_ACCESS_KEY"] not in said


def test_dashboards_come_with_the_chart(install: Any, namespace: str, receiver: Receiver) -> None:
    apply(secret(namespace, "editor", {"username": "editor", "password": "an-e2e-password"}))
    receiver.answers[f"/{namespace}/api/saved_objects"] = json.dumps(
        {"success": True, "successCount": 1, "successResults": []}
    ).encode()
    install(
        {
            "mode": "cronjob",
            "cronjob": {"suspend": True},
            "results": {
                "dashboards": {
                    "install": True,
                    "url": f"{receiver.url}/{namespace}",
                    "basicAuthSecret": {"name": "editor"},
                }
            },
        }
    )
    # Helm has waited for it, and removed it.
    sent = [one for one in receiver.received if one.path.startswith(f"/{namespace}/api")]
    assert any(one.method == "POST" and b"dashboard" in one.body for one in sent)
    assert all(one.headers["Authorization"].startswith("Basic ") for one in sent)
    until(lambda: names("jobs", "-n", namespace) == [], "the hook's Job has gone")


def test_dashboards_that_cannot_be_installed_say_why(launch: Any, namespace: str) -> None:
    ended = launch(
        {
            "scenarios": {"inline": {"root.yaml": ROOT}},
            # Nobody listens there.
            "results": {"dashboards": {"install": True, "url": f"http://{node_address()}:9"}},
        }
    ).ended()
    assert ended.code == 3, ended.output
    assert "failed post-install" in ended.output
    assert "hook check-agentrig-dashboards: error: cannot reach http://" in ended.output
    assert names("jobs", "-n", namespace, "-l", "app.kubernetes.io/component=runner") == []
