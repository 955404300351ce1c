"""Amazon's S3, KMS, IAM and STS, played by moto's server: keys, policies and roles that count."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Amazon", "amazon"]

ACCOUNT = "123456789012"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}],
}


@dataclass(frozen=True)
class Amazon:
    """The server at `url`; who is asked is not looked at before `enforce`."""

    url: str

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="anybody",
            aws_secret_access_key="anything",
        )

    def enforce(self, policy: Mapping[str, Any], *, after: int = 0) -> tuple[dict[str, str], str]:
        """Let nothing be done any more but by a user and a role that have this policy.

        It begins after so many requests: the server would have credentials of one that asks for
        some by a token. Gives the environment with the user's keys, and the role's name (ARN).
        """
        text, iam = json.dumps(policy), self.client("iam")
        made = iam.create_policy(PolicyName="results", PolicyDocument=text)["Policy"]["Arn"]
        iam.create_user(UserName="runner")
        iam.attach_user_policy(UserName="runner", PolicyArn=made)
        key = iam.create_access_key(UserName="runner")["AccessKey"]
        role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(_TRUST))
        iam.attach_role_policy(RoleName="runner", PolicyArn=made)
        url, headers = f"{self.url}/moto-api/reset-auth", {"content-type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(url, b"%d" % after, headers)).close()
        keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"]}
        keys["AWS_SECRET_ACCESS_KEY"] = key["SecretAccessKey"]
        return keys, role["Role"]["Arn"]


@contextmanager
def amazon(folder: Path) -> Iterator[Amazon]:
    """Start the server; its log goes to `folder`."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "1000000"},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "moto.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield Amazon(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
