"""What the chart refuses once it talks to a cluster."""

from __future__ import annotations

from typing import Any

import yaml

from e2e.commands import CHART, IMAGE, finish, kubectl, run

ROOT_ANSWERS = "name: x\nagent: gymcoach\nsteps: [{path: /, expect: {status: 200}}]\n"


def refused(namespace: str, agents: str, *options: str) -> str:
    values = yaml.safe_dump({"image": IMAGE, "run": {"namespace": agents}})
    done = run(
        *("helm", "install", "check", str(CHART), "-n", namespace, "-f", "-", *options),
        stdin=values,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return done.stderr


def test_namespace_that_is_labelled_as_production_is_refused(
    install: Any, namespace: str, demo: str
) -> None:
    kubectl("label", "namespace", namespace, "environment=production")
    said = f'namespace "{namespace}" is not for tests: it has the label environment=production'
    assert said in refused(namespace, demo)
    # For the agents as well as for the release.
    assert said in refused("default", namespace)

    inline = {"inline": {"x.yaml": ROOT_ANSWERS}}
    release = install({"allowProduction": True, "scenarios": inline})
    assert finish(release.job(), release.namespace).exit_codes == [0]


def test_who_may_not_see_the_labels_may_leave_them_out(namespace: str, demo: str) -> None:
    edit = ("--clusterrole=edit", "--user=installer")
    kubectl("create", "rolebinding", "installer", "-n", namespace, *edit)
    as_installer = ("--kube-as-user", "installer", "--dry-run=server")
    assert f'namespaces "{demo}" is forbidden' in refused(namespace, demo, *as_installer)
    run(
        *("helm", "install", "check", str(CHART), "-n", namespace, *as_installer),
        *("--set", f"run.namespace={demo}", "--set-json", "refuseNamespaceLabels=[]"),
    )
