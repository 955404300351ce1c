"""The report in a real browser: found, filtered, linked, walked through, and heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.events import (
    ArtifactSaved,
    CheckResult,
    Exchange,
    ExecutionFinished,
    LimitChecked,
    MetricRecorded,
    Outcome,
    RunFinished,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
    TroubleFound,
)
from agentrig.reporters import HtmlReporter
from tests.support.browser import DESKTOP, PHONE, accessibility_problems, opened
from tests.support.records import every_outcome, finished, planned, publish, started

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from agentrig.events import Event

DIFFERENCE = "[Ask] path '.': expected 2 at '.a', got 5\n- expected\n+ got\n  {\n-   2\n+   5\n  }"
CLOSED = "#panel details:not([open])"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def told(scenario: str, *, name: str, message: str | None = None, body: str = "{}") -> list[Event]:
    """Give a scenario of one step, which fails if there is a message."""
    outcome = Outcome.FAILED if message else Outcome.PASSED
    checks = (
        CheckResult(check="status", outcome=Outcome.PASSED),
        CheckResult(check="jq .a equals", outcome=outcome, message=message),
    )
    exchange = Exchange(
        method="POST",
        url=f"http://agent:4000/chat/{scenario}",
        request_headers=(("content-type", "application/json"),),
        request_body='{"message": "it\'s me"}',
        status=200,
        response_body=body,
    )
    return [
        StepStarted(scenario=scenario, step=0, name=name, step_kind="http"),
        StepFinished(
            scenario=scenario,
            step=0,
            name=name,
            outcome=outcome,
            elapsed_ms=12.0,
            checks=checks,
            exchange=exchange if message else None,
            message=message,
        ),
    ]


def whole_run() -> list[Event]:
    """Give every outcome, and besides a retried scenario, metrics, goals, trouble, an artifact."""
    begin, *events, _ = every_outcome()
    plan = [*begin.planned, planned("s/flaky.yaml", name="Right the second time")]  # type: ignore[attr-defined]  # it begins
    plan += [planned(f"s/same{number}.yaml", name=f"Same {number}") for number in range(3)]
    events = [started(plan), *events]
    for number in range(3):
        name = f"s/same{number}.yaml"
        message = f"[Ask] took {number + 7} ms at http://10.0.0.{number}:80/x"
        events += [ScenarioStarted(scenario=name), *told(name, name="Ask", message=message)]
        events += [finished(name, Outcome.FAILED, message)]
    name = "s/flaky.yaml"
    events += [
        ScenarioStarted(scenario=name),
        *told(name, name="Ask", message=DIFFERENCE, body='{"answer":"</script>","n":[1,true]}'),
        ExecutionFinished(
            scenario=name, number=1, outcome=Outcome.FAILED, elapsed_ms=4.0, message=DIFFERENCE
        ),
        *told(name, name="Ask again"),
        MetricRecorded(scenario=name, name="faithfulness", value=0.93),
        ArtifactSaved(
            scenario=name,
            name="transcript",
            path="artifacts/a b.txt",
            media_type="text/plain",
            size=5,
        ),
        ScenarioFinished(scenario=name, outcome=Outcome.PASSED, elapsed_ms=40.0, flaky=True),
        LimitChecked(name="p95_ms", limit=800, actual=812.5, outcome=Outcome.FAILED),
        TroubleFound(reason="OOMKilled", where="pod/a", message=HOSTILE, hint="give it memory"),
        RunFinished(exit_code=1, elapsed_ms=4321.0, message="stopped after 5 failures"),
    ]
    return events


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    publish(whole_run(), [HtmlReporter(file)])
    return file


def names(page: Page) -> list[str]:
    # Not the inner text: a row that is out of sight is not laid out.
    return page.locator(".row-name").all_text_contents()


def title(page: Page) -> str:
    return page.locator("#detail-title").inner_text()


def test_the_top_says_how_the_run_ended_and_why(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        assert page.title() == "failed: run a-run"
        head = page.get_by_role("banner").inner_text()
        assert "Failed" in head
        assert "5 failed, 1 with infrastructure errors" in head
        assert "Exit code 1: tests failed" in head
        about = page.get_by_role("region", name="About the run").inner_text()
        assert "stopped after 5 failures" in about
        assert HOSTILE in about
        assert "give it memory" in about
        assert "p95_ms: 813 ms > 800 ms, missed" in about


def test_what_failed_comes_first_and_is_shown(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        assert names(page)[0].startswith("It fails <&>")
        assert names(page)[-1] == "test_three"
        assert title(page).startswith("It fails <&>")
        detail = page.get_by_role("article").inner_text()
        assert "expected status 200, got 500" in detail
        assert "--> s/fail.yaml:4:22" in detail
        assert '"message": "hi"' in detail


def test_filters_are_kept_in_the_address(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.get_by_role("button", name="error", exact=False).first.click()
        assert names(page) == ["No way there"]
        page.get_by_role("button", name="flaky", exact=False).click()
        assert names(page) == []
        page.get_by_role("button", name="Clear filters").click()
        page.get_by_label("File").select_option("s/test_a.py")
        assert names(page) == ["test_one", "test_two[x/y]"]
        address = page.evaluate("location.hash").removeprefix("#")
    with opened(browser, report, f"#{address}") as page:
        assert names(page) == ["test_one", "test_two[x/y]"]
        assert page.get_by_label("File").input_value() == "s/test_a.py"


def test_the_search_finds_words_wherever_they_stand(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.keyboard.press("/")
        page.keyboard.type("same1 CHAT")
        page.wait_for_url("**#q=same1+CHAT")
        assert names(page) == ["Same 1"]
        assert page.locator(".result").inner_text() == "1 of 12 scenarios"
        page.keyboard.press("Escape")
        assert len(names(page)) == 12


def test_a_link_leads_to_one_scenario(browser: Browser, report: Path) -> None:
    with opened(browser, report, "#id=s%2Fflaky.yaml") as page:
        assert title(page) == "Right the second time"
        current = page.locator(".row[aria-current] .row-name").text_content()
        assert current == "Right the second timeflaky"
        metrics = page.get_by_role("table", name="Metrics").inner_text()
        assert "faithfulness" in metrics
        assert "0.93" in metrics
        link = page.get_by_role("link", name="transcript")
        assert link.get_attribute("href") == "artifacts/a%20b.txt"


def test_an_earlier_execution_has_its_own_steps_and_the_difference_in_colour(
    browser: Browser, report: Path
) -> None:
    with opened(browser, report, "#id=s%2Fflaky.yaml") as page:
        page.get_by_text("Execution 1").click()
        execution = page.locator(".execution")
        assert execution.locator("del").all_inner_texts() == ["- expected", "-   2"]
        assert execution.locator("ins").all_inner_texts() == ["+ got", "+   5"]
        body = execution.locator(".json").last.inner_text()
        assert body == '{\n  "answer": "</script>",\n  "n": [\n    1,\n    true\n  ]\n}'


def test_scenarios_with_the_same_cause_are_one_group(browser: Browser, report: Path) -> None:
    with opened(browser, report, "#view=causes") as page:
        groups = page.locator(".cause").all_inner_texts()
        assert "3 scenarios" in groups[0]
        assert "[Ask] took 7 ms at http://10.0.0.0:80/x" in groups[0]
        assert "The first is Same 0" in groups[0]
        # Failed twice, with an infrastructure error, and interrupted: each for a reason of its own.
        assert len(groups) == 5
        page.get_by_role("link", name="Same 2").click()
        assert title(page) == "Same 2"


def test_the_timeline_shows_what_ran_and_leads_to_it(browser: Browser, report: Path) -> None:
    with opened(browser, report, "#view=timeline") as page:
        bar = page.get_by_role("link", name="It passes, passed in 250 ms")
        bar.wait_for()
        assert page.locator(".lanes a").count() == 11  # all but the one that never began
        bar.focus()
        page.keyboard.press("Enter")
        page.locator("#detail-title").wait_for()
        assert title(page) == "It passes"
        page.go_back()
        assert page.get_by_role("tab", name="Timeline").get_attribute("aria-selected") == "true"


def test_measurements_have_histograms_and_metrics(browser: Browser, report: Path) -> None:
    with opened(browser, report, "#view=measurements") as page:
        captions = page.locator("figcaption").all_inner_texts()
        assert [one.split("\n")[0] for one in captions] == [
            "Scenario durations",
            "Step durations",
            "Metric faithfulness",
            "Slowest scenarios",
            "Slowest steps, by name",
        ]


def test_the_keyboard_is_enough(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("j")
        second = title(page)
        assert second == names(page)[1].strip()
        page.keyboard.press("k")
        assert title(page).startswith("It fails <&>")
        for _ in range(6):
            page.keyboard.press("n")
        assert title(page) == "Half a scenario"  # the last that did not pass
        page.keyboard.press("2")
        assert page.evaluate("location.hash").endswith("view=causes")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("location.hash").endswith("view=timeline")
        page.keyboard.press("?")
        assert "next that failed" in page.get_by_role("dialog").inner_text()


def test_changes_are_said_to_screen_readers(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.keyboard.press("j")
        assert page.locator("#live").inner_text() == "failed: test_one"
        assert page.locator(".result").get_attribute("aria-live") == "polite"
        landmarks = page.get_by_role("main"), page.get_by_role("banner"), page.get_by_role("search")
        assert [landmark.count() for landmark in landmarks] == [1, 1, 1]


def test_on_a_phone_a_scenario_takes_the_place_of_the_list(browser: Browser, report: Path) -> None:
    with opened(browser, report, size=PHONE) as page:
        assert not page.locator("#detail-title").is_visible()
        page.get_by_role("link", name="Same 1").click()
        page.locator("#detail-title").wait_for()
        assert not page.locator(".list").is_visible()
        page.get_by_role("link", name="All scenarios").click()
        assert page.locator(".list").is_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible_and_fits(
    browser: Browser, report: Path, size: tuple[int, int], scheme: str
) -> None:
    with opened(browser, report, size=size, color_scheme=scheme) as page:
        views = ("", "#id=s%2Fflaky.yaml", "#id=s%2Ffail.yaml", "#view=causes", "#view=timeline")
        for view in (*views, "#view=measurements"):
            page.evaluate("hash => { location.hash = hash }", view)
            page.locator("#panel > *").first.wait_for()
            while page.locator(CLOSED).count():
                page.locator(CLOSED).evaluate_all("all => all.forEach(one => { one.open = true })")
                page.evaluate("new Promise(done => setTimeout(done, 20))")  # they are filled then
            assert accessibility_problems(page) == [], view
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], view


def test_words_of_any_length_do_not_widen_the_page(browser: Browser, tmp_path: Path) -> None:
    word = "x" * 900
    events = [
        started([planned(f"{word}.yaml", name=word)]),
        ScenarioStarted(scenario=f"{word}.yaml"),
        *told(f"{word}.yaml", name=word, message=word, body=f'["{word}"]'),
        finished(f"{word}.yaml", Outcome.FAILED, word),
        RunFinished(exit_code=1, elapsed_ms=1.0, message=word),
    ]
    publish(events, [HtmlReporter(tmp_path / "report.html")], run=word)
    with opened(browser, tmp_path / "report.html", size=PHONE) as page:
        for view in (
            "",
            f"#id={word}.yaml",
            "#view=causes",
            "#view=timeline",
            "#view=measurements",
        ):
            page.evaluate("hash => { location.hash = hash }", view)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], view


def test_a_run_that_could_not_begin_says_why_in_whole_lines(
    browser: Browser, tmp_path: Path
) -> None:
    message = "error: no duration\n  --> a.yaml:1:5\n   |\n 1 | wait: x\n   |       ^"
    events = [started([]), RunFinished(exit_code=4, elapsed_ms=1.0, message=message)]
    publish(events, [HtmlReporter(tmp_path / "report.html")])
    with opened(browser, tmp_path / "report.html") as page:
        assert page.get_by_role("region", name="About the run").inner_text() == message
        assert "Nothing was planned." in page.get_by_role("main").inner_text()


def test_ten_thousand_results_open_and_are_filtered_at_once(
    browser: Browser, tmp_path: Path
) -> None:
    plan = [planned(f"s/{number}.yaml", name=f"Scenario {number}") for number in range(10_000)]
    events: list[Event] = [started(plan)]
    for number, one in enumerate(plan):
        message = None if number % 10 else f"[Ask] expected {number}, got nothing"
        outcome = Outcome.FAILED if message else Outcome.PASSED
        events += [ScenarioStarted(scenario=one.id)]
        events += told(one.id, name="Ask", message=message)
        events += [finished(one.id, outcome, message)]
    file = tmp_path / "report.html"
    publish([*events, RunFinished(exit_code=1, elapsed_ms=9.0)], [HtmlReporter(file)])
    assert file.stat().st_size < 15_000_000
    with opened(browser, file) as page:
        # Far above what it takes; a list that is made as a whole takes longer.
        assert page.evaluate("performance.now()") < 10_000
        assert page.locator(".row").count() == 100
        took = page.evaluate("""async () => {
            const begin = performance.now();
            const search = document.getElementById("search");
            search.value = "scenario 999";
            search.dispatchEvent(new Event("input"));
            while (!location.hash.includes("999")) await new Promise(requestAnimationFrame);
            return performance.now() - begin;
        }""")
        assert took < 3_000
        assert page.locator(".result").inner_text() == "19 of 10,000 scenarios"
        page.keyboard.press("2")
        assert page.locator(".cause").count() == 1
