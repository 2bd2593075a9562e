"""A network from somebody's file is judged by trying, and what is wrong with it is told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from pages.break_it.own import HOMEWORK, PYTHON, SHELL
from pixelcnn.causality.user_model import audit_homework, is_homework
from pixelcnn.cli import main
from pixelcnn.errors import ConfigError

RIGHT = HOMEWORK.replace(
    "mask[:, :, centre, centre:] = 0",
    "mask[:, :, centre, centre:] = 0\n        mask[:, :, centre + 1 :] = 0",
)
BATCH_NORM = RIGHT.replace("nn.ReLU()", "nn.BatchNorm2d(16), nn.ReLU()")

Writer = Callable[[str], str]


@pytest.fixture
def hand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Writes a homework.py into the working directory; returns what to audit."""
    monkeypatch.chdir(tmp_path)

    def write(code: str) -> str:
        Path("homework.py").write_text(code, encoding="utf-8")
        return "homework.py:MyNet"

    return write


def audit(*options: str) -> int:
    return main(["audit", *options])


def test_the_homework_on_the_page_leaks_the_rows_below(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(HOMEWORK)
    assert audit(*shlex.split(SHELL)[4:]) == 1
    assert "It sees: one row below;" in capsys.readouterr().out
    assert audit("homework.py:MyNet", "--json", "--pixel", "5", "5") == 1
    found = json.loads(capsys.readouterr().out)
    assert {place["rows"] for place in found["leaks_at"]} == {1, 2}
    assert found["leaks"] == sum(place["targets"] for place in found["leaks_at"])
    assert (found["pixel"]["seen"], found["pixel"]["leaks"]) == (12, 10)


def test_with_the_missing_line_it_passes(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(hand_in(RIGHT)) == 0
    assert "No leak was found" in capsys.readouterr().out


def test_the_python_on_the_page_runs_and_counts_the_same(
    hand_in: Writer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(".")
    leaks = audit_homework(hand_in(HOMEWORK), size=12).audit.leaks
    exec(PYTHON, {})
    assert capsys.readouterr().out == f"{leaks} leaks\n"


def test_batch_normalisation_is_caught_in_training_mode(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(hand_in(BATCH_NORM), "--size", "6") == 1
    assert "depends on the others of its batch" in capsys.readouterr().out
    assert audit("homework.py:MyNet", "--size", "6", "--evaluating") == 0


def test_functions_and_modules_will_do_and_files_beside_it_can_be_imported(
    hand_in: Writer,
) -> None:
    Path("nets.py").write_text(RIGHT, encoding="utf-8")
    hand_in(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from nets import MyNet\n@dataclass\nclass Options:\n    width: int = 3\n"
        "def make(): return MyNet()\nready = MyNet()"
    )
    for name in ("MyNet", "make", "ready"):
        assert audit_homework(f"homework.py:{name}", size=5).audit.causal


def test_colours_are_judged_too(hand_in: Writer) -> None:
    name = hand_in("from torch import nn\ndef MyNet(): return nn.Conv2d(3, 6, 1)")
    found = audit_homework(name, size=3, channels=3)
    assert found.leaked_offsets() == [((0, 0), 9)]


def test_the_random_state_and_the_precision_are_as_before(hand_in: Writer) -> None:
    state = torch.random.get_rng_state()
    audit_homework(hand_in(RIGHT), size=4)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32


NET = "from torch import nn\nclass MyNet(nn.Module):\n"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1", r"nothing called 'MyNet'"),
        ("from torch import nn\nclass Other(nn.Module): pass", r"It has Other\."),
        ("MyNet = 3", "is no network"),
        ("def MyNet(): return 3", "is no network"),
        ("import torhc", r"cannot be imported: ModuleNotFoundError: .*torhc.* \(line 1\)"),
        ("x = 1\nclass MyNet(:", r"cannot be imported: SyntaxError.* \(line 2\)"),
        ("import sys\nsys.exit(3)", r"cannot be imported: SystemExit: 3 \(line 2\)"),
        (NET + "    def __init__(self, width): pass", r"needs arguments \(width\)"),
        (NET + "    def __init__(self): oops", r"MyNet\(\) cannot be made: NameError.* \(line 3\)"),
        (NET + "    def forward(self, x): return x / 0", "not finite"),
        (NET + "    def forward(self, x): return x[:, :, 1:]", r"into \(2, 1, 5, 6\)"),
        (NET + "    def forward(self, x): return x, x", "returns a tuple"),
        (NET + "    def forward(self, x, y): return x", r"cannot be run .*TypeError"),
        (
            NET + "    def __init__(self): super().__init__(); self.c = nn.Conv2d(1, 1, 1)\n"
            "    def forward(self, x): return self.c(x.float())",
            r"\(line 4\)\. .*leave out \.float\(\)",
        ),
    ],
)
def test_what_does_not_work_is_told_with_its_line(code: str, says: str, hand_in: Writer) -> None:
    with pytest.raises(ConfigError, match=r"^homework\.py: ") as told:
        audit_homework(hand_in(code), size=6)
    told.match(says)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("missing.py:MyNet",), "missing.py: there is no such file"),
        (("homework.py",), "say which network"),
        (("homework.py:MyNet", "--size", "1"), "--size 1"),
        (("homework.py:MyNet", "--size", "500"), "--size 500"),
        (("homework.py:MyNet", "--levels", "1"), "--levels 1"),
        (("homework.py:MyNet", "--channels", "0"), "--channels 0"),
        (("homework.py:MyNet", "--pixel", "12", "0"), "--pixel 12 0"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_status_2(
    options: tuple[str, ...], says: str, hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(RIGHT)
    assert audit(*options) == 2
    assert says in capsys.readouterr().err


def test_only_python_files_are_homework() -> None:
    assert is_homework("a/b.py:Net")
    assert is_homework("b.py")
    assert not is_homework("mnist-threshold-gated")
    assert not is_homework("C:/models/mine.safetensors")
