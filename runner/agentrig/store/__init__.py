"""Where the results of many runs are kept: in S3 or in a folder, under the same keys.

`runs/<run>/shard=<n>/attempt=<m>/` holds what one attempt at one shard has left: `claim.json` from
its beginning, parts of its journal while it runs, and all files of its results folder at the end.
"""

from agentrig.store._address import RunAddress, run_address
from agentrig.store._artifacts import fetch_artifacts
from agentrig.store._attempts import StoredAttempt, claim_attempt, stored_attempts, stored_runs
from agentrig.store._folder import FolderStore
from agentrig.store._layout import attempt_folder, run_folder
from agentrig.store._open import open_store
from agentrig.store._put import KeptResults, keep_results
from agentrig.store._reporter import Pace, StoreReporter
from agentrig.store._s3 import S3Store
from agentrig.store._store import Store, Stored, media_type_of
from agentrig.store._upload import Upload

__all__ = [
    "FolderStore",
    "KeptResults",
    "Pace",
    "RunAddress",
    "S3Store",
    "Store",
    "StoreReporter",
    "Stored",
    "StoredAttempt",
    "Upload",
    "attempt_folder",
    "claim_attempt",
    "fetch_artifacts",
    "keep_results",
    "media_type_of",
    "open_store",
    "run_address",
    "run_folder",
    "stored_attempts",
    "stored_runs",
]
