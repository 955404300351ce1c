"""The dashboard of results, for Kibana and OpenSearch Dashboards."""

from agentrig.search.dashboards._install import Installed, install_dashboards
from agentrig.search.dashboards._saved_objects import saved_objects, write_ndjson

__all__ = ["Installed", "install_dashboards", "saved_objects", "write_ndjson"]
