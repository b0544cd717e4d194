"""Shows how far a benchmark is: a line that changes in a terminal, and a line each elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def telling(first: str, steps: int | None = None) -> Iterator[Callable[[str], None]]:
    """Give a function that tells what is done now; each call is a step.

    Args:
        first: what is done at the beginning.
        steps: how many calls will come; None where nobody knows.
    """
    description = SpinnerColumn(), TextColumn("{task.description}")
    columns = (BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()) if steps else (TimeElapsedColumn(),)
    with Progress(*description, *columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(first, total=steps)
        said = first

        def tell(text: str) -> None:
            nonlocal said
            progress.update(task, description=text, advance=1)
            if not progress.console.is_terminal and text != said:
                progress.console.print(text, highlight=False)
            said = text

        yield tell
