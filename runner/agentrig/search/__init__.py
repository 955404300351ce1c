"""Results in Elasticsearch and OpenSearch: documents, their index, and how they get there."""

from agentrig.search._client import SearchClient
from agentrig.search._documents import Document, Documents
from agentrig.search._environment import (
    environment_fields,
    hide_credentials,
)
from agentrig.search._push import Pusher
from agentrig.search._reporter import SearchReporter
from agentrig.search._settings import (
    DEFAULT_INDEX,
    DEFAULT_TIMEOUT_S,
    SearchSettings,
    search_settings,
)
from agentrig.search._spool import SPOOL_FOLDER
from agentrig.search._template import TEMPLATE_VERSION, index_template

__all__ = [
    "DEFAULT_INDEX",
    "DEFAULT_TIMEOUT_S",
    "SPOOL_FOLDER",
    "TEMPLATE_VERSION",
    "Document",
    "Documents",
    "Pusher",
    "SearchClient",
    "SearchReporter",
    "SearchSettings",
    "environment_fields",
    "hide_credentials",
    "index_template",
    "search_settings",
]
