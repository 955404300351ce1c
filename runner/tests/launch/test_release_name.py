"""Names of releases: generated ones can be used, given ones are judged as Helm would."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.errors import UsageError
from agentrig.launch import check_release_name, new_release_name

MOMENT = dt.datetime(2026, 11, 21, 16, 45, 2, tzinfo=dt.UTC)
# What Helm itself allows (pkg/chart/common/util, ValidateReleaseName), and its length.
HELM = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def test_a_new_name_says_when_and_is_another_one_each_time() -> None:
    names = {new_release_name(now=lambda: MOMENT) for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch(r"run-1121-164502-[a-z0-9]{4}", name) for name in names)
    assert all(check_release_name(name) == name for name in names)


@given(st.text(alphabet="abz019-._A é", max_size=60))
def test_what_is_accepted_is_a_release_of_helm(name: str) -> None:
    try:
        check_release_name(name)
    except UsageError:
        return
    assert HELM.fullmatch(name)
    assert len(name) <= 53


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Run", "use lower-case letters, digits and '-'"),
        ("-run", "neither begins nor ends it"),
        ("", "cannot name a release"),
        ("run\n", "cannot name a release"),
        ("r" * 54, "has 54 characters, and Helm allows 53"),
    ],
)
def test_a_name_that_helm_would_refuse_is_refused_before(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        check_release_name(name)
