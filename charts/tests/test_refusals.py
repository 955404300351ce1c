"""What the charts refuse, each with a way out: refusals/NAME.yaml is refused with NAME.err."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = sorted((Path(__file__).parent / "refusals").glob("*/*.yaml"))


@pytest.mark.parametrize("values", CASES, ids=[f"{path.parent.name}-{path.stem}" for path in CASES])
def test_is_refused_with_a_way_out(
    values: Path, refusal: Callable[..., str], golden: Callable[[Path, str], None]
) -> None:
    golden(values.with_suffix(".err"), refusal(values.parent.name, "--values", values))


@pytest.mark.parametrize("mode", ["job", "cronjob", "hook"])
def test_every_mode_refuses(mode: str, refusal: Callable[..., str]) -> None:
    message = refusal("agentrig", f"--set=mode={mode}", "--set=image.tag=latest")
    assert 'image.tag "latest"' in message


def test_a_suite_past_a_config_map_is_refused(tmp_path: Path, refusal: Callable[..., str]) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text("# padding\n" * 125_000, encoding="utf-8")
    message = refusal("agentrig", "--set-file", rf"scenarios.inline.suite\.yaml={suite}")
    assert "scenarios.inline holds 1250010 bytes" in message
    assert "build an image FROM agentrig" in message


@pytest.mark.parametrize(
    "name",
    [
        "MAX_TOKENS",
        "TOKENIZER",
        "NONTOKEN",
        "TOKEN_LIMIT",
        "SECRET_NAME",
        "API_KEY_FILE",
        "PASSWORD_MIN_LENGTH",
    ],
)
def test_a_name_that_only_sounds_secret_is_allowed(
    name: str, render: Callable[..., list[dict[str, object]]]
) -> None:
    assert render("agentrig", "--set-string", f"env.{name}=4096")


@pytest.mark.parametrize(
    "text",
    ["sk-proj-0123", "ghp_0123", "AKIAABCDEFGHIJKLMNOP", "-----BEGIN KEY", "pg://u:p@db/x"],
)
def test_a_text_in_the_form_of_a_credential_is_refused(
    text: str, refusal: Callable[..., str]
) -> None:
    assert "env.PLAIN looks like a credential" in refusal(
        "agentrig", "--set-string", f"env.PLAIN={text}"
    )
