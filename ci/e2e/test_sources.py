"""Scenarios from Git, S3, a ConfigMap and a volume, as runs in a cluster take them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme
import yaml

from e2e import source_server
from e2e.commands import IMAGE, ROOT, WITHIN_S, finish, get, kubectl, make_namespace, run
from e2e.test_job import rebuild

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.commands import Finished, Release

URL = "https://sources.{}.svc.cluster.local:{}"


@pytest.fixture(scope="module")
def servers() -> Iterator[str]:
    """Serve Git, packages and S3 from a pod of the runner's image; give its namespace."""
    namespace = f"e2e-sources-{uuid.uuid4().hex[:6]}"
    make_namespace(namespace)
    authority = trustme.CA()
    served = authority.issue_cert(f"sources.{namespace}.svc.cluster.local")
    tls = {
        "tls.crt": b"".join(pem.bytes() for pem in served.cert_chain_pems).decode(),
        "tls.key": served.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }
    apply(secret(namespace, "tls", tls), server_pod(namespace), server_service(namespace))
    kubectl(
        "wait", "pod/sources", "-n", namespace, "--for=condition=Ready", f"--timeout={WITHIN_S}s"
    )
    yield namespace
    kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def access(servers: str, namespace: str) -> str:
    """Put the Secrets of the servers into the test's namespace; give that of the servers."""
    ca = json.loads(kubectl("get", "secret", "tls", "-n", servers, "-o", "json"))["data"]["ca.crt"]
    s3 = {"AWS_ACCESS_KEY_ID": "e2e-key", "AWS_SECRET_ACCESS_KEY": "e2e-secret"}
    apply(
        secret(namespace, "git", {"token": source_server.TOKEN}),
        secret(namespace, "s3", s3),
        secret(namespace, "index", {"url": URL.format(servers, 8444)}),
        {**secret(namespace, "ca", {}), "data": {"ca.crt": ca}},
    )
    return servers


def git_values(servers: str, ref: str) -> dict[str, Any]:
    return {
        "scenarios": {
            "git": {
                "url": URL.format(servers, 8443) + "/tests.git",
                "ref": ref,
                "path": "e2e",
                "tokenSecret": {"name": "git"},
            },
            "caSecret": {"name": "ca"},
        },
        "python": {"lock": "e2e/requirements.txt", "indexSecret": {"name": "index"}},
        "job": {"backoffLimit": 3},
    }


def test_a_tag_is_run_with_its_libraries_and_its_commit_is_known(
    install: Any, access: str, tmp_path: Path
) -> None:
    release = install(git_values(access, "v1.0"))
    done = completed(release)
    summary, junit = rebuild(done, tmp_path)
    assert summary["counts"] == {"passed": 2}
    source = summary["source"]
    assert source["commit"] == commit_of(access, "refs/tags/v1.0")
    assert (source["kind"], source["ref"], source["path"]) == ("git", "v1.0", "e2e")
    (suite, *_) = junit
    properties = {one.name: one.value for one in cast("Any", suite).properties()}
    assert properties["agentrig.source.commit"] == source["commit"]
    assert f"v1.0 ({source['commit'][:12]})" in done.termination["source"]


def test_a_missing_ref_fails_at_once_and_no_other_is_run(install: Any, access: str) -> None:
    release = install(git_values(access, "v1.1"))
    done = condition_of(release)

    assert (done["type"], done["reason"]) == ("Failed", "PodFailurePolicy"), done
    (pod,) = release.pods()
    (fetch, _) = pod["status"]["initContainerStatuses"]
    ended = fetch["state"]["terminated"]
    assert ended["exitCode"] == 4
    url = URL.format(access, 8443) + "/tests.git"
    assert ended["message"].strip() == (
        f"error: {url} has no branch or tag 'v1.1': did you mean 'v1.0'?"
    )


def test_a_folder_of_a_bucket(install: Any, access: str, tmp_path: Path) -> None:
    fill_s3(access)
    release = install(
        {
            "scenarios": {
                "s3": {
                    "bucket": "suites",
                    "prefix": "chat",
                    "endpoint": f"http://sources.{access}.svc.cluster.local:7070",
                    "pathStyle": True,
                    "credentialsSecret": {"name": "s3"},
                }
            }
        }
    )
    done = completed(release)
    summary, _ = rebuild(done, tmp_path)
    assert summary["counts"] == {"passed": 1}
    assert (summary["source"]["url"], summary["source"]["objects"]) == ("s3://suites/chat/", 1)


def test_a_config_map_with_folders(install: Any, namespace: str, tmp_path: Path) -> None:
    apply(
        {
            **named("v1", "ConfigMap", namespace, "suite"),
            "data": {"root": source_server.SCENARIO},
        }
    )
    items = [{"key": "root", "path": "deep/root.yaml"}]
    release = install({"scenarios": {"configMap": {"name": "suite", "items": items}}})
    done = completed(release)
    summary, _ = rebuild(done, tmp_path)
    (one,) = summary["scenarios"]
    assert one["path"].endswith("deep/root.yaml")
    assert one["outcome"] == "passed"


def test_an_image_built_on_ours(install: Any, tmp_path: Path) -> None:
    image = {"repository": "localhost/my-suite", "tag": "dev", "pullPolicy": "Never"}
    release = install({"image": image, "run": {"paths": ["/scenarios/mine"]}})
    done = completed(release)
    summary, _ = rebuild(done, tmp_path)
    assert [(one["name"], one["outcome"]) for one in summary["scenarios"]] == [
        ("test_a_token_is_read_back", "passed")
    ]


def test_a_volume_is_read_and_not_written(install: Any, namespace: str, tmp_path: Path) -> None:
    # A folder of the node as a volume: what the test machine, being the node, can fill.
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    (root / "nightly").mkdir()
    (root / "nightly/root.yaml").write_text(source_server.SCENARIO)
    volume = f"suites-{namespace}"
    spec = {
        "capacity": {"storage": "1Mi"},
        "accessModes": ["ReadOnlyMany"],
        "storageClassName": volume,
    }
    claim = {
        "accessModes": ["ReadOnlyMany"],
        "storageClassName": volume,
        "resources": {"requests": {"storage": "1Mi"}},
    }
    apply(
        {
            **named("v1", "PersistentVolume", None, volume),
            "spec": {**spec, "hostPath": {"path": str(root)}},
        },
        {**named("v1", "PersistentVolumeClaim", namespace, "suites"), "spec": claim},
    )
    try:
        values = {"claimName": "suites", "subPath": "nightly"}
        release = install({"scenarios": {"pvc": values}})
        done = completed(release)
        summary, _ = rebuild(done, tmp_path)
        assert summary["counts"] == {"passed": 1}
    finally:
        kubectl("delete", "persistentvolume", volume, "--wait=false")
        shutil.rmtree(root)


def test_a_suite_past_a_release_is_refused_before_anything_is_made(
    namespace: str, tmp_path: Path
) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text("# padding\n" * 126_000, encoding="utf-8")
    done = run(
        *("helm", "install", "big", str(ROOT / "charts/agentrig"), "-n", namespace),
        *("--set-file", rf"scenarios.inline.suite\.yaml={suite}"),
        check=False,
    )
    assert done.returncode != 0
    assert "scenarios.inline holds 1260010 bytes" in done.stderr
    assert "take them from scenarios.git, s3, pvc or configMap" in done.stderr
    assert run("helm", "list", "-q", "-n", namespace).stdout == ""


def test_the_secret_of_the_document_has_the_keys_of_the_chart(
    namespace: str, tmp_path: Path
) -> None:
    document = (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
    start = "$ kubectl create secret generic deploy-key "
    (line,) = [one for one in document.splitlines() if one.startswith(start)]
    for name in ("id_ed25519", "known_hosts"):
        (tmp_path / name).write_text("x")
    command = shlex.split(line.removeprefix("$ "))
    subprocess.run([*command, "-n", namespace], cwd=tmp_path, check=True, timeout=WITHIN_S)
    values = yaml.safe_load((ROOT / "charts/agentrig/values.yaml").read_text(encoding="utf-8"))
    keys = values["scenarios"]["git"]["sshSecret"]
    made = get("secret", command[4], namespace)["data"]
    assert set(made) == {keys["privateKey"], keys["knownHosts"]}


def completed(release: Release) -> Finished:
    """Wait for a run that passes, and say of one that does not which container did not."""
    condition = condition_of(release)
    if condition["type"] != "Complete":
        ends = [pod["status"] for pod in release.pods()]
        pytest.fail(json.dumps([condition, ends], indent=1))
    return finish(release.job(), release.namespace)


def condition_of(release: Release) -> Any:
    """Wait until a Job is over, though its runner may never have begun; give its condition."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        status = get("job", release.job(), release.namespace)["status"]
        for condition in status.get("conditions", []):
            if condition["type"] in {"Complete", "Failed"}:
                return condition
        time.sleep(0.5)
    pytest.fail(f"{release.name} is not over after {WITHIN_S} s")


def commit_of(namespace: str, ref: str) -> str:
    script = (
        "from dulwich.repo import Repo\n"
        f"repo = Repo('/tmp/served/tests.git')\nprint(repo[repo.refs[b'{ref}']].object[1].decode())"
    )
    return in_server(namespace, script).stdout.strip()


def fill_s3(namespace: str) -> None:
    """Send the S3 server into its pod, and an object into that."""
    tools = run("ci/tools", "versitygw").stdout
    binary = Path(tools.strip().partition("=")[2])
    receive = (
        "import os, sys\n"
        "with open('/tmp/part', 'wb') as file:\n    file.write(sys.stdin.buffer.read())\n"
        "os.chmod('/tmp/part', 0o755)\nos.rename('/tmp/part', '/tmp/versitygw')\n"
    )
    with binary.open("rb") as content:
        subprocess.run(
            ["kubectl", "exec", "-i", "-n", namespace, "sources", "--", "python", "-c", receive],
            stdin=content,
            check=True,
            timeout=WITHIN_S,
        )
    put = (
        "import boto3, time\n"
        "from botocore.config import Config\n"
        "s3 = boto3.client('s3', endpoint_url='http://127.0.0.1:7070', region_name='us-east-1',\n"
        "    aws_access_key_id='e2e-key', aws_secret_access_key='e2e-secret',\n"
        "    config=Config(s3={'addressing_style': 'path'}, retries={'total_max_attempts': 10}))\n"
        "s3.create_bucket(Bucket='suites')\n"
        f"s3.put_object(Bucket='suites', Key='chat/root.yaml', Body={source_server.SCENARIO!r})\n"
        "s3.put_object(Bucket='suites', Key='chat2/other.yaml', Body='no scenario')\n"
    )
    in_server(namespace, put)


def in_server(namespace: str, script: str) -> subprocess.CompletedProcess[str]:
    return run("kubectl", "exec", "-n", namespace, "sources", "--", "python", "-c", script)


def apply(*objects: dict[str, Any]) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    kubectl("apply", "-f", "-", stdin=json.dumps(items))


def named(version: str, kind: str, namespace: str | None, name: str) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def secret(namespace: str, name: str, texts: dict[str, str]) -> dict[str, Any]:
    return {**named("v1", "Secret", namespace, name), "stringData": texts}


def server_pod(namespace: str) -> dict[str, Any]:
    script = Path(source_server.__file__).read_text(encoding="utf-8")
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    pod = named("v1", "Pod", namespace, "sources")
    pod["metadata"]["labels"] = {"app": "sources"}
    pod["spec"] = {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {
                "name": "sources",
                "image": f"{IMAGE['repository']}:{IMAGE['tag']}",
                "imagePullPolicy": IMAGE["pullPolicy"],
                "command": ["python", "-c", script],
                "securityContext": restricted,
                "readinessProbe": {"tcpSocket": {"port": 8444}, "periodSeconds": 1},
                "volumeMounts": [
                    {"name": "tmp", "mountPath": "/tmp"},
                    {"name": "tls", "mountPath": "/etc/tls"},
                ],
            }
        ],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
            {"name": "tls", "secret": {"secretName": "tls"}},
        ],
    }
    return pod


def server_service(namespace: str) -> dict[str, Any]:
    ports = [{"name": f"p{port}", "port": port} for port in (8443, 8444, 7070)]
    return {
        **named("v1", "Service", namespace, "sources"),
        "spec": {"selector": {"app": "sources"}, "ports": ports},
    }
