"""`python -m pixelcnn bench reach`."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from pixelcnn.cli.bench.report import OnSomeCores
from pixelcnn.system.checks import check_whole


@dataclass(frozen=True)
class BenchReach(OnSomeCores):
    """Time the exact receptive field of one stack: shifting bits against following the network.

    Example: python -m pixelcnn bench reach --layers 30

    Both compute the receptive fields of all pixels after every layer, and must agree.

    Attributes:
        size: rows and columns of the image, in pixels.
        layers: masked convolutions after the first.
        first_kernel_size: of the first one.
        kernel_size: of the others.
        rounds: timings of each, alternating; medians are compared.
        threads: CPU cores to use; by default all.
    """

    size: int = 28
    layers: int = 30
    first_kernel_size: int = 7
    kernel_size: int = 3
    rounds: int = 5
    threads: int | None = None

    def measure(self) -> int:
        import numpy as np

        from pixelcnn.causality.mask_stack import MaskStack
        from pixelcnn.causality.reach import receptive_field
        from pixelcnn.causality.stack_growth import masked_stack, stack_receptive_field

        check_whole("--rounds", self.rounds, 1)
        check_whole("--layers", self.layers, 1)
        masks = MaskStack.correct((self.first_kernel_size, self.kernel_size)).masks
        fast: list[float] = []
        general: list[float] = []
        for _ in range(self.rounds):
            start = time.perf_counter()
            grown = stack_receptive_field(*masks, size=self.size, layers=self.layers).relations[-1]
            fast.append(1000 * (time.perf_counter() - start))
            network = masked_stack(*masks, size=self.size, blocks=self.layers)
            start = time.perf_counter()
            followed = receptive_field(network)
            general.append(1000 * (time.perf_counter() - start))
            assert np.array_equal(grown, followed)
        best, slow = statistics.median(fast), statistics.median(general)
        print(f"{self.layers} layers on {self.size} x {self.size} pixels, all receptive fields:")
        print(f"  shifting bits, after each layer          {best:8.1f} ms")
        print(f"  tracing and following the network        {slow:8.1f} ms   {slow / best:.1f} x")
        return 0
