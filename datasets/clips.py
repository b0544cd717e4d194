"""Writes drawn scenes as files: an MP4 with its truth as JSON lines beside it, for tests, benchmarks and replay."""

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av

from datasets.low_rate import rate_options
from datasets.scene import StreetScene
from datasets.truth import Truth

DEFAULT_FPS = Fraction(12)


def write_clip(
    scene: StreetScene, path: Path, seconds: float, *, start_s: float = 0.0, fps: Fraction = DEFAULT_FPS
) -> Path:
    """Write a stretch of a scene as H.264 in MP4 and its truth as `<name>.truth.jsonl`.

    The first line of the truth holds the scene's name, size, frame rate, offences and papers, timed from the clip's
    beginning, the homography from ground metres to pixels (of the preset, through a straight lens that stands still),
    `barrel_ratio` (how much its lens bends them, see `datasets.barrel.bent`), and the shops' door lines; every further
    line is one frame. A camera with a bit rate of its own (`CameraFaults.kbit_s`) writes at that; one that shakes or
    turns has it told in every line: `shift_px` and `view` (yaw, pitch and field of view in degrees).

    Args:
        scene: what to draw.
        path: of the MP4; its folder must exist.
        seconds: length.
        start_s: scene time of the first frame.
        fps: frames a second.

    Returns:
        The path of the truth.
    """
    truth_path = path.with_suffix(".truth.jsonl")
    with av.open(str(path), "w", format="mp4") as container, truth_path.open("w", encoding="utf-8") as lines:
        bit_rate = scene.script.faults.kbit_s * 1000
        quality = rate_options(bit_rate) if bit_rate else {"preset": "veryfast", "crf": "23"}
        stream = container.add_stream("libx264", rate=fps, options=quality | {"g": str(round(2 * fps))})
        if bit_rate:
            stream.bit_rate = round(bit_rate)
        stream.width, stream.height = scene.camera.size_wh
        stream.pix_fmt = "yuv420p"
        lines.write(json.dumps(_header(scene, start_s, fps)) + "\n")
        for number in range(round(seconds * fps)):
            bgr, truth = scene.render(start_s + float(number / fps))
            frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
            row = _row(truth, float(number / fps)) | _camera_row(scene, start_s + float(number / fps))
            lines.write(json.dumps(row) + "\n")
        container.mux(stream.encode(None))
    return truth_path


def _header(scene: StreetScene, start_s: float, fps: Fraction) -> dict[str, object]:
    offences = [
        asdict(offence) | {"started_s": offence.started_s - start_s, "ended_s": offence.ended_s - start_s}
        for offence in scene.script.offences
    ]
    papers = [
        asdict(paper) | {"from_s": paper.from_s - start_s, "to_s": paper.to_s - start_s, "is_lawful": paper.is_lawful}
        for paper in scene.script.papers
    ]
    return {
        "scene": scene.script.name,
        "size_wh": scene.camera.size_wh,
        "fps": float(fps),
        "offences": offences,
        "papers": papers,
        "ground_homography": scene.camera.ground_homography().tolist(),
        "barrel_ratio": scene.script.faults.barrel_ratio,
        "door_lines_m": scene.script.street.door_lines.tolist(),
    }


def _row(truth: Truth, t_s: float) -> dict[str, object]:
    return {
        "t_s": round(t_s, 4),
        "boxes": truth.boxes.round(2).tolist(),
        "class_ids": truth.class_ids.tolist(),
        "object_ids": truth.object_ids.tolist(),
        "visible_ratios": truth.visible_ratios.round(3).tolist(),
        "ground": truth.ground.round(3).tolist(),
        "papers": truth.papers.round(2).tolist(),
        "paper_ids": truth.paper_ids.tolist(),
        "paper_kinds": list(truth.paper_kinds),
    }


def _camera_row(scene: StreetScene, t_s: float) -> dict[str, object]:
    """Where the picture of a camera that moves lies; nothing of one that does not."""
    faults = scene.script.faults
    if not faults.shake_px and not faults.moves:
        return {}
    view = scene.view_at(t_s)
    return {
        "shift_px": [round(v, 3) for v in scene.shift_px(t_s)],
        "view": [round(v, 4) for v in (view.yaw_deg, view.pitch_deg, view.field_of_view_deg)],
    }
