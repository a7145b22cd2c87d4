"""One keyframe against all that is known of its camera: ``look``."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from adapters.cameras.quality.baselines import followed, is_learnt, learnt, misfitting
from adapters.cameras.quality.colours import Tones, cast_score, colours_of, is_night, levels_of
from adapters.cameras.quality.features import Bands, bands_of
from adapters.cameras.quality.freezing import frozen
from adapters.cameras.quality.memory import (
    HEIGHT,
    WIDTH,
    BadMemory,
    Grey,
    Memory,
    View,
    unpacked,
)
from adapters.cameras.quality.plain_faults import plain_faults
from adapters.cameras.quality.planes import Planes
from adapters.cameras.quality.stripes import stripes_score
from adapters.cameras.quality.thresholds import Thresholds, thresholds
from adapters.cameras.quality.view_faults import laid, view_faults

FAULTS: Final = (
    "black",
    "over_exposed",
    "no_signal",
    "blur",
    "covered",
    "moved",
    "colour_cast",
    "stripes",
    "frozen",
    "frozen_suspected",
)


# ITU-R BT.601: 16 is black and 235 white where the range is narrow.
_WIDENED: Final = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


class Verdict(NamedTuple):
    """``scores``: 0 to 2 for each of FAULTS, 1 is the threshold; ``night``: the picture has no colours.

    ``memory``: to be handed in with the next keyframe; ``learning``: how the camera looks by this light is
    not known yet, so that only what needs no baseline is judged.
    """

    scores: dict[str, float]
    night: bool
    memory: bytes
    learning: bool


def look(planes: Planes, memory: bytes, at_ms: int, digest: bytes = b"") -> Verdict:
    """``memory``: of the last verdict; b"" (or bytes that are not ours) begins to learn the camera anew.

    ``at_ms``: since 1970; ``digest``: SHA-256 of the access unit, b"" where unknown. No picture makes it
    raise.
    """
    limits, known = thresholds(), _known(memory)
    picture, colours = _small(planes), colours_of(planes)
    night = is_night(colours, limits)
    plain = plain_faults(picture, colours, _reference(known, limits, night=night), limits)
    if plain.any:
        scores = dict.fromkeys(FAULTS, 0.0) | plain._asdict()
        return Verdict(scores, night, known.packed(), not is_learnt(known.view(night=night), limits))
    before = known.last.picture if known.last else None
    freeze = frozen(known, picture, at_ms, digest, limits)
    seen = Seen(picture, levels_of(picture), colours, bands_of(picture), night, before)
    faults, view = _judged(known, seen, limits)
    if plain.over_exposed > limits.most_exposure:
        faults = faults | {"colour_cast": 0.0}
    faults |= plain._asdict() | {"frozen": freeze.certain, "frozen_suspected": freeze.suspected}
    if view is not None and is_learnt(view, limits) and _is_well(faults, limits) and _is_time(known, at_ms):
        view = followed(view, picture, colours)
    after = freeze.memory.with_view(view, night=night)
    return Verdict(dict.fromkeys(FAULTS, 0.0) | faults, night, after.packed(), not is_learnt(view, limits))


class Seen(NamedTuple):
    """``levels``: brightness of blocks, 9 × 16; ``before``: the picture of the last check."""

    picture: Grey
    levels: Grey
    colours: Grey
    bands: Bands
    night: bool
    before: Grey | None


def _judged(known: Memory, seen: Seen, limits: Thresholds) -> tuple[dict[str, float], View | None]:
    """Scores against the view of this light, and what is known of it now."""
    view = known.view(night=seen.night)
    if view is not None and is_learnt(view, limits):
        return _by_what_is_known(known, view, seen, limits), view
    other = known.view(night=not seen.night)
    if other is not None and is_learnt(other, limits):
        return _second_light(view, other, seen, limits)
    return {}, _learnt_on(view, seen, limits)


def _by_what_is_known(known: Memory, view: View, seen: Seen, limits: Thresholds) -> dict[str, float]:
    """At dusk, or with the lamps off, a picture without colours may still look as by day: where the view of
    its own light does not fit, that of the other may."""
    scores, agreement = _scores(view, seen, limits)
    other = known.view(night=not seen.night)
    if max(scores["covered"], scores["moved"]) < 1 or other is None or not is_learnt(other, limits):
        return scores
    second, fit = _scores(other, seen, limits)
    return second if max(second["covered"], second["moved"]) < 1 and fit > agreement else scores


def _scores(view: View, seen: Seen, limits: Thresholds) -> tuple[dict[str, float], float]:
    """And the share of the view that is as it was. One fault explains another away: stripes hide the view, a
    cover or another view has its own colours and edges."""
    over, before = laid(view, seen.bands, limits), bands_of(seen.before) if seen.before is not None else None
    faults = view_faults(over, before, seen.bands, seen.levels > limits.white_block, limits)
    stripes = stripes_score(over.reference, seen.bands, over.contrast, limits)
    scores = {"blur": faults.blur, "covered": faults.covered, "moved": faults.moved, "stripes": stripes}
    if stripes >= 1 and faults.gone < limits.cover_gone:
        return scores | {"blur": 0.0, "covered": 0.0, "moved": 0.0}, faults.agreement
    if max(faults.covered, faults.moved) >= 1:
        return scores | {"stripes": 0.0}, faults.agreement
    if not seen.night:
        scores["colour_cast"] = _cast(view, seen, limits)
    return scores, faults.agreement


def _cast(view: View, seen: Seen, limits: Thresholds) -> float:
    before = Tones(levels_of(view.picture), view.colours)
    return cast_score(before, Tones(seen.levels, seen.colours), limits)


def _second_light(
    view: View | None, other: View, seen: Seen, limits: Thresholds
) -> tuple[dict[str, float], View | None]:
    """The first night of a camera that knows its day, or the other way round. A grey cloth over the lens
    looks like night: where hardly anything of the other view is left it is told, and not learnt."""
    over = laid(other, seen.bands, limits)
    faults = view_faults(over, None, seen.bands, seen.levels > limits.white_block, limits)
    if faults.gone >= limits.hidden:
        return {"covered": faults.covered}, view
    return {}, _learnt_on(view, seen, limits)


def _reference(known: Memory, limits: Thresholds, *, night: bool) -> Grey | None:
    view = known.view(night=night)
    return view.picture if view is not None and is_learnt(view, limits) else None


def _learnt_on(view: View | None, seen: Seen, limits: Thresholds) -> View:
    if view is not None and view.checks >= limits.begins_to_fit:
        over = laid(view, seen.bands, limits)
        faults = view_faults(over, None, seen.bands, seen.levels > limits.white_block, limits)
        if faults.agreement < limits.least_agreement:
            return misfitting(view, seen.picture, seen.colours, limits)
    return learnt(view, seen.picture, seen.colours, limits)


def _is_well(scores: dict[str, float], limits: Thresholds) -> bool:
    return max(scores.values()) < limits.clean


def _is_time(known: Memory, at_ms: int) -> bool:
    """Once a minute."""
    return known.last is None or known.last.at_ms // 60_000 != at_ms // 60_000


def _known(memory: bytes) -> Memory:
    try:
        return unpacked(memory)
    except BadMemory:
        return Memory()


def _small(planes: Planes) -> Grey:
    """320 × 180 in the whole range, whatever came."""
    picture = cv2.resize(planes.luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if not planes.full_range:
        picture = cv2.LUT(picture, _WIDENED)
    return np.asarray(picture, np.uint8)
