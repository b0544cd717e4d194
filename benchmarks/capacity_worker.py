"""Runs one side of the capacity benchmark in a process of its own: `python -m benchmarks.capacity_worker TASK.json`.

Says `ready` as a JSON line once it has begun, and answers `{"do": "state"}` with how it stands with every camera and
what it found. It ends with its standard input, so that it never outlives its parent. A peer's environment runs the
same module, so nothing of ours is imported before the side is known.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.capacity_sides import Watcher, WatchTask, task_from_json


def main() -> int:
    """Run the side until stdin ends; returns the exit code."""
    task = task_from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    watcher = make_watcher(task)
    try:
        watcher.start()
        _say({"event": "ready"})
        for _order in sys.stdin:
            cameras = [asdict(state) for state in watcher.states()]
            found = [asdict(each) for each in watcher.found()]
            _say({"event": "state", "cameras": cameras, "found": found, "problem": watcher.problem()})
    except ConnectionError as err:
        _say({"event": "failed", "problem": str(err)})
        return 1
    finally:
        if task.side in ENDS_BY_ITSELF:
            watcher.stop()
    sys.stdout.flush()
    os._exit(0)  # peers' libraries wait for threads that never end


ENDS_BY_ITSELF = ("ours", "opencv")
"""Sides whose threads end when they are told."""


def make_watcher(task: WatchTask) -> Watcher:
    """Return the side that the task names, not started yet.

    Raises:
        ValueError: no side has this name.
    """
    # Imported where needed: a peer must not carry our pipeline's memory, and its environment lacks our libraries.
    if task.side == "ultralytics":
        from benchmarks.watch_ultralytics import UltralyticsWatcher

        return UltralyticsWatcher(task)
    if task.side == "vidgear":
        from benchmarks.watch_vidgear import VidgearWatcher

        return VidgearWatcher(task)
    from models.model import open_model

    weights_folder = Path(task.weights_folder) if task.weights_folder else None
    model = open_model(Path(task.card), Path(task.cache_dir), task.engine, weights_folder=weights_folder)
    if task.side == "opencv":
        from benchmarks.watch_opencv import OpenCvWatcher

        return OpenCvWatcher(task, model)
    if task.side == "ours":
        from benchmarks.watch_ours import OurWatcher

        return OurWatcher(task, model)
    raise ValueError(f"no side is called {task.side!r}")


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
