"""Runs one side in a process of its own: `python -m benchmarks.side_worker SETTINGS` (JSON), steered over stdin.

Says `ready` as a JSON line once it is connected, and answers `{"do": "counts"}` with every camera's counts. It ends
with its standard input, so that it never outlives its parent.
"""

import json
import sys
from pathlib import Path

from benchmarks.side_load_streams import LoadStreamsSide
from benchmarks.side_opencv import OpenCvSide
from benchmarks.sides import Side, SideSettings
from models.model import Model, open_model


def main() -> int:
    """Run the side until stdin ends; returns the exit code."""
    settings = SideSettings.model_validate_json(sys.argv[1])
    model = open_model(
        Path(settings.card),
        Path(settings.cache_dir),
        settings.engine,
        weights_folder=Path(settings.weights_folder) if settings.weights_folder else None,
    )
    side = make_side(settings, model)
    try:
        side.start()
        _say({"event": "ready"})
        for _order in sys.stdin:
            cameras = [counts.model_dump() for counts in side.counts()]
            _say({"event": "counts", "cameras": cameras, "problem": side.problem()})
    except ConnectionError as err:
        _say({"event": "failed", "problem": str(err)})
        return 1
    finally:
        side.stop()
        model.close()
    return 0


def make_side(settings: SideSettings, model: Model) -> Side:
    """Return the side that the settings name, not started yet."""
    if settings.side.startswith("load_streams"):
        return LoadStreamsSide(settings, model)
    if settings.side.startswith("opencv"):
        return OpenCvSide(settings, model)
    # Imported here, so that the peers do not carry our pipeline's memory.
    from benchmarks.side_ours import OurSide

    return OurSide(settings, model)


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
