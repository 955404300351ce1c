"""`agentrig fetch s3`: the objects below a prefix, by boto3."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig._s3 import Deed, S3Server, open_client, telling_trouble
from agentrig.errors import FetchError, UsageError
from agentrig.events import Source
from agentrig.fetch._folder import Folder
from agentrig.fetch._limits import SILENCE_S, Budget, Limits

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["S3Source", "fetch_s3"]

_WORKERS = 16
_CHUNK_BYTES = 256 * 1024


class S3Source(Struct, frozen=True, kw_only=True):
    """A folder of a bucket; `prefix` is empty for all of it."""

    bucket: str
    prefix: str = ""
    server: S3Server = S3Server()

    @property
    def shown(self) -> str:
        """The address, as in `s3://bucket/prefix/`."""
        return f"s3://{self.bucket}/{self.folder}"

    @property
    def folder(self) -> str:
        """The prefix with its slash, so that `suite` does not mean `suite2` as well."""
        prefix = self.prefix.strip("/")
        return f"{prefix}/" if prefix else ""


class _Object(Struct, frozen=True):
    name: str
    key: str
    etag: str
    size: int


def fetch_s3(source: S3Source, to: Path, *, limits: Limits | None = None) -> Source:
    """Download the objects below a prefix into the folder `to`.

    The digest of the result is over names and ETags, so that another content has another one.
    Raises UsageError when there is no bucket or no object, FetchError when the server cannot be
    reached or refuses.
    """
    budget = Budget(limits or Limits(), what=source.shown)
    deed = Deed(
        verb="read",
        address=source.shown,
        bucket=source.bucket,
        needs="s3:ListBucket on the bucket, s3:GetObject on its objects",
        raised=_fetch_error,
    )
    with telling_trouble(source.server, deed):
        client = open_client(source.server, connections=_WORKERS, silence_s=SILENCE_S)
        objects = _list(client, source, budget)
        if not objects:
            raise UsageError(f"no objects below {source.shown}: is the prefix right?")
        budget.receive(sum(one.size for one in objects))
        folder = Folder(to)
        with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
            waiting = [
                pool.submit(_download, client, source, one, folder.file(one.name), budget)
                for one in objects
            ]
            try:
                for done in waiting:
                    done.result()
            finally:
                pool.shutdown(cancel_futures=True)
    digest = hashlib.sha256()
    for one in sorted(objects, key=lambda one: one.name):
        digest.update(f"{one.name}\0{one.etag}\n".encode())
    return Source(
        kind="s3", url=source.shown, objects=len(objects), digest=f"sha256:{digest.hexdigest()}"
    )


def _fetch_error(message: str, *, lasting: bool) -> FetchError:
    del lasting  # nobody asks again here
    return FetchError(message)


def _list(client: Any, source: S3Source, budget: Budget) -> list[_Object]:
    found: list[_Object] = []
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=source.bucket, Prefix=source.folder
    )
    for page in pages:
        budget.check_time()
        for one in page.get("Contents", ()):
            name = one["Key"].removeprefix(source.folder)
            # A key that ends so is a folder that some tool made visible.
            if name and not name.endswith("/"):
                found.append(_Object(name, one["Key"], one["ETag"].strip('"'), one["Size"]))
    return found


def _download(client: Any, source: S3Source, one: _Object, file: Path, budget: Budget) -> None:
    # What was written meanwhile is another object: the digest is to be true of what is run.
    try:
        answer = client.get_object(Bucket=source.bucket, Key=one.key, IfMatch=one.etag)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        message = f"{source.shown} was written to while it was fetched: try again"
        raise FetchError(message) from error
    written = 0
    with closing(answer["Body"]) as body, file.open("xb") as output:
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            budget.check_time()
            written += len(chunk)
            if written > one.size:
                break
            output.write(chunk)
    if written != one.size:
        raise FetchError(f"{source.shown}{one.name} has not the {one.size} bytes of its listing")
