"""By what an evaluation groups cases: the unit that handles them, the area they lie in, the posts that worked on them.

The three forms of 区域评价, 部门评价 and 岗位评价 are the same formula over differently grouped cases.
"""

from enum import StrEnum

from cases.case_facts import CaseFacts


class By(StrEnum):
    """What a group is."""

    UNIT = "unit"
    AREA = "area"
    POST = "post"


NOT_ASSIGNED = ""
"""The group of cases that no unit, area or post is known for; it is shown, and has no score."""


def groups_of(case: CaseFacts, by: By) -> tuple[str, ...]:
    """Return the groups a case counts in: one unit or area, but every post that worked on it."""
    if by is By.POST:
        return tuple(sorted(case.posts)) or (NOT_ASSIGNED,)
    return (case.unit if by is By.UNIT else case.area,)
