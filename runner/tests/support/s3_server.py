"""A real S3 server, versitygw, over a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ACCESS_KEY", "SECRET_KEY", "S3Server", "s3_server"]

ACCESS_KEY, SECRET_KEY = "agentrig-test", "agentrig-secret"


@dataclass(frozen=True)
class S3Server:
    """The server: its URL, and a client that may do everything."""

    url: str
    client: Any

    def credentials(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def fill(self, bucket: str, **objects: str) -> None:
        """Make a bucket with objects; `a__b` is `a/b`."""
        self.client.create_bucket(Bucket=bucket)
        for key, text in objects.items():
            self.put(bucket, key.replace("__", "/"), text)

    def put(self, bucket: str, key: str, text: str) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=text.encode())


@contextmanager
def s3_server(folder: Path, *, host: str = "127.0.0.1") -> Iterator[S3Server]:
    """Start a server whose buckets lie in `folder`; `host` is the address that it listens at."""
    binary = os.environ.get("AGENTRIG_VERSITYGW") or shutil.which("versitygw")
    if binary is None:
        pytest.skip("needs versitygw: set AGENTRIG_VERSITYGW, or put it on PATH (ci/tools)")
    with closing(socket.create_server((host, 0))) as free:
        port = free.getsockname()[1]
    buckets, metadata = folder / "buckets", folder / "metadata"
    buckets.mkdir(parents=True)
    metadata.mkdir()
    args = [binary, "--port", f"{host}:{port}", "--access", ACCESS_KEY, "--secret", SECRET_KEY]
    # Not every file system keeps extended attributes, where it would put what it knows of objects.
    args += ["--quiet", "posix", "--sidecar", str(metadata), str(buckets)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(args, stdout=log, stderr=log)
    try:
        _wait(process, (host, port), folder / "log")
        url = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )
        with closing(client):
            yield S3Server(url, client)
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], address: tuple[str, int], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(address, 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        else:
            return
