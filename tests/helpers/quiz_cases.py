"""The quiz questions of all pages."""

from importlib import import_module
from pathlib import Path

from pages.shared.quiz_question import Question

PAGES = Path(__file__).parents[2] / "pages"
QUESTIONS: dict[str, tuple[Question, ...]] = {
    file.parent.name: import_module(f"pages.{file.parent.name}.questions").QUESTIONS
    for file in sorted(PAGES.glob("*/questions.py"))
}
