"""The inner loop of the numba engine: a small matrix product held in vector registers.

Numba vectorises scalar loops, but does not keep a tile of results in registers during a whole sum,
which makes a factor of four or five here. So the tile is written in LLVM IR: `rows` images times a
few vectors of output channels, one fused multiply-add for each weight vector and image. The vector
width is the processor's.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

_FEATURES = binding.get_host_cpu_features()
LANES = 16 if _FEATURES.get("avx512f") else 8 if _FEATURES.get("avx2") else 4
"""float32 numbers in one vector register; buffers are padded to a multiple of it."""

_TALL = 8 if LANES == 16 else 4
_FLOAT, _INDEX = ir.FloatType(), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)


def _make_tile(rows: int, vectors: int, chains: int) -> Any:
    """A tile of `rows` x `vectors * LANES` results.

    memory[out + m * out_stride + n] = max(floor, memory[init + m * init_stride + n]
        + sum over taps t, k < depth of memory[taps[t] + shift + m * in_stride + k]
                                      * memory[weights + (t * depth + k) * out_stride + n])
    and, if residual >= 0, plus memory[residual + m * out_stride + n].

    With few rows the processor would wait for each addition, so `chains` independent sums run over
    every `chains`-th k. `depth` must be a multiple of `chains`.
    """

    @intrinsic
    def tile(
        typing: Any, memory: Any, out: Any, out_stride: Any, init: Any, init_stride: Any,
        taps: Any, first: Any, count: Any, shift: Any, in_stride: Any,
        weights: Any, depth: Any, floor: Any, residual: Any,
    ) -> Any:  # fmt: skip
        index = types.int64
        signature = types.void(
            memory, index, index, index, index, taps, index, index, index, index,
            index, index, types.float32, index,
        )  # fmt: skip

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            (memory, out, out_stride, init, init_stride, taps, first, count, shift, in_stride,
             weights, depth, floor, residual) = arguments  # fmt: skip
            base = context.make_array(signature.args[0])(context, builder, memory).data
            tap_list = context.make_array(signature.args[5])(context, builder, taps).data
            fma = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(_VECTOR, [_VECTOR] * 3),
                f"llvm.fma.v{LANES}f32",
            )
            grid = [(m, n) for m in range(rows) for n in range(vectors)]

            def at(start: Any, stride: Any, m: int, n: int) -> Any:
                offset = builder.add(start, builder.mul(stride, _INDEX(m)))
                place = builder.gep(base, [builder.add(offset, _INDEX(n * LANES))])
                return builder.bitcast(place, _VECTOR.as_pointer())

            def splat(number: Any) -> Any:
                undefined = ir.Constant(_VECTOR, ir.Undefined)
                one = builder.insert_element(undefined, number, ir.IntType(32)(0))
                lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
                return builder.shuffle_vector(one, undefined, lanes)

            sums = {
                (chain, m, n): cgutils.alloca_once(builder, _VECTOR)
                for chain in range(chains)
                for m, n in grid
            }
            for (chain, m, n), total in sums.items():
                start = builder.load(at(init, init_stride, m, n), align=4)
                builder.store(start if chain == 0 else ir.Constant(_VECTOR, None), total)
            steps = builder.sdiv(depth, _INDEX(chains))
            with cgutils.for_range(builder, count) as tap:
                source = builder.load(builder.gep(tap_list, [builder.add(first, tap.index)]))
                source = builder.add(source, shift)
                row_of_tap = builder.mul(tap.index, depth)
                with cgutils.for_range(builder, steps) as step:
                    for chain in range(chains):
                        k = builder.add(builder.mul(step.index, _INDEX(chains)), _INDEX(chain))
                        row = builder.mul(builder.add(row_of_tap, k), out_stride)
                        row = builder.add(weights, row)
                        loaded = [
                            builder.load(at(row, _INDEX(0), 0, n), align=4) for n in range(vectors)
                        ]
                        for m in range(rows):
                            place = builder.add(source, builder.mul(in_stride, _INDEX(m)))
                            place = builder.gep(base, [builder.add(place, k)])
                            number = splat(builder.load(place))
                            for n in range(vectors):
                                total = sums[chain, m, n]
                                value = builder.call(fma, [number, loaded[n], builder.load(total)])
                                builder.store(value, total)
            lowest = splat(floor)
            for m, n in grid:
                total = builder.load(sums[0, m, n])
                for chain in range(1, chains):
                    total = builder.fadd(total, builder.load(sums[chain, m, n]))
                above = builder.fcmp_ordered(">", total, lowest)
                builder.store(builder.select(above, total, lowest), sums[0, m, n])
            with builder.if_then(builder.icmp_signed(">=", residual, _INDEX(0))):
                for m, n in grid:
                    more = builder.load(at(residual, out_stride, m, n), align=4)
                    builder.store(builder.fadd(builder.load(sums[0, m, n]), more), sums[0, m, n])
            for m, n in grid:
                builder.store(builder.load(sums[0, m, n]), at(out, out_stride, m, n), align=4)
            return context.get_dummy_value()

        return signature, generate

    return tile


_tall2, _tall1 = _make_tile(_TALL, 2, 1), _make_tile(_TALL, 1, 1)
_four2, _four1 = _make_tile(4, 2, 1), _make_tile(4, 1, 1)
_two2, _two1 = _make_tile(2, 2, 1), _make_tile(2, 1, 2)
_one4, _one1 = _make_tile(1, 4, 2), _make_tile(1, 1, 2)
_HEIGHT, _WIDTH = _TALL, LANES


@njit(nogil=True, error_model="numpy", inline="never")
def product(  # type: ignore[no-untyped-def]
    memory, out, columns, init, init_stride, taps, first, count, shift, in_stride,
    weights, depth, floor, residual, rows,
):  # fmt: skip
    """The tile of `_make_tile` over `rows` rows and `columns` columns (a multiple of LANES).

    `depth` must be even. Rows of the result, of `init` and of `residual` lie `columns` apart
    (`init_stride` 0 repeats one row, a bias).
    """
    m = 0
    while m < rows:
        left = rows - m
        o, i, s = out + m * columns, init + m * init_stride, shift + m * in_stride
        r = residual + m * columns if residual >= 0 else -1
        n = 0
        if left >= _HEIGHT:
            step = _HEIGHT
            while n + 2 * _WIDTH <= columns:
                _tall2(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                       weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
                n += 2 * _WIDTH
            if n < columns:
                _tall1(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                       weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
        elif left >= 4:
            step = 4
            while n + 2 * _WIDTH <= columns:
                _four2(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                       weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
                n += 2 * _WIDTH
            if n < columns:
                _four1(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                       weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
        elif left >= 2:
            step = 2
            while n + 2 * _WIDTH <= columns:
                _two2(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                      weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
                n += 2 * _WIDTH
            if n < columns:
                _two1(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                      weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
        else:
            step = 1
            while n + 4 * _WIDTH <= columns:
                _one4(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                      weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
                n += 4 * _WIDTH
            while n < columns:
                _one1(memory, o + n, columns, i + n, init_stride, taps, first, count, s, in_stride,
                      weights + n, depth, floor, r + n if r >= 0 else -1)  # fmt: skip
                n += _WIDTH
        m += step
