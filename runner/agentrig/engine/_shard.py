"""The part of a plan that one of several machines runs: the same split on each of them."""

from __future__ import annotations

import hashlib
import heapq
import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["INDEX_VARIABLE", "Shard"]

INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
"""Where Kubernetes tells a pod of an Indexed Job its number, from 0."""

_TEXT = re.compile(r"(\d{1,6})?/(\d{1,6})")


class Shard(Struct, frozen=True, kw_only=True):
    """Number `index` of `count`, from 1."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str]) -> Shard:
        """Read `2/4`, or `/4` where the number is in the environment. Raises ValueError."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise ValueError("write I/N, such as 2/4")
        count = int(found[2])
        if found[1] is None:
            number = environment.get(INDEX_VARIABLE, "")
            if not number.isdecimal():
                raise ValueError(f"'/{count}' needs {INDEX_VARIABLE}, from 0, in the environment")
            index = int(number) + 1
        else:
            index = int(found[1])
        if not 1 <= index <= count:
            raise ValueError(f"there is no number {index} of {count}: the first is 1/{count}")
        return cls(index=index, count=count)

    def choose(self, ids: Sequence[str], durations: Mapping[str, float]) -> set[str]:
        """Choose this shard's part of `ids`, which are those of the whole plan, each once.

        With `durations` of some of them, in any unit, the parts take about the same time: the
        longest first, each to the part with the least so far (Graham 1969, LPT); what is unknown
        counts as the median. Without any, a hash decides, so that a scenario stays in its part
        when others come and go.
        """
        known = [durations[one] for one in ids if one in durations]
        if not known:
            return {one for one in ids if _hash(one) % self.count == self.index - 1}
        import statistics  # noqa: PLC0415  # 5 ms that only a split by durations pays

        median = statistics.median(known)
        spent = {one: durations.get(one, median) for one in ids}
        # Of parts that have as much to do the one with fewer scenarios, then the first.
        parts = [(0.0, 0, index) for index in range(1, self.count + 1)]
        own: set[str] = set()
        for one in sorted(spent, key=lambda one: (-spent[one], one)):
            load, size, index = parts[0]
            heapq.heapreplace(parts, (load + spent[one], size + 1, index))
            if index == self.index:
                own.add(one)
        return own


def _hash(text: str) -> int:
    # Python's own hash() differs from process to process.
    digest = hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8])
