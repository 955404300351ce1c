"""Which variables of the environment get into documents."""

from __future__ import annotations

import pytest

from agentrig._secrets import Secrets
from agentrig.errors import UsageError
from agentrig.search import environment_fields, hide_credentials, search_settings


def test_variables_that_are_listed_are_fields_in_lower_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODEL", "m-1")
    monkeypatch.delenv("NOT_SET", raising=False)
    assert environment_fields(["MODEL", "NOT_SET"]) == {"model": "m-1"}


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "ACTIONS_ID_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        *("OPENAI_API_KEY", "DB_PASSWORD", "NPM_AUTH", "CI_JOB_JWT", "github_pat", "MYSQL_PWD"),
        *("GOOGLE_APPLICATION_CREDENTIALS", "COOKIE", "TOKEN_2"),
    ],
)
def test_a_variable_that_is_a_secret_by_its_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"--search-env: '{name}' is a secret by its name"):
        search_settings("http://search", secrets=Secrets(), env=[name])


@pytest.mark.parametrize(
    "name", ["GITHUB_RUN_ID", "MODEL", "TEST_ENV", "TOKENS_USED", "AUTHOR", "PATH", "PASSED"]
)
def test_others_are_taken(name: str) -> None:
    assert search_settings("http://search", secrets=Secrets(), env=[name]).env == (name,)


@pytest.mark.parametrize("name", ["", "A B", "GITHUB_*", "1ST"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a variable"):
        search_settings("http://search", secrets=Secrets(), env=[name])


def test_credentials_of_the_environment_are_hidden_wherever_they_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_abcdefghijklmnop")
    monkeypatch.setenv("TEST_PASSWORD", "password")
    monkeypatch.setenv("MODEL", "a-long-name-of-a-model")
    secrets = Secrets()
    hide_credentials(secrets)
    said = "ghp_abcdefghijklmnop, password and a-long-name-of-a-model"
    assert secrets.hide(said) == "[redacted], password and a-long-name-of-a-model"
