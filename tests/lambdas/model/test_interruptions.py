"""What another thread runs, as seen by those who interrupt it."""

import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskmill.model.interruptions import Interruption, ThreadEnd, running_frame


@pytest.fixture
def collected_in() -> Iterator[list[str]]:
    """Names of the functions in which a garbage collection began; each allocation may begin one."""
    names: list[str] = []

    def note(phase: str, _: dict[str, Any]) -> None:
        if phase == "start":
            names.append(sys._getframe(1).f_code.co_name)

    thresholds = gc.get_threshold()
    gc.callbacks.append(note)
    gc.set_threshold(1, 1, 1)
    yield names
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(note)


def test_it_is_the_innermost_frame_of_the_thread() -> None:
    go = threading.Event()

    def waits_here() -> None:
        go.wait(10)

    thread = threading.Thread(target=waits_here)
    thread.start()
    frame, names = running_frame(thread.ident), []
    while frame is not None:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    go.set()
    thread.join()

    assert "waits_here" in names
    assert running_frame(thread.ident) is None
    assert running_frame(None) is None


def test_no_garbage_is_collected_meanwhile(collected_in: list[str]) -> None:
    """The interpreter would wait for ever for a lock that it holds."""
    go = threading.Event()
    threads = [threading.Thread(target=go.wait, args=(10,)) for _ in range(20)]
    for thread in threads:
        thread.start()  # each has frames that nobody has looked at, so looking allocates them

    running_frame(threading.get_ident())
    go.set()
    for thread in threads:
        thread.join()

    assert collected_in
    assert "running_frame" not in collected_in


@pytest.mark.parametrize("enabled", [True, False])
def test_whether_garbage_is_collected_is_as_before(*, enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        running_frame(threading.get_ident())
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


def test_who_gets_the_identifier_of_an_ended_thread_is_not_interrupted() -> None:
    end = ThreadEnd()
    ended = threading.Thread(target=end.reach)
    ended.start()
    ended.join()
    go, interrupted = threading.Event(), []

    def innocent() -> None:
        try:
            go.wait(10)
            sum(range(100_000))
        except Interruption:
            interrupted.append(True)

    def same_identifier() -> threading.Thread:
        others = []
        for _ in range(100):
            thread = threading.Thread(target=innocent, daemon=True)
            thread.start()
            others.append(thread)
            if thread.ident == ended.ident:
                return thread
        pytest.skip("this system gives no identifier twice")

    thread = same_identifier()
    end.interrupt(ended.ident, Interruption)
    go.set()
    thread.join()

    assert not interrupted


def test_a_thread_that_is_interrupted_at_its_end_reaches_it() -> None:
    end, begun, raised = ThreadEnd(), threading.Event(), threading.Event()

    def runs() -> None:
        try:
            begun.set()
            while not raised.wait(0.01):
                pass
            sum(range(100_000))
        except Interruption:
            pass
        end.reach()

    thread = threading.Thread(target=runs)
    thread.start()
    begun.wait(10)
    for _ in range(50):
        end.interrupt(thread.ident, Interruption)
    raised.set()
    thread.join(10)

    assert not thread.is_alive()
