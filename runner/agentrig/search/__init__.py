"""Results in Elasticsearch and OpenSearch: documents, their index, and how they get there."""

from agentrig.search._documents import Document, Documents
from agentrig.search._template import TEMPLATE_VERSION, index_template

__all__ = ["TEMPLATE_VERSION", "Document", "Documents", "index_template"]
