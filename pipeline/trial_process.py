"""The program that runs one trial in a process of its own: `python -m pipeline.trial_process`.

It reads a `TrialRequest` as JSON from its input and writes JSON lines: `{"progress": 0.3}`, at the end
`{"result": ...}` or `{"problem": ...}`. A process and no thread of the service: it goes after all else, can be ended at
any moment, and its Python takes no turns with looking for the interpreter. It ends with the service, as then nobody
takes its lines.
"""

import json
import os
import sys

from pipeline.trial import run_trial
from pipeline.trial_records import TrialRequest
from vision.errors import RecordingError

NICE = 10
"""Looking, decoding and serving go before."""


def main() -> None:
    """Run the trial that is asked for on the input."""
    os.nice(NICE)
    request = TrialRequest.model_validate_json(sys.stdin.buffer.read())
    try:
        result = run_trial(request, lambda share: _say({"progress": share}))
        _say({"result": result.model_dump(mode="json")})
    except RecordingError as err:
        _say({"problem": str(err)})
    except BrokenPipeError:
        os._exit(1)  # nobody listens; an orderly end would complain about the pipe


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
