"""All questions, by the page that they belong to."""

from __future__ import annotations

from collections.abc import Mapping

from pages.quiz_question import Question
from pages.quiz_questions_compare import COMPARE
from pages.quiz_questions_drawing import DRAW, SAMPLE
from pages.quiz_questions_experiments import EXPERIMENTS
from pages.quiz_questions_idea import START, TRAIN
from pages.quiz_questions_inside import FEATURES, ONE_PIXEL
from pages.quiz_questions_masks import BREAK_IT, MASKS

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
