"""The range coder of the executor, and what it says of images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.sampling.wasm.executor import Executor, Shape
from pixelcnn.sampling.wasm.portable import Portable

SHARE_BITS = 28
_BYTES_A_LEVEL = 4
"""No level costs more than 28 bits, and a little for rounding."""
_ROOM = 4096
"""Bytes beside those of the levels: for the form of a stream and for labels."""
TOGETHER = 16
"""Images encoded together: more are no faster."""
_OTHER_END = 2**32 - 1


class StreamCoder(Executor):
    """An executor that writes and reads one stream at a time."""

    def __init__(self, program: Portable) -> None:
        super().__init__(program)
        header = program.header
        self._levels = header["colours"] * header["height"] * header["width"]
        self._size = TOGETHER * self._levels * _BYTES_A_LEVEL + _ROOM
        self._coder = self._call("coder")
        self._stream = self._call("reserve", self._size)
        self._mark = self._call("mark")  # `prepare` gives back only what follows
        self._settled: list[bytes] = []

    # --- writing ---------------------------------------------------------------------------------

    def begin_writing(self) -> None:
        """Begin an empty stream."""
        self._settled = []
        self._call("start_coder", self._coder, self._stream, self._size, 0)

    def know(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int32] | None,
        *,
        log_probs: bool = False,
    ) -> None:
        """Compute the network's outputs for images, `TOGETHER` at most.

        Args:
            images: uint8 `(n, C, H, W)`.
            labels: int32 `(n,)`, or None for a model without classes.
            log_probs: keep those of the levels too, in the array of this name.
        """
        self.prepare(Shape(len(images), with_outputs=True))
        self.options(1.0, 0.0, log_probs=log_probs)
        self._call("decode", self._context, 0)
        self.array("images")[:] = images
        self.array("known")[:] = 1
        if labels is not None:
            self.array("labels")[:] = labels
        self.begin()
        self.rows(0, 0, self.header["height"])

    def write_image(self, image: int) -> None:
        """Write one of the images that `know` was given."""
        self._call("encode", self._context, image, self._coder)
        self._take_settled()

    def write(self, number: int, count: int) -> None:
        """Write one of `count` equally likely numbers, 2^16 of them at most."""
        self._call("code_number", self._coder, number, count)

    def write_answer(self, yes: bool, share: float) -> None:
        """Write yes or no; yes has this probability."""
        self._call("code_answer", self._coder, int(yes), round(share * 2**SHARE_BITS))

    def end_writing(self) -> bytes:
        """The stream, with the zeros at its end."""
        size = self._call("finish_coder", self._coder)
        return b"".join([*self._settled, self._written(size)])

    def _written(self, size: int) -> bytes:
        assert size <= self._size, "a level costs more than it can"
        return self._view(self._stream, (size,), np.uint8).tobytes()

    def _take_settled(self) -> None:
        """Take the bytes that no carry can change any more: those before the last below 255."""
        written = self._written(self._call("coded", self._coder))
        settled = max(len(written.rstrip(b"\xff")) - 1, 0)
        if settled:
            self._settled.append(written[:settled])
            self._call("taken_from", self._coder, settled)

    # --- reading ---------------------------------------------------------------------------------

    def begin_reading(self, data: bytes) -> None:
        """Begin to read a stream.

        Raises:
            DataError: it does not fit into the memory of the executor.
        """
        self.shape = None
        self._call("release", self._mark)
        place = self._call("reserve", max(len(data), 1))
        if not place:
            raise DataError(f"The stream has {len(data)} bytes, which do not fit into memory.")
        self._view(place, (len(data),), np.uint8)[:] = np.frombuffer(data, np.uint8)
        self._call("start_coder", self._coder, place, len(data), 1)
        self._mark, start = self._call("mark"), self._mark
        try:
            self.prepare(Shape(1))
        finally:
            self._mark = start

    def read_image(self, label: int | None) -> NDArray[np.uint8]:
        """The next image: uint8 `(C, H, W)`."""
        self.options(1.0, 0.0)
        self.array("images")[:] = 0
        self.array("known")[:] = 0
        if label is not None:
            self.array("labels")[:] = label
        self._call("decode", self._context, self._coder)
        self.begin()
        self.rows(0, 0, self.header["height"])
        image: NDArray[np.uint8] = self.array("images")[0].copy()
        return image

    def read(self, count: int) -> int:
        """One of `count` equally likely numbers."""
        return self._call("code_number", self._coder, 0, count)

    def read_answer(self, share: float) -> bool:
        """Yes or no; yes has this probability."""
        return bool(self._call("code_answer", self._coder, 0, round(share * 2**SHARE_BITS)))

    def used(self) -> int:
        """Bytes on which nothing more depends; they may be more than there are."""
        return self._call("coded", self._coder)

    def end_reading(self) -> int | None:
        """Bytes that the encoder would have written, zeros at the end included; None if others."""
        size = self._call("finish_coder", self._coder)
        return None if size == _OTHER_END else size
