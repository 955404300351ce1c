"""What a project or a machine sets for pytest does not disturb `agentrig run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.rig import Rig

INI = {
    "addopts": "addopts = --cov=src -n 4 --strict-config",
    "filterwarnings": "filterwarnings = error",
    "filterwarnings of a module that is not there": "filterwarnings = error::nosuch.Warning",
    "unknown keys": "asyncio_mode = auto\nfilterwarnings = error",
    "required plugins": "required_plugins = pytest-nosuch",
    "strict": "strict = true\nasyncio_mode = auto",
    "log": "log_cli = true\nlog_cli_level = DEBUG",
    "python_files": "python_files = nothing_*.py",
    "testpaths": "testpaths = nosuch",
}


@pytest.mark.parametrize("ini", INI)
def test_options_in_a_projects_ini(rig: Rig, ini: str) -> None:
    rig.write("pytest.ini", f"[pytest]\n{INI[ini]}\n")
    rig.scenario("a")
    rig.write(
        "test_b.py",
        "import warnings\ndef test_b():\n    warnings.warn('old', DeprecationWarning)\n",
    )
    ran = rig.run("a.yaml", "test_b.py")
    assert ran.code == 0, ran.said
    assert ran.outcomes() == {"a": "passed", "test_b.py::test_b": "passed"}
    assert ran.err == ""
    assert "DEBUG" not in ran.out


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTEST_ADDOPTS": "--nosuch -n 4"},
        {"PYTEST_PLUGINS": "nosuchplugin"},
        {"PYTEST_XDIST_WORKER": "gw0"},
        {"PY_COLORS": "1", "FORCE_COLOR": "1"},
        {"CI": "true"},
    ],
    ids=lambda env: next(iter(env)),
)
def test_what_the_environment_says_to_pytest(rig: Rig, environment: dict[str, str]) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml", env=environment)
    assert (ran.code, ran.err) == (0, ""), ran.said


def test_an_installed_plugin_is_not_loaded(rig: Rig) -> None:
    rig.write("site/evil.py", "raise RuntimeError('loaded')\n")
    rig.write("site/evil-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    rig.write("site/evil-1.dist-info/entry_points.txt", "[pytest11]\nevil = evil\n")
    rig.scenario("a")
    ran = rig.run("a.yaml", env={"PYTHONPATH": str(rig.folder / "site")})
    assert ran.code == 0, ran.said


def test_a_conftest_is_loaded(rig: Rig) -> None:
    rig.write("sub/conftest.py", "import pytest\n@pytest.fixture\ndef five():\n    return 5\n")
    rig.write("sub/test_a.py", "def test_a(five):\n    assert five == 5\n")
    assert rig.run("sub").code == 0


def test_a_broken_conftest_exits_with_4(rig: Rig) -> None:
    rig.write("conftest.py", "import nosuchmodule\n")
    rig.scenario("a")
    ran = rig.run(".")
    assert ran.code == 4, ran.said
    assert "nosuchmodule" in ran.out + ran.err
    assert ran.summary()["outcome"] == "invalid"


@pytest.mark.parametrize(
    "args", [["-v"], ["--maxfail=1"], ["-p", "no:timeout"], ["-p", "no:pytest_timeout"], ["-s"]]
)
def test_arguments_for_pytest(rig: Rig, args: list[str]) -> None:
    rig.scenario("a")
    rig.write("test_b.py", "def test_b():\n    print('printed')\n")
    ran = rig.run(".", "--", *args)
    assert ran.code == 0, ran.said
    assert ("printed" in ran.out) == (args == ["-s"])


def test_nothing_is_written_beside_the_scenarios(rig: Rig) -> None:
    """A pod's file system is read-only but for the results."""
    rig.scenario("a")
    rig.run("a.yaml")
    assert sorted(one.name for one in rig.folder.iterdir()) == ["a.yaml", "results"]
