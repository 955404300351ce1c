"""A folder of scenarios, the real `agentrig` as a process, and what it left behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import JUnitXml

from agentrig.cli import main
from agentrig.reporters import read_journal
from tests.support.ci_servers import OF_CI_SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from agentrig.events import Event, Record

__all__ = ["Ran", "Rig", "clean_environment"]

TIMEOUT_S = 60
# What the machine of the tests must not tell the runs that they start.
_OURS = (
    *("AGENTRIG_", "PYTEST_", "KUBE", "NO_COLOR", "FORCE_COLOR", "OPA_", "COLUMNS", "PY_COLORS"),
    *OF_CI_SERVERS,
)


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of a child: this one's, without what steers agentrig or pytest."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "COLUMNS": "100", **(more or {})}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A process that ended; `results` is where its results should be."""

    code: int
    out: str
    err: str
    results: Path

    def records(self) -> list[Record]:
        return list(read_journal((self.results / "events.jsonl").read_bytes(), name="journal"))

    def events(self, *kinds: type[Event]) -> list[Any]:
        return [one.event for one in self.records() if not kinds or isinstance(one.event, kinds)]

    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.results / "summary.json").read_bytes())
        return content

    def junit(self) -> Any:
        return JUnitXml.fromfile(str(self.results / "junit.xml"))

    def outcomes(self) -> dict[str, str]:
        found = {one["id"]: one["outcome"] for one in self.summary()["scenarios"]}
        return {name.removesuffix(".yaml"): outcome for name, outcome in found.items()}

    @property
    def said(self) -> str:
        """All that it printed, for the message of an assertion."""
        return f"exit code {self.code}\n{self.out}\n--- stderr\n{self.err}"


@dataclass
class Rig:
    """A working directory; `url` is the agent that its scenarios speak to."""

    folder: Path
    url: str = "http://127.0.0.1:9"
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def scenario(self, name: str, /, *paths: str, status: int = 200, **more: Any) -> Path:
        """Write `NAME.yaml` with a GET of each path, all of which must answer `status`."""
        steps = [
            {"endpoint": self.url, "path": path, "expect": {"status": status}}
            for path in paths or ["/ok"]
        ]
        # JSON is YAML.
        content = {"name": f"The scenario {name}", **more, "steps": steps}
        lines = json.dumps(content, indent=1, ensure_ascii=False)
        return self.write(f"{name}.yaml", lines + "\n")

    def run(self, *args: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run `agentrig run ARGS`."""
        return self.agentrig("run", *args, env=env)

    def agentrig(
        self, *args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None
    ) -> Ran:
        return self.python("-m", "agentrig", *args, env=env, stdin=stdin)

    def report(self, *args: str) -> Ran:
        """Call `agentrig report ARGS` within this process."""
        ran = self.here("report", *args)
        folder = args[args.index("--results") + 1] if "--results" in args else "results"
        return replace(ran, results=self.folder / folder)

    def here(self, *args: str) -> Ran:
        """Call `agentrig ARGS` within this process, where the process does not matter."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setenv("COLUMNS", "100")
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
                main(args)
        return Ran(
            code=int(str(ended.value.code)),
            out=out.getvalue(),
            err=err.getvalue(),
            results=self.folder / "results",
        )

    def pytest(self, *args: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run bare pytest with the plugin; results go where those of `run` go."""
        plugin = ("-p", "agentrig.pytest_plugin", "--agentrig-results", "results")
        return self.python("-m", "pytest", "-p", "no:cacheprovider", *plugin, *args, env=env)

    def python(
        self, *args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None
    ) -> Ran:
        done = subprocess.run(
            [sys.executable, *args],
            cwd=self.folder,
            env=self._environment(env),
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return self._ran(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(
        self, *args: str, env: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start `agentrig run ARGS`; it is killed if it still runs at the end."""
        with subprocess.Popen(
            [sys.executable, "-m", "agentrig", "run", *args],
            cwd=self.folder,
            env=self._environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def ended(self, process: subprocess.Popen[bytes]) -> Ran:
        """Wait for a started process."""
        out, err = process.communicate(timeout=TIMEOUT_S)
        return self._ran(process.returncode, out, err)

    def _ran(self, code: int, out: bytes, err: bytes) -> Ran:
        return Ran(
            code=code,
            out=out.decode("utf-8", errors="replace"),
            err=err.decode("utf-8", errors="replace"),
            results=self.folder / "results",
        )

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return clean_environment({**self.environment, **(more or {})})


def names(records: Sequence[Record]) -> list[str]:
    """List the kinds of events, in order."""
    return [record.event.kind for record in records]
