"""What the README shows of the library works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import torch

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def library_code() -> str:
    blocks = re.findall(r"(?:^    .*\n|^\n)+", section("The library"), re.MULTILINE)
    return textwrap.dedent(max(blocks, key=len))


def test_the_library_section_runs_line_by_line_and_its_comments_are_true() -> None:
    code = library_code()
    assert "TrainConfig(seconds=30)" in code
    # Half a minute of training teaches nothing more here than a few steps.
    code = code.replace("TrainConfig(seconds=30)", "TrainConfig(steps=3, held_out=20, samples=1)")
    printed: list[str] = []
    names: dict[str, object] = {"print": lambda *words: printed.append(" ".join(map(str, words)))}
    torch.compiler.reset()
    exec(compile(code, "README.md", "exec"), names)
    digits, endings = names["digits"], names["endings"]
    assert isinstance(digits, torch.Tensor)
    assert digits.dtype == torch.uint8
    assert digits.shape == (16, 1, 28, 28)
    assert printed[1] == str(torch.Size([9, 1, 28, 28])) == str(endings.images.shape)  # type: ignore[attr-defined]
    assert printed[2] == "0"
    assert float(re.findall(r"tensor\(([0-9.e-]+)", printed[-1])[0]) < 1e-6


def test_pdoc_makes_reference_pages_of_every_public_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pdoc", "pixelcnn", "-o", str(tmp_path)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    page = (tmp_path / "pixelcnn.html").read_text()
    import pixelcnn

    missing = [name for name in pixelcnn.__all__ if f'id="{name}"' not in page]
    assert not missing
