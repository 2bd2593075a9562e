"""The executor in WebAssembly: right, the same to the bit everywhere, and nothing unsafe runs."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.engines import make_engine
from pixelcnn.sampling.wasm.executor import WASM, Executor, Shape
from pixelcnn.sampling.wasm.portable import HEADER, HEADER_BYTES, Portable, portable, sealed
from pixelcnn.sampling.wasm.sixteen_bits import sixteen_bits
from tests.helpers.wasm_cases import (
    OUTPUTS,
    Case,
    case_of,
    digest,
    drawn,
    models,
    plain_outputs,
    start,
    write,
    write_native,
)

ROOT = Path(__file__).parents[2]


MODELS = [name for name, _ in models()]
IN_16_BITS = [f"{name} in 16 bits" for name in MODELS if name.endswith("film")]


@cache
def cases() -> dict[str, Case]:
    """A case of every kind of program, one of each architecture with 16-bit products too."""
    found = {}
    for name, model in models():
        found[name] = case_of(name, model)
        if f"{name} in 16 bits" in IN_16_BITS:
            found[f"{name} in 16 bits"] = case_of(name, model, sixteen_bits(model))
    return found


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_network(name: str) -> None:
    model = dict(models())[name]
    case = cases()[name]
    outputs = drawn(case)
    expected = plain_outputs(model, case, outputs["images"])
    np.testing.assert_allclose(outputs["outputs"], expected, atol=1e-4, rtol=1e-4)
    # Of its own outputs: a narrow component turns their last digits into much larger differences.
    own = torch.from_numpy(outputs["outputs"][: case.n]).double().permute(0, 3, 1, 2)
    told = model.likelihood.log_prob(model.unpack(own), torch.from_numpy(outputs["images"]))
    np.testing.assert_allclose(outputs["log_probs"], told.numpy(), atol=5e-4, rtol=2e-4)


@pytest.mark.parametrize("name", [*MODELS, *IN_16_BITS])
def test_an_image_does_not_depend_on_its_batch_or_on_what_is_given(name: str) -> None:
    case = cases()[name]
    together = drawn(case)
    copies = 2 if case.guidance else 1

    def of(some: slice) -> dict[str, np.ndarray]:
        by_copy = together["outputs"].reshape(copies, case.n, *together["outputs"].shape[1:])
        outputs = by_copy[:, some].reshape(-1, *by_copy.shape[2:])
        return {
            "images": together["images"][some],
            "outputs": outputs,
            "log_probs": together["log_probs"][some],
        }

    for some in (slice(0, 1), slice(3, 13), slice(19, 20)):
        assert digest(drawn(case.part(some))) == digest(of(some))
    # All rows at once, everything known.
    executor = start(replace(case, images=together["images"], known=np.ones_like(case.known)))
    executor.rows(0, 0, executor.header["height"])
    assert digest({key: executor.array(key) for key in together}) == digest(together)


@pytest.mark.parametrize("name", IN_16_BITS)
def test_products_of_16_bits_come_near_those_of_float32(name: str) -> None:
    """On the same finished images, so that no difference in a draw counts."""
    exact = cases()[name.removesuffix(" in 16 bits")]
    images = drawn(exact)["images"]
    known = np.ones_like(exact.known)
    log_probs = [
        drawn(replace(case, images=images, known=known))["log_probs"]
        for case in (exact, cases()[name])
    ]
    assert np.median(np.abs(log_probs[0] - log_probs[1])) < 0.02  # nats
    assert len(cases()[name].program.data) < len(exact.program.data)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript_gives_the_same_bits(tmp_path: Path) -> None:
    expected = {}
    for index, case in enumerate(cases().values()):
        write(case, tmp_path, str(index))
        expected[str(index)] = digest(drawn(case))
    script = ROOT / "tests" / "helpers" / "engine_bits.mjs"
    engine = ROOT / "widgets" / "engine" / "engine.js"
    command = ["node", str(script), str(tmp_path), str(WASM), str(engine)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == expected


def ulps(found: np.ndarray, exact: np.ndarray) -> float:
    """The largest error in units in the last place of float32."""
    unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    return float((np.abs(found.astype(np.float64) - exact) / unit).max())


def test_functions_keep_to_their_stated_errors() -> None:
    executor = Executor(next(iter(cases().values())).program)
    rng = np.random.default_rng(0)
    tiny = 10 ** rng.uniform(-8, 0, 1 << 14)
    numbers = np.concatenate(
        [rng.uniform(-80, 80, 1 << 15), rng.uniform(-4, 4, 1 << 15), tiny, -tiny]
    )
    x = numbers.astype(np.float32)
    wide = x.astype(np.float64)
    bounds = {
        0: (1.6, np.expm1(wide)),
        1: (3.0, 1 / (1 + np.exp(-wide))),
        2: (3.0, np.tanh(wide)),
        3: (1.0, np.where(wide > 0, wide, np.expm1(wide))),
        4: (1.6, np.exp(wide)),
    }
    for function, (bound, exact) in bounds.items():
        assert ulps(executor.apply("apply", function, x), exact) <= bound, function
    doubles = rng.uniform(-600, 600, 1 << 14)
    assert np.abs(executor.apply("apply_double", 0, doubles) / np.exp(doubles) - 1).max() < 5e-16
    positive = 10 ** rng.uniform(-290, 290, 1 << 14)
    assert np.abs(executor.apply("apply_double", 1, positive) / np.log(positive) - 1).max() < 5e-16
    strange = np.array([np.nan, np.inf, -np.inf, 3e38] * 4, np.float32)
    for function in bounds:
        assert not np.isnan(executor.apply("apply", function, strange)).any()


@pytest.mark.parametrize("likelihood", ["softmax", "logistic_mixture"])
@pytest.mark.parametrize("name", ["pixelcnn", "pixelsnail", "pixelrnn", "pixelcnnpp"])
def test_weights_that_overflow_make_no_output_that_is_not_a_number(
    name: str, likelihood: str
) -> None:
    torch.manual_seed(0)
    model = build_model(name, height=4, width=4, hidden_channels=8, blocks=1, likelihood=likelihood)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e25)
    outputs = drawn(case_of(name, model.eval(), n=3))
    assert np.isfinite(outputs["outputs"]).all()
    assert not np.isnan(outputs["log_probs"]).any()


def test_a_weight_that_is_not_a_number_is_refused() -> None:
    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1).eval()
    with torch.no_grad():
        model.output.weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(DataError, match="not a number"):
        sample(model, 1, engine="wasm")


def small_programs() -> list[Portable]:
    return [case.program for case in cases().values()]


@settings(max_examples=1000)
@given(data=st.data())
def test_a_damaged_program_is_refused_before_it_runs(data: st.DataObject) -> None:
    program = data.draw(st.sampled_from(small_programs()))
    changed = bytearray(program.data)
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DataError, match="cannot be run"):
        Executor(Portable(program.header, bytes(changed)))


def changed_integer(program: Portable, place: int, value: int) -> Portable:
    """With one number of header or tables replaced, and the checksum that belongs to it."""
    numbers = bytearray(program.data)
    struct.pack_into("<i", numbers, 4 * place, value)
    struct.pack_into("<I", numbers, 12, zlib.crc32(numbers[16:]))
    return Portable(program.header, bytes(numbers))


STRANGE = st.one_of(
    st.integers(-3, 40), st.integers(-(2**31), 2**31 - 1), st.sampled_from([2**31 - 1, -(2**31)])
)


@settings(max_examples=1000)
@given(data=st.data())
def test_a_forged_program_is_refused_or_stays_inside_its_memory(data: st.DataObject) -> None:
    """Tables, sizes and offsets with a right checksum: the check must find what could harm."""
    case = data.draw(st.sampled_from(list(cases().values())))
    header = case.program.header
    weights = header["size"] - 4 * header["floats"] - 2 * header["shorts"]
    place = data.draw(st.integers(4, weights // 4 - 1))
    forged = changed_integer(case.program, place, data.draw(STRANGE))
    try:
        executor = Executor(forged)
    except DataError:
        return
    names = dict(
        zip(HEADER, np.frombuffer(forged.data[:HEADER_BYTES], "<i4").tolist(), strict=False)
    )
    executor.header = names  # the sizes of the images are those that the program states
    try:
        executor.prepare(Shape(2, with_outputs=True))
    except ConfigError:
        return
    executor.array("uniforms")[:] = 0.5
    executor.begin()
    executor.rows(0, 0, names["height"])
    assert not np.isnan(executor.array("outputs")).any()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_a_build_with_bounds_tests_finds_nothing_and_gives_the_same_bits(tmp_path: Path) -> None:
    """Every access of every case, and of 200 forgeries of each, under AddressSanitizer."""
    driver = tmp_path / "driver"
    flags = (
        "-O1 -g -ffp-contract=off -fno-strict-aliasing -fno-math-errno -fsanitize=address,undefined"
    )
    source = ROOT / "tests" / "helpers" / "bounds_driver.c"
    compiling = [
        "gcc",
        *flags.split(),
        "-fno-sanitize-recover=all",
        str(source),
        "-lm",
        "-o",
        str(driver),
    ]
    compiled = subprocess.run(compiling, capture_output=True, text=True, check=False)
    if compiled.returncode:
        pytest.skip(f"gcc has no sanitizers here: {compiled.stderr[:200]}")
    rng = np.random.default_rng(0)
    for number, case in enumerate(cases().values()):
        write_native(case, tmp_path, number)
        header = case.program.header
        numbers = (header["size"] - 4 * header["floats"] - 2 * header["shorts"]) // 4
        values = np.where(
            rng.random(200) < 0.8, rng.integers(-3, 40, 200), rng.integers(-(2**31), 2**31, 200)
        )
        forged = np.stack([rng.integers(4, numbers, 200), values], axis=1).astype(np.int32)
        (tmp_path / f"{number}.forged").write_bytes(forged.tobytes())
    ran = subprocess.run([str(driver), str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[:3000]
    for number, case in enumerate(cases().values()):
        outputs = drawn(case)
        expected = b"".join(outputs[name].tobytes() for name in OUTPUTS)
        assert (tmp_path / f"{number}.out").read_bytes() == expected, case.name


def test_another_version_is_refused_with_a_reason() -> None:
    program = small_programs()[0]
    body = program.data[HEADER_BYTES:]
    with pytest.raises(DataError, match="another version"):
        Executor(Portable(program.header, sealed({**program.header, "version": 99}, body)))


def test_no_numba_is_loaded_to_sample_to_paint_or_for_particles() -> None:
    code = """
        import sys, torch, pixelcnn
        model = pixelcnn.build_model("gated_pixelcnn", height=4, width=4, blocks=1)
        pixelcnn.sample(model, 2, engine="auto")
        pixelcnn.paint(model, 2)
        known = torch.eye(4, dtype=torch.bool)
        pixelcnn.complete(model, known.byte(), known, 3, method="particles", particles=8)
        print("numba" in sys.modules, "wasmtime" in sys.modules)
    """
    lines = "\n".join(line.strip() for line in code.strip().splitlines())
    told = subprocess.run(
        [sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.stdout.split() == ["False", "True"], told.stderr


@pytest.mark.parametrize("name", [name for name in MODELS if name.endswith(("film", "bias"))][::3])
def test_an_image_goes_on_in_another_batch_with_the_same_bits(name: str) -> None:
    case = cases()[name]
    together = drawn(case)
    first, second = start(case), start(case.part(slice(0, 4)))
    half = case.images.shape[2] // 2
    first.rows(0, 0, half)
    for place, image in enumerate((7, 19, 0, 7)):
        second.load_image(place, first.saved_image(image))
        for array in ("images", "known", "uniforms"):
            second.array(array)[place] = first.array(array)[image]
    second.rows(half, 0, case.images.shape[2])
    assert np.array_equal(second.array("images"), together["images"][[7, 19, 0, 7]])
    with pytest.raises(DataError, match="another program"):
        second.load_image(0, np.zeros(3, np.uint8))


def test_auto_is_wasm_until_numba_is_compiled_and_then_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pixelcnn.sampling import auto, engines

    monkeypatch.setattr(auto, "_file", lambda: tmp_path / "fastest.json")
    auto._measured.cache_clear()
    ready = [False]
    monkeypatch.setattr(engines, "_compiled", lambda: ready[0])
    model = build_model("gated_pixelcnn", height=6, width=6, hidden_channels=4, blocks=1).eval()
    engine = make_engine(model, "auto")
    first = sample(model, 3, seed=1, engine=engine)
    assert engine.name == "wasm"
    ready[0] = True
    assert torch.equal(sample(model, 3, seed=1, engine=engine), first)
    (kept,) = json.loads((tmp_path / "fastest.json").read_text()).values()
    assert engine.name == kept
    auto._measured.cache_clear()


@pytest.mark.skipif("ZIGLANG" not in os.environ, reason="ZIGLANG names no Python that has ziglang")
def test_the_source_builds_to_the_same_bytes(tmp_path: Path) -> None:
    built = tmp_path / "executor.wasm"
    environment = {**os.environ, "PYTHON": os.environ["ZIGLANG"], "OUT": str(built)}
    subprocess.run([str(WASM.with_name("build.sh"))], env=environment, check=True)
    assert built.read_bytes() == WASM.read_bytes()


def test_a_program_is_the_same_bytes_each_time() -> None:
    model = next(iter(models()))[1]
    assert portable(model).data == portable(model).data
