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
        public_url: the address of the app, to make each stop a link; PIXELCNN_PUBLIC_URL is its
            default.
    """

    output: Path = Path("handout.pdf")
    public_url: str = ""

    def run(self) -> int:
        from pixelcnn.teaching.handout import as_markdown, as_pdf
        from pixelcnn.teaching.public_address import checked_url, public_url

        app = (checked_url(self.public_url) if self.public_url else public_url()) or ""
        check_writable(self.output, (".pdf", ".md"))
        markdown = self.output.suffix.lower() == ".md"
        write_output(self.output, as_markdown(app).encode() if markdown else as_pdf(app))
        print(f"written to {self.output}")
        return 0
