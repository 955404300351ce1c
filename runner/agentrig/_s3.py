"""A way to S3, Amazon's or another's, by boto3: its client, and what its trouble means."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from agentrig._redact import redact_text, redact_url
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.errors import InfraError

__all__ = ["Deed", "S3Server", "bucket_of", "open_client", "telling_trouble"]

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
# Of those that blame the request, these may still go away by themselves.
_PASSING = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
}
_PASSING_STATUS = {408, 409, 425, 429}


class S3Server(Struct, frozen=True, kw_only=True):
    """Where S3 is.

    `endpoint` is the URL of a server that is not Amazon's, None for what AWS_ENDPOINT_URL_S3 or
    a profile names; `path_style` puts the bucket into the path, as most of them want it.
    """

    endpoint: str | None = None
    region: str | None = None
    path_style: bool = False


class Raising(Protocol):
    """Makes an error of its message, and of whether to ask again will not help."""

    def __call__(self, message: str, *, lasting: bool) -> InfraError:
        """Make it."""


class Deed(Struct, frozen=True, kw_only=True):
    """What is done with what, for messages: `read` and `s3://bucket/key`, say.

    `needs` are the actions that must be allowed for it.
    """

    verb: str
    address: str
    bucket: str
    needs: str
    raised: Raising


def bucket_of(url: str) -> tuple[str, str]:
    """Take `s3://bucket/prefix` apart. Raises UsageError."""
    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket or "@" in bucket:
        raise UsageError(f"'{redact_url(url)}' names no bucket: write s3://BUCKET/PREFIX")
    return bucket, prefix


def open_client(server: S3Server, *, connections: int, silence_s: float, attempts: int = 4) -> Any:
    """Make a client, safe for threads, that gives a server up that is silent for `silence_s`.

    Credentials are found as in all of Amazon's tools: environment, web identity (IRSA), files,
    metadata of the machine. Raises UsageError where boto3 is not installed, else what
    `telling_trouble` knows of.
    """
    try:
        import boto3  # noqa: PLC0415  # 200 ms
        from botocore.config import Config  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'agentrig[s3]'") from error
    session = boto3.Session()  # boto3's own would keep the first credentials for good
    endpoint = server.endpoint or _endpoint_of_environment()
    # What Amazon's tools add to each request by default, other servers may refuse.
    checksums = "when_required" if endpoint else "when_supported"
    config = Config(
        connect_timeout=min(10, silence_s),
        read_timeout=silence_s,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=connections,
        s3={"addressing_style": "path" if server.path_style else "auto"},
        request_checksum_calculation=os.environ.get("AWS_REQUEST_CHECKSUM_CALCULATION", checksums),
    )
    # A server that is not Amazon's has no regions, and its signature needs one all the same.
    region = server.region or session.region_name or ("us-east-1" if endpoint else None)
    # botocore brings authorities of its own and knows AWS_CA_BUNDLE alone; one name is enough here.
    authorities = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    return session.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=region,
        config=config,
        verify=authorities,
    )


@contextmanager
def telling_trouble(server: S3Server, deed: Deed) -> Iterator[None]:
    """Make UsageError, or what the deed has for it, of all that boto3 raises."""
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
        ParamValidationError,
        PartialCredentialsError,
    )
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    where = redact_url(server.endpoint or _endpoint_of_environment() or "Amazon S3")
    try:
        yield
    except ClientError as error:
        raise _told(error.response, where, deed) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise deed.raised(
            f"no credentials for {deed.address}: give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "by a Secret, or bind the service account to a role",
            lasting=True,
        ) from error
    except NoRegionError as error:
        raise UsageError(f"{deed.address} needs a region: set AWS_REGION") from error
    except (ParamValidationError, ValueError) as error:
        raise UsageError(f"cannot {deed.verb} {deed.address}: {_line(error)}") from error
    except (BotoCoreError, ResponseParserError, OSError) as error:
        message = f"cannot {deed.verb} {deed.address} at {where}: {_line(error)}"
        raise deed.raised(message, lasting=False) from error


def _endpoint_of_environment() -> str | None:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")


def _told(answer: Any, where: str, deed: Deed) -> InfraError | UsageError:
    error, about = answer.get("Error", {}), answer.get("ResponseMetadata", {})
    code, status = str(error.get("Code", "?")), int(about.get("HTTPStatusCode") or 0)
    if code in {"NoSuchBucket", "404"}:
        return UsageError(f"{where} has no bucket '{deed.bucket}'")
    if code in {"PermanentRedirect", "AuthorizationHeaderMalformed", "301"}:
        region = about.get("HTTPHeaders", {}).get("x-amz-bucket-region") or error.get("Region")
        place = _line(region or "another one")
        return UsageError(f"bucket '{deed.bucket}' is in the region {place}: set AWS_REGION")
    lasting = (
        400 <= status < 500  # noqa: PLR2004  # RFC 9110, 15.5: the request is at fault
        and status not in _PASSING_STATUS
        and code not in _PASSING
    )
    if code in _NOT_ALLOWED:
        message = (
            f"{where} refused to {deed.verb} {deed.address} ({code}): may these credentials do it "
            f"({deed.needs})?"
        )
    else:
        message = f"{where} answered {code} for {deed.address}: {_line(error.get('Message'))}"
    return deed.raised(message, lasting=lasting)


def _line(text: object) -> str:
    line = redact_text(" ".join(str(text or "no message").split()))
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)[:300]
