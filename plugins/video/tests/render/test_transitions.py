"""Transitions: they begin with the one frame, end with the other, and move evenly between."""

from itertools import pairwise
from typing import get_args

import msgspec
import numpy as np
import pytest

from gestral_video.render.patches import Planes
from gestral_video.render.render import preview_frame
from gestral_video.render.segments import segments_of
from gestral_video.render.transitions import TRANSITION_SECONDS, come_in
from gestral_video.storyboard.storyboard import Storyboard, Transition

KINDS: tuple[Transition, ...] = get_args(Transition)
MOVING: tuple[Transition, ...] = tuple(kind for kind in KINDS if kind != "cut")


def planes(value: int, *, upright: bool = False) -> Planes:
    width, height = (120, 200) if upright else (200, 120)
    return tuple(np.full((height // step, width // step), value, np.uint8) for step in (1, 2, 2))  # type: ignore[return-value]


def mixed(kind: Transition, part: float, *, upright: bool = False) -> Planes:
    into = planes(7, upright=upright)
    come_in(kind, planes(40, upright=upright), planes(200, upright=upright), part, into)
    return into


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("kind", MOVING)
def test_it_begins_with_the_frame_before_and_ends_with_its_own(
    kind: Transition, upright: bool
) -> None:
    for part, value in ((0.0, 40), (1.0, 200)):
        for plane in mixed(kind, part, upright=upright):
            assert (plane == value).all()


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("kind", MOVING)
def test_it_goes_on_without_a_jump_and_never_back(kind: Transition, upright: bool) -> None:
    shares = [
        (mixed(kind, part, upright=upright)[0].mean() - 40) / 160 for part in np.linspace(0, 1, 61)
    ]
    steps = np.diff(shares)
    assert (steps >= -0.001).all()
    # At most twice as fast as at an even pace, and no jolt at either end.
    assert steps.max() < 2.1 / 60
    assert max(steps[0], steps[-1]) < 0.4 / 60


@pytest.mark.parametrize("kind", MOVING)
def test_light_and_colour_move_together(kind: Transition) -> None:
    for part in (0.13, 0.4, 0.77):
        luma, blue, red = mixed(kind, part)
        assert np.abs(luma.mean() - blue.mean()) < 1
        assert (blue == red).all()


def test_a_slide_moves_by_fractions_of_a_pixel() -> None:
    """An edge is where it should be to a twentieth of a pixel, in steps that differ by less."""
    under = planes(40)
    for plane in under:
        plane[:, plane.shape[1] // 2 :] = 200
    places = []
    for part in np.linspace(0.05, 0.12, 15):
        into = planes(0)
        come_in("slide", under, planes(200), part, into)
        places.append(200 - (into[0][0].astype(float) - 40).sum() / 160)
        way = 1 - (1 - part) ** 3 * (1 + 3 * part)
        assert places[-1] == pytest.approx(100 - 200 * way, abs=0.05)
    assert all(after < before for before, after in pairwise(places))


def test_a_slide_goes_sideways_in_a_wide_frame_and_upwards_in_an_upright_one() -> None:
    wide, upright = mixed("slide", 0.3)[0], mixed("slide", 0.3, upright=True)[0]
    assert wide[0, 0] == upright[0, 0] == 40
    assert wide[-1, 0] == upright[0, -1] == 40
    assert wide[0, -1] == upright[-1, 0] == 200


def test_a_cut_is_no_segment_of_its_own_and_any_other_transition_is_one(board: Storyboard) -> None:
    for kind in KINDS:
        scenes = [msgspec.structs.replace(scene, transition=kind) for scene in board.scenes]
        cut_up = list(segments_of(msgspec.structs.replace(board, scenes=tuple(scenes)), 0.2))
        mixed = [segment.count for segment in cut_up if segment.before]
        frames = round(TRANSITION_SECONDS[kind] * board.rate)
        assert mixed == [frames] * (0 if kind == "cut" else 3)
        assert sum(segment.count for segment in cut_up) == round(board.duration * board.rate)


@pytest.mark.parametrize("kind", MOVING)
def test_halfway_something_of_both_scenes_is_seen(board: Storyboard, kind: Transition) -> None:
    scenes = [msgspec.structs.replace(scene, transition=kind) for scene in board.scenes]
    told = msgspec.structs.replace(board, scenes=tuple(scenes))
    start = told.scenes[0].duration
    before, halfway, after = (
        np.asarray(preview_frame(told, start + at, scale=0.2), np.int16)
        for at in (-1 / 30, TRANSITION_SECONDS[kind] / 3, 0.6)
    )
    assert np.abs(halfway - before).mean() > 2
    assert np.abs(halfway - after).mean() > 2
