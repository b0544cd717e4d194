"""Runs steps of which each must be tried although one before it failed, such as those of a stop."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

Step = tuple[str, Callable[[], None]]
"""What a step does, in words for the log, and the call."""


def run_each(*steps: Step) -> None:
    """Run all steps in their order; one that fails is said in the log, with what it was to do."""
    for doing, step in steps:
        try:
            step()
        except Exception as err:  # whatever it is, the steps behind it have nothing to do with it
            logger.error("%s failed, going on: %s", doing, err, exc_info=err)
