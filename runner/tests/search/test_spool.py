from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.errors import ReportError, UsageError
from agentrig.search._backoff import FIRST_S, LONGEST_S, Backoff
from agentrig.search._bulk import judge
from agentrig.search._cut import cut_document
from agentrig.search._spool import (
    MAX_DOCUMENTS,
    Spool,
    Spooled,
    read_segment,
    spooled_segments,
)

if TYPE_CHECKING:
    from pathlib import Path


def document(number: int = 0, body: bytes = b"{}", **more: str) -> Spooled:
    return Spooled(id=f"id{number}", version=1, day="2026-01-02", body=body, **more)


def kept(folder: Path) -> list[Spooled]:
    return [one for segment in spooled_segments(folder) for one in read_segment(segment.file)]


def test_a_document_is_in_a_file_before_anything_else_happens(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(document(1, b'{"a":1}'))
    assert kept(tmp_path / "spool") == [document(1, b'{"a":1}')]
    spool.close()


def test_a_segment_ends_when_it_is_full(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    made = [spool.append(document(number)) for number in range(MAX_DOCUMENTS + 1)]
    assert [segment.documents for segment in made if segment] == [MAX_DOCUMENTS]
    assert len(kept(tmp_path)) == MAX_DOCUMENTS + 1
    spool.close()


def test_what_is_delivered_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    spool = Spool(folder)
    spool.append(document(1))
    spool.append(document(2))
    segment = spool.seal()
    assert segment
    spool.keep(segment, [document(2)])
    assert kept(folder) == [document(2)]
    spool.keep(segment, [])
    spool.close()
    assert not folder.exists()


def test_what_was_refused_is_kept_with_the_reason(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.refuse([document(1, reason="no such field")])
    spool.refuse([document(2, reason="neither")])
    spool.close()
    assert [one.reason for one in kept(tmp_path)] == ["no such field", "neither"]


def test_a_new_run_leaves_what_another_one_has_left(tmp_path: Path) -> None:
    for number in range(2):
        spool = Spool(tmp_path)
        spool.append(document(number))
        spool.close()
    assert kept(tmp_path) == [document(0), document(1)]


def test_one_process_at_a_time_has_a_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with pytest.raises(UsageError, match="wait for its end"):
        Spool(tmp_path)
    spool.close()
    Spool(tmp_path).close()


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_document_that_was_cut_off_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    whole = [document(number, b'{"n":%d}' % number) for number in range(4)]
    content = b"".join(one.lines() for one in whole)
    file = tmp_path_factory.mktemp("spool") / "000001.ndjson"
    file.write_bytes(content[:cut])
    found = list(read_segment(file))
    assert found == whole[: len(found)]
    assert len(found) == content[:cut].count(b"\n") // 2


def test_what_is_no_spool_is_said(tmp_path: Path) -> None:
    (tmp_path / "000001.ndjson").write_text("hello\nworld\n")
    with pytest.raises(ReportError, match=r"000001\.ndjson:1: not a document of a spool"):
        spooled_segments(tmp_path)


def test_waits_double_up_to_half_a_minute_and_begin_again() -> None:
    backoff = Backoff(chance=lambda: 0.0)
    waits = [backoff.next_s() for _ in range(9)]
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits[-1] == LONGEST_S
    assert Backoff(chance=lambda: 1.0).next_s() == FIRST_S / 2
    assert backoff.next_s(100.0) == 100.0
    backoff.reset()
    assert backoff.next_s() == FIRST_S


def test_the_longest_texts_are_cut_first() -> None:
    body = b'{"name":"%s","message":"%s","list":["%s"]}' % (b"n" * 150, b"m" * 9000, b"l" * 1000)
    smaller = cut_document(document(body=body))
    assert smaller
    assert len(smaller.body) < len(body) / 2
    assert b"n" * 150 in smaller.body
    assert b"l" * 1000 in smaller.body
    assert b"characters cut)" in smaller.body
    assert b"cut_by_agentrig" in smaller.body


@pytest.mark.parametrize("body", [b'{"a":1}', b"[]", b'{"a":["%s"]}' % (b"1" * 200)])
def test_what_has_no_long_text_cannot_be_cut(body: bytes) -> None:
    assert cut_document(document(body=body)) is None


@pytest.mark.parametrize("item", [{}, [], None, {"index": 1}, {"index": {"status": "200"}}])
def test_an_item_without_a_status_is_sent_again(item: object) -> None:
    judged = judge({"items": [item]}, [document()], url="http://x")
    assert judged.again == [document()]
    assert judged.trouble
    assert not judged.trouble.lasting


@pytest.mark.parametrize(
    ("status", "kind", "where"),
    [
        (200, "", "delivered"),
        (201, "", "delivered"),
        (409, "version_conflict_engine_exception", "conflicts"),
        (429, "circuit_breaking_exception", "again"),
        (503, "unavailable_shards_exception", "again"),
        (403, "cluster_block_exception", "again"),
        (404, "index_not_found_exception", "again"),
        (400, "validation_exception", "again"),
        (400, "mapper_parsing_exception", "refused"),
        (400, "document_parsing_exception", "refused"),
        (413, "", "refused"),
    ],
)
def test_each_item_is_judged_by_its_status(status: int, kind: str, where: str) -> None:
    item = {"index": {"status": status, "error": {"type": kind, "reason": "why\x1b[31m"}}}
    judged = judge({"items": [item]}, [document()], url="http://x")
    assert len(getattr(judged, where)) == 1
    assert "\x1b" not in str(judged.trouble) + str(judged.refused)
