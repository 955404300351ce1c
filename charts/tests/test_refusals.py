"""What the charts refuse, each with a way out: refusals/NAME.yaml is refused with NAME.err."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = sorted((Path(__file__).parent / "refusals").glob("*/*.yaml"))
# A password that is made for one database of one run.
FILLED = """
extraObjects:
  - apiVersion: v1
    kind: Secret
    metadata: {name: "{{ .Release.Name }}-db"}
    stringData: {password: "{{ randAlphaNum 20 }}"}
  - |
    apiVersion: v1
    kind: Secret
    metadata: {name: {{ .Release.Name }}-other}
    data: {password: {{ randAlphaNum 20 | b64enc | quote }}}
  - {apiVersion: v1, kind: Secret, metadata: {name: empty}, type: Opaque}
sidecars:
  - name: postgres
    image: postgres:18.1
    env:
      - name: POSTGRES_PASSWORD
        valueFrom: {secretKeyRef: {name: "{{ .Release.Name }}-db", key: password}}
      - {name: POSTGRES_USER, value: agentrig}
    resources: {limits: {cpu: 500m, memory: 128Mi}}
"""


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


@pytest.mark.parametrize("namespace", ["prod", "prod-eu", "eu-prod", "shop-production-1"])
def test_release_in_production_is_refused(
    namespace: str, refusal: Callable[..., str], render: Callable[..., list[dict[str, object]]]
) -> None:
    message = refusal("agentrig", "--namespace", namespace, "--set=run.namespace=demo")
    assert f'namespace "{namespace}" is not for tests' in message
    options = ["--set=run.namespace=demo", "--set=allowProduction=true"]
    assert render("agentrig", *options, namespace=namespace)


@pytest.mark.parametrize("namespace", ["product-tests", "reprod", "qa", "default", "system"])
def test_a_namespace_that_only_sounds_like_production_is_allowed(
    namespace: str, render: Callable[..., list[dict[str, object]]]
) -> None:
    assert render("agentrig", namespace=namespace)


@pytest.mark.parametrize(
    "args", [["--repeat-for=28m"], ["--repeat-for", "1700s"], ["--timeout=1800"], ["--timeout=x"]]
)
def test_times_within_the_deadline_are_allowed(
    args: list[str], render: Callable[..., list[dict[str, object]]]
) -> None:
    assert render("agentrig", "--set-json", f"run.args={json.dumps(args)}")


def test_the_last_of_two_times_counts(refusal: Callable[..., str]) -> None:
    message = refusal("agentrig", "--set-json", 'run.args=["--repeat-for=1m", "--repeat-for=1d"]')
    assert "--repeat-for 1d lasts 86400 s" in message


def test_a_secret_that_a_template_fills_is_allowed(
    render: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(FILLED, encoding="utf-8")
    kinds = [item["kind"] for item in render("agentrig", "--values", values)]
    assert kinds.count("Secret") == 3
