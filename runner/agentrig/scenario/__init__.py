"""The scenario file: its model, its positions, its names and queries, its mistakes."""

from agentrig.scenario._call import load_call, scenario_of_calls
from agentrig.scenario._controls import (
    DEFAULT_TIMEOUT_S,
    Retry,
    StepControls,
    UsesStep,
)
from agentrig.scenario._duration import Duration, describe_duration, parse_duration
from agentrig.scenario._files import FileName, FilePath, IsFile
from agentrig.scenario._jq_workers import QueryWorkers
from agentrig.scenario._json import json_problem
from agentrig.scenario._load import load_scenarios, load_source
from agentrig.scenario._load_phases import Room
from agentrig.scenario._load_steps import StepModels
from agentrig.scenario._mistakes import closest, mistakes_of
from agentrig.scenario._model import (
    DefinitionFields,
    Port,
    ScenarioFields,
    StrictModel,
    empty_list,
)
from agentrig.scenario._names import ROOTS, Names
from agentrig.scenario._phases import Phases, definitions_in
from agentrig.scenario._query import Query, Variables, compile_query
from agentrig.scenario._query_error import QueryError, QuerySyntaxError
from agentrig.scenario._scenario import Place, Scenario, StepDefinition, StepGroup, StepNode
from agentrig.scenario._schema import scenario_schema
from agentrig.scenario._template import RenderError, Template, is_templated

__all__ = [
    "DEFAULT_TIMEOUT_S",
    "ROOTS",
    "DefinitionFields",
    "Duration",
    "FileName",
    "FilePath",
    "IsFile",
    "Names",
    "Phases",
    "Place",
    "Port",
    "Query",
    "QueryError",
    "QuerySyntaxError",
    "QueryWorkers",
    "RenderError",
    "Retry",
    "Room",
    "Scenario",
    "ScenarioFields",
    "StepControls",
    "StepDefinition",
    "StepGroup",
    "StepModels",
    "StepNode",
    "StrictModel",
    "Template",
    "UsesStep",
    "Variables",
    "closest",
    "compile_query",
    "definitions_in",
    "describe_duration",
    "empty_list",
    "is_templated",
    "json_problem",
    "load_call",
    "load_scenarios",
    "load_source",
    "mistakes_of",
    "parse_duration",
    "scenario_of_calls",
    "scenario_schema",
]
