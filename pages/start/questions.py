"""The questions at the end of the page."""

from __future__ import annotations

import math

from pages.shared.quiz_question import Question, Try, right, wrong

_CHANCE = 4  # in a question on surprise: a colour with one chance in this many

QUESTIONS = (
    Question(
        "How does the model compute the probability of a whole picture?",
        (
            right(
                "It multiplies the probabilities of all pixels, each given the pixels before it.",
                "That is the formula above: a long product, with one factor for each pixel.",
            ),
            wrong(
                "It multiplies the probabilities of all pixels, each taken by itself.",
                "That would be right if pixels were independent. But where a stroke has begun, ink "
                "is likelier: earlier pixels matter.",
            ),
            wrong(
                "It counts how often the picture occurs among its training digits.",
                "Almost no new picture occurs there, so nearly all would get 0. The model must "
                "give sensible probabilities to unseen pictures.",
            ),
        ),
        Try("Pause the film above and step through it: every pixel has its own probability."),
    ),
    Question(
        "Is that product exact, or only an approximation?",
        (
            right(
                "It is exact: any probability of a picture can be written as such a product.",
                "This is the product rule of probability. So the model reports its exact "
                "likelihood. The model itself may still be poor.",
            ),
            wrong(
                "It is an estimate: the pixels to the right and below are ignored.",
                "They are not ignored. Each of them comes later and then depends on this pixel, so "
                "every pair of pixels counts once.",
            ),
            wrong(
                "It is a lower bound, as in a variational autoencoder.",
                "Models with latent variables need a bound. Here there are none: everything that a "
                "pixel depends on is on the canvas.",
            ),
        ),
        Try(
            "The page Sample adds up the surprise of all pixels: the sum is the exact cost of the "
            "digit in bits.",
            "sample",
        ),
    ),
    Question(
        "The film goes from left to right and from top to bottom. Is that necessary?",
        (
            right(
                "No: any order gives such a product, but a network is trained for one order.",
                "The formula holds for every order. But the masks and the training fix one, and "
                "the network works only in that order.",
            ),
            wrong(
                "Yes: in any other order the product would be wrong.",
                "The product rule works whichever pixel comes first.",
            ),
            wrong(
                "No: the same trained network can draw in any order.",
                "It has learned to read pixels above and to the left. In another order, these may "
                "be missing when it needs them.",
            ),
        ),
        Try(
            "On the page Draw & complete, see what happens to a digit whose *lower* half is given.",
            "draw",
        ),
    ),
    Question(
        f"A pixel takes a colour that had one chance in {_CHANCE}. How large is the surprise?",
        (
            right(
                f"{math.log2(_CHANCE):.0f} bits",
                "The same as guessing that many coin tosses right: each halves the chance.",
            ),
            wrong(
                f"{1 / _CHANCE:g} bits",
                "That is the probability. Surprise is minus its logarithm: probabilities multiply, "
                "and surprises add up.",
            ),
            wrong(
                f"{_CHANCE} bits",
                f"{_CHANCE} bits mean one chance in {2**_CHANCE}: each bit halves the chance.",
            ),
        ),
        Try("Pause the film where a stroke begins and read the probability of that pixel."),
    ),
    Question(
        "The model computes how likely ink is at each pixel. Why does it draw with random numbers?",
        (
            right(
                "To draw likely pictures often and unlikely ones rarely.",
                "A probability alone decides nothing. Sampling from it does, and in the long run "
                "each picture appears as often as the product says.",
            ),
            wrong(
                "To hide its mistakes.",
                "Randomness does not hide mistakes. Even a perfect model needs random numbers, "
                "since there is more than one way to write a digit.",
            ),
            wrong(
                "Out of habit: the likelier colour at each pixel would give the same variety.",
                "It would give a single picture for each label.",
            ),
        ),
        Try(
            "Remove the randomness: temperature 0 always takes the likelier colour.",
            "sample",
            {"temperature": "0.0"},
        ),
    ),
    Question(
        "Two models score the same held-out digits. One needs fewer bits. What does that mean?",
        (
            right(
                "It predicts these digits better: it gives them a higher probability.",
                "Fewer bits mean less surprise. With enough digits, this is how such models are "
                "compared.",
            ),
            wrong(
                "It is the smaller one: it stores fewer numbers.",
                "These are not bits of memory. They measure surprise.",
            ),
            wrong(
                "It is the worse one: its digits carry less information.",
                "The digits are the same for both. Only the predictions differ.",
            ),
        ),
        Try(
            "Watch the curve on the page Train live: training makes this number go down.",
            "train",
        ),
    ),
)
