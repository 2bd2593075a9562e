"""The questions at the end of the page."""

from __future__ import annotations

import math

from pages.shared.quiz_question import Question, Try, right, wrong

_LABEL = f"{math.log(10):.1f} nats"

QUESTIONS = (
    Question(
        "Two trainings differ only in their seed. Why do their scores differ?",
        (
            right(
                "The seed sets the initial weights and the order of the digits.",
                "Both change where training ends. A real difference has to stand out from that "
                "spread.",
            ),
            wrong(
                "Each training is scored on other held-out digits.",
                "The held-out digits are always the same 500.",
            ),
            wrong(
                "One of the two was interrupted.",
                "Both took all their steps. Chance alone leads to different scores.",
            ),
        ),
        Try(
            "Look at the dots of one row: they differ only in the seed.",
            "experiments",
            {"experiment": "Kernel size"},
        ),
    ),
    Question(
        "The bars of two rows overlap, yet the conclusion says that one is better. How can that "
        "be?",
        (
            right(
                "It compares seed with seed, and these differences may all point one way.",
                "With the same seed, luck affects both sides alike. It mostly cancels in the "
                "difference, but the bars still contain it.",
            ),
            wrong(
                "It cannot: overlapping bars prove that there is no difference.",
                "Each bar says how uncertain one mean is. The paired difference may be more "
                "certain.",
            ),
            wrong(
                "The larger network always counts as the better one.",
                "Size plays no part in the conclusion. It depends on the differences alone.",
            ),
        ),
        Try(
            "Follow the thin lines from row to row: do they all lean the same way?",
            "experiments",
            {"experiment": "Skip connections"},
        ),
    ),
    Question(
        "The conclusion says: no difference is visible. What does that mean?",
        (
            right(
                "Chance alone could explain the measured difference.",
                "The interval includes 0. With more seeds it shrinks, and a small difference may "
                "become visible.",
            ),
            wrong(
                "The two are proved to be equally good.",
                "Nothing is proved: the interval also includes differences other than 0.",
            ),
            wrong(
                "The experiment failed and must be repeated.",
                "It worked: the interval says how large the difference may still be.",
            ),
        ),
        Try(
            "Add a seed with *Run it live*: where do the green points land?",
            "experiments",
            {"experiment": "LSTM or GRU"},
        ),
    ),
    Question(
        "Why do both sides get the same number of steps, and not the same time?",
        (
            right(
                "Time depends on the computer and its load; steps do not.",
                "Everyone can repeat 500 steps. The table shows what a step costs, as images per "
                "second.",
            ),
            wrong(
                "A step takes the same time in every network.",
                "Twice the blocks take about twice as long. See images/s in the table.",
            ),
            wrong(
                "To let the slower network win.",
                "It gets more time, but not more digits. The question is whether it uses them "
                "better.",
            ),
        ),
        Try(
            "Compare images/s of 5 and of 10 blocks in the table.",
            "experiments",
            {"experiment": "Number of blocks"},
        ),
    ),
    Question(
        "A model of 2 levels has 30 nats per digit, one of 256 levels has 500. Which is better?",
        (
            right(
                "You cannot tell: they predict different pictures.",
                "Pictures with 256 levels carry far more information. Compare each model with a "
                "simple baseline on its own pictures.",
            ),
            wrong(
                "The one of 2 levels: it has fewer nats.",
                "Its pictures carry less information. A constant picture would cost 0 nats.",
            ),
            wrong(
                "The one of 256 levels: its pictures are nicer.",
                "They are, but that is a property of the data, not of the model.",
            ),
        ),
        Try(
            "See what this experiment compares instead: the axis is in percent.",
            "experiments",
            {"experiment": "Levels of grey"},
        ),
    ),
    Question(
        "How much can a label (one of ten digits) help?",
        (
            right(
                f"On average at most {_LABEL} per digit, for a perfect model.",
                "Ten equally likely labels carry ln 10 nats. An imperfect model may gain more: the "
                "label makes its task easier.",
            ),
            wrong(
                "It can reduce the loss to 0.",
                "Handwriting also differs within a class, and the label says nothing about that.",
            ),
            wrong(
                "Not at all: the network finds out by itself.",
                "Only after some rows. Until then it has to guess, and that costs nats.",
            ),
        ),
        Try(
            "Compare the gain here with that limit.",
            "experiments",
            {"experiment": "Labels"},
        ),
    ),
)
