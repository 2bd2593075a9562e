"""The range coder alone: exact, never longer than it need be, and as good as another one."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import constriction
import numpy as np
from hypothesis import given, settings, strategies as st

from pixelcnn.compression.coder import SHARE_BITS, StreamCoder
from pixelcnn.models.registry import build_model
from pixelcnn.sampling.wasm.portable import portable

# (number, count) as `write` takes it, or (yes, share) as `write_answer` does.
SYMBOLS = st.lists(
    st.one_of(
        st.integers(1, 2**16).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))),
        st.tuples(st.booleans(), st.sampled_from([2.0**-28, 0.001, 0.5, 0.75, 1 - 2.0**-28])),
    ),
    max_size=60,
)
Symbol = tuple[int, int] | tuple[bool, float]


@cache
def coder() -> StreamCoder:
    return StreamCoder(portable(build_model("pixelcnn", height=4, width=4, blocks=1)))


def written(symbols: list[Symbol]) -> bytes:
    coder().begin_writing()
    for value, of in symbols:
        if isinstance(of, float):
            coder().write_answer(bool(value), of)
        else:
            coder().write(value, of)
    return coder().end_writing()


def share_of(value: int, of: int | float) -> tuple[Fraction, Fraction]:
    """Where in [0, 1) a symbol lies, and how wide it is."""
    whole = 2**SHARE_BITS
    if isinstance(of, float):
        yes = Fraction(round(of * whole), whole)
        return (Fraction(0), yes) if value else (yes, 1 - yes)
    width = Fraction(whole // of, whole)
    return value * width, width


@settings(max_examples=150)
@given(symbols=SYMBOLS)
def test_what_is_written_is_read_and_ends_as_early_as_it_can(symbols: list[Symbol]) -> None:
    data = written(symbols)
    bits = -sum(math.log2(share_of(*symbol)[1]) for symbol in symbols)
    assert len(data) <= bits / 8 + 1.001
    coder().begin_reading(data.rstrip(b"\0"))
    for value, of in symbols:
        found = coder().read_answer(of) if isinstance(of, float) else coder().read(of)
        assert found == value
    assert coder().end_reading() == len(data)


@settings(max_examples=100)
@given(symbols=SYMBOLS)
def test_the_stream_is_a_number_in_the_interval_of_its_symbols(symbols: list[Symbol]) -> None:
    """The interval in exact fractions; the coder's own is narrower by its rounding."""
    low, width = Fraction(0), Fraction(1)
    for symbol in symbols:
        start, share = share_of(*symbol)
        low, width = low + width * start, width * share
    data = written(symbols)
    number = Fraction(int.from_bytes(data, "big"), 256 ** len(data))
    slack = Fraction(len(symbols) + 1, 2**SHARE_BITS)
    assert low - slack <= number <= low + width + slack


def test_a_carry_runs_through_bytes_that_are_full() -> None:
    """The upper end of every interval leaves bytes of 255, which the last symbol overflows."""
    for tail in range(1, 40):
        symbols: list[Symbol] = [(254, 256), *[(255, 256)] * tail, *[(65535, 65536)] * 3]
        for share in (0.5, 0.001):
            attempt = [*symbols, (False, share), (False, share), (True, share)]
            data = written(attempt)
            coder().begin_reading(data)
            assert [coder().read_answer(of) if isinstance(of, float) else coder().read(of)
                    for _, of in attempt] == [value for value, _ in attempt]  # fmt: skip


def test_a_digit_takes_no_more_than_with_another_range_coder() -> None:
    """`constriction` writes words of 32 bits; its length in bits is that of the same model."""
    rng = np.random.default_rng(0)
    for size in (50, 784, 5000):
        chances = rng.beta(0.05, 0.4, size).clip(1e-6, 1 - 1e-6)
        answers = rng.random(size) < chances
        data = written([(bool(a), float(c)) for a, c in zip(answers, chances, strict=True)])
        other = constriction.stream.queue.RangeEncoder()
        model = constriction.stream.model.Bernoulli(perfect=True)
        other.encode(answers.astype(np.int32), model, chances)
        ideal = -np.log2(np.where(answers, chances, 1 - chances)).sum() / 8
        assert len(data) <= 4 * len(other.get_compressed())
        assert ideal - 1 < len(data) < ideal + 1.01
