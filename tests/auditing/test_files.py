"""A network from somebody's file is judged by trying, and what is wrong with it is told."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch

from pages.break_it.own import HOMEWORK, PYTHON, SHELL
from pixelcnn.auditing.door import audit_code, options_of
from pixelcnn.auditing.loading import names_code
from pixelcnn.auditing.picture import ROLES
from pixelcnn.auditing.report import NetworkReport
from pixelcnn.cli import main
from pixelcnn.errors import ConfigError

RIGHT = HOMEWORK.replace(
    "mask[:, :, centre, centre:] = 0",
    "mask[:, :, centre, centre:] = 0\n        mask[:, :, centre + 1 :] = 0",
)
BATCH_NORM = RIGHT.replace("nn.ReLU()", "nn.BatchNorm2d(16), nn.ReLU()")

ROOT = Path(__file__).parents[2]
HEAD, TAIL = RIGHT.split("class MyNet")
TAIL = "class MyNet" + TAIL

Writer = Callable[[str], str]


@pytest.fixture
def hand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Writes a homework.py into the working directory; returns what to audit."""
    monkeypatch.chdir(tmp_path)

    def write(code: str) -> str:
        Path("homework.py").write_text(code, encoding="utf-8")
        return "homework.py:MyNet"

    return write


def audit_homework(text: str, **options: Any) -> NetworkReport:
    return audit_code(text, options=options_of(**options))


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
    assert "No leak: no output depends" in capsys.readouterr().out


def test_the_python_on_the_page_runs_and_counts_the_same(
    hand_in: Writer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(".")
    leaks = audit_homework(hand_in(HOMEWORK), size=12).leaks
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
        assert audit_homework(f"homework.py:{name}", size=5).causal


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
        ("import torhc", r"nothing called 'MyNet' in it\. Not installed: torhc\."),
        ("x = 1\nclass MyNet(:", r"cannot be imported: SyntaxError.* \(line 2\)"),
        ("import sys\nsys.exit(3)", r"cannot be imported: SystemExit: 3 \(line 2\)"),
        (NET + "    def __init__(self, width): pass", r"needs arguments \(width\)"),
        (NET + "    def __init__(self): oops", r"MyNet\(\) cannot be made: NameError.* \(line 3\)"),
        (
            NET + "    def forward(self, x): return x[:, :, 1:, 1:]",
            r"makes \(2, 1, 5, 5\) of an input",
        ),
        (
            NET + "    def forward(self, x):\n        return x.nothing_of_the_kind()",
            r"MyNet cannot be run: AttributeError: .* \(line 4\)",
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


def test_only_python_files_and_modules_are_code() -> None:
    assert names_code("a/b.py:Net")
    assert names_code("b.py")
    assert names_code("models.pixelcnn:PixelCNN")
    assert not names_code("mnist-threshold-gated")
    assert not names_code("C:/models/mine.safetensors")


# ---------------------------------------------------------------- files as people have them


def test_a_module_of_a_package_is_found_by_its_dotted_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    package = tmp_path / "somebodys" / "models"
    package.mkdir(parents=True)
    (tmp_path / "somebodys" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("from .net import MyNet")
    (package / "net.py").write_text("from ..parts import Masked\nfrom torch import nn\n" + TAIL)
    (tmp_path / "somebodys" / "parts.py").write_text(HEAD)
    for text in (
        "somebodys.models.net:MyNet",
        "somebodys.models:MyNet",
        "somebodys/models/net.py:MyNet",
    ):
        assert audit("--size", "6", "--json", text) == 0


def test_a_package_without_an_init_file_may_import_relatively(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "net.py").write_text(
        "from .parts import Masked\nfrom torch import nn\n" + TAIL
    )
    (tmp_path / "loose" / "parts.py").write_text(HEAD)
    assert audit("loose/net.py:MyNet", "--size", "6") == 0


def test_a_file_of_theirs_may_bear_our_name(hand_in: Writer) -> None:
    Path("pixelcnn.py").write_text(HEAD)
    hand_in("from pixelcnn import Masked\nfrom torch import nn\n" + TAIL)
    assert audit("homework.py:MyNet", "--size", "6") == 0
    hand_in(
        "def MyNet():\n    from pixelcnn import Masked\n    from torch import nn\n"
        "    return nn.Sequential(Masked(1, 2, 3, padding=1))"
    )
    assert audit("homework.py:MyNet", "--size", "6") == 0
    import pixelcnn

    assert pixelcnn.__file__ is not None
    assert pixelcnn.__file__.endswith("__init__.py")


def test_a_package_that_is_not_installed_is_stood_in_for_unless_it_is_used(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in("from no_such_package.deep import tqdm\nimport no_other as no\n" + RIGHT)
    assert audit("homework.py:MyNet", "--size", "6") == 0
    assert "Not installed, and not needed so far: no_such_package, no_other" in (
        capsys.readouterr().out
    )
    hand_in("import no_such_package\nMyNet = no_such_package.Net")
    assert audit("homework.py:MyNet") == 2
    assert "No module named 'no_such_package', which this needs" in capsys.readouterr().err


def test_a_script_that_trains_when_it_is_imported_is_not_trained(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(
        "import argparse\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--width', type=int, default=3)\n"
        "parser.add_argument('data')\n"
        "args = parser.parse_args()\n" + RIGHT + "\n"
        "model = MyNet()\nloader = open('no such data')\nfor epoch in range(10**9): pass\n"
    )
    assert audit("homework.py:MyNet", "--size", "6") == 0
    assert "only what MyNet needs was run" in capsys.readouterr().out


def test_options_of_a_script_have_their_defaults(hand_in: Writer) -> None:
    hand_in(
        "import argparse\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--width', type=int, default=16)\n"
        "args = parser.parse_args()\n" + RIGHT.replace("16", "args.width")
    )
    assert audit("homework.py:MyNet", "--size", "6") == 0


def test_a_class_is_made_with_the_arguments_given(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(
        RIGHT.replace("def __init__(self):", "def __init__(self, width, k=5):").replace(
            "16", "width"
        )
    )
    assert audit("homework.py:MyNet", "--set", "width=4", "--size", "6") == 0
    assert audit("homework.py:MyNet", "--set", "width=4", "height=4") == 2
    assert "MyNet takes no argument 'height'; it takes width, k" in capsys.readouterr().err


def test_what_it_prints_does_not_stand_among_the_report(
    hand_in: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in("print('hello')\n" + RIGHT)
    assert audit("homework.py:MyNet", "--size", "6", "--json") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "none"


def test_an_error_in_another_file_is_told_with_its_name(hand_in: Writer) -> None:
    Path("parts.py").write_text("import torch\n\ntorch.nothing\n")
    with pytest.raises(ConfigError, match=r"AttributeError.* \(parts\.py, line 3\)"):
        audit_homework(hand_in("import parts"))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (RIGHT, 0),
        (HOMEWORK, 1),
        ("import os\nos._exit(0)", 2),
        ("import sys\nsys.exit(0)", 2),
        (RIGHT + "\nimport atexit, os\natexit.register(os._exit, 5)", 0),
        ("import ctypes\nctypes.string_at(0)", 2),
        (NET + "    def forward(self, x):\n        import os\n        os.abort()", 2),
        (NET + "    def forward(self, x): raise KeyboardInterrupt", 2),
    ],
    ids=["none", "leak", "leaves", "exits", "leaves at the end", "crashes", "aborts", "interrupts"],
)
def test_the_exit_status_is_0_1_or_2_whatever_the_code_does(
    code: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "homework.py").write_text(code)
    command = [sys.executable, "-m", "pixelcnn", "audit", f"{tmp_path}/homework.py:MyNet"]
    done = subprocess.run([*command, "--size", "6"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == status, done.stderr


def test_a_picture_is_written_as_svg_or_html(hand_in: Writer) -> None:
    hand_in(HOMEWORK)
    assert audit("homework.py:MyNet", "--picture", "seen.svg", "--size", "7", "8") == 1
    drawn = ElementTree.fromstring(Path("seen.svg").read_text())
    fills = [one.get("fill") for one in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert fills.count(ROLES["leak"][0]) >= 10
    assert audit("homework.py:MyNet", "--picture", "report.html", "--size", "7") == 1
    page = Path("report.html").read_text()
    assert "It looks ahead" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert audit("homework.py:MyNet", "--picture", "report.pdf") == 2


def test_the_colours_of_the_picture_are_those_of_the_pages() -> None:
    theme = json.loads((ROOT / "widgets" / "base" / "colors.json").read_text())["roles"]
    assert {role: colour for role, (colour, _) in ROLES.items()} == {
        role: theme[role]["color"] for role in ROLES
    }
