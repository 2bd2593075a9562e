"""What the page Draw & complete says about a drawing, in words."""

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
    """What to know about the endings of an unusual drawing; nothing for a plain beginning."""
    known, unknown = int(done.known_mask.sum()), int((~done.known_mask).sum())
    if unknown == 0:
        return (
            "**Nothing is unknown**, so nothing is left to draw: all endings are your drawing. "
            "Drag the line up, or brush some cells unknown."
        )
    if known == 0:
        return (
            "**Nothing is given**, so these are digits out of thin air. Draw something, or drag "
            "the line down."
        )
    words = []
    if unknown == 1:
        values = done.images[:, ~done.known_mask].flatten().tolist()
        inked = sum(map(bool, values))
        words.append(f"**One pixel is unknown**: {inked} of {len(values)} endings ink it.")
    if done.given.after_gap and done.particles is None:
        share = "All" if done.given.after_gap == known else f"{done.given.after_gap} of the"
        reads = "left to right, top to bottom" if done.order == RASTER else in_words(done.order)
        words.append(
            f"**{share} {known} given pixels come after an unknown one.** They are kept, but the "
            f"model reads {reads}, and could not look at them while it drew "
            "the pixels before."
        )
        if done.labels is not None:
            basis = f"the {done.given.prefix} pixels" if done.given.prefix else "nothing: none is"
            words.append(f"Its guess of the digit rests on {basis} before the gap.")
    return " ".join(words)


def what_it_did(done: Completions, options: Options) -> str:
    """One line on how these endings came about."""
    if done.particles is not None:
        worst = min(done.particles.weighings, key=lambda weighing: weighing.effective)
        return (
            f"After row {worst.row} only **{worst.effective:.0f}** of {options.particles} "
            f"particles still counted. The {len(done.images)} endings come from "
            f"**{done.particles.distinct}** of them."
        )
    if options.method == PARTICLES:
        return "Nothing given comes too late, so there is nothing to weigh: plain endings."
    known, late = int(done.known_mask.sum()), done.given.after_gap
    words = f"Read {in_words(done.order)}: "
    if not known:
        return words + "nothing is given."
    if not late:
        return words + f"all {known} given pixels come first."
    return words + f"{late} of {known} given pixels come too late to be looked at."


def guess(label: int | None, class_curves: ClassCurves | None = None, pixels: int = 0) -> str:
    """How the bars come about, and how good such a guess is."""
    words = (
        "The model can draw each of the ten digits. So it asks ten times: how likely would this "
        "beginning be, were it a 0? A 1? ... The bars compare the ten answers (Bayes' rule). "
    )
    if label is None:
        words += "The endings are shared out by them, the likeliest digit first."
    else:
        words += f"You told it that this is a {label}, so the endings do not use them."
    accuracy = None if class_curves is None else class_curves.accuracy(pixels)
    if class_curves is not None and accuracy is not None and pixels:
        whole = class_curves.accuracy(class_curves.right.size - 1)
        words += (
            f"\n\nWith the first {pixels} pixels of a test digit, its first guess is right in "
            f"**{accuracy:.0%}** of {class_curves.images:,} cases; with all of them in {whole:.1%}."
        )
    return words


def guess_by_particles(endings: int) -> str:
    """What the bars count where particles were used."""
    return (
        f"Here the bars count the {endings} endings. The particles had all digits among them; "
        "those of digits that do not fit the given pixels have died out on the way."
    )


def surprise(
    given: GivenPart, label: int | None, levels: int, class_curves: ClassCurves | None = None
) -> str:
    """The bits of the given part, with what a bit is."""
    if given.prefix == 0:
        return (
            "**0 bits.** The first pixel is unknown, so there is no beginning yet that could "
            "surprise the model."
        )
    bits = given.bits if label is None else given.class_bits[label].item()
    what = "the given part" if not given.after_gap else f"the {given.prefix} pixels before the gap"
    asked = "" if label is None else f", told that it is a {label}"
    words = (
        f"**{bits:.1f} bits**: so much surprise is in {what}{asked}. A bit is one coin toss "
        f"guessed right; {bits:.0f} in a row are as unlikely as your beginning."
    )
    if class_curves is not None and label is None:
        words += "\n\n" + _percentile(
            class_curves.percentile(bits, given.prefix), class_curves.images
        )
    if levels == 2:
        words += (
            f"\n\nSomebody who has never seen a digit would toss a coin for each of the "
            f"{given.prefix} pixels: {given.prefix} bits. Draw something odd and watch the number "
            "rise."
        )
    return words


def after_gap(given: GivenPart, particles: ParticleEndings | None) -> str:
    """What is known about the surprise of the given pixels behind the gap."""
    if particles is None:
        return (
            f"The {given.after_gap} given pixels behind the gap are not counted: for them all "
            "that could stand in the gap would have to be tried."
        )
    return (
        f"The {given.after_gap} given pixels behind the gap hold about "
        f"**{particles.after_gap_nats / math.log(2):.0f} bits** more. That is an estimate: "
        "the particles tried some of what could stand in the gap, not all."
    )


def _percentile(percentile: float, images: int) -> str:
    compared = f"(of {images:,} test digits, up to the same pixel)"
    if percentile >= 99.5:
        return f"**More than nearly every real digit** {compared}: this is an odd one."
    if percentile < 0.5:
        return f"**Less than nearly every real digit** {compared}: as plain as can be."
    return f"That is more than **{percentile:.0f} %** of real digits hold {compared}."


def restored(found: Truth, hidden: int) -> str:
    """How well the hidden part of a digit was restored."""
    right = found.right.mean().item()
    words = (
        f"Of the {hidden} hidden pixels an ending has **{right:.1%}** right on average, the best "
        f"one {found.right.max().item():.1%}. "
        f"Somebody who leaves the paper blank has {found.paper_right:.1%} right. "
    )
    if found.hidden_bits is None:
        return words + (
            "\n\nHow surprising the truth is in view of *all* that was given, only **Particles** "
            "can tell: too much of it came too late to be looked at."
        )
    return words + (
        f"\n\nThe truth is worth **{found.hidden_bits:.0f} bits** in view of what was given: the "
        "fewer, the less was lost by hiding it."
    )
