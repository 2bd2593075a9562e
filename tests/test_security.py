"""Each promise of SECURITY.md that is not tested elsewhere, as that file says."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import math
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import urlencode

import pytest
import websockets
from hypothesis import given, strategies as st

from pixelcnn.errors import LabError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.kept_models import keep_model
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run, find_run
from pixelcnn.system.plain_text import plain
from pixelcnn.teaching.serving import TEACHER_KEY, Server
from pixelcnn.teaching.short_links import Place, find_link, keep_link
from pixelcnn.teaching.teacher_key import TeacherKey
from pixelcnn.training.config import TrainConfig
from tests.helpers import hostile_messages
from tests.helpers.servers import free_port, run_async
from tools.classroom.browser import Browser, Shown

ROOT = Path(__file__).parents[1]
CONTROLS = re.compile("[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")
KEY = "3f9a17c2"
ANNA, BEN = ("pixelcnn_lab=" + digit * 32 for digit in "ab")
MARK = "evil4711"
HOSTILE = (f"<img src=x onerror={MARK}()>", f"</style><script>{MARK}</script>", f'"];{MARK}();//')
UNPINNED = ("google", "pillow_jxl")  # comes with another package; used where somebody has it
FOLDERS = ("pixelcnn", "pages", "widgets", "tools")
SHIPPED = ("pixelcnn", "pages", "widgets", "tools/classroom")  # the other tools are for developers


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


# ---------------------------------------------------------------- whose run it is


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "runs"


@pytest.fixture(scope="module")
def server(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"PIXELCNN_RUNS": str(runs), TEACHER_KEY: KEY}
    log = tmp_path_factory.mktemp("log") / "log"
    with (
        log.open("w") as writing,
        Server("127.0.0.1", free_port(), log=writing, environment=environment) as made,
    ):
        made.await_health()
        yield made
    assert f'File "{ROOT}' not in log.read_text(), log.read_text()[-3000:]


@pytest.fixture
def running(runs: Path) -> Iterator[Run]:
    """A run of Anna's that looks as if it were at work: this process holds its lock."""
    run = create_run(runs, RunConfig(data="digits8x8", train=TrainConfig(steps=9)))
    run.write_status(RunStatus("running"))
    key = ANNA.partition("=")[2]
    (run.path / "owner").write_text(hashlib.sha256(key.encode()).hexdigest())
    lock = run.lock
    assert lock.acquire()
    yield run
    lock.release()


def button(browser: Browser, label: str) -> Shown | None:
    return next((one for one in browser.of_kind("button") if one.proto.label == label), None)


def test_only_the_starter_or_the_teacher_s_key_can_stop_a_run(server: Server, running: Run) -> None:
    async def lesson() -> None:
        query = f"run={running.id}"
        async with (
            Browser(server.address, ANNA) as anna,
            Browser(server.address, BEN) as ben,
        ):
            for browser in (anna, ben):
                await browser.open()
                await browser.open("train", query)
            stop = button(anna, "Stop")
            assert stop is not None
            assert button(ben, "Stop") is None
            # Ben's browser claims that he has pressed the button that only Anna has.
            await ben.set(stop, trigger_value=True)
            assert running.requested() == ""

            [box] = [one for one in ben.of_kind("text_input") if one.proto.label == "Teacher's key"]
            await ben.set(box, string_value="00000000")
            assert "not the teacher's key" in ben.text()
            assert button(ben, "Stop") is None
            await ben.set(box, string_value=KEY.upper())
            stop = button(ben, "Stop")
            assert stop is not None
            await ben.set(stop, trigger_value=True)
            assert running.requested() == "stop"
            assert not anna.exceptions + ben.exceptions

    run_async(lesson())


def test_a_dropped_connection_comes_back_to_the_same_session_with_nothing_lost(
    server: Server, running: Run
) -> None:
    async def lesson() -> None:
        async with Browser(server.address) as before:  # without a cookie: the session is all
            await before.open()
            await before.open("train", f"run={running.id}")
            [box] = [
                one for one in before.of_kind("text_input") if one.proto.label == "Teacher's key"
            ]
            await before.set(box, string_value=KEY)
            assert button(before, "Stop") is not None
            await before.drop()
            await asyncio.sleep(0.5)
        async with Browser(server.address, session_id=before.session_id) as after:
            await after.open("train", f"run={running.id}")
            assert after.session_id == before.session_id
            assert button(after, "Stop") is not None
        async with Browser(server.address) as stranger:
            await stranger.open("train", f"run={running.id}")
            assert stranger.session_id != before.session_id
            assert button(stranger, "Stop") is None

    run_async(lesson())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_sessions_that_have_closed_leave_no_open_files(server: Server) -> None:
    async def visits(count: int) -> None:
        for _ in range(count):
            async with Browser(server.address) as browser:
                await browser.open()

    run_async(visits(2))
    before = server.open_files()
    run_async(visits(20))
    for _ in range(50):
        if server.open_files() <= before + 3:
            break
        time.sleep(0.1)
    assert server.open_files() <= before + 3


def test_keys_cannot_be_guessed() -> None:
    key = TeacherKey("3f9a17c2")
    key.check(" 3F9A17C2 ")
    for guess in ("", "3f9a17c", "3f9a17c22", "é", "3f9a17c3"):
        with pytest.raises(LabError, match="not the teacher's key"):
            key.check(guess)
    with pytest.raises(LabError, match="Too many"):
        key.check("3f9a17c2")
    with pytest.raises(LabError):
        TeacherKey("").check("")


def test_wrong_keys_lock_out_nobody_but_who_tried_them() -> None:
    key = TeacherKey(KEY)
    for _ in range(9):
        with pytest.raises(LabError):
            key.check("00000000", session="ben", address="192.0.2.7")
    with pytest.raises(LabError, match="Too many"):
        key.check(KEY, session="ben", address="192.0.2.7")
    key.check(KEY, session="anna", address="192.0.2.7")
    for number in range(99):  # each from a session of its own
        with pytest.raises(LabError):
            key.check("00000000", session=str(number), address="192.0.2.7")
    with pytest.raises(LabError, match="Too many"):
        key.check(KEY, session="anna", address="192.0.2.7")
    key.check(KEY, session="teacher", address="192.0.2.1")
    key.check(KEY, session="ben", address="192.0.2.7", on_server=True)


# ---------------------------------------------------------------- what a browser sends


def test_values_in_an_address_never_become_html_or_script(server: Server) -> None:
    names = ("model", "run", "drawing", "tree", "masks", "preset", "s", "only", "audited", "show")

    async def lesson() -> None:
        async with Browser(server.address) as browser:
            await browser.open()
            for page in ("", "train", "masks"):
                for text in HOSTILE:
                    await browser.open(page, urlencode(dict.fromkeys(names, text)))
                    for shown in browser.elements.values():
                        if shown.kind in ("html", "iframe", "bidi_component"):
                            assert MARK not in str(shown.proto), f"{page}: {shown.kind}"
                        if shown.kind == "markdown" and shown.proto.allow_html:
                            assert MARK not in shown.proto.body
            assert not browser.exceptions

    run_async(lesson())


def test_other_sites_cannot_connect_or_upload(server: Server) -> None:
    async def from_elsewhere() -> None:
        address = server.address.replace("http", "ws") + "/_stcore/stream"
        async with websockets.connect(address, origin=websockets.Origin("http://evil.example")):
            pass

    with pytest.raises(websockets.InvalidStatus):
        run_async(from_elsewhere())
    upload = urllib.request.Request(
        f"{server.address}/_stcore/upload_file/a/b", data=b"x", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(upload)
    assert refused.value.code in (400, 403)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e308, 1e17])
def test_numbers_that_no_control_can_have_do_not_silence_a_session(
    server: Server, value: float
) -> None:
    async def lesson() -> None:
        async with Browser(server.address) as browser:
            await browser.open()
            await browser.open("sample")
            for kind in ("number_input", "slider"):
                for box in browser.of_kind(kind):
                    sent = [value] * len(box.proto.default) if kind == "slider" else value
                    field = "double_array_value" if kind == "slider" else "double_value"
                    await browser.set(box, **{field: sent})
            await browser.open("masks")
            await browser.open("sample")
            assert not browser.exceptions

    run_async(lesson())


def test_hostile_messages_to_the_lab_s_widgets_are_passed_over(server: Server) -> None:
    """Of the player, the maps gallery and the game of which pictures are real, among others."""
    pages = ("sample", "features", "compare")
    errors = run_async(hostile_messages.send(server.address, seed=3, count=24, pages=pages))
    assert not errors


@pytest.mark.parametrize("path", ["/", "/train", "/_stcore/health", "/media/x", "/static/x"])
def test_no_route_answers_under_the_name_of_another_site(server: Server, path: str) -> None:
    asked = urllib.request.Request(server.address + path, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code == 403
    assert b"not known here as evil.example" in refused.value.read()

    async def connect() -> None:
        address = server.address.replace("http", "ws") + "/_stcore/stream"
        async with websockets.connect(address, additional_headers={"Host": "evil.example"}):
            pass

    with pytest.raises(websockets.InvalidHandshake):
        run_async(connect())


@pytest.mark.parametrize(
    "path", ["/../README.md", "/%2e%2e/%2e%2e/etc/passwd", "/app/static/../app.py"]
)
def test_no_address_leads_to_a_file_of_the_computer(server: Server, path: str) -> None:
    try:
        with urllib.request.urlopen(server.address + path) as response:
            body = response.read()
    except urllib.error.HTTPError:
        return
    assert b"<title>Streamlit</title>" in body


@given(st.text(st.sampled_from("\\[]<$`*_~&|!:/@w.->=#1 aä\n"), max_size=60) | st.text(max_size=99))
def test_quoted_text_contains_no_link_image_or_formula(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"(?<!\\)(\\\\)*[\[\]<$`*~&|]", shown)
    assert not re.match(r"[#+>=-]|\d+[.)]", shown)
    assert not re.search(r"https?:\\?//|www\.|@\w|:[\w+/-]+:|-\\?>|--", shown, re.IGNORECASE)
    assert "\n" not in shown
    visible = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown.replace("\u2060", ""))
    assert visible == " ".join(CONTROLS.sub("?", text).replace("\u2060", "").split())


MARKDOWN = ("error", "warning", "info", "success", "caption", "markdown", "subheader", "header")


def test_no_message_of_an_error_is_shown_as_markdown() -> None:
    """A message may quote a file, an address or a name: it goes through `plain`."""
    for path in sources("pages"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in MARKDOWN:
                continue
            for argument in node.args:
                assert not quoted(argument), f"{path.name}:{node.lineno}"


def quoted(node: ast.AST) -> bool:
    """Whether a message or a name goes into a text as it is."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("plain", "len"):
        return False
    if isinstance(node, ast.Name):
        return node.id in ("error", "refused")
    if isinstance(node, ast.Attribute):
        return node.attr in ("message", "error", "device")
    return any(quoted(child) for child in ast.iter_child_nodes(node))


# ---------------------------------------------------------------- names and paths

PARTS = st.sampled_from(
    [
        "..",
        "/",
        "\\",
        "~",
        "C:",
        "\x00",
        "\n",
        "%2e",
        "․․",
        "a" * 50,
        ".links",
        "con",
        "x",
        " ",
        "-",
    ]
)
NAMES = st.one_of(st.text(max_size=60), st.lists(PARTS, max_size=8).map("".join))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = create_run(
        tmp_path_factory.mktemp("names") / "runs", RunConfig(train=TrainConfig(steps=9))
    )
    (run.path / "last.safetensors").write_bytes(b"weights")
    return run


@given(NAMES)
def test_no_user_supplied_name_leads_out_of_its_folder(saved: Run, name: str) -> None:
    root = saved.path.parent
    before = everything(root.parent)
    try:
        path = keep_model(saved, name, root)
    except LabError:
        assert everything(root.parent) == before
    else:
        assert path.resolve().parent == root / "models"
        path.unlink()
    with pytest.raises(LabError):
        find_run(root, name)
    assert find_link(name, root) is None
    try:
        code = keep_link(Place(name, (("run", name),)), root)
    except LabError:
        return
    made = everything(root / ".links")
    assert {path.stem for path in made} == {code}
    for path in made:
        path.unlink()


def everything(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# ---------------------------------------------------------------- what the code must not use


def names_in(path: Path) -> set[str]:
    """All modules that a file imports, and the dotted names of what it calls."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
            found.update(str(keyword.arg) for keyword in node.keywords)
    return found


def test_nothing_is_unpickled_and_no_text_is_run() -> None:
    forbidden = {"pickle", "dill", "joblib", "shelve", "marshal", "torch.load", "eval", "exec"}
    used = {path: names_in(path) & forbidden for path in sources("pixelcnn", "pages", "widgets")}
    # The exception that SECURITY.md names: an audit runs the file named on the command line.
    assert used.pop(ROOT / "pixelcnn" / "auditing" / "loading.py") == {"exec"}
    assert not {path.name: names for path, names in used.items() if names}


def test_arrays_are_never_loaded_with_objects_in_them() -> None:
    for path in sources("pixelcnn", "pages", "widgets"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
                options = {one.arg: ast.unparse(one.value) for one in node.keywords}
                assert options.get("allow_pickle") == "False", f"{path.name}:{node.lineno}"


def test_html_is_written_by_us_alone() -> None:
    for path in sources("pages", "widgets"):
        assert "unsafe_allow_html" not in names_in(path), path.name
    scripts = sorted((ROOT / "widgets").rglob("*.js"))
    assert scripts
    for path in scripts:
        content = path.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in content, f"{path.name} uses {word}"


def test_only_downloads_and_the_server_s_start_use_the_network() -> None:
    network = {"socket", "requests", "urllib.request", "http.client", "urllib3", "httpx", "ftplib"}
    using = {
        path.relative_to(ROOT).as_posix()
        for path in sources("pixelcnn", "pages", "widgets")
        if names_in(path) & network
    }
    assert using <= {
        "pixelcnn/data/download.py",  # data sets, when somebody asks for one
        "pixelcnn/teaching/serving.py",  # is the own server up?
        "pixelcnn/system/addresses.py",  # this computer's own number
        "tools/classroom/__main__.py",  # a free port
    }


# ---------------------------------------------------------------- what it depends on


def test_everything_that_is_imported_is_pinned() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line]
    pinned = {}
    for line in lines:
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9_.-]+)==([0-9][0-9a-z.]*)(\s*;.*)?", line)
        assert match, f"{line} is not pinned to one version"
        pinned[match[1].lower()] = match[2]
    # What a pinned package needs comes with it, in a version that it was tried with.
    brought = {
        re.match(r"[A-Za-z0-9_.-]+", needed)[0].lower()  # type: ignore[index]
        for name in pinned
        for needed in metadata.requires(name) or []
        if "extra ==" not in needed
    }
    homes = metadata.packages_distributions()
    for path in sources(*SHIPPED):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in {one.partition(".")[0] for one in names}:
                if name in sys.stdlib_module_names or name in FOLDERS or name in UNPINNED:
                    continue
                known = {home.lower().replace("_", "-") for home in homes.get(name, [name])}
                assert known & (set(pinned) | brought), f"{path.name} imports {name}: not pinned"
