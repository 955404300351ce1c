"""The dashboard of results, for Kibana and OpenSearch Dashboards."""

from agentrig.search.dashboards._saved_objects import saved_objects, write_ndjson

__all__ = ["saved_objects", "write_ndjson"]
