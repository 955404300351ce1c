"""The plan of a run, as `agentrig run --dry-run` prints it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from agentrig import __version__
from agentrig._excerpt import printable
from agentrig._redact import redact_url
from agentrig.errors import UsageError
from agentrig.events import Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentrig.engine import PlannedScenario
    from agentrig.events import Planned
    from agentrig.pytest_plugin._options import RunOptions
    from agentrig.targets import Resolver

__all__ = ["render_plan"]

_WORDS = {Language.YAML: "scenario", Language.PYTHON: "Python test"}


def render_plan(
    plan: Sequence[Planned],
    scenarios: Mapping[str, PlannedScenario],
    *,
    whole: int,
    options: RunOptions,
    resolver: Resolver,
) -> str:
    """Render what would be run, in its order; `whole` counts the plan before it was split."""
    head = f"agentrig {__version__} · dry run · via {options.targets.via}"
    if options.shard:
        head += f" · shard {options.shard.index}/{options.shard.count} of {whole}"
    lines = [head, ""]
    for planned in plan:
        name = "" if planned.name in planned.id else f"  {printable(planned.name)}"
        lines.append(f"{printable(planned.id)}{name}")
        notes = [f"tags: {', '.join(planned.tags)}"] if planned.tags else []
        scenario = scenarios.get(planned.id)
        if scenario:
            notes += _notes(scenario)
        if notes:
            lines.append(f"    {printable(' · '.join(notes))}")
        if scenario:
            lines += [f"    {line}" for line in _targets(scenario, resolver)]
    counts = Counter(_WORDS[planned.language] for planned in plan)
    parts = [f"{count} {word}{'s' * (count != 1)}" for word, count in counts.items()]
    lines += [""] * bool(plan) + [f"would run: {', '.join(parts) or 'nothing'}"]
    return "\n".join(lines) + "\n"


def _notes(planned: PlannedScenario) -> Iterator[str]:
    scenario = planned.scenario
    if scenario.locks:
        yield f"locks: {', '.join(scenario.locks)}"
    if scenario.serial:
        yield "serial"
    if scenario.skip is not None:
        yield f"skipped: {scenario.skip}"
    if scenario.xfail is not None:
        yield f"expected to fail: {scenario.xfail}"


def _targets(planned: PlannedScenario, resolver: Resolver) -> Iterator[str]:
    for endpoint in planned.scenario.endpoints:
        try:
            target = resolver.resolve(endpoint, planned.scenario)
        except UsageError:  # only of a scenario that is skipped: all others were checked
            yield f"{endpoint}: no address"
            continue
        url = redact_url(target.url)
        yield url if endpoint == target.url else f"{endpoint} → {url}"
