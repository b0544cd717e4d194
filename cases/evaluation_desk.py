"""Answers questions about periods from the database and the file of inputs, and keeps the last answers.

An answer names its moment, and a history is only added to; so the same question about the same moment has the same
answer, which need not be worked out again when somebody opens the cases behind a number.
"""

import threading
from collections import OrderedDict
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

from cases.database import Database
from cases.evaluation import Evaluation, Question, evaluate
from cases.evaluation_inputs import check_numbers, load_inputs
from cases.facts_reader import FactsReader
from cases.grouping import By
from cases.periods import Period

KEPT = 6
"""Answers kept: a few people with one period each. One of 20,000 cases takes about 30 MB."""


BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
"""No period begins earlier; what stood before then is what stood then, and databases hold no time of every year."""


class EvaluationDesk:
    """Evaluates an installation's cases; any thread may ask.

    Args:
        database: where the cases are.
        inputs: the file with what people told; it need not exist.
        zone: the local time in which days begin.
    """

    def __init__(self, database: Database, inputs: Path, zone: tzinfo) -> None:
        self._reader, self._inputs, self._zone = FactsReader(database), inputs, zone
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Question, str], Evaluation] = OrderedDict()

    def evaluate(self, first: date, last: date, by: By, as_of: datetime) -> Evaluation:
        """Evaluate the days from the first to the last, both included, as the histories stood at a moment (aware).

        Raises:
            PeriodError: these days make no period.
            EvaluationInputsError: the file of inputs has wrong rows, or speaks of cases that do not exist.
            DatabaseError: the database refuses; it may be tried again.
            OSError: the file of inputs cannot be read.
        """
        question = Question(Period(first, last, self._zone), by, max(as_of, BEFORE_ALL))
        inputs = load_inputs(self._inputs)
        key = (question, inputs.sha256)
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        check_numbers(self._inputs, inputs, self._reader.known(inputs.numbers))
        read = self._reader.read(question)
        made = evaluate(read.cases, question, inputs, began_at=read.began_at)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made
