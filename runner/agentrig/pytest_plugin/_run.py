"""One run within one pytest session: its stream, its engine, its end."""

from __future__ import annotations

import sys
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentrig import __version__
from agentrig._secrets import Secrets
from agentrig.engine import (
    Engine,
    Turn,
    check_environment,
    check_goals,
    check_targets,
    open_scenario_run,
)
from agentrig.events import Outcome, Planned, RunFinished, RunStarted, ScenarioFinished
from agentrig.pytest_plugin._continuing import earlier_attempts, files_digest, keep_verdicts
from agentrig.pytest_plugin._keeping import open_keeping
from agentrig.pytest_plugin._reports import make_reporters, search_reporter
from agentrig.reporters import LiveReporter, Tally
from agentrig.scenario import Room
from agentrig.stream import EventStream
from agentrig.targets import Pacer, Resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from agentrig.documents import ReadAhead
    from agentrig.engine import Counts, PlannedScenario, ScenarioResult
    from agentrig.kubernetes import KubernetesSettings, PortForwards
    from agentrig.pytest_plugin._artifacts import ArtifactFolder
    from agentrig.pytest_plugin._background import Background
    from agentrig.pytest_plugin._continuing import Continued
    from agentrig.pytest_plugin._options import RunOptions
    from agentrig.search import SearchSettings
    from agentrig.targets import Service

__all__ = ["Run"]

_NOTHING_SELECTED = 5

MAX_STEPS_READY = 4_000
"""Steps that stay in memory as they were checked, at 3 kB each; more are made again in turn."""


class Run:
    """Begins, runs and ends what one pytest session selected."""

    def __init__(self, options: RunOptions, ahead: ReadAhead) -> None:
        """Open the reports; `ahead` reads the files that are collected.

        Raises ReportError when the results cannot be written. Where they are kept in a store,
        raises StoreError and UsageError if that refuses them.
        """
        self.options = options
        # A test may change the working directory.
        self._results = options.results.absolute() if options.results else None
        self.kube_server = options.kube_server
        self._forwards: PortForwards | None = None
        self._forwards_lock = threading.Lock()
        self.resolver = Resolver(options.targets, self)
        self.tally = Tally()
        shard = options.shard.index if options.shard else 0
        self._keeping = keeping = open_keeping(options, shard=shard)
        self._earlier = earlier_attempts(options, keeping, shard=shard)
        last = max((one.attempt for one in self._earlier), default=0)
        self.attempt = (keeping.attempt if keeping else 0) or last + 1
        reporters = make_reporters(options, self.tally, keeping, continues=bool(self._earlier))
        self._reporters = [self.tally, *reporters]
        self.stream = EventStream(
            run=options.run_id,
            reporters=self._reporters,
            secrets=_secrets_of(options),
            shard=shard,
            attempt=self.attempt,
        )
        self._engine: Engine | None = None
        self._background: Background | None = None
        self._pacer = Pacer(options.targets.rates)
        self._begin = time.perf_counter()
        self._begun = False
        self._failures = 0
        self._continued: Continued | None = None
        self.elsewhere: str | None = None
        """Why nothing is left for this shard, if the whole plan had something."""
        self.tell_session: Callable[[], None] = lambda: None
        """Publishes what is known of the session: right after the plan, and before the end."""
        self.places: dict[str, int] = {}
        """Where each scenario stands in the plan of all shards together, if it was split."""
        self.ahead = ahead
        self.room = Room(MAX_STEPS_READY)
        self.endpoints = options.targets.names

    @cached_property
    def artifacts(self) -> ArtifactFolder | None:
        """Where tests leave files; None for a run without results."""
        from agentrig.pytest_plugin._artifacts import (  # noqa: PLC0415  # for few tests
            ArtifactFolder,
        )

        return ArtifactFolder(self._results) if self._results else None

    def send_to(self, search: SearchSettings) -> None:
        """Send documents to a server that pytest's options name: they are read after the others.

        Nothing has been recorded yet. Raises ReportError.
        """
        for text in search.credentials:
            self.stream.secrets.add(text)
        self.stream.add(search_reporter(search, self._results))

    def begin(
        self, scenarios: Sequence[PlannedScenario], plan: Sequence[Planned]
    ) -> Collection[str]:
        """Start the engine on `scenarios`; what else is in the plan is run by pytest itself.

        Gives the identities of all that earlier attempts have finished, and that is not run again.
        Raises UsageError when a scenario has an endpoint without an address.
        """
        self.check(scenarios)
        for scenario in scenarios:
            self.resolver.learn_ports(scenario.scenario)
        self._announce(plan)
        kept = self._continued.kept.verdicts if self._continued else {}
        self._failures = failed_before = self._continued.failures if self._continued else 0
        if left := [one for one in scenarios if one.id not in kept]:
            self._engine = Engine(
                left,
                stream=self.stream,
                resolver=self.resolver,
                schedule=self.options.schedule,
                run=self._names(),
                pacer=self._pacer,
                kubernetes=self.kubernetes_settings,
                counts=self._continued.counts if self._continued else None,
                failed_before=failed_before,
                keep_exchanges=self.options.keep_exchanges,
            )
            if self.stopped:
                self._engine.interrupt(self.stopped)
            self._engine.start()
        return kept.keys()

    def _names(self) -> dict[str, Any]:
        """Give what scenarios read as `${run}`."""
        return {
            "id": self.options.run_id,
            "namespace": self.options.targets.namespace,
            "shard": self.options.shard.index if self.options.shard else 0,
            "attempt": self.attempt,
        }

    @property
    def background(self) -> Background:
        """What executes the steps of Python tests."""
        if self._background is None:
            from agentrig.pytest_plugin._background import (  # noqa: PLC0415  # for few tests
                Background,
            )

            self._background = Background(
                lambda: open_scenario_run(
                    publish=self.stream.publish,
                    resolver=self.resolver,
                    secrets=self.stream.secrets,
                    run=self._names(),
                    pacer=self._pacer,
                    kubernetes=self.kubernetes_settings,
                    keep_exchanges=self.options.keep_exchanges,
                )
            )
        return self._background

    def check(self, scenarios: Sequence[PlannedScenario]) -> None:
        """Raise UsageError when a scenario cannot be executed: it names what is missing."""
        executed = [planned for planned in scenarios if planned.scenario.skip is None]
        check_targets(executed, self.resolver)
        check_environment(executed, self.stream.secrets)

    @property
    def forwards(self) -> PortForwards:
        """The tunnels of the run."""
        # Scenarios that begin together ask from threads of their own.
        with self._forwards_lock:
            if self._forwards is None:
                from agentrig.kubernetes import PortForwards  # noqa: PLC0415  # 10 ms, seldom used

                self._forwards = PortForwards(context=self.options.kube_context)
            return self._forwards

    def forward(self, service: Service) -> int:
        """Open a tunnel for the resolver."""
        return self.forwards.forward(service)

    def refresh_forwards(self) -> None:
        """Open the tunnels anew: pods were replaced."""
        if self._forwards:
            self._forwards.refresh()

    def kubernetes_settings(self) -> KubernetesSettings:
        """Say which cluster the run works on."""
        from agentrig.kubernetes import KubernetesSettings  # noqa: PLC0415  # 10 ms, seldom used

        return KubernetesSettings(
            namespace=self.options.targets.namespace,
            context=self.options.kube_context,
            server=self.kube_server,
            on_rollout=self.refresh_forwards,
        )

    def result(self, scenario_id: str) -> ScenarioResult:
        """Wait for a scenario of the engine to end."""
        if self._engine is None:
            raise RuntimeError("the run has not begun")
        return self._engine.result(scenario_id)

    def share_terminal(self) -> None:
        """Leave the terminal to others as well: draw nothing that they would break."""
        for reporter in self._reporters:
            if isinstance(reporter, LiveReporter):
                reporter.draw_nothing()

    def count_failure(self) -> None:
        """Take note of a test, run by pytest, that failed: scenarios may still run beside it."""
        self._failures += 1
        if self.stopped and self._engine:
            self._engine.interrupt(self.stopped)

    def turn(self, locks: Collection[str]) -> Turn:
        """Ask for a turn beside the scenarios, with `locks`."""
        return self._engine.turn(locks) if self._engine else self.no_turn()

    def no_turn(self) -> Turn:
        """Give a turn of its own to what runs beside nothing."""
        turn = Turn()
        turn.settle(granted=True)
        return turn

    @property
    def stopped(self) -> str | None:
        """Why nothing more is run, if enough has failed."""
        schedule = self.options.schedule
        failures = self._failures + (self._engine.failures if self._engine else 0)
        return schedule.enough if schedule.is_enough(failures) else None

    def abort(self) -> None:
        """Cut teardowns short that an interruption has left running, and what waits for a server."""
        for reporter in self._reporters:
            if hurry := getattr(reporter, "hurry", None):
                hurry()
        if self._engine:
            self._engine.abort()
        if self._background:
            self._background.cancel()

    @property
    def lingers(self) -> bool:
        """Whether a thread outlives the run, so that only exiting ends it."""
        return self._engine is not None and self._engine.lingers

    def stop(self) -> None:
        """Interrupt what still runs, and close all tunnels."""
        if self._engine:
            self._engine.interrupt()
        if self._forwards:
            # Before the engine is waited for: a thread of its may wait for a tunnel to come up.
            self._forwards.close()
        if self._background:
            self._background.close()
        if self._engine:
            self._engine.stop()

    def end(
        self, *, exit_code: int | None = None, interrupted: bool = False, message: str | None = None
    ) -> int:
        """End the run and close its reports; give its exit code.

        `exit_code` is given where it does not follow from the scenarios, e.g. 4 for files that
        cannot be run.
        """
        self.stop()
        if not self._begun:
            self._announce([])
        self._account()
        self.tell_session()
        code = exit_code
        if code is None:
            code = self.tally.verdict(
                interrupted=interrupted,
                broken=bool(self.stream.problems or self._crash),
                fail_on_flaky=self.options.fail_on_flaky,
            )
        if code == _NOTHING_SELECTED and self.elsewhere:
            code = 0
        asked = self.options.targets.slo or self.options.schedule.repeats
        counts = self._counts
        return self.stream.finish(
            RunFinished(
                exit_code=code,
                elapsed_ms=round((time.perf_counter() - self._begin) * 1000, 3),
                message=message or self._remark(code),
                iterations=counts.read() if counts and asked else None,
            )
        )

    @property
    def _counts(self) -> Counts | None:
        """How executions ended, those that earlier attempts made among them."""
        if self._engine:
            return self._engine.counts
        return self._continued.counts if self._continued else None

    @property
    def _crash(self) -> BaseException | None:
        return self._engine.crash if self._engine else None

    def _account(self) -> None:
        """Check the goals of the run, and say of all that was not finished that it was not."""
        if counts := self._counts:
            for limit in check_goals(self.options.targets.slo, counts):
                self.stream.publish(limit)
        for planned in self.tally.missing:
            outcome = Outcome.NOT_RUN
            if planned in self.tally.started_at:
                outcome = Outcome.INTERRUPTED
            self.stream.publish(
                ScenarioFinished(
                    scenario=planned, outcome=outcome, elapsed_ms=0.0, message=self.stopped
                )
            )

    def _remark(self, code: int) -> str | None:
        """Say what the counts of a run do not tell of its exit code."""
        if self._crash:
            return f"error: the engine broke down: {self._crash!r}"
        if not self.tally.planned:
            nothing = "nothing selected: no scenario and no test matches"
            return self.elsewhere or (nothing if code == _NOTHING_SELECTED else None)
        if self.stopped:
            return self.stopped
        explained = self.tally.counts.get(Outcome.FAILED) or self.tally.missed
        if code == 1 and not explained:
            return f"{len(self.tally.flaky)} flaky, and --fail-on-flaky is given"
        return None

    def _announce(self, planned: Sequence[Planned]) -> None:
        self._begun = True
        settings, keeping = self.options.targets, self._keeping
        started = self.stream.publish(
            RunStarted(
                agentrig_version=__version__,
                python_version=sys.version.split()[0],
                via=settings.via.value,
                namespace=settings.namespace,
                planned=tuple(planned),
                shards=self.options.shard.count if self.options.shard else 1,
                source=self.options.source,
                commit=self.options.commit,
                labels=tuple(self.options.labels.items()),
                total=len(self.places) if self.options.shard else None,
                places=tuple(self.places[one.id] for one in planned) if self.places else (),
                files=files_digest(planned) if self.options.resume else None,
                store=keeping.store.url if keeping and keeping.attempt else None,
            )
        )
        self.tell_session()
        if planned:
            self._go_on(started)

    def _go_on(self, started: RunStarted) -> None:
        """Take over what earlier attempts have found."""
        shard = self.options.shard.index if self.options.shard else 0
        self._continued = keep_verdicts(
            self._earlier, self._keeping, started=started, options=self.options, shard=shard
        )
        self._earlier = []  # whole journals
        if self._continued:
            self.stream.publish(self._continued.kept.event())
            self.stream.take(self._continued.records())


def _secrets_of(options: RunOptions) -> Secrets:
    """Hide what scenarios read by name, and what leads to a search server or a webhook."""
    secrets = Secrets(options.secrets)
    for secret in (
        *(options.search.credentials if options.search else ()),
        *(options.webhook.secrets if options.webhook else ()),
    ):
        secrets.add(secret)
    return secrets
