"""The lesson as a handout: exercises for the class, and the answers on separate pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pixelcnn.teaching.lesson import PAGES, Stop
from pixelcnn.teaching.lesson_stops import MINUTES, STOPS

if TYPE_CHECKING:
    from fpdf import FPDF

TITLE = "PixelCNN Lab"
LEAD = (
    "A model that draws a picture one pixel after another, each depending on all those before it. "
    f"{len(STOPS)} stops, about {MINUTES} minutes. Open the page of each stop, follow its steps, "
    "answer the questions and solve the exercise."
)

_MARGIN = 20.0  # mm
_WIDTH = 210.0 - 2 * _MARGIN
_LINE = 5.1
_BODY = 10.8  # points
_INK, _SOFT, _RULE, _ACCENT = (22, 25, 31), (90, 98, 109), (185, 192, 201), (0, 90, 142)


def where(stop: Stop, app: str = "") -> str:
    """The address of a stop; `app` is the address of the app, "" for only the path and query."""
    return f"{app}/{stop.page}" + (f"?{urlencode(stop.query)}" if stop.query else "")


def in_words(stop: Stop) -> str:
    """The page of a stop and the options to set there."""
    chosen = ", ".join(f"{name} = {value}" for name, value in stop.query.items())
    return f"Page {PAGES[stop.page]}" + (f"  ·  {chosen}" if chosen else "")


def as_markdown(app: str = "") -> str:
    """The handout as Markdown, the answers at its end.

    Args:
        app: the address of the app, to make each stop a link; "" if it is not known.
    """
    lines = [f"# {TITLE}", "", LEAD, ""]
    for number, stop in enumerate(STOPS, 1):
        lines += [f"## {number}. {stop.title} ({stop.minutes} min)", "", _link(stop, app), ""]
        lines += [f"{at}. {step}" for at, step in enumerate(stop.do, 1)]
        lines += ["", f"*What to see:* {stop.see}", ""]
        lines += [f"- {question.ask}" for question in stop.ask]
        lines += ["", f"**Exercise.** {stop.exercise.ask}", ""]
    lines += ["# Answers", ""]
    for number, stop in enumerate(STOPS, 1):
        lines += [f"## {number}. {stop.title}", ""]
        lines += [f"- *{question.ask}* {question.answer}" for question in stop.ask]
        lines += ["", f"**Exercise.** {stop.exercise.answer}", ""]
    return "\n".join(lines)


def _link(stop: Stop, app: str) -> str:
    address = where(stop, app)
    return f"<{address}>" if app else f"`{address}`"


def as_pdf(app: str = "") -> bytes:
    """The handout as an A4 PDF: space to write under each exercise, the answers at its end.

    Args:
        app: the address of the app, to print it and to make each stop a link; "" if not known.
    """
    sheet = _Sheet(app)
    sheet.open(TITLE, f"{LEAD} Open {app} first." if app else LEAD)
    for number, stop in enumerate(STOPS, 1):
        sheet.stop(number, stop)
    sheet.open("Answers", "For the teacher, or for the end of the lesson.")
    for number, stop in enumerate(STOPS, 1):
        sheet.answers(number, stop)
    return sheet.content()


class _Sheet:
    """Pages filled from top to bottom; each stop stays on one page."""

    def __init__(self, app: str) -> None:
        from fpdf import FPDF

        self._app = app

        class Pages(FPDF):
            def footer(self) -> None:
                self.set_y(-14)
                self.set_font("text", size=9)
                self.set_text_color(*_SOFT)
                self.cell(0, 5, f"{TITLE} · page {self.page_no()} of {{nb}}", align="C")

        self._pdf: FPDF = Pages(format="A4")
        self._pdf.set_margins(_MARGIN, 16, _MARGIN)
        self._pdf.set_auto_page_break(True, 18)
        self._pdf.set_title(f"{TITLE}: a lesson in {len(STOPS)} stops")
        self._pdf.set_lang("en")
        for style, file in {
            "": "STIXGeneral",
            "B": "STIXGeneralBol",
            "I": "STIXGeneralItalic",
        }.items():
            self._pdf.add_font("text", style, _font(file))
        self._pdf.add_font("head", "B", _font("DejaVuSans-Bold"))

    def open(self, title: str, lead: str) -> None:
        """Start a part on a new page."""
        pdf = self._pdf
        pdf.add_page()
        pdf.start_section(title)
        pdf.set_text_color(*_INK)
        pdf.set_font("head", "B", 22)
        pdf.cell(_WIDTH, 12, title, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(2)
        self._write(lead, size=12, color=_SOFT)
        pdf.ln(3)

    def stop(self, number: int, stop: Stop) -> None:
        """A stop with its exercise and space to write."""
        with self._pdf.unbreakable() as pdf:
            self._heading(pdf, f"{number}. {stop.title}", f"{stop.minutes} min")
            pdf.set_font("text", size=_BODY)
            pdf.set_text_color(*_ACCENT)
            link = where(stop, self._app) if self._app else ""
            pdf.multi_cell(
                _WIDTH, _LINE, in_words(stop), align="L", new_x="LMARGIN", new_y="NEXT", link=link
            )
            pdf.ln(1.2)
            for at, step in enumerate(stop.do, 1):
                self._item(pdf, f"{at}.", step)
            self._write(f"__See:__ {stop.see}", pdf=pdf)
            for question in stop.ask:
                self._item(pdf, "?", question.ask)
            self._write(f"**Exercise.** {stop.exercise.ask}", pdf=pdf)
            pdf.set_draw_color(*_RULE)
            for _ in range(2):
                pdf.cell(_WIDTH, 7.5, "", border="B", new_x="LMARGIN", new_y="NEXT")
            pdf.ln(5)

    def answers(self, number: int, stop: Stop) -> None:
        """The answers to the questions of a stop, and the solution of its exercise."""
        with self._pdf.unbreakable() as pdf:
            self._heading(pdf, f"{number}. {stop.title}", "")
            for question in stop.ask:
                self._item(pdf, "?", f"__{question.ask}__ {question.answer}")
            self._write(f"**Exercise.** {stop.exercise.answer}", pdf=pdf)
            pdf.ln(4)

    def content(self) -> bytes:
        return bytes(self._pdf.output())

    def _heading(self, pdf: Any, text: str, aside: str) -> None:
        pdf.set_text_color(*_INK)
        pdf.set_font("head", "B", 12.5)
        pdf.cell(_WIDTH - 25, 8, text)
        pdf.set_font("text", size=_BODY)
        pdf.set_text_color(*_SOFT)
        pdf.cell(25, 8, aside, align="R", new_x="LMARGIN", new_y="NEXT")

    def _item(self, pdf: Any, mark: str, text: str) -> None:
        pdf.set_font("text", size=_BODY)
        pdf.set_text_color(*_INK)
        pdf.cell(6, _LINE, mark)
        pdf.multi_cell(
            _WIDTH - 6, _LINE, text, markdown=True, align="L", new_x="LMARGIN", new_y="NEXT"
        )
        pdf.ln(0.8)

    def _write(
        self,
        text: str,
        *,
        pdf: Any = None,
        size: float = _BODY,
        color: tuple[int, int, int] = _INK,
    ) -> None:
        pdf = pdf or self._pdf
        pdf.set_font("text", size=size)
        pdf.set_text_color(*color)
        line = _LINE * size / _BODY
        pdf.multi_cell(_WIDTH, line, text, markdown=True, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(1.2)


def _font(name: str) -> Path:
    """The path of a free font in matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
