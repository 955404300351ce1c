"""`agentrig fetch git` over HTTP: the very commit that was asked for, or an error."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.git_server import GitRepository, GitWeb
    from tests.support.rig import Ran, Rig


def record(rig: Rig) -> Any:
    return json.loads((rig.folder / "source.json").read_text())


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".agentrig")
    }


@pytest.mark.parametrize(
    ("ref", "commit", "name"),
    [
        ("main", "main", "second"),
        ("refs/heads/main", "main", "second"),
        ("feature/login", "v1.0^{commit}", "first"),
        ("v1.0", "v1.0^{commit}", "first"),
        ("refs/tags/v1.0", "v1.0^{commit}", "first"),
        ("light", "light", "first"),
    ],
)
def test_a_branch_or_a_tag_is_written_and_its_commit_recorded(  # noqa: PLR0917  # its parameters
    rig: Rig,
    fetch_git: Callable[..., Ran],
    repository: GitRepository,
    web: GitWeb,
    ref: str,
    commit: str,
    name: str,
) -> None:
    ran = fetch_git(f"{web.url}/tests.git", ref)
    assert ran.code == 0, ran.said
    assert f"name: {name}" in (rig.folder / "out/suite/a").read_text()
    assert files(rig.folder / "out") == {"suite/a", "README"}
    expected = repository.git("rev-parse", commit)
    url = f"{web.url}/tests.git"
    assert record(rig) == {"kind": "git", "url": url, "ref": ref, "commit": expected}
    assert ran.out == f"fetched {url} at {ref}: commit {expected}\n"


def test_history_is_left_where_it_is(
    fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    noise = os.urandom(300_000).hex()
    repository.commit(big=noise)
    repository.git("rm", "--quiet", "big")
    repository.commit()
    assert fetch_git(f"{web.url}/tests.git", "main", "--max-bytes", "100k").code == 0


@pytest.mark.parametrize("protocol", ["2", ""])
@pytest.mark.parametrize("where", ["main", "main~1"])
def test_a_commit_is_found_by_its_whole_name(  # noqa: PLR0917  # its parameters
    rig: Rig,
    fetch_git: Callable[..., Ran],
    repository: GitRepository,
    web: GitWeb,
    where: str,
    protocol: str,
) -> None:
    # A server of version 0 gives nothing by a commit's name unless a ref has it: then the history
    # of all branches is looked through.
    web.speaks = protocol and f"version={protocol}"
    commit = repository.git("rev-parse", where)
    ran = fetch_git(f"{web.url}/tests.git", commit)
    assert ran.code == 0, ran.said
    assert record(rig)["commit"] == commit


def test_a_missing_ref_is_an_error_that_names_similar_ones(
    rig: Rig, fetch_git: Callable[..., Ran], web: GitWeb
) -> None:
    ran = fetch_git(f"{web.url}/tests.git", "feature/logn")
    assert ran.code == 4
    assert ran.err == (
        f"error: {web.url}/tests.git has no branch or tag 'feature/logn': "
        "did you mean 'feature/login'?\n"
    )
    assert files(rig.folder / "out") == set()
    assert not (rig.folder / "source.json").exists()


def test_a_ref_unlike_any_is_answered_with_those_there_are(
    fetch_git: Callable[..., Ran], web: GitWeb
) -> None:
    ran = fetch_git(f"{web.url}/tests.git", "zzzzzz")
    assert ran.code == 4
    assert "'zzzzzz': it has 'feature/login', 'light', 'main', 'v1.0'" in ran.err


def test_a_short_commit_is_no_ref(
    fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    ran = fetch_git(f"{web.url}/tests.git", repository.git("rev-parse", "HEAD")[:10])
    assert ran.code == 4
    assert "write all of its 40 digits" in ran.err


def test_a_commit_that_is_nowhere_is_an_error(fetch_git: Callable[..., Ran], web: GitWeb) -> None:
    ran = fetch_git(f"{web.url}/tests.git", "1234567890" * 4)
    assert ran.code == 4
    assert f"has no commit {'1234567890' * 4} on any branch or tag" in ran.err


def test_a_branch_and_a_tag_of_one_name_are_told_apart(
    rig: Rig, fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    repository.git("tag", "main", "v1.0^{commit}")
    ran = fetch_git(f"{web.url}/tests.git", "main")
    assert ran.code == 4
    assert "write 'refs/heads/main' or 'refs/tags/main'" in ran.err
    assert fetch_git(f"{web.url}/tests.git", "refs/tags/main").code == 0
    assert record(rig)["commit"] == repository.git("rev-parse", "v1.0^{commit}")


def test_a_path_must_be_there(rig: Rig, fetch_git: Callable[..., Ran], web: GitWeb) -> None:
    ran = fetch_git(f"{web.url}/tests.git", "main", "--path", "e2e")
    assert ran.code == 4
    assert ran.err == "error: the commit has no 'e2e': its root holds 'README', 'suite'\n"
    assert fetch_git(f"{web.url}/tests.git", "main", "--path", "suite/").code == 0
    assert record(rig)["path"] == "suite"
    assert files(rig.folder / "out") == {"suite/a", "README"}


def test_executables_and_links_stay_what_they_are(
    rig: Rig, fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    script = repository.folder / "run.py"
    script.write_text("#!\n")
    script.chmod(0o755)
    (repository.folder / "suite/link").symlink_to("../README")
    repository.commit()
    assert fetch_git(f"{web.url}/tests.git", "main").code == 0
    assert (rig.folder / "out/run.py").stat().st_mode & stat.S_IXUSR
    assert not (rig.folder / "out/README").stat().st_mode & stat.S_IXUSR
    assert (rig.folder / "out/suite/link").readlink().as_posix() == "../README"
    assert (rig.folder / "out/suite/link").read_text() == "one"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "../..", "up/../../../x"])
def test_a_link_that_leads_out_is_refused_or_left_out(
    rig: Rig, fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb, target: str
) -> None:
    (repository.folder / "more").mkdir()
    (repository.folder / "more/up").symlink_to("..")
    (repository.folder / "more/bad").symlink_to(target)
    repository.commit()
    ran = fetch_git(f"{web.url}/tests.git", "main")
    assert ran.code == 4
    assert f"'more/bad' is a link to '{target}', out of the repository" in ran.err
    ran = fetch_git(f"{web.url}/tests.git", "main", "--path", "suite")
    assert ran.code == 0, ran.said
    assert "left out, as not in the repository: more/bad" in ran.err
    assert not (rig.folder / "out/more/bad").is_symlink()


def test_links_that_lead_out_together_are_refused(
    rig: Rig, fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    deep = repository.folder / "a/b"
    deep.mkdir(parents=True)
    (deep / "up").symlink_to("../..")
    # By its words this is `a`; by way of `up` it is beside the repository.
    (repository.folder / "out").symlink_to("a/b/up/../x")
    repository.commit()
    ran = fetch_git(f"{web.url}/tests.git", "main")
    assert (ran.code, "out of what is fetched" in ran.err) == (4, True), ran.said
    assert not (rig.folder / "out/out").is_symlink()


def test_a_submodule_is_refused_where_it_would_be_run(
    fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    repository.git("submodule", "--quiet", "add", str(repository.folder), "vendor/lib")
    repository.commit()
    ran = fetch_git(f"{web.url}/tests.git", "main")
    assert ran.code == 4
    assert "'vendor/lib' is a submodule, which is not fetched: leave it out" in ran.err
    ran = fetch_git(f"{web.url}/tests.git", "main", "--path", "suite")
    assert ran.code == 0
    assert "left out, as not in the repository: vendor/lib" in ran.err


def test_a_pointer_of_lfs_is_not_taken_for_its_content(
    fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
    repository.commit(suite__data=pointer)
    ran = fetch_git(f"{web.url}/tests.git", "main", "--path", "suite")
    assert ran.code == 4
    assert "'suite/data' is a file of Git LFS" in ran.err


def test_a_tree_with_names_that_lead_out_is_refused(
    rig: Rig, fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    blob = repository.git("hash-object", "-w", "README")
    # git's own mktree refuses such names, so the object is written by hand.
    inner = repository.folder / "inner"
    inner.write_bytes(b"100644 escaped\0" + bytes.fromhex(blob))
    tree = repository.git("hash-object", "-t", "tree", "-w", "--literally", "inner")
    inner.write_bytes(b"40000 ..\0" + bytes.fromhex(tree))
    tree = repository.git("hash-object", "-t", "tree", "-w", "--literally", "inner")
    commit = repository.git("commit-tree", "-m", "bad", tree)
    repository.git("update-ref", "refs/heads/bad", commit)
    ran = fetch_git(f"{web.url}/tests.git", "bad")
    assert (ran.code, "which no Git may write" in ran.err) == (4, True), ran.said
    assert not (rig.folder / "escaped").exists()


def test_too_much_is_an_error(
    fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    repository.commit(big="x" * 200_000)  # which is packed to nearly nothing
    ran = fetch_git(f"{web.url}/tests.git", "main", "--max-bytes", "100000")
    assert ran.code == 4
    assert "is larger than 100000 bytes: fetch less of it, or allow more" in ran.err


def test_a_folder_with_other_files_is_not_touched(
    rig: Rig, fetch_git: Callable[..., Ran], web: GitWeb
) -> None:
    rig.write("out/mine.txt", "precious")
    ran = fetch_git(f"{web.url}/tests.git", "main")
    assert ran.code == 4
    assert "is not empty" in ran.err
    assert files(rig.folder / "out") == {"mine.txt"}


def test_fetching_again_replaces_what_was_fetched(
    rig: Rig, fetch_git: Callable[..., Ran], repository: GitRepository, web: GitWeb
) -> None:
    assert fetch_git(f"{web.url}/tests.git", "main").code == 0
    repository.git("rm", "--quiet", "README")
    repository.commit()
    assert fetch_git(f"{web.url}/tests.git", "main").code == 0
    assert files(rig.folder / "out") == {"suite/a"}
