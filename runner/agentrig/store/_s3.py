"""A store in a bucket of S3, Amazon's or another's, by boto3."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from agentrig._s3 import Deed, S3Server, bucket_of, open_client, telling_trouble
from agentrig.errors import NotStoredError, StoreError, UsageError
from agentrig.store._store import MEDIA_TYPE, Stored, check_key, open_unlinked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["NEEDS", "S3Store"]

NEEDS = "s3:PutObject, s3:GetObject, s3:ListBucket, and the key's kms:GenerateDataKey, kms:Decrypt"
KMS_KEY, PATH_STYLE = "AGENTRIG_STORE_KMS_KEY", "AGENTRIG_STORE_PATH_STYLE"
_CONNECTIONS = 16
_SILENCE_S = 15.0
# Whoever waits has other ways to pass the time, and tries again by itself.
_ATTEMPTS = 3
# Amazon S3 User Guide, "How to prevent object overwrites": 409 is of a write at the same time.
_THERE, _AT_ONCE = {"PreconditionFailed", "412"}, {"ConditionalRequestConflict", "409"}
_UNKNOWN = {"NotImplemented", "501"}
_MISSING = {"NoSuchKey", "404"}
# Longer than what a put of a few bytes takes from its request to its answer.
SETTLED_S = 2.0
_PAUSE_S = 0.2


class S3Store:
    """Keeps objects below a prefix of a bucket; nothing is ever deleted there."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        server: S3Server | None = None,
        kms_key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open a store; nothing is looked at yet.

        `prefix` is empty, or ends with `/`. All that is put there is encrypted by `kms_key`, else
        as the bucket does it.
        """
        self._bucket = bucket
        self._prefix = prefix
        self._server = server or S3Server()
        self._sleep = sleep
        self._opened: Any = None
        self._lock = threading.Lock()
        # Of a request that puts an object: Amazon S3 API reference, PutObject.
        self._encryption: dict[str, str] = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        )
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str] = os.environ) -> S3Store:
        """Open the store at `s3://bucket/prefix`, as the environment says. Raises UsageError."""
        bucket, prefix = bucket_of(url)
        prefix = prefix.strip("/")
        try:
            prefix = f"{check_key(prefix)}/" if prefix else ""
        except ValueError as error:
            raise UsageError(f"'{url}' is no store: its prefix is no path") from error
        path_style = environment.get(PATH_STYLE, "").strip().lower()
        if path_style not in {"", "0", "1", "false", "true"}:
            raise UsageError(f"{PATH_STYLE}={path_style} says neither true nor false")
        server = S3Server(
            endpoint=environment.get("AWS_ENDPOINT_URL_S3") or None,
            region=environment.get("AWS_REGION") or None,
            path_style=path_style in {"1", "true"},
        )
        return cls(bucket, prefix, server=server, kms_key=environment.get(KMS_KEY) or None)

    def create(self, key: str, content: bytes) -> bool:
        """Put an object with a condition; a server without them is outwitted by waiting."""
        name = self._prefix + check_key(key)
        with self._telling_trouble("write", key) as client:
            # Only a server that takes no conditions would let it be overwritten.
            there = self._read(client, name)
            if there is not None:
                return False
            made = self._create(client, name, content)
            if made is False:
                # Of a request that is sent twice, the second is told that the first was here.
                return self._read(client, name) == content
            # One that does not know the condition ignores it, or says so.
            if made and self._create(client, name, content) is False:
                return True
            # Fischer's mutual exclusion (Lamport, A fast mutual exclusion algorithm, 1987): look,
            # write, wait for longer than a write takes, and the last who wrote has it.
            self._put(client, name, content)
            self._sleep(SETTLED_S)
            return self._read(client, name) == content

    def _create(self, client: Any, name: str, content: bytes) -> bool | None:
        """Put what is not there; False if it is, None where the server knows no conditions."""
        while True:
            try:
                self._put(client, name, content, IfNoneMatch="*")
            except client.exceptions.ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _THERE:
                    return False
                if code in _UNKNOWN:
                    return None
                if code not in _AT_ONCE:
                    raise
                self._sleep(_PAUSE_S)
            else:
                return True

    def put(self, key: str, content: bytes, *, media_type: str = MEDIA_TYPE) -> None:
        """Put an object in one request."""
        name = self._prefix + check_key(key)
        with self._telling_trouble("write", key) as client:
            self._put(client, name, content, ContentType=media_type)

    def _put(self, client: Any, name: str, content: bytes, **more: str) -> None:
        client.put_object(Bucket=self._bucket, Key=name, Body=content, **self._encryption, **more)

    def put_file(
        self,
        key: str,
        file: Path,
        *,
        media_type: str = MEDIA_TYPE,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Put a file, in parts if it is large."""
        name = self._prefix + check_key(key)
        with open_unlinked(file) as source, self._telling_trouble("write", key) as client:
            from boto3.s3.transfer import TransferConfig  # noqa: PLC0415  # with the client

            client.upload_fileobj(
                source,
                self._bucket,
                name,
                ExtraArgs={"ContentType": media_type, **self._encryption},
                Callback=on_progress,
                # Its threads would keep the process alive for as long as a server says nothing.
                Config=TransferConfig(use_threads=False),
            )

    def get(self, key: str) -> bytes:
        """Get an object; an answer that is cut off is asked for again."""
        name = self._prefix + check_key(key)
        with self._telling_trouble("read", key) as client:
            content = self._read(client, name)
        if content is None:
            raise NotStoredError(f"store {self.url} has no '{key}'", lasting=True)
        return content

    def _read(self, client: Any, name: str) -> bytes | None:
        from botocore.exceptions import HTTPClientError, IncompleteReadError  # noqa: PLC0415

        for is_last in (False, False, True):
            try:
                answer = client.get_object(Bucket=self._bucket, Key=name)
                with closing(answer["Body"]) as body:
                    content: bytes = body.read()
                    return content
            except client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise
            except (HTTPClientError, IncompleteReadError):
                if is_last:
                    raise
        raise AssertionError  # the last one returns or raises

    def list(self, prefix: str) -> Iterator[Stored]:
        """List objects, a thousand with each request."""
        with self._telling_trouble("list", prefix) as client:
            for page in self._pages(client, prefix):
                for one in page.get("Contents", ()):
                    key = one["Key"].removeprefix(self._prefix)
                    # One that ends so is a folder that some tool made visible.
                    if not key.endswith("/"):
                        yield Stored(key=key, size=one["Size"], modified=one["LastModified"])

    def folders(self, prefix: str) -> Iterator[str]:
        """Name folders, without listing what is in them."""
        with self._telling_trouble("list", prefix) as client:
            for page in self._pages(client, prefix, Delimiter="/"):
                for one in page.get("CommonPrefixes", ()):
                    yield one["Prefix"].removeprefix(self._prefix + prefix).rstrip("/")

    def _pages(self, client: Any, prefix: str, **more: str) -> Iterator[Any]:
        pages: Iterator[Any] = client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix, **more
        )
        return iter(pages)

    @contextmanager
    def _telling_trouble(self, verb: str, key: str) -> Iterator[Any]:
        deed = Deed(
            verb=verb,
            address=f"{self.url}/{key}",
            bucket=self._bucket,
            needs=NEEDS,
            raised=StoreError,
        )
        with telling_trouble(self._server, deed):
            yield self._client()

    def _client(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = open_client(
                    self._server, connections=_CONNECTIONS, silence_s=_SILENCE_S, attempts=_ATTEMPTS
                )
            return self._opened
