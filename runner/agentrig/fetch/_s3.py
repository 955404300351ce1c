"""`agentrig fetch s3`: the objects below a prefix, by boto3."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import FetchError, UsageError
from agentrig.events import Source
from agentrig.fetch._folder import Folder
from agentrig.fetch._limits import SILENCE_S, Budget, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["S3Source", "fetch_s3"]

_WORKERS = 16
_CHUNK_BYTES = 256 * 1024
# Amazon S3 API reference, "Error responses", and what other servers say by status alone.
_NOT_ALLOWED = {
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "401",
    "403",
}


class S3Source(Struct, frozen=True, kw_only=True):
    """A folder of a bucket; `prefix` is empty for all of it.

    `endpoint` is the URL of a server that is not Amazon's; `path_style` puts the bucket into the
    path, as most of them want it. Credentials are found as in all of Amazon's tools: environment,
    web identity (IRSA), files, metadata of the machine.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    path_style: bool = False

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
    with _telling_trouble(source):
        client = _client(source)
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


def _client(source: S3Source) -> Any:
    import boto3  # noqa: PLC0415  # 200 ms
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=10,
        read_timeout=SILENCE_S,
        retries={"total_max_attempts": 4, "mode": "standard"},
        max_pool_connections=_WORKERS,
        s3={"addressing_style": "path" if source.path_style else "auto"},
    )
    # A server that is not Amazon's has no regions, and its signature needs one all the same.
    region = source.region or ("us-east-1" if source.endpoint else None)
    session = boto3.Session()  # boto3's own would keep the first credentials for good
    # botocore brings authorities of its own and knows AWS_CA_BUNDLE alone; one name is enough here.
    authorities = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    return session.client(
        "s3",
        endpoint_url=source.endpoint,
        region_name=region,
        config=config,
        verify=authorities,
    )


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
    answer = client.get_object(Bucket=source.bucket, Key=one.key, IfMatch=one.etag)
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


@contextmanager
def _telling_trouble(source: S3Source) -> Iterator[None]:
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        ParamValidationError,
        PartialCredentialsError,
    )

    where = source.endpoint or "Amazon S3"
    try:
        yield
    except ClientError as error:
        raise _told(source, where, error.response) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise FetchError(
            f"no credentials for {source.shown}: give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "by a Secret, or bind the service account to a role"
        ) from error
    except NoRegionError as error:
        raise UsageError(f"{source.shown} needs --region, or AWS_REGION") from error
    except (ParamValidationError, ValueError) as error:
        raise UsageError(f"{source.shown} cannot be asked for: {_line(error)}") from error
    except (BotoCoreError, OSError) as error:
        raise FetchError(f"cannot fetch {source.shown} from {where}: {_line(error)}") from error


def _told(source: S3Source, where: str, answer: Any) -> FetchError | UsageError:
    error = answer.get("Error", {})
    code = str(error.get("Code", "?"))
    if code in {"NoSuchBucket", "404"}:
        return UsageError(f"{where} has no bucket '{source.bucket}'")
    if code in {"PermanentRedirect", "AuthorizationHeaderMalformed", "301"}:
        region = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = region.get("x-amz-bucket-region") or error.get("Region") or "another one"
        return UsageError(f"bucket '{source.bucket}' is in the region {region}: give --region")
    if code == "PreconditionFailed":
        return FetchError(f"{source.shown} was written to while it was fetched: try again")
    if code in _NOT_ALLOWED:
        return FetchError(
            f"{where} refused to read {source.shown} ({code}): may these credentials list the "
            "bucket (s3:ListBucket) and read its objects (s3:GetObject)?"
        )
    return FetchError(f"{where} answered {code} for {source.shown}: {_line(error.get('Message'))}")


def _line(text: object) -> str:
    line = " ".join(str(text or "no message").split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)[:300]
