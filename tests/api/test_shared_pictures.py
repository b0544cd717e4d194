"""Stills that several viewers share: one decoding for all of a moment, and nothing kept that nobody can get."""

import asyncio

import pytest

from api.shared_pictures import SharedPictures
from streams.errors import UnknownCameraError

PERIOD_S = 0.5


class Cameras:
    """Takes numbered pictures of those cameras that there are; `now_s` is the clock."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.taken = 0
        self.now_s = 100.0
        self.pictures = SharedPictures(self._take, PERIOD_S, lambda: self.now_s)

    def _take(self, camera_id: str) -> bytes:
        if camera_id not in self.known:
            raise UnknownCameraError(camera_id)
        self.taken += 1
        return f"{camera_id} {self.taken}".encode()


def test_viewers_of_one_moment_share_a_picture() -> None:
    cameras = Cameras("gate-1")

    async def ask() -> list[bytes]:
        return await asyncio.gather(*(cameras.pictures.newest("gate-1") for _ in range(5)))

    assert asyncio.run(ask()) == [b"gate-1 1"] * 5


def test_picture_that_is_old_is_taken_anew() -> None:
    cameras = Cameras("gate-1")
    asyncio.run(cameras.pictures.newest("gate-1"))
    cameras.now_s += PERIOD_S

    assert asyncio.run(cameras.pictures.newest("gate-1")) == b"gate-1 2"


def test_cameras_that_do_not_exist_leave_nothing_behind() -> None:
    cameras = Cameras("gate-1")

    async def ask() -> None:
        for number in range(20):
            with pytest.raises(UnknownCameraError):
                await cameras.pictures.newest(f"nope-{number}")

    asyncio.run(ask())
    assert len(cameras.pictures) == 0


def test_picture_of_a_removed_camera_is_forgotten_though_nobody_asks_for_it() -> None:
    cameras = Cameras("gate-1", "gate-2")

    async def ask() -> None:
        await cameras.pictures.newest("gate-1")
        cameras.known.remove("gate-1")
        cameras.now_s += PERIOD_S
        await cameras.pictures.newest("gate-2")

    asyncio.run(ask())
    assert len(cameras.pictures) == 1
