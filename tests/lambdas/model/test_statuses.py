import itertools

import pytest
from builders import held, raw, stored
from hypothesis import given
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill.errors import IllegalStatusChange, InvalidRequest
from taskmill.model.statuses import FINAL, MOVES, RETRYABLE, Status, may_move, sources
from taskmill.testing import InProcessCloud

STATUSES = st.sampled_from(Status)


def test_there_are_the_eight_statuses_of_the_reference_and_four_more() -> None:
    reference = "CREATED QUEUED STARTED PROCESSING FINISHED COMPLETED ERRORED FAILED"

    assert set(Status) == {*reference.split(), "SCHEDULED", "WAITING", "CANCELLED", "PARKED"}
    assert set(MOVES) == set(Status)


@given(st.lists(STATUSES, max_size=30))
def test_no_path_leaves_a_final_status(wanted: list[Status]) -> None:
    status, ended_as = Status.CREATED, None
    for target in wanted:
        if may_move(status, target):
            status = target
        ended_as = ended_as or (status if status in FINAL else None)

    assert ended_as is None or status is ended_as


@given(STATUSES, STATUSES)
def test_sources_and_moves_say_the_same(source: Status, target: Status) -> None:
    assert (source in sources(target)) == may_move(source, target)


@pytest.mark.parametrize("source", sorted(set(Status) - FINAL - {Status.PARKED}))
def test_every_open_status_can_reach_every_end(source: Status) -> None:
    assert MOVES[source] >= FINAL


def test_what_a_limit_holds_back_may_end_but_not_begin() -> None:
    assert MOVES[Status.PARKED] == {Status.FAILED, Status.CANCELLED}
    assert sources(Status.PARKED) == ()


def test_nothing_returns_to_created_but_by_a_retry() -> None:
    assert sources(Status.CREATED) == ()
    assert {Status.FAILED, Status.CANCELLED} == RETRYABLE


def test_a_queued_mark_that_comes_late_finds_no_way_back() -> None:
    late = {Status.STARTED, Status.PROCESSING, Status.FINISHED, *FINAL}

    assert late.isdisjoint(sources(Status.QUEUED))


@BOTH_TABLES
@pytest.mark.parametrize("source", list(Status))
def test_an_update_from_outside_obeys_the_table(cloud: InProcessCloud, source: Status) -> None:
    for target in Status:
        row = stored(cloud, status=source)

        if may_move(source, target):
            task = cloud.service.update_status(key=row.key, status=target)
            assert (task.status, task.version) == (target, 2)
            assert [str(each.status) for each in task.history] == [source, target]
        else:
            before = raw(cloud, row.key)
            with pytest.raises(IllegalStatusChange, match=f"{source} and cannot become {target}"):
                cloud.service.update_status(key=row.key, status=target)
            assert raw(cloud, row.key) == before


@pytest.mark.parametrize(("source", "target"), list(itertools.product(sorted(FINAL), repeat=2)))
def test_a_worker_cannot_overwrite_a_final_status(
    cloud: InProcessCloud, source: Status, target: Status
) -> None:
    row = held(cloud)
    cloud.service.update_status(key=row.key, status=source)

    with pytest.raises(Exception, match=r"cancelled|has ended"):
        cloud.wiring.claims.end(row, target, attributes={"result": '"late"'})

    task = cloud.service.get_task(key=row.key)
    assert (task.status, task.attributes) == (source, {})


def test_a_word_that_is_no_status_is_refused_with_the_known_ones(cloud: InProcessCloud) -> None:
    row = stored(cloud)

    with pytest.raises(InvalidRequest, match="'DONE' is no status; known are CREATED, SCHEDULED"):
        cloud.service.update_status(key=row.key, status="DONE")
