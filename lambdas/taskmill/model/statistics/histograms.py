"""Histograms of durations: a bucket holds those between two powers of two of milliseconds."""

from __future__ import annotations

from collections.abc import Mapping

BUCKETS = 32  # the last one holds all from 12 days on


def bucket_of(ms: int) -> int:
    """The bucket of a duration: 0 of 0 ms, n of 2^(n-1) ms up to, but without, 2^n ms."""
    return min(max(ms, 0).bit_length(), BUCKETS - 1)


def percentile(buckets: Mapping[int, int], share: float) -> int | None:
    """The duration (ms) that this share of all is below; None: there is none.

    Within a bucket, durations are taken to lie evenly: so it is right to a factor of two.

    Args:
        buckets: How many are in each.
        share: Between 0 and 1.
    """
    total = sum(max(count, 0) for count in buckets.values())
    if not total:
        return None
    wanted, before = share * total, 0
    for bucket, count in sorted(buckets.items()):
        if count > 0 and before + count >= wanted:
            low, high = (0, 0) if bucket == 0 else (1 << (bucket - 1), 1 << bucket)
            return round(low + (high - low) * max(wanted - before, 0) / count)
        before += max(count, 0)
    return None
