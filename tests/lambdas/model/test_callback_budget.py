"""The callback budget: divided without loss, never more than there is."""

from builders import any_key, any_row
from hypothesis import given
from hypothesis import strategies as st

from taskmill.model.callback_budget import left_at_end, shares_of_callbacks, shares_of_children
from taskmill.model.keys import Kind

budgets = st.integers(0, 1_000_000)
counts = st.integers(0, 200)


@given(left=budgets, count=counts)
def test_callbacks_and_what_follows_from_them_use_up_what_is_left(left: int, count: int) -> None:
    shares = shares_of_callbacks(left, count)

    assert len(shares) == min(left, count)
    if shares:
        assert sum(shares) + len(shares) == left
        assert max(shares) - min(shares) <= 1


@given(budget=budgets, calls=st.lists(counts, max_size=30))
def test_below_a_callback_a_task_and_its_children_share_what_it_had(
    budget: int, calls: list[int]
) -> None:
    row = any_row(callback_budget=budget, by_callback=True)
    handed_out = first = 0
    for count in calls:
        shares = shares_of_children(row, first=first, count=count, per_root=10_000)
        assert len(shares) == count
        handed_out, first = handed_out + sum(shares), first + count

    assert handed_out + left_at_end(row.but(child_count=first), per_root=10_000) == budget


@given(first=st.integers(0, 9_999), count=st.integers(1, 10_000), per_root=st.integers(1, 10**6))
def test_children_that_no_callback_caused_have_at_least_a_hundredth(
    first: int, count: int, per_root: int
) -> None:
    shares = shares_of_children(any_row(), first=first, count=count, per_root=per_root)

    assert min(shares) >= per_root // 100
    left = left_at_end(any_row(child_count=first + count), per_root=per_root)
    assert left >= per_root // 100


def test_a_few_children_do_not_raise_what_their_root_may_cause() -> None:
    root = any_row()

    shares = shares_of_children(root, first=0, count=10, per_root=10_000)

    assert sum(shares) + left_at_end(root.but(child_count=10), per_root=10_000) == 10_000


def test_subtasks_take_nothing_of_a_fan_out_s_budget() -> None:
    row = any_row(key=any_key(kind=Kind.SFN_TASK), child_count=1_000)

    assert left_at_end(row, per_root=10_000) == 10_000
