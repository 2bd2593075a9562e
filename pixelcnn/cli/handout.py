"""`python -m pixelcnn handout`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixelcnn.errors import ConfigError


@dataclass(frozen=True)
class Handout:
    """Write the lesson's handout, exercises and answers: PDF, or Markdown for a name in .md.

    Example: python -m pixelcnn handout --output handout.pdf

    Attributes:
        output: the file to write.
    """

    output: Path = Path("handout.pdf")

    def run(self) -> int:
        """Write the file; returns the exit status."""
        from pixelcnn.teaching.handout import as_markdown, as_pdf

        makers = {".pdf": as_pdf, ".md": lambda: as_markdown().encode()}
        if self.output.suffix not in makers:
            raise ConfigError(f"--output {self.output} must end with {' or '.join(makers)}.")
        content = makers[self.output.suffix]()
        try:
            self.output.write_bytes(content)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"{self.output} cannot be written: {reason}.") from error
        print(f"written to {self.output}")
        return 0
