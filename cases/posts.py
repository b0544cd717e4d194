"""The posts of a city's workflow and who acts on a case: which steps are whose.

A role (`cases.people.Role`) says what the program lets an account do; a post says which steps of a case are its work.
The posts of the centre work on every case, those of a unit on the cases that were dispatched to it.

Belongs here: posts, and the check whether somebody holds one. Does not: which step needs which post (states).
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Post(StrEnum):
    """Whose work a step of a case is."""

    VIDEO_SEAT = "video_seat"  # 视频坐席: judges alarms
    ACCEPTOR = "acceptor"  # 受理员: takes reports in, closes
    COLLECTOR = "collector"  # 采集员: verifies and checks on the spot
    SHIFT_LEADER = "shift_leader"  # 值班长: puts cases on file
    DISPATCHER = "dispatcher"  # 派遣员: dispatches, grants extensions
    DEPARTMENT = "department"  # 专业部门: answers for its unit
    HANDLER = "handler"  # 处置人员: does the work
    SUPERVISOR = "supervisor"  # 督查: urges


UNIT_POSTS = frozenset({Post.DEPARTMENT, Post.HANDLER})
"""Posts that act only on cases of their own unit."""

CENTRE_POSTS = tuple(post for post in Post if post not in UNIT_POSTS)
"""What an operator holds who was given no posts: a small centre has one seat for all of them."""

ANY_UNIT = "*"
"""The unit of who may act for every unit."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acts on a case.

    Attributes:
        name: stands in the history.
        posts: held posts; None for the program itself, which needs none.
        unit: id of the own unit, empty for the centre, or `ANY_UNIT`.
    """

    name: str
    posts: frozenset[Post] | None = None
    unit: str = ""

    def holds(self, posts: Collection[Post], unit: str) -> bool:
        """Say whether one of these posts is held; one of a unit counts only for a case of that unit."""
        if self.posts is None:
            return True
        held = self.posts.intersection(posts)
        if not self.is_of(unit):
            held -= UNIT_POSTS
        return bool(held)

    @property
    def is_of_centre(self) -> bool:
        """Whether a post of the centre is held, whose work is every case; the program holds all."""
        return self.posts is None or bool(self.posts - UNIT_POSTS)

    def is_of(self, unit: str) -> bool:
        """Say whether this is who may act for a unit; nobody may for the empty one."""
        return bool(unit) and self.unit in (unit, ANY_UNIT)
