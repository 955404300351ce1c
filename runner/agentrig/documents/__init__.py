"""YAML files: which hold scenarios, their data at once, positions in them when one is wanted."""

from agentrig.documents._find import CONFIG_FILE, find_scenario_files, is_scenario_file
from agentrig.documents._read_ahead import ReadAhead
from agentrig.documents._source import Document, Location, Source

__all__ = [
    "CONFIG_FILE",
    "Document",
    "Location",
    "ReadAhead",
    "Source",
    "find_scenario_files",
    "is_scenario_file",
]
