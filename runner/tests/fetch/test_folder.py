"""What is fetched stays below its folder, whatever a server calls it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agentrig.errors import AgentrigError
from agentrig.fetch._folder import Folder

# What paths are made of when somebody means harm, and plain names between.
PART = st.sampled_from(["..", ".", "", "a", "b", "c", "a\0b", "~", "\\", " ", "é"])
NAME = st.lists(PART, min_size=1, max_size=5).map("/".join)
ENTRY = st.tuples(NAME, st.one_of(st.none(), NAME, NAME.map(lambda name: f"/{name}")))


@given(entries=st.lists(ENTRY, max_size=8))
def test_files_and_links_stay_below_the_folder(
    entries: list[tuple[str, str | None]],
) -> None:
    with tempfile.TemporaryDirectory() as work:
        root = Path(work, "deep/er/root")
        folder = Folder(root)
        for name, target in entries:
            try:
                if target is None:
                    folder.write(name, [b"x"])
                else:
                    folder.link(name, target)
            except AgentrigError:
                pass
        finished = True
        try:
            folder.finish()
        except AgentrigError:
            finished = False  # and nothing of it is run
        for place, folders, files in os.walk(work):
            for name in [*folders, *files]:
                path = Path(place, name)
                below = path.is_relative_to(root) or root.is_relative_to(path)
                assert below, f"{path} is beside the folder"
                if finished and path.is_symlink():
                    assert Path(os.path.realpath(path)).is_relative_to(root.resolve())
