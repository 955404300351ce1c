"""What decides a target: the command line over agentrig.yaml over the environment's default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig._choices import Via
from agentrig.errors import UsageError
from agentrig.targets import target_settings

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
via: port-forward
namespace: from-file
cluster_domain: file.example
targets:
  control: http://control.example:9/base/
  search: https://search.{namespace}.svc.{cluster_domain}
"""


@pytest.fixture(autouse=True)
def _on_a_laptop_in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    in_a_pod_of(monkeypatch, tmp_path / "no-such-file")


def in_a_pod_of(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    # Kubernetes' own path is outside of what a test may write.
    monkeypatch.setattr("agentrig.targets._settings._NAMESPACE_FILE", file)


def test_the_defaults_of_a_laptop() -> None:
    settings = target_settings()
    assert (settings.via, settings.namespace) == (Via.DIRECT, "demo")
    assert settings.cluster_domain == "cluster.local"
    assert settings.names == {"proxy", "control"}
    assert settings.overrides == {}


def test_the_defaults_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    (tmp_path / "namespace").write_text("team-a\n")
    in_a_pod_of(monkeypatch, tmp_path / "namespace")
    settings = target_settings()
    assert (settings.via, settings.namespace) == (Via.DNS, "team-a")


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_namespace_file_is_none(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "namespace").write_text(content)
    in_a_pod_of(monkeypatch, tmp_path / "namespace")
    assert target_settings().namespace == "demo"


def test_the_file_comes_before_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    (tmp_path / "namespace").write_text("team-a")
    in_a_pod_of(monkeypatch, tmp_path / "namespace")
    (tmp_path / "agentrig.yaml").write_text(CONFIG)
    settings = target_settings()
    assert (settings.via, settings.namespace) == (Via.PORT_FORWARD, "from-file")
    assert settings.cluster_domain == "file.example"
    assert settings.templates["control"] == "http://control.example:9/base/"
    assert settings.templates["proxy"].startswith("http://{agent}."), "the rest stays"
    assert settings.names == {"proxy", "control", "search"}


def test_the_command_line_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "agentrig.yaml").write_text(CONFIG)
    settings = target_settings(
        via="dns",
        namespace="from-option",
        cluster_domain="option.example",
        targets=["gymcoach/proxy=http://127.0.0.1:1/", "extra=http://x=y/a=b", "extra=http://last"],
    )
    assert (settings.via, settings.namespace) == (Via.DNS, "from-option")
    assert settings.cluster_domain == "option.example"
    assert settings.overrides == {
        "gymcoach/proxy": "http://127.0.0.1:1",
        "extra": "http://last",
    }
    assert settings.names == {"proxy", "control", "search", "extra"}


def test_a_file_may_be_empty_and_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "agentrig.yaml").write_text("# nothing yet\n")
    assert target_settings().via is Via.DIRECT
    elsewhere = tmp_path / "other.yaml"
    elsewhere.write_text("namespace: elsewhere")
    assert target_settings(config=elsewhere).namespace == "elsewhere"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("proxy", "it has no '=': write NAME=URL or AGENT/NAME=URL"),
        ("a/b/c=http://x", "its name has two slashes: write NAME=URL or AGENT/NAME=URL"),
        ("=http://x", "'' is no target name: letters, digits, '.', '_' and '-'"),
        ("agent/=http://x", "'' is no target name: letters, digits, '.', '_' and '-'"),
        ("-x=http://x", "'-x' is no target name: letters, digits, '.', '_' and '-'"),
        ("proxy=", "'' is no URL: begin with http:// or https://"),
        ("proxy=ftp://x", "'ftp://x' is no URL: begin with http:// or https://"),
        ("proxy=http://", "'http://' names no host"),
        ("proxy=http://:80", "'http://:80' names no host"),
        ("proxy=http://x:0", "'http://x:0' is no URL: ports go from 1 to 65535"),
        ("proxy=http://x:1e3", "'http://x:1e3' is no URL: ports go from 1 to 65535"),
        (
            "proxy=http://[::1",
            "'http://[::1' is no URL: brackets stand around IPv6 addresses alone",
        ),
        ("proxy=http://a\tb", "'http://a\tb' is no URL: it holds white space"),
        (
            "proxy=http://x/?q=1",
            "'http://x/?q=1' goes on behind its path: write the query in each step",
        ),
        (
            "proxy=http://{pod}:80",
            "'{pod}' is no placeholder of a target URL: use {agent}, {namespace}, {cluster_domain}",
        ),
        (
            "proxy=http://{agent:80",
            "'{agent:80}' is no placeholder of a target URL: use {agent}, {namespace}, {cluster_domain}",
        ),
    ],
)
def test_a_target_that_is_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        target_settings(targets=[text])
    assert str(caught.value) == f"--target '{text}': {says}"


def test_the_error_of_a_target_hides_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        target_settings(targets=["a/b/c=http://me:hunter2@x/?token=hunter3"])
    assert "hunter" not in str(caught.value)
