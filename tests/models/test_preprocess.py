"""Frames become what a model's card asks for."""

from pathlib import Path

import numpy as np
import pytest

from models.cards import ModelCard
from models.preprocess import Preparer, Stretch
from tests.models.fakes import grey_frame
from tests.models.tiny import make_card
from vision.closer_look import CloserLook, Pane, Sheet
from vision.frames import LETTERBOX_GREY, Frame, Planes


def card(**changes: object) -> ModelCard:
    return make_card(Path("tiny.onnx"), b"", **changes)


def blue_frame() -> Frame:
    bgr = np.zeros((64, 64, 3), np.uint8)
    bgr[..., 0] = 255
    grey = grey_frame()
    return Frame("gate", 0, 0.0, grey.captured_at, 0.0, Planes.from_bgr(bgr))


def test_white_is_one_where_the_card_says_0_to_1() -> None:
    batch, _ = Preparer(card(scaling="0-1")).to_batch([grey_frame(255)])
    np.testing.assert_allclose(batch, 1.0, atol=0.01)


def test_white_is_255_where_the_card_says_0_to_255() -> None:
    batch, _ = Preparer(card(scaling="0-255")).to_batch([grey_frame(255)])
    np.testing.assert_allclose(batch, 255, atol=2)


@pytest.mark.parametrize(("order", "plane"), [("bgr", 0), ("rgb", 2)])
def test_blue_lies_in_the_plane_that_the_card_says(order: str, plane: int) -> None:
    batch, _ = Preparer(card(channel_order=order)).to_batch([blue_frame()])
    assert batch[0].mean(axis=(1, 2)).argmax() == plane


def test_batch_is_float32_in_planes_of_the_cards_size() -> None:
    batch, _ = Preparer(card(input_wh=(96, 32))).to_batch([grey_frame(), grey_frame()])
    assert (str(batch.dtype), batch.shape, batch.flags.c_contiguous) == ("float32", (2, 3, 32, 96), True)


def test_frames_of_different_sizes_go_into_one_batch_each_with_its_own_letterbox() -> None:
    _, letterboxes = Preparer(card()).to_batch([grey_frame(size_wh=(128, 64)), grey_frame(size_wh=(32, 64))])
    assert [(box.scale_xy, box.pad_xy) for box in letterboxes] == [((0.5, 0.5), (0, 16)), ((1.0, 1.0), (16, 0))]


def test_what_the_frame_does_not_fill_is_grey() -> None:
    batch, _ = Preparer(card(scaling="0-255")).to_batch([grey_frame(255, (128, 64))])
    assert batch[0, :, 0, 0].tolist() == [LETTERBOX_GREY] * 3


def test_mean_and_spread_of_each_channel_are_taken_off() -> None:
    means, spreads = (0.5, 0.25, 0.0), (0.5, 0.25, 2.0)
    batch, _ = Preparer(card(mean=means, std=spreads)).to_batch([grey_frame(255)])
    np.testing.assert_allclose(batch[0].mean(axis=(1, 2)), [1.0, 3.0, 0.5], atol=0.02)


def test_stretched_frame_fills_the_input_and_its_boxes_come_back_in_both_directions() -> None:
    batch, (fitting,) = Preparer(card(fit="stretch")).to_batch([grey_frame(255, (128, 32))])
    assert fitting == Stretch((0.5, 2.0))
    np.testing.assert_allclose(batch, 1.0, atol=0.01)
    assert fitting.to_source(np.array([[16, 16, 32, 64]], np.float32)).tolist() == [[32, 8, 64, 32]]


def test_stretched_picture_keeps_its_sides_apart() -> None:
    bgr = np.zeros((32, 128, 3), np.uint8)
    bgr[:, 64:] = 255
    grey = grey_frame()
    frame = Frame("gate", 0, 0.0, grey.captured_at, 0.0, Planes.from_bgr(bgr))
    batch, _ = Preparer(card(fit="stretch")).to_batch([frame])
    assert (batch[0, 0, :, :30].max() < 0.1, batch[0, 0, :, 34:].min() > 0.9) == (True, True)


@pytest.mark.parametrize("fit", ["letterbox", "stretch"])
def test_parts_of_a_frame_lie_side_by_side_and_are_never_stretched(fit: str) -> None:
    bgr = np.zeros((64, 192, 3), np.uint8)
    bgr[:, 128:] = 255
    frame = Frame("gate", 0, 0.0, grey_frame().captured_at, 0.0, Planes.from_bgr(bgr))
    panes = Pane((128, 0, 192, 32), (0, 0)), Pane((0, 0, 64, 32), (0, 32))
    look = CloserLook(frame, Sheet(8, panes, frozenset({1})))
    batch, (fitting,) = Preparer(card(fit=fit)).to_batch([look])
    assert (batch[0, :, :32].min() > 0.95, batch[0, :, 32:].max() < 0.05) == (True, True)
    assert fitting.to_source(np.array([[10, 10, 20, 20]], np.float32)).tolist() == [[138, 10, 148, 20]]
