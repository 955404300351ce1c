"""The kind `python`: functions of a user's modules, whatever they do."""

from __future__ import annotations

import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.events import Outcome, StepFinished
from tests.support.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.rig import Rig

MODULE = '''
import asyncio
import threading
import time

from neighbour import LIMIT

calls = []


def add(a, b=LIMIT):
    """Add."""
    return a + b


async def later(value):
    await asyncio.sleep(0)
    return {"value": value, "thread": threading.current_thread().name}


def thread():
    return threading.current_thread().name


def count():
    calls.append(1)
    return len(calls)


def check(total):
    inner(total)


def inner(total):
    assert total == 2


def said(total):
    assert total == 2, f"the total is {total}\\nand that is wrong"


async def async_check():
    assert False


def crash():
    raise ValueError("no such order")


def quit():
    raise SystemExit(3)


async def async_quit():
    raise SystemExit(3)


def broken():
    from agentrig.errors import TargetError
    raise TargetError("the orders cannot be reached")


def mistaken():
    from agentrig.errors import UsageError
    raise UsageError("the orders are not configured")


def give(what):
    return {"set": {1}, "nan": float("nan"), "tuple": (1, (2,)), "deep": deep(), "object": object()}[what]


def deep():
    found = []
    found.append(found)
    return found


def of_a_library():
    import json
    return json.loads("")


def hang():
    time.sleep(30)


async def async_hang():
    await asyncio.sleep(30)


def coroutine():
    return later(1)


def grow(items):
    items.append(2)
    return items


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def mute():
    raise Mute


async def async_cancelled():
    other = asyncio.create_task(asyncio.sleep(30))
    other.cancel()
    await other


wrapped = staticmethod(add)
number = 5
'''


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("python")
    (folder / "orders.py").write_text(MODULE)
    (folder / "neighbour.py").write_text("LIMIT = 10\n")
    (folder / "broken.py").write_text("x = 1\nraise RuntimeError('no database')\ndef f(): ...\n")
    with Bench(folder) as bench:
        yield bench


def call(function: str, /, **arguments: Any) -> dict[str, Any]:
    module = "" if ":" in function else "orders.py:"
    return {"python": {"call": module + function, **({"with": arguments} if arguments else {})}}


def run(bench: Bench, *steps: Mapping[str, Any], **scenario: Any) -> list[StepFinished]:
    document = {"name": "x", **scenario, "steps": [dict(one) for one in steps]}
    return bench.run(yaml.safe_dump(document, sort_keys=False), {})


def passes(bench: Bench, *steps: Mapping[str, Any], **scenario: Any) -> None:
    found = run(bench, *steps, **scenario)
    assert [one.message for one in found if one.outcome is not Outcome.PASSED] == []


def fails(bench: Bench, step: Mapping[str, Any]) -> str:
    (found,) = run(bench, step)
    assert found.outcome is Outcome.FAILED, found
    assert found.checks[-1].at is not None
    assert found.checks[-1].at.line > 2
    return str(found.message)


def equals(jq: str, value: Any) -> dict[str, Any]:
    return {"expect": {"checks": [{"jq": jq, "equals": value}]}}


def test_what_a_function_returns_is_checked_and_captured(bench: Bench) -> None:
    passes(
        bench,
        call("add", a=1, b="${vars.two}") | equals(".", 3) | {"capture": {"sum": {"jq": "."}}},
        call("add", a="${sum}") | equals(".", 13),
        call("later", value="${sum}") | equals(".value", 3),
        call("later", value="x") | equals(".thread", threading.current_thread().name),
        call("thread") | equals(".", "agentrig-python-step"),
        call("coroutine") | equals(".value", 1),
        call("give", what="tuple") | equals(".", [1, [2]]),
        call("wrapped", a=1) | equals(".", 11),
        call("json:dumps", obj=[1]) | {"expect": {"checks": [{"body": {"equals": "[1]"}}]}},
        vars={"two": 2},
    )


def test_what_a_function_does_to_its_arguments_is_gone_the_next_time(bench: Bench) -> None:
    grown = call("grow", items="${vars.items}") | equals(".", [1, 2])
    passes(bench, grown, grown, vars={"items": [1]})
    written = call("grow", items=[1]) | equals(".", [1, 2]) | {"foreach": [1, 2]}
    passes(bench, written)


def test_a_module_is_imported_once_in_a_run(bench: Bench) -> None:
    passes(bench, call("count"), call("count") | {"capture": {"n": {"jq": "."}}})
    passes(bench, call("count") | {"expect": {"checks": [{"jq": ".", "ge": 3}]}})


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "check",
            """\
            orders.py:35: assert total == 2
              orders.py:31 in check: inner(total)
              orders.py:35 in inner: assert total == 2""",
        ),
        ("said", "orders.py:39: the total is 5\nand that is wrong"),
    ],
)
def test_an_assertion_that_fails_is_told_with_its_place(
    bench: Bench, function: str, message: str
) -> None:
    told = fails(bench, call(function, total=5))
    assert told == f"[python orders.py:{function}] {textwrap.dedent(message)}"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("async_check", "orders.py:43: assert False"),
        ("crash", "orders.py:47: ValueError: no such order"),
        ("quit", "orders.py:51: SystemExit: 3"),
        ("async_quit", "orders.py:55: SystemExit: 3"),
        (
            "of_a_library",
            "orders.py:80: JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        ),
        ("mute", "orders.py:106: Mute: <exception str() failed>"),
        ("async_cancelled", "orders.py:112: CancelledError"),
    ],
)
def test_whatever_a_function_raises_fails_the_step(
    bench: Bench, function: str, message: str
) -> None:
    assert fails(bench, call(function)) == f"[python orders.py:{function}] {message}"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("broken", "[python orders.py:broken] the orders cannot be reached"),
        ("mistaken", "[python orders.py:mistaken] the orders are not configured"),
        ("broken.py:f", "[python broken.py:f] 'broken.py' cannot be imported: RuntimeError: no database (broken.py:2)"),
        ("number", "[python orders.py:number] 'number' of 'orders.py' is no function"),
    ],
)  # fmt: skip
def test_what_says_nothing_of_the_agent_is_an_error(
    bench: Bench, function: str, message: str
) -> None:
    (found,) = run(bench, call(function))
    assert (found.outcome, found.message) == (Outcome.ERROR, message)


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("set", "set, which is no JSON: Object of type set is not JSON serializable"),
        ("nan", "float, which is no JSON: Out of range float values are not JSON compliant"),
        ("deep", "list, which is no JSON: Circular reference detected"),
        ("object", "object, which is no JSON: Object of type object is not JSON serializable"),
    ],
)
def test_what_is_no_json_is_told(bench: Bench, what: str, problem: str) -> None:
    told = fails(bench, call("give", what=what))
    assert told.startswith(f"[python orders.py:give] 'give' returned {problem}")


@pytest.mark.parametrize("function", ["hang", "async_hang"])
def test_a_function_that_does_not_end_ends_its_step(bench: Bench, function: str) -> None:
    begin = time.monotonic()
    told = fails(bench, call(function) | {"timeout": "200ms"})
    assert told.startswith(f"[python orders.py:{function}] '{function}' did not end within 200 ms")
    assert ("its thread goes on until the run ends" in told) is (function == "hang")
    assert time.monotonic() - begin < 20


def test_a_function_that_does_not_end_does_not_keep_the_run(rig: Rig) -> None:
    rig.write("m.py", "import time\n\ndef hang():\n    time.sleep(1000)\n")
    rig.write("a.yaml", "name: a\nsteps: [{python: {call: 'm.py:hang'}, timeout: 200ms}]\n")
    ran = rig.run("a.yaml")
    assert (ran.code, ran.outcomes()) == (1, {"a": "failed"}), ran.said
    assert "its thread goes on until the run ends: Python cannot stop it" in ran.out


def test_a_function_keeps_no_other_scenario_waiting(rig: Rig) -> None:
    rig.write(
        "m.py",
        """
        import threading

        both = threading.Barrier(2)

        def meet():
            both.wait(30)
        """,
    )
    for name in ("a", "b"):
        rig.write(f"{name}.yaml", f"name: {name}\nsteps: [{{python: {{call: 'm.py:meet'}}}}]\n")
    assert rig.run(".").code == 0


def test_secrets_that_a_function_raises_are_hidden(rig: Rig) -> None:
    rig.write("m.py", "def login(token):\n    raise ValueError(f'bad token {token}')\n")
    rig.write(
        "a.yaml",
        "name: a\nsteps: [{python: {call: 'm.py:login', with: {token: '${secret.TOKEN}'}}}]\n",
    )
    ran = rig.run("a.yaml", env={"TOKEN": "correct-horse-battery"})
    assert ran.code == 1
    assert "bad token" in ran.out
    assert "correct-horse" not in ran.said + (ran.results / "events.jsonl").read_text()


def test_two_files_of_one_name_are_two_modules(rig: Rig) -> None:
    for name in ("one", "two"):
        rig.write(f"{name}/m.py", f"def name():\n    return '{name}'\n")
        rig.write(
            f"{name}/a.yaml",
            f"name: {name}\nsteps: [{{python: {{call: 'm.py:name'}}, "
            f"expect: {{checks: [{{jq: ., equals: {name}}}]}}}}]\n",
        )
    ran = rig.run(".")
    assert ran.code == 0, ran.said


SHAPES = """
import sys
from json import dumps as imported

if sys.version_info:
    def conditional(a, *, b): ...
else:
    other = None

try:
    import nosuch
except ImportError:
    nosuch = None

def keywords(**all): ...
def positional(a, /, b): ...
@print
def decorated(a): ...
class Made: ...
first, [second] = 1, [2]
"""


@pytest.mark.parametrize(
    ("function", "arguments", "mistake"),
    [
        ("imported", {"x": 1}, None),
        ("conditional", {"a": 1, "b": 2}, None),
        ("conditional", {"a": 1}, "'conditional' needs the argument 'b'"),
        ("nosuch", {}, None),
        ("keywords", {"any": 1}, None),
        ("positional", {"b": 1}, "'positional' needs the argument 'a'"),
        ("decorated", {"z": 1}, None),
        ("Made", {}, None),
        ("second", {}, None),
        ("condtional", {}, "'shapes.py' has no 'condtional'"),
    ],
)
def test_a_call_is_checked_without_importing_its_module(
    rig: Rig, function: str, arguments: dict[str, Any], mistake: str | None
) -> None:
    rig.write("shapes.py", SHAPES)
    document = {"name": "a", "steps": [call(f"shapes.py:{function}", **arguments)]}
    rig.write("a.yaml", yaml.safe_dump(document))
    ran = rig.here("lint", "a.yaml")
    said = ran.out + ran.err
    assert ran.code == (4 if mistake else 0), said
    assert (mistake or "") in said


def test_a_star_import_may_bring_any_name(rig: Rig) -> None:
    rig.write("m.py", "from json import *\n")
    rig.write("a.yaml", "name: a\nsteps: [{python: {call: 'm.py:dumps', with: {obj: 1}}}]\n")
    assert rig.here("lint", "a.yaml").code == 0
