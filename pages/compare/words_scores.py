"""Compare in words: what each score means and when it lies, and the game's result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelcnn.scores.intervals import Interval
    from pixelcnn.scores.paired import PairedScores

# The loss of a network whose perplexity was once reported as 10^276: see pixelcnn.metrics.
_FAMOUS_NATS = 635.0


@dataclass(frozen=True)
class ScoreText:
    """A score in words.

    Attributes:
        title: its name.
        better: which way is better.
        means: what it says, in a sentence.
        lies: when it misleads: what follows "Lies when".
    """

    title: str
    better: str
    means: str
    lies: str


LIKELIHOOD_SCORES = (
    ScoreText(
        "Nats per image",
        "less is better",
        "how surprised the model is by a whole test digit: −ln *p*.",
        "pictures differ in size: four times the pixels cost about four times the nats.",
    ),
    ScoreText(
        "Bits per pixel",
        "less is better",
        "the same, shared out among the pixels, in coin tosses: what the best possible file format "
        "would need.",
        "most pixels are empty paper, and so easy that good and bad models look alike.",
    ),
    ScoreText(
        "Perplexity per pixel",
        "1 is best",
        "among how many equally likely colours the model seems to choose at a pixel.",
        "somebody takes it per *image*: then it is astronomical, see below.",
    ),
)

PICTURE_SCORES = (
    ScoreText(
        "Fréchet distance",
        "less is better",
        "how far the pictures' features, as a digit classifier sees them, lie from those of real "
        "digits, in mean and spread (FID, with our classifier in place of Inception).",
        "sets are small or of different size (then it grows), or the fault is one that the "
        "classifier does not look at.",
    ),
    ScoreText(
        "Class score",
        "1 to 10, more is better",
        "high if each picture is clearly one digit, and all ten occur (the *Inception score*).",
        "ten good pictures are repeated for ever: it would be perfect. It never looks at a real "
        "digit.",
    ),
    ScoreText(
        "Two-sample test",
        "50% is best",
        "how often a small network, trained just now to tell drawn from real, is right about new "
        "pictures. 50%: it cannot tell.",
        "the network is too small or saw too few pictures: it may miss what you see at once.",
    ),
    ScoreText(
        "Precision · recall",
        "more is better",
        "precision: the share of drawn pictures that lie among real ones. Recall: the share of "
        "real ones that lie among the drawn, so whether every kind of digit is drawn.",
        "a few odd real digits lie far from all others: they make so much room around them that "
        "noise counts as real.",
    ),
)

NEAREST = ScoreText(
    "Is it memorising? The nearest training digit",
    "about as far as real digits",
    "half of the pictures are nearer than this to one of the 4,500 training digits that come with "
    "the lab. A model that copies would be much nearer than real digits that it never saw.",
    "a copy is shifted by one pixel, which looks far away, or the model has learned from other "
    "digits than these (the shipped ones have: from 60,000).",
)

SAMPLE_SCORES = (
    "The scores above ask how well a model **expects** real digits. These ask how real its **own** "
    "pictures look; a model can be good at one and bad at the other. The column *real digits* is "
    "the yardstick: other unseen digits, scored in the same way. Nobody can be expected to do "
    "better."
)

SCORES_NEED = (
    "These scores rest on a classifier of black-and-white digits of 28 × 28 pixels, so they need "
    "two models that draw such digits."
)

GAME = (
    "One of the two pictures is a real test digit, the other one was drawn. **← or → says which is "
    "real, Space goes on.** Both show the same digit (for a model that can be told which), black "
    "and white in the same way, and the side is tossed for each round."
)


def huge_perplexity(scores: PairedScores) -> str:
    """Why exp(nats per image) is no disaster, with the numbers of A."""
    nats, dims = scores.ours.double().mean().item(), scores.dims
    per_pixel = math.exp(_FAMOUS_NATS / dims)
    return (
        f"**The perplexity of 10{_raised(_FAMOUS_NATS / math.log(10))}.** A report once gave this "
        f"number, and it looked like a disaster. It was exp({_FAMOUS_NATS:.0f} nats): the "
        "perplexity of a whole *image*, so the number of equally likely *pictures* it seemed to "
        f"choose from. Per pixel it is exp({_FAMOUS_NATS:.0f} / {dims}) = **{per_pixel:.2f}**: no "
        "good model, but no disaster. In the same way A's "
        f"{nats:.0f} nats are 10{_raised(nats / math.log(10))} pictures, or "
        f"{math.exp(nats / dims):.3f} colours a pixel: one and the same number on two scales."
    )


def _raised(exponent: float) -> str:
    """A whole power of ten, high up."""
    return f"{exponent:.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def result(hits: int, of: int, share: Interval) -> str:
    """What the game says of the player."""
    if share.low > 1 / 2:
        sure = "That is better than tossing a coin would be: you can tell."
    elif share.high < 1 / 2:
        sure = "That is worse than a coin: you see the difference, and take the wrong one for real."
    else:
        sure = "The interval holds 50%, so it may have been luck: play on to be surer."
    return (
        f"**You found the real one {hits} of {of} times: {share.value:.0%}** "
        f"(95% interval {share.low:.0%} to {share.high:.0%}). {sure}"
    )


def discriminator(pairs: Interval, tested: int) -> str:
    """What a network would have scored."""
    return (
        f"The network of the two-sample test, shown such pairs, finds the real one **"
        f"{pairs.value:.0%}** of the time ({pairs.low:.0%} to {pairs.high:.0%}, from {tested // 2} "
        "pairs that it had not seen)."
    )
