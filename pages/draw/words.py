"""Text of the page Draw & complete."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pages.draw.methods import PARTICLES
from pixelcnn.models.scan_orders import RASTER, in_words

if TYPE_CHECKING:
    from pages.draw.methods import Options
    from pixelcnn.completion.completions import Completions
    from pixelcnn.completion.inpainting import Truth
    from pixelcnn.completion.observed import GivenPart
    from pixelcnn.completion.particle_filter import ParticleEndings
    from pixelcnn.scores.class_curves import ClassCurves


def situation(done: Completions) -> str:
    """What to know about the endings of an unusual drawing; empty for a plain beginning."""
    known, unknown = int(done.known_mask.sum()), int((~done.known_mask).sum())
    if unknown == 0:
        return (
            "**Nothing is unknown**, so nothing is left to draw: all endings are your drawing. "
            "Drag the line up, or mark some cells as unknown."
        )
    if known == 0:
        return (
            "**Nothing is given**, so the model draws whole digits. Draw something, or drag the "
            "line down."
        )
    words = []
    if unknown == 1:
        values = done.images[:, ~done.known_mask].flatten().tolist()
        inked = sum(map(bool, values))
        words.append(f"**One pixel is unknown**: {inked} of {len(values)} endings have ink there.")
    if done.given.after_gap and done.particles is None:
        late = done.given.after_gap
        reads = "left to right, top to bottom" if done.order == RASTER else in_words(done.order)
        words.append(
            f"**{late} of {known} given {_pixels(known)} {'comes' if late == 1 else 'come'} after "
            f"an unknown one.** The model keeps all given pixels, but it reads {reads}, so it "
            "could not see late ones while it drew the pixels before them."
        )
        if done.labels is not None:
            before = done.given.prefix
            words.append(
                f"Its guess of the digit uses only the {before} {_pixels(before)} before the gap."
                if before
                else "No pixel before the gap is given, so it has no basis to guess the digit."
            )
    return " ".join(words)


def what_it_did(done: Completions, options: Options) -> str:
    """One line on how these endings were drawn."""
    if done.particles is not None:
        worst = min(done.particles.weighings, key=lambda weighing: weighing.effective)
        return (
            f"After row {worst.row} only **{worst.effective:.0f}** of {options.particles} "
            f"particles still counted. The {len(done.images)} endings come from "
            f"**{done.particles.distinct}** of them."
        )
    if options.method == PARTICLES:
        return "Everything you gave comes first in reading order, so particles change nothing here."
    known, late = int(done.known_mask.sum()), done.given.after_gap
    words = f"Read {in_words(done.order)}: "
    if not known:
        return words + "nothing is given."
    if not late:
        return words + f"all given pixels come first ({known})."
    come = "comes" if late == 1 else "come"
    return words + f"{late} of {known} given {_pixels(known)} {come} too late for the model to see."


def guess(label: int | None, class_curves: ClassCurves | None = None, pixels: int = 0) -> str:
    """How the bars are computed, and how accurate such a guess is."""
    words = (
        "The model computes how likely this beginning is if the digit is a 0, a 1, and so on up to "
        "9. The bars compare the ten answers (Bayes' rule). "
    )
    if label is None:
        words += "The labels of the endings follow the bars, the likeliest digit first."
    else:
        words += f"You gave it the label {label}, so the endings do not use the bars."
    accuracy = None if class_curves is None else class_curves.accuracy(pixels)
    if class_curves is not None and accuracy is not None and pixels:
        whole = class_curves.accuracy(class_curves.right.size - 1)
        words += (
            "\n\n"
            f"From the first {pixels} {_pixels(pixels)} of a test digit, its best guess is right "
            f"in **{accuracy:.0%}** of {class_curves.images:,} cases; from all of them in "
            f"{whole:.1%}."
        )
    return words


def guess_by_particles(endings: int) -> str:
    """What the bars show when particles are used."""
    return (
        f"Here the bars show shares of the {endings} endings. The particles began with all labels; "
        "those whose label does not fit the given pixels were dropped on the way."
    )


def surprise(
    given: GivenPart, label: int | None, levels: int, class_curves: ClassCurves | None = None
) -> str:
    """How many bits the given part costs, and what that means."""
    if given.prefix == 0:
        return (
            "**0 bits.** The first pixel is unknown, so there is no beginning yet to surprise the "
            "model."
        )
    bits = given.bits if label is None else given.class_bits[label].item()
    what = "Your beginning" if not given.after_gap else "The part before the gap"
    labelled = "" if label is None else f", given the label {label}"
    words = (
        f"{what} costs **{bits:.1f} bits**{labelled}: as unlikely as guessing {bits:.0f} coin "
        f"{'toss' if round(bits) == 1 else 'tosses'} in a row."
    )
    if class_curves is not None and label is None:
        words += "\n\n" + _percentile(
            class_curves.percentile(bits, given.prefix), class_curves.images
        )
    if levels == 2:
        words += (
            "\n\n"
            f"A model that has learned nothing would toss a coin for each pixel: {given.prefix} "
            f"{'bit' if given.prefix == 1 else 'bits'}. Draw something odd and watch the number "
            "rise."
        )
    return words


def after_gap(given: GivenPart, particles: ParticleEndings | None) -> str:
    """How many bits the given pixels after the gap cost, if known."""
    if particles is None:
        return (
            f"The given pixels after the gap ({given.after_gap}) are not counted: that would take "
            "a sum over everything that could fill the gap."
        )
    return (
        f"The given pixels after the gap ({given.after_gap}) cost about "
        f"**{particles.after_gap_nats / math.log(2):.0f} bits** more. This is an estimate: the "
        "particles tried only some ways to fill the gap."
    )


def _pixels(count: int) -> str:
    return "pixel" if count == 1 else "pixels"


def _percentile(percentile: float, images: int) -> str:
    compared = f"Of {images:,} test digits,"
    if percentile >= 99.5:
        return f"{compared} **nearly all cost less** up to the same pixel: your drawing is unusual."
    if percentile < 0.5:
        return f"{compared} **nearly all cost more** up to the same pixel: your drawing is typical."
    return f"{compared} **{percentile:.0f} %** cost less up to the same pixel."


def restored(truth: Truth, hidden: int) -> str:
    """How well the hidden part of a digit was restored."""
    right = truth.right.mean().item()
    words = (
        f"Of the hidden pixels ({hidden}), an ending gets **{right:.1%}** right on average, and "
        f"the best ending {truth.right.max().item():.1%}. Blank paper gets {truth.paper_right:.1%} "
        "right. "
    )
    if truth.hidden_bits is None:
        return words + (
            "\n\n"
            "Only **Particles** can say how surprising the truth is given *everything* you drew. "
            "The other methods could not see most of it: it comes later in reading order."
        )
    return words + (
        "\n\n"
        f"Given the rest, the truth costs **{truth.hidden_bits:.0f} bits**: the fewer, the less "
        "information was hidden."
    )
