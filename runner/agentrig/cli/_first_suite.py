"""The files of a first suite: each says in comments what its reader may change."""

from __future__ import annotations

import json

__all__ = ["SCHEMA_FILE", "demo_files", "own_files"]

SCHEMA_FILE = "scenarios/scenario.schema.json"

_CONFIG = """\
# Read by `agentrig run` in the folder that it is called in; --target NAME=URL wins over it.
# In a cluster, `via: dns` and an agent's name lead to its service:
#   proxy: "http://{{agent}}.{{namespace}}.svc.{{cluster_domain}}:4000"
targets:
  # Where requests go unless a step names another `endpoint`.
  proxy: {proxy}
  # What the agent tells about itself, for `endpoint: control`.
  control: {control}
"""

_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA_FILE.rpartition("/")[2]}
# The line above lets an editor complete and explain every key.
"""

_DEMO_SCENARIO = """\
name: The agent plans a week
agent: gymcoach
tags: [smoke]
vars:
  message: Plan my week

steps:
  - name: It tells its name
    path: /
    expect:
      status: 200
      checks:
        # A jq program over the JSON that came, and what its result must be.
        - {jq: .status, equals: ok}
    # Later steps read it as ${name}.
    capture:
      name: {jq: .agent}

  - name: It answers with a plan
    method: POST
    path: /chat
    body: {message: "${message}"}
    expect:
      status: 200
      checks:
        - {jq: .agent, equals: "${name}"}
        - {jq: .answer, matches: "(?i)monday"}
        - {header: content-type, contains: json}
        - {elapsed_ms: {le: 2000}}

  - name: The sidecar has seen it
    endpoint: control
    path: /audit
    # Asked again until it passes: what is recorded may come a moment later.
    eventually: {within: 5s, every: 200ms}
    expect:
      status: 200
      checks:
        - {jq: 'map(select(.path == "/chat")) | length', ge: 1}
"""

_OWN_SCENARIO = """\
name: The agent answers
tags: [smoke]

steps:
  - name: It is there
    path: /
    expect:
      checks:
        # Write what your agent answers here: `status: 200` stands beside `checks`.
        - {status: {between: [200, 499]}}
        - {elapsed_ms: {le: 10000}}
    # Later steps read it as ${first_status}.
    capture:
      first_status: {status: true}

  - name: It answers the same again
    path: /
    expect:
      checks:
        - {status: {equals: "${first_status}"}}
  # A chat could be the next:
  # - name: It knows the capital
  #   method: POST
  #   path: /chat
  #   body: {message: "What is the capital of France?"}
  #   expect:
  #     status: 200
  #     checks:
  #       - {jq: .answer, contains: Paris}
"""

_DEMO_MODULE = '''\
"""Where YAML ends: a pytest module beside the scenarios."""


def test_two_messages_call_two_tools(agent):
    client = agent("gymcoach").client
    called = []
    for message in ("Plan my week", "An exercise for my legs"):
        answer = client.post("/chat", json={"message": message})
        assert answer.status_code == 200, answer.text
        called += answer.json()["toolsCalled"]
    assert called == ["plan-week", "find-exercise"]
'''

_OWN_MODULE = '''\
"""Where YAML ends: a pytest module beside the scenarios."""


def test_ten_requests_are_answered_alike(agent):
    client = agent("my-agent").client  # the name matters where a target has {agent} in it
    statuses = {client.get("/").status_code for _ in range(10)}
    assert len(statuses) == 1, statuses
'''


def demo_files() -> dict[str, str]:
    """Give a suite against the demo's agent `gymcoach`, by path."""
    return _files(
        proxy="http://localhost:4000",
        control="http://localhost:4001",
        scenario=_DEMO_SCENARIO,
        module=_DEMO_MODULE,
    )


def own_files(url: str) -> dict[str, str]:
    """Give a suite against whatever answers at `url`, by path; it asserts little."""
    return _files(proxy=url, control=url, scenario=_OWN_SCENARIO, module=_OWN_MODULE)


def _files(*, proxy: str, control: str, scenario: str, module: str) -> dict[str, str]:
    # JSON is YAML: a quoted text stays the text that it is.
    config = _CONFIG.format(proxy=json.dumps(proxy), control=json.dumps(control))
    return {
        "agentrig.yaml": config,
        "scenarios/first.yaml": _HEAD + scenario,
        "scenarios/test_first.py": module,
    }
