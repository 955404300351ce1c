"""Rate limits, on a clock of their own, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.errors import UsageError
from agentrig.targets import Pacer, Rate, target_settings

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """Stands still until it is told the time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["proxy", "x"])), max_size=30
).map(sorted)


@given(ARRIVALS)
def test_requests_are_a_distance_apart_and_none_waits_longer_than_it_must(
    arrivals: list[tuple[int, str]],
) -> None:
    clock = Clock()
    pacer = Pacer({"proxy": Rate.parse("1/s")}, clock=clock)
    free_at = 0.0
    for at, endpoint in arrivals:
        clock.now = at
        waits_s = pacer.reserve(endpoint)
        if endpoint == "proxy":
            turn = max(at, free_at)
            assert at + waits_s == turn
            free_at = turn + 1
        else:
            assert waits_s == 0


def test_the_rate_of_an_agent_wins_and_is_its_own() -> None:
    pacer = Pacer({"proxy": Rate.parse("1/h"), "a/proxy": Rate.parse("1/s")}, clock=Clock())
    waits = [pacer.reserve("proxy", agent=agent) for agent in ("a", "a", "b", "b", None)]
    assert waits == [0, 1, 0, 3600, 7200]


@pytest.mark.parametrize(
    ("text", "interval_s"), [("20/s", 0.05), ("1.5/s", 2 / 3), ("30/m", 2.0), ("5/h", 720.0)]
)
def test_rates(text: str, interval_s: float) -> None:
    assert Rate.parse(text).interval_s == pytest.approx(interval_s)


@pytest.mark.parametrize("text", ["", "20", "20/d", "/s", "-1/s", "0/s", "0.0/m", "1e9/s", "1 /s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate: write 20/s, 100/m or 5/h"):
        Rate.parse(text)


CONFIG = """\
targets: {search: 'http://search.example'}
rate_limits: {search: 5/s, proxy: 20/s, coach/proxy: 1/m}
slo: {p95_ms: 800, error_rate: 0}
"""


def test_the_command_line_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agentrig.yaml").write_text(CONFIG)
    settings = target_settings(rates=["proxy=2/s"], slo=["p95_ms=900.5", "max_ms=5000"])
    assert {name: rate.interval_s for name, rate in settings.rates.items()} == {
        "search": 0.2,
        "proxy": 0.5,
        "coach/proxy": 60.0,
    }
    assert settings.slo == {"p95_ms": 900.5, "error_rate": 0.0, "max_ms": 5000.0}


@pytest.mark.parametrize(
    ("rates", "slo", "said"),
    [
        (["proxy"], [], "--rate 'proxy': it has no '=': write NAME=20/s or AGENT/NAME=20/s"),
        (["proxy=fast"], [], "--rate 'proxy=fast': 'fast' is no rate: write 20/s, 100/m or 5/h"),
        (["proxi=1/s"], [], "rate limit of an unknown target 'proxi': did you mean 'proxy'?"),
        (["x/q=1/s"], [], "unknown target 'x/q': this run knows control, proxy"),
        ([], ["p95_ms"], "--slo 'p95_ms': write NAME=NUMBER, such as p95_ms=800"),
        ([], ["p95_ms=fast"], "--slo 'p95_ms=fast': write NAME=NUMBER, such as p95_ms=800"),
        ([], ["p95=1"], "--slo 'p95=1': unknown goal 'p95': did you mean 'p95_ms'?"),
        ([], ["p95_ms=0"], "--slo 'p95_ms=0': 'p95_ms' should be greater than 0"),
        ([], ["error_rate=2"], "'error_rate' should be less than or equal to 1"),
        ([], ["p95_ms=nan"], "--slo 'p95_ms=nan': 'p95_ms' should be greater than 0"),
    ],
)
def test_words_that_are_wrong_are_named(rates: list[str], slo: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        target_settings(rates=rates, slo=slo)
    assert said in str(caught.value)
