"""Keeps what stands still by place, so that nothing short of its leaving resets its clock.

A `Spot` is a place with its memory: the recent boxes, the votes for its class, when it was last surely seen, and how
long it has been missed since. Time is watched time (`clock_s`): gaps do not pass. A missed thing is `HIDDEN` while
something stands before it, or for a while without a reason; then it has `LEFT`, as of the last moment it was seen.

After an absence a thing must agree with the old one (position, size, pixels) to be the same; else one has left and
another has come. What creeps is followed as one place, but its rest begins anew with each stretch of way.

Belongs here: one place over time. Does not: which detection belongs to which place (matching), births (memory).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.boxes import same_feet
from vision.gaps import Span, watched_s
from vision.scenes import Place, PlaceState
from vision.tracker import Box

LEFT_AFTER_S = 12.0
"""Missed for longer, with nothing before it, a thing has left; shorter misses are the model's, or an 8 s occlusion."""

LEFT_AFTER_SIGN_S = 2.5
"""The same after a sign: its track walked off, or the pixels changed and nothing stands before it."""

FIRST_MISS_S = 0.5
"""Most that the first look without the thing counts, whatever the time since the look before."""

LEFT_LOOKS, LEFT_LOOKS_SIGN = 3, 2
"""And in so many looks, without and with a sign: looks can be far apart."""

HIDDEN_KEEP_S = 300.0
"""A thing covered for longer is forgotten: nobody can say what stands behind a bus that parks."""

DRIFT_LIMIT = 0.25
"""Sizes that a box may wander and still be at rest; a creeping queue does so within seconds, jitter never."""

SAME_SHIFT = 0.1
"""After an absence, a box within this share of its size of the old one is the same thing at first sight."""

REPLACED_SHIFT = 0.22
"""After an absence, a thing that settles further away than this is another one."""

REPLACED_AREA_RATIO = 1.6
"""After an absence, a thing larger or smaller than this factor is another one."""

FOLLOWED_S = 1.2
"""What was followed without a longer pause is the same; after one, a track may have gone over to a passing thing."""

QUICK_RETURN_S = 6.0
"""A thing seen again at the same spot within this time needs no second look to be believed."""

SAME_AREA_RATIO = 1.25
"""And this close in area."""

RETURN_LOOKS = 2
"""After longer absence so many agreeing looks in a row are wanted, as passing cars cover a spot for one."""

RETURN_S = 0.5
"""And over this time: at 25 looks a second two of them say nothing."""

ARRIVED_SHIFT = 0.06
"""A thing that was seen coming is another one, unless it lies where the old one lay to within box jitter."""

DEPARTED_AFTER_S = 6.0
"""Once its track walked off, a thing that something else covers has left after this time."""

MIN_COVER_RATIO = 0.3
"""A spot of which this share is newly covered may be hidden: nets miss cars whose lower third is covered."""

PROOF_SAME = 0.8
"""Pixels this similar prove that a thing still stands there, without a model."""

PROOF_GONE = 0.3
"""Pixels less similar than this are something else, if nothing stands before them."""

UNLIKE = 0.6
"""Mean likeness of the pixels below which what is seen there again and again is not one thing but a stream of them.

Vehicles that stood in two real clips kept about 0.8 to 1.0 at every look. Passing cars are not measured yet."""

LIKENESS_WEIGHT = 0.4
"""Share of the newest comparison in that mean: four cars in a row are enough, one headlight is not."""

PROOF_LOOKS = 2
"""So many low proofs in a row are believed; one can be a headlight."""

BOX_EVERY_S = 0.2
"""Boxes closer in time than this say the same."""

BOXES, CREPT_BOXES = 15, 2
"""Boxes whose median is the place's box, and of one that has just crept out of it."""

VOTE_DECAY = 0.98
"""A class vote is worth this much less with each later look: about 50 looks count."""


@dataclass(slots=True)
class Return:
    """Something seen again at a spot that was empty, not yet believed to be the same."""

    clock_s: float
    t_s: float
    boxes: list[Box] = field(default_factory=list)
    low_proofs: int = 0


@dataclass(slots=True)
class Vacated:
    """Where a thing has left, and the stream time until which nothing else can have come to rest there."""

    box: Box
    t_s: float


@dataclass(slots=True)
class Spot:
    """A place with its memory; plain numbers only, so that it can be put into a checkpoint.

    `is_covered` is whether the last look missed it behind something; `overlooked_s` is how long ago, in watched
    seconds, a look was last fine enough to see it; `vacant_t_s` is until when the thing before it was there, None where
    nothing was.
    """

    place_id: int
    since_clock_s: float
    since_t_s: float
    seen_clock_s: float
    seen_t_s: float
    rest_box: Box
    box: Box
    boxes: list[Box]
    boxes_clock_s: float
    votes: dict[int, float]
    score: float
    track_id: int
    state: PlaceState = PlaceState.STANDING
    empty_s: float = 0.0
    empty_looks: int = 0
    hidden_s: float = 0.0
    overlooked_s: float = 0.0
    usual_cover: float = 0.0
    low_proofs: int = 0
    likeness: float = 1.0
    newest_proof: float | None = None
    is_covered: bool = False
    departed: bool = False
    is_unsure: bool = False
    returned: Return | None = None
    vacant_t_s: float | None = None

    @property
    def size_px(self) -> float:
        """The side of a square of the box's area, at least 1."""
        return size_of(self.box)

    @property
    def is_absent(self) -> bool:
        """Whether the last look missed it, or nobody looked for a while."""
        return self.empty_looks > 0 or self.hidden_s > 0 or self.is_unsure

    @property
    def is_seen_empty(self) -> bool:
        """Whether looks and pixels agree that it was empty, if only for a moment: what is there next came later."""
        return self.low_proofs >= PROOF_LOOKS and self.empty_looks >= LEFT_LOOKS_SIGN

    @property
    def class_id(self) -> int:
        """The class most looks voted for; of equal ones the lowest."""
        return min(self.votes, key=lambda class_id: (-self.votes[class_id], class_id))

    def place(self, clock_s: float, rest_s: float = 0.0) -> Place:
        """Return what others may know of it at watched time `clock_s`; it creeps until it has rested for `rest_s`."""
        until_s = self.seen_clock_s if self.state is PlaceState.LEFT else clock_s
        dwell_s = max(0.0, until_s - self.since_clock_s)
        creeps = self.state is PlaceState.STANDING and dwell_s < rest_s
        state = PlaceState.CREEPING if creeps else self.state
        return Place(self.place_id, self.box, self.class_id, self.score, self.since_t_s, self.seen_t_s, dwell_s, state)

    def date(self, t_s: float, unwatched: Sequence[Span]) -> None:
        """Move the beginning of its rest to what looking back has found; what nobody watched since does not count."""
        if self.vacant_t_s is not None:
            t_s = max(t_s, self.vacant_t_s)
        t_s = min(t_s, self.seen_t_s)
        self.since_clock_s -= watched_s(unwatched, t_s, self.since_t_s)
        self.since_t_s = t_s


def size_of(box: Box) -> float:
    """Return the side in pixels of a square of the box's area, at least 1."""
    return float(max(1.0, max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]))) ** 0.5


def shift_between(box_a: Box, box_b: Box) -> float:
    """Return how far apart two boxes' centres are, in sizes of the larger one."""
    dx = (box_a[0] + box_a[2] - box_b[0] - box_b[2]) / 2
    dy = (box_a[1] + box_a[3] - box_b[1] - box_b[3]) / 2
    return float(np.hypot(dx, dy)) / max(size_of(box_a), size_of(box_b))


def area_ratio_between(box_a: Box, box_b: Box) -> float:
    """Return how many times larger the larger of two boxes is."""
    ratio = (size_of(box_a) / size_of(box_b)) ** 2
    return max(ratio, 1 / ratio)


def median_box(boxes: Sequence[Box]) -> Box:
    """Return the middle of each side over some boxes."""
    x1, y1, x2, y2 = (float(value) for value in np.median(np.array(boxes, np.float64), axis=0))
    return x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class Sight:
    """One detection that belongs to a spot, at one look.

    Attributes:
        box: in pixels.
        score: of the detection, in [0, 1].
        class_id: of the detection.
        track_id: the track it belongs to.
        is_whole: False where only a part of the thing was seen; such a box says that it is there, not where.
        has_arrived: whether the track was seen coming from elsewhere.
        has_crept: whether it creeps so fast that only its newest boxes tell where it is, and was followed.
        is_rolling: whether it creeps and has not come to rest yet.
        may_have_crept: whether a creeping vehicle could have come here from the place while nobody saw it.
    """

    box: Box
    score: float
    class_id: int
    track_id: int
    is_whole: bool = True
    has_arrived: bool = False
    has_crept: bool = False
    is_rolling: bool = False
    may_have_crept: bool = False


def take_sight(spot: Spot, sight: Sight, clock_s: float, t_s: float) -> bool:
    """Note that something was seen at the spot; return False when it turned out to be another thing.

    After an absence it takes an exact or a second look to be believed the same.
    """
    if sight.is_whole and spot.is_absent and not _is_same_at_once(spot, sight, clock_s):
        return _take_return(spot, sight, clock_s, t_s)
    if sight.is_whole and _is_stream(spot):
        return False
    if sight.is_whole and spot.low_proofs > PROOF_LOOKS and shift_between(spot.rest_box, sight.box) > SAME_SHIFT:
        return False
    confirm(spot, clock_s, t_s)
    if sight.is_whole:
        spot.track_id = sight.track_id
        _take_box(spot, sight.box, clock_s, has_crept=sight.has_crept)
        if sight.is_rolling:
            _begin_rest(spot)
        spot.votes = {class_id: vote * VOTE_DECAY for class_id, vote in spot.votes.items()}
        spot.votes[sight.class_id] = spot.votes.get(sight.class_id, 0.0) + sight.score
        spot.score += 0.1 * (sight.score - spot.score)
    return True


def take_over(spot: Spot, boxes: Sequence[Box], track_id: int, clock_s: float, t_s: float) -> None:
    """Note that the thing of a missed spot has crept, unseen, to where these boxes are; its rest may begin anew."""
    confirm(spot, clock_s, t_s)
    spot.boxes, spot.box, spot.track_id = list(boxes), median_box(boxes), track_id
    spot.boxes_clock_s = clock_s
    _begin_rest_where_drifted(spot)


def take_miss(spot: Spot, step_s: float, *, cover_ratio: float) -> None:
    """Note that a look missed the spot; `cover_ratio` is its share under things that did not cover it before.

    The first miss after a sight adds hardly any time: nobody knows how long before it the thing was gone.
    """
    if not (spot.empty_looks or spot.hidden_s):
        step_s = min(step_s, FIRST_MISS_S)
    spot.returned = None
    spot.newest_proof = None  # whatever hid it is not it
    spot.state = PlaceState.HIDDEN
    spot.is_covered = cover_ratio >= MIN_COVER_RATIO
    if spot.is_covered and not spot.is_seen_empty:  # else it is the next one that comes
        spot.hidden_s += step_s
        return
    spot.empty_s += step_s
    spot.empty_looks += 1


def take_proof(spot: Spot, similarity: float, clock_s: float, t_s: float) -> None:
    """Note a comparison of pixels: a high one is as good as a sight, low ones are a sign of its leaving.

    Of what is missed only a high one takes a low one back, and of what was seen empty one is not enough.
    """
    spot.newest_proof = similarity
    if similarity <= PROOF_GONE:
        spot.low_proofs += not spot.is_covered
    elif spot.is_seen_empty:
        if similarity >= PROOF_SAME:
            spot.low_proofs = PROOF_LOOKS - 1
    else:
        if similarity >= PROOF_SAME:
            confirm(spot, clock_s, t_s)
        if spot.state is PlaceState.STANDING:
            spot.low_proofs = 0


def has_left(spot: Spot) -> bool:
    """Return whether the spot is empty: missed for long enough."""
    if spot.hidden_s > HIDDEN_KEEP_S:
        return True
    if spot.departed and spot.empty_s + spot.hidden_s >= DEPARTED_AFTER_S:
        return True
    signed = spot.departed or spot.low_proofs >= PROOF_LOOKS
    if signed:
        return spot.empty_looks >= LEFT_LOOKS_SIGN and spot.empty_s >= LEFT_AFTER_SIGN_S
    return spot.empty_looks >= LEFT_LOOKS and spot.empty_s >= LEFT_AFTER_S


def confirm(spot: Spot, clock_s: float, t_s: float) -> None:
    """Note that the thing is surely there now."""
    spot.seen_clock_s, spot.seen_t_s = clock_s, t_s
    spot.empty_s, spot.empty_looks, spot.hidden_s = 0.0, 0, 0.0
    spot.is_covered, spot.departed, spot.returned, spot.is_unsure = False, False, None, False
    spot.state = PlaceState.STANDING


def _is_stream(spot: Spot) -> bool:
    """Take the pixels of this look into the mean; return whether they say that other things pass here one by one."""
    if spot.newest_proof is not None:
        spot.likeness += LIKENESS_WEIGHT * (spot.newest_proof - spot.likeness)
        spot.newest_proof = None
    return spot.likeness < UNLIKE


def _is_same_at_once(spot: Spot, sight: Sight, clock_s: float) -> bool:
    if sight.track_id == spot.track_id and clock_s - spot.seen_clock_s <= FOLLOWED_S and not spot.is_unsure:
        return True
    return (
        clock_s - spot.seen_clock_s <= QUICK_RETURN_S
        and not (spot.departed or sight.has_arrived)
        and spot.low_proofs < PROOF_LOOKS
        and spot.returned is None
        and shift_between(spot.box, sight.box) <= SAME_SHIFT
        and area_ratio_between(spot.box, sight.box) <= SAME_AREA_RATIO
    )


def _take_return(spot: Spot, sight: Sight, clock_s: float, t_s: float) -> bool:
    if sight.has_arrived and (spot.empty_s >= LEFT_AFTER_SIGN_S or shift_between(spot.box, sight.box) > ARRIVED_SHIFT):
        return False
    if spot.returned is None or shift_between(spot.returned.boxes[-1], sight.box) > SAME_SHIFT:
        spot.returned = Return(clock_s, t_s)
    spot.returned.boxes.append(sight.box)
    spot.returned.low_proofs += spot.newest_proof is not None and spot.newest_proof <= PROOF_GONE
    spot.track_id = sight.track_id
    boxes = spot.returned.boxes[-BOXES:]
    if len(boxes) < RETURN_LOOKS or clock_s - spot.returned.clock_s < RETURN_S:
        return True
    settled = median_box(boxes)
    low_proofs = max(spot.low_proofs, spot.returned.low_proofs)
    if _shows_another(spot, sight, low_proofs) or not _may_be_same(
        spot.box, settled, may_have_crept=sight.may_have_crept
    ):
        return False
    confirm(spot, clock_s, t_s)
    spot.low_proofs = 0
    return True


def _shows_another(spot: Spot, sight: Sight, low_proofs: int) -> bool:
    """Return whether pixels say that what is there again is another thing: they were others and are not its own now."""
    is_proven = spot.newest_proof is not None and spot.newest_proof >= PROOF_SAME
    return low_proofs >= PROOF_LOOKS and (sight.has_arrived or not is_proven)


def _may_be_same(box: Box, settled: Box, *, may_have_crept: bool) -> bool:
    """Return whether what settled after an absence may be what a place's box showed before it."""
    if same_feet(np.array([box], np.float32), np.array([settled], np.float32))[0, 0]:
        return True
    is_near = may_have_crept or shift_between(box, settled) <= REPLACED_SHIFT
    return is_near and area_ratio_between(box, settled) <= REPLACED_AREA_RATIO


def _take_box(spot: Spot, box: Box, clock_s: float, *, has_crept: bool) -> None:
    if clock_s - spot.boxes_clock_s < BOX_EVERY_S:
        return
    spot.boxes.append(box)
    spot.boxes_clock_s = clock_s
    del spot.boxes[: -CREPT_BOXES if has_crept else -BOXES]
    spot.box = median_box(spot.boxes)
    _begin_rest_where_drifted(spot)


def _begin_rest_where_drifted(spot: Spot) -> None:
    if shift_between(spot.rest_box, median_box(spot.boxes[-5:])) > DRIFT_LIMIT:
        _begin_rest(spot)


def _begin_rest(spot: Spot) -> None:
    spot.rest_box, spot.since_clock_s, spot.since_t_s = spot.box, spot.seen_clock_s, spot.seen_t_s
