"""From the address of a store to the store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig._redact import redact_url
from agentrig.errors import UsageError
from agentrig.store._folder import FolderStore
from agentrig.store._s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.store._store import Store

__all__ = ["open_store"]


def open_store(url: str, environment: Mapping[str, str] = os.environ) -> Store:
    """Open the store at `s3://bucket/prefix`, or in a folder; nothing is looked at yet.

    The `environment` leads to the bucket: docs/store.md. Raises UsageError for what is no address.
    """
    if url.startswith("s3://"):
        return S3Store.of(url, environment)
    if not url.strip() or "://" in url:
        raise UsageError(f"'{redact_url(url)}' is no store: write s3://BUCKET/PREFIX, or a folder")
    return FolderStore(Path(url))
