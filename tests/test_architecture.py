"""The lines that the parts of the project must not cross."""

import ast
import importlib
import re
import subprocess
import sys
import textwrap
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LATE = (
    *("matplotlib.pyplot", "plotly", "torchvision", "sklearn", "PIL"),
    *("skimage", "scipy", "pi_heif"),
)
FORBIDDEN = {
    "pixelcnn": ("streamlit", "widgets", "pages", "tools"),
    "widgets": ("torch", "torchvision", "pixelcnn", "pages", "tools"),
}
# The wings of the library, from the ground up: a wing may import those of storeys below its own.
STOREYS = (
    {"errors"},
    {"system"},
    {"nn", "pictures"},
    {"models"},
    {"data", "causality", "checkpoints"},
    {"sampling", "introspect", "metrics", "auditing"},
    {"training", "film", "completion", "compression"},
    {"recipes", "scores", "exhibits", "baselines"},
    {"runs"},
    {"experiments", "teaching", "benchmarks"},
    {"remake"},
    {"cli"},
)
STOREY_OF = {wing: storey for storey, wings in enumerate(STOREYS) for wing in wings}
MOST_AT_THE_TOP = 5


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True
    )


def import_all(package: str, blocked: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Import every module of a package in a new process where some packages do not exist."""
    return python(f"""
        import importlib, pkgutil, sys

        class Blocked:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {blocked!r}:
                    raise ModuleNotFoundError(f"blocked: {{name}}", name=name)

        sys.meta_path.insert(0, Blocked())
        package = importlib.import_module({package!r})
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    """)


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def imported_names(file: Path) -> list[tuple[int, str]]:
    """Line and full dotted name of everything that a file imports, at whatever depth."""
    imports = []
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            imports += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            imports += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return imports


def sources() -> list[Path]:
    """Every Python file that the app, the library and its tools consist of."""
    folders = ("pixelcnn", "widgets", "pages", "tools")
    nested = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return sorted([*ROOT.glob("*.py"), *nested])


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports() -> dict[str, list[tuple[str, str]]]:
    """{module: (where, imported module)}, within this project, imports in functions included."""
    modules = {module_of(file): file for file in sources()}

    def module_named(name: str) -> str | None:
        return (
            name
            if name in modules
            else next((parent for parent in [name.rpartition(".")[0]] if parent in modules), None)
        )

    return {
        module: [
            (f"{file.relative_to(ROOT)}:{line}", imported)
            for line, name in imported_names(file)
            if (imported := module_named(name)) is not None
        ]
        for module, file in modules.items()
    }


def test_no_files_import_one_another_in_a_circle() -> None:
    sorter = TopologicalSorter(
        {module: {imported for _, imported in found} for module, found in imports().items()}
    )
    sorter.prepare()  # raises CycleError, which names the circle


def test_the_search_for_circles_meets_imports_inside_functions() -> None:
    found = {imported for _, imported in imports()["pixelcnn.cli.train"]}
    assert {"pixelcnn.runs.store", "pixelcnn.training.distributed"} <= found


def test_no_wing_imports_one_above_it_or_beside_it() -> None:
    packages = (ROOT / "pixelcnn").iterdir()
    wings = {path.stem for path in packages if path.suffix in ("", ".py")} - {
        "__init__",
        "__main__",
        "__pycache__",
    }
    assert wings == set(STOREY_OF)
    crossed = []
    for module, found in imports().items():
        for where, imported in found:
            if module.startswith("pixelcnn.") and imported.startswith("pixelcnn."):
                wing, other = module.split(".")[1], imported.split(".")[1]
                if wing in STOREY_OF and wing != other and STOREY_OF[other] >= STOREY_OF[wing]:
                    crossed.append(f"{where} imports {imported}")
    assert not crossed


def test_few_modules_stand_at_the_top_of_the_library() -> None:
    assert len(list((ROOT / "pixelcnn").glob("*.py"))) <= MOST_AT_THE_TOP


def test_no_page_imports_from_another_page_s_folder() -> None:
    crossed = [
        f"{where} imports {imported}"
        for module, found in imports().items()
        for where, imported in found
        if module.startswith("pages.")
        and imported.startswith("pages.")
        and imported.split(".")[1] not in ("shared", module.split(".")[1])
    ]
    assert not crossed


def test_no_module_of_the_library_reaches_streamlit_by_any_path() -> None:
    reached = {module for module in imports() if module.partition(".")[0] == "pixelcnn"}
    waiting = list(reached)
    while waiting:
        for _, imported in imports()[waiting.pop()]:
            if imported not in reached:
                reached.add(imported)
                waiting.append(imported)
    files = {module_of(file): file for file in sources()}
    crossed = [
        f"{module}:{line} imports {name}"
        for module in sorted(reached)
        for line, name in imported_names(files[module])
        if name.partition(".")[0] == "streamlit"
    ]
    assert not crossed


def test_the_map_of_the_tree_names_every_wing_and_nothing_else() -> None:
    """CONTRIBUTING's map: the folders of the repository, and the wings of the library."""
    text = (ROOT / "CONTRIBUTING.md").read_text().partition("## Where things are")[2]
    lines = [line for line in text.partition("\nDependencies")[0].splitlines() if "    " in line]
    named = [line.removeprefix("    ").partition("  ")[0] for line in lines if line[4:5].strip()]
    inside = re.findall(r"^      (\w+)/", "\n".join(lines), re.MULTILINE)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    folders = {f"{name.partition('/')[0]}/" for name in tracked if "/" in name}
    assert {name.strip() for name in named} == {
        *(folder for folder in folders if not folder.startswith(".")),
        "app.py",
        "served.py",
    }
    packages = {path.parent.name for path in (ROOT / "pixelcnn").glob("*/__init__.py")}
    assert set(inside) == packages


@pytest.mark.parametrize(("package", "blocked"), FORBIDDEN.items())
def test_a_package_can_be_imported_without_what_it_must_not_need(
    package: str, blocked: tuple[str, ...]
) -> None:
    imported = import_all(package, blocked)
    assert imported.returncode == 0, imported.stderr


def test_the_block_of_the_test_above_blocks() -> None:
    imported = import_all("pixelcnn", ("torch",))
    assert "blocked: torch" in imported.stderr


@pytest.mark.parametrize(("package", "forbidden"), FORBIDDEN.items())
def test_no_file_of_a_package_names_what_it_must_not_need(
    package: str, forbidden: tuple[str, ...]
) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    crossed = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in files
        for line, name in imported_names(file)
        if name.partition(".")[0] in forbidden
    ]
    assert not crossed


def test_nothing_is_ever_unpickled() -> None:
    crossed = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sources()
        for line, name in imported_names(file)
        if name.partition(".")[0] in ("pickle", "cloudpickle", "joblib", "shelve")
        or name == "torch.load"
    ]
    calls = [
        f"{file.relative_to(ROOT)}:{node.lineno} calls torch.load"
        for file in sources()
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load"
    ]
    assert not crossed + calls


def test_torchvision_is_imported_in_its_one_guarded_place() -> None:
    crossed = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sources()
        for line, name in imported_names(file)
        if name.partition(".")[0] == "torchvision"
    ]
    assert not crossed


@pytest.mark.parametrize("package", FORBIDDEN)
def test_slow_imports_come_late(package: str) -> None:
    # What the framework itself loads cannot be spared.
    framework = "import streamlit" if package == "widgets" else ""
    listed = python(f"""
        import sys
        {framework}
        before = set(sys.modules)
        import {package}
        print([name for name in {LATE!r} if name in sys.modules and name not in before])
    """)
    assert listed.stdout.strip() == "[]", listed.stderr


# The guarded place itself, in a new process: an import happens once in each.


def test_torchvision_works_where_only_missing_operators_are_declared() -> None:
    used = python("""
        import torch
        defined = []
        define = torch.library.define
        torch.library.define = lambda name, schema: (defined.append(name), define(name, schema))
        from pixelcnn.data._torchvision import import_torchvision
        torchvision = import_torchvision()
        assert import_torchvision() is torchvision
        own = [name for name in defined if name in ("torchvision::nms", "torchvision::qnms")]
        complete = torchvision.extension._has_ops()  # built for this PyTorch
        assert own == ([] if complete else ["torchvision::nms", "torchvision::qnms"]), own
        grid = torchvision.utils.make_grid(torch.zeros(4, 1, 5, 5), nrow=2, padding=1)
        assert grid.shape == (3, 13, 13), grid.shape
        assert torchvision.datasets.MNIST.resources
        print("used")
    """)
    assert used.stdout == "used\n", used.stderr


def test_another_failure_of_torchvision_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('something else')")
    failed = python(f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from pixelcnn.data._torchvision import import_torchvision
        import_torchvision()
    """)
    assert "RuntimeError: something else" in failed.stderr


@pytest.mark.parametrize(
    "package",
    [".".join(file.parent.relative_to(ROOT).parts) for file in ROOT.rglob("__init__.pyi")],
)
def test_every_name_of_a_face_is_there_and_no_file_beside_it_hides_one(package: str) -> None:
    face = importlib.import_module(package)
    assert face.__all__
    for name in face.__all__:
        assert hasattr(face, name), name
        # A module of this name would take the place of the name once it is imported.
        assert not (Path(face.__file__ or "").with_name(f"{name}.py")).exists(), name


def test_a_face_loads_no_torch_before_a_name_is_asked_for() -> None:
    listed = python("""
        import sys
        import pixelcnn.data, pixelcnn.models, pixelcnn.sampling, pixelcnn.scores
        print("torch" in sys.modules, "numpy" in sys.modules)
        from pixelcnn.sampling import sample
        print("torch" in sys.modules, callable(sample))
    """)
    assert listed.stdout.split() == ["False", "False", "True", "True"], listed.stderr
