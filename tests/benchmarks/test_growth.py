"""Growth is measured in fresh processes, and told as a slope."""

import math

import pytest
from benchmarks.growth.measured import drive, measured, slope, traced_split


def test_an_amount_that_grows_with_the_count_has_slope_one() -> None:
    assert slope([10, 100, 1_000], [3, 30, 300]) == pytest.approx(1)
    assert slope([10, 100, 1_000], [3, 300, 30_000]) == pytest.approx(2)
    assert slope([10, 100, 1_000], [7, 7, 7]) == pytest.approx(0)


def test_what_split_holds_does_not_grow_with_its_input() -> None:
    small, large = (traced_split(count).megabytes for count in (15_000, 40_000))

    # Both are longer than one chunk. 25,000 more elements of 200 bytes would be 5 MB more; a fifth
    # is allowed for 125 more batches.
    assert large < small + 1


def test_a_whole_fan_out_is_driven_in_a_process_of_its_own() -> None:
    point = measured(drive, 200)

    assert point.count == 200
    assert 0 < point.seconds < 60
    assert point.megabytes > 0


def test_a_measure_that_fails_says_why() -> None:
    with pytest.raises(ValueError, match="not defined for negative values"):
        measured(math.factorial, -1)
