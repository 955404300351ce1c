"""The scenario file: its model, its positions, its queries, its mistakes."""

from agentrig.scenario._jq_syntax import QuerySyntaxError
from agentrig.scenario._json import json_problem
from agentrig.scenario._load import StepModels, load_scenario
from agentrig.scenario._mistakes import closest, mistakes_of
from agentrig.scenario._model import Port, Scenario, ScenarioFields, Step, StrictModel
from agentrig.scenario._query import Query, QueryError, Variables, compile_query
from agentrig.scenario._schema import scenario_schema
from agentrig.scenario._source import Location, Source

__all__ = [
    "Location",
    "Port",
    "Query",
    "QueryError",
    "QuerySyntaxError",
    "Scenario",
    "ScenarioFields",
    "Source",
    "Step",
    "StepModels",
    "StrictModel",
    "Variables",
    "closest",
    "compile_query",
    "json_problem",
    "load_scenario",
    "mistakes_of",
    "scenario_schema",
]
