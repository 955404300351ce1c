"""Scenarios from elsewhere: a Git repository or an S3 bucket, and the libraries that tests need.

No shell, no root, no git: what an init container runs on a read-only root. Libraries that speak
to the outside are imported when they are called.
"""

from agentrig._s3 import S3Server, bucket_of
from agentrig.fetch._git import GitSource, fetch_git
from agentrig.fetch._git_auth import SshKey, Token
from agentrig.fetch._limits import Limits
from agentrig.fetch._packages import Index, install_packages
from agentrig.fetch._record import read_source, write_source
from agentrig.fetch._s3 import S3Source, fetch_s3

__all__ = [
    "GitSource",
    "Index",
    "Limits",
    "S3Server",
    "S3Source",
    "SshKey",
    "Token",
    "bucket_of",
    "fetch_git",
    "fetch_s3",
    "install_packages",
    "read_source",
    "write_source",
]
