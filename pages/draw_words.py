"""What the page Draw & complete says about a drawing, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelcnn.completion import Completions
    from pixelcnn.given_part import GivenPart


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
    if done.given.behind:
        share = "All" if done.given.behind == known else f"{done.given.behind} of the"
        words.append(
            f"**{share} {known} given pixels come after an unknown one.** They are kept, but the "
            "model reads left to right, top to bottom, and could not look at them while it drew "
            "the pixels before."
        )
        if done.labels is not None:
            basis = f"the {done.given.prefix} pixels" if done.given.prefix else "nothing: none is"
            words.append(f"Its guess of the digit rests on {basis} before the gap.")
    return " ".join(words)


def guess(label: int | None) -> str:
    """How the bars come about."""
    words = (
        "The model can draw each of the ten digits. So it asks ten times: how likely would this "
        "beginning be, were it a 0? A 1? ... The bars compare the ten answers (Bayes' rule). "
    )
    if label is None:
        return words + "The endings are shared out by them, the likeliest digit first."
    return words + f"You told it that this is a {label}, so the endings do not use them."


def surprise(given: GivenPart, label: int | None, levels: int) -> str:
    """The bits of the given part, with what a bit is."""
    if given.prefix == 0:
        return (
            "**0 bits.** The first pixel is unknown, so there is no beginning yet that could "
            "surprise the model."
        )
    bits = given.bits if label is None else given.class_bits[label].item()
    what = "the given part" if not given.behind else f"the {given.prefix} pixels before the gap"
    asked = "" if label is None else f", told that it is a {label}"
    words = (
        f"**{bits:.1f} bits**: so much surprise is in {what}{asked}. A bit is one coin toss "
        f"guessed right; {bits:.0f} in a row are as unlikely as your beginning."
    )
    if levels == 2:
        words += (
            f"\n\nSomebody who has never seen a digit would toss a coin for each of the "
            f"{given.prefix} pixels: {given.prefix} bits. Draw something odd and watch the number "
            "rise."
        )
    if given.behind:
        words += (
            f"\n\nThe {given.behind} given pixels behind the gap are not counted: for them all "
            "that could stand in the gap would have to be tried."
        )
    return words
