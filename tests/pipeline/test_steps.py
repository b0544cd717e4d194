"""Steps of an end: each is tried though another fails."""

import pytest

from pipeline.steps import run_each


def test_every_step_is_tried_though_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail() -> None:
        raise TimeoutError("reader of camera gate did not end")

    run_each(("opening", lambda: done.append("first")), ("ending", fail), ("closing", lambda: done.append("last")))
    assert done == ["first", "last"]
    assert "ending failed, going on: reader of camera gate did not end" in caplog.text
