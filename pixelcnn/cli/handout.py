"""`python -m pixelcnn handout`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixelcnn.system.output import check_writable, write_output


@dataclass(frozen=True)
class Handout:
    """Write the lesson's handout, exercises and answers: PDF, or Markdown for a name in .md.

    Example: python -m pixelcnn handout --output handout.pdf

    Attributes:
        output: the file to write.
    """

    output: Path = Path("handout.pdf")

    def run(self) -> int:
        from pixelcnn.teaching.handout import as_markdown, as_pdf

        check_writable(self.output, (".pdf", ".md"))
        markdown = self.output.suffix.lower() == ".md"
        write_output(self.output, as_markdown().encode() if markdown else as_pdf())
        print(f"written to {self.output}")
        return 0
