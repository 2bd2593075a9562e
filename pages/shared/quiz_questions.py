"""All questions, by the page that they belong to."""

from __future__ import annotations

from collections.abc import Mapping

from pages.compare.questions import COMPARE
from pages.experiments.questions import EXPERIMENTS
from pages.features.questions import FEATURES, ONE_PIXEL
from pages.masks.questions import BREAK_IT, MASKS
from pages.sample.questions import DRAW, SAMPLE
from pages.shared.quiz_question import Question
from pages.start.questions import START, TRAIN

QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "start": START,
    "masks": MASKS,
    "break_it": BREAK_IT,
    "train": TRAIN,
    "sample": SAMPLE,
    "draw": DRAW,
    "features": FEATURES,
    "one_pixel": ONE_PIXEL,
    "compare": COMPARE,
    "experiments": EXPERIMENTS,
}
