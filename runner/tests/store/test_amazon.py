"""A store in Amazon's S3: keys of KMS, and no permission beyond those that the docs name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from agentrig.errors import StoreError
from agentrig.reporters import JournalReporter
from agentrig.store import StoreReporter, claim_attempt, open_store, stored_attempts, stored_runs
from tests.support.amazon import ACCOUNT, Amazon, amazon
from tests.support.records import every_outcome, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.store import Store

DOCS = Path(__file__).parents[3] / "docs" / "store.md"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    """Give a server with two buckets, to which the environment leads."""
    with amazon(tmp_path) as server:
        for bucket in ("my-bucket", "other-bucket"):
            server.client("s3").create_bucket(Bucket=bucket)
        for name, value in {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_REGION": "us-east-1",
            "AGENTRIG_STORE_PATH_STYLE": "true",
            "AWS_ACCESS_KEY_ID": "anybody",
            "AWS_SECRET_ACCESS_KEY": "anything",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


def documented_policy(key: str) -> dict[str, Any]:
    """Read the policy of the docs, with the ARN of a key that is there."""
    (text,) = re.findall(r"```json\n(\{\n *\"Version\".*?)```", DOCS.read_text(), re.DOTALL)
    policy: dict[str, Any] = json.loads(text)
    for statement in policy["Statement"]:
        if statement["Action"][0].startswith("kms:"):
            statement["Resource"] = key
    return policy


def keep_a_run(store: Store, folder: Path) -> None:
    """Let a run be kept with all that it can leave."""
    results = folder / "results"
    (results / "artifacts").mkdir(parents=True)
    (results / "artifacts/big").write_bytes(bytes(9 * 1024 * 1024))
    (results / "junit.xml").write_bytes(b"<testsuites/>")
    attempt = claim_attempt(store, "run", 0)
    kept = StoreReporter(store, run="run", shard=0, attempt=attempt, results=results)
    journal = JournalReporter(results / "events.jsonl")
    assert publish(every_outcome(), [kept, journal], run="run").problems == []
    assert stored_runs(store) == ["run"]
    (found,) = stored_attempts(store, "run")
    assert found.journal() == (results / "events.jsonl").read_bytes()


def test_everything_is_encrypted_with_the_key(
    server: Amazon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = server.client("kms").create_key()["KeyMetadata"]["Arn"]
    monkeypatch.setenv("AGENTRIG_STORE_KMS_KEY", key)
    keep_a_run(open_store("s3://my-bucket/agentrig"), tmp_path)
    s3 = server.client("s3")
    objects = [one["Key"] for one in s3.list_objects_v2(Bucket="my-bucket")["Contents"]]
    assert len(objects) >= 4
    for name in objects:
        head = s3.head_object(Bucket="my-bucket", Key=name)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key), name


def test_the_documented_policy_is_enough_and_no_more(
    server: Amazon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = server.client("kms").create_key()["KeyMetadata"]["Arn"]
    keys, _ = server.enforce(documented_policy(key))
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AGENTRIG_STORE_KMS_KEY", key)
    store = open_store("s3://my-bucket/agentrig")
    keep_a_run(store, tmp_path)
    with pytest.raises(StoreError, match=r"refused to write .* \(AccessDenied\)"):
        open_store("s3://other-bucket/agentrig").put("a", b"")
    runner = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1")
    taken = {"Bucket": "my-bucket", "Key": "agentrig/runs/run/shard=0/attempt=1/events.jsonl"}
    with pytest.raises(ClientError, match="AccessDenied"):
        runner.delete_object(**taken)


def test_a_role_of_the_service_account_is_enough(
    server: Amazon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What EKS puts into a pod whose service account is bound to a role (IRSA)."""
    policy = documented_policy(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/none")
    _, role = server.enforce(policy, after=1)
    token = tmp_path / "token"
    token.write_text("a token of the cluster")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ROLE_ARN", role)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    keep_a_run(open_store("s3://my-bucket/agentrig"), tmp_path)


def test_the_documented_lifecycle_is_one(server: Amazon) -> None:
    (text,) = re.findall(r"```json\n(\{\n *\"Rules\".*?)```", DOCS.read_text(), re.DOTALL)
    s3 = server.client("s3")
    s3.put_bucket_lifecycle_configuration(
        Bucket="my-bucket", LifecycleConfiguration=json.loads(text)
    )
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="my-bucket")["Rules"]
    assert rule["Expiration"] == {"Days": 90}
