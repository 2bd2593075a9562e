"""`compress` and `decompress`."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixelcnn.compression.coder import TOGETHER, StreamCoder
from pixelcnn.compression.form import (
    MOST_CHECKED,
    Form,
    Labels,
    Name,
    read_form,
    write_form,
)
from pixelcnn.compression.names import in_words, name_of, weights_hash
from pixelcnn.errors import DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.wasm.portable import checksum, portable
from pixelcnn.system.checks import check_whole

_IMAGES_A_BYTE = 64
"""At most: what a stream holds, and the time to read it, is bounded by its length."""
_AHEAD = 8
"""Bytes that a coder reads ahead."""
_MOST_BYTES = 2**30


def compress(
    model: AutoregressiveModel,
    images: Tensor,
    labels: Tensor | None = None,
    *,
    tell_labels: bool = False,
    named: bool | None = None,
    check: int = 0,
) -> bytes:
    """Images as a stream of bytes: as many as -log2 p of the images, over 8, and a part of one.

    Takes some milliseconds an image; see `Codec` for many streams of one model.

    Args:
        model: any model that the executor in WebAssembly supports.
        images: uint8 `(n, C, H, W)`, levels in `[0, levels)`.
        labels: int64 `(n,)`. They are written too, at log2(classes) bits each. Without them, the
            cheapest of all labels is found for each image, which takes as many times as long.
        tell_labels: the reader will be told the labels, so they are not written.
        named: whether the stream names the model, for a byte if the model is shipped and 4 or 5
            bytes else. None names it unless the stream is a single image without a check.
        check: bytes of a checksum of images and model, 0 to 4.

    Returns:
        The stream. A model with the same weights and the same version of the executor reads it, on
        any machine.

    Raises:
        ConfigError: the executor has no operation for a layer; `check`.
        DataError: images or labels that do not fit the model.
    """
    return Codec(model).compress(images, labels, tell_labels=tell_labels, named=named, check=check)


def decompress(model: AutoregressiveModel, data: bytes, labels: Tensor | None = None) -> Tensor:
    """The images of a stream that `compress` has written: uint8 `(n, C, H, W)`.

    Not every damage can be known: any bytes are some picture's. A stream is refused if no encoder
    would have written it just so: of single altered digits about 80 %, of longer streams nearly
    all. A check finds the others.

    Args:
        model: with the same weights.
        data: any bytes.
        labels: int64 `(n,)`, if they were told and not written.

    Raises:
        ConfigError: the executor has no operation for a layer.
        DataError: another model is named, or the stream is truncated or altered; labels that do
            not fit.
    """
    return Codec(model).decompress(data, labels).images


@dataclass(frozen=True)
class Decoded:
    """What was read from a stream.

    Attributes:
        images: uint8 `(n, C, H, W)`.
        labels: int64 `(n,)`; None for a model without classes.
        form: what the stream says of itself.
    """

    images: Tensor
    labels: Tensor | None
    form: Form


class Codec:
    """`compress` and `decompress` for many streams of one model with its present weights.

    May be shared by threads, which then wait for one another.

    Attributes:
        model: the model.
        name: how streams name it.
        labels: how many labels a stream may hold; 0 for a model without classes.
        program: its portable form, which a browser needs to read its streams.
    """

    def __init__(self, model: AutoregressiveModel) -> None:
        self.model = model
        self._hash = weights_hash(model)
        self.name = name_of(self._hash)
        config = model.config
        self.labels = config.classes + (config.label_dropout > 0)
        self.program = portable(model)
        self._coder = StreamCoder(self.program)
        self._lock = threading.Lock()

    def compress(
        self,
        images: Tensor,
        labels: Tensor | None = None,
        *,
        tell_labels: bool = False,
        named: bool | None = None,
        check: int = 0,
    ) -> bytes:
        """See `pixelcnn.compress`."""
        self.model.check_images(images)
        check_whole("check", check, 0, MOST_CHECKED)
        given = self._checked_labels(labels, len(images), tell_labels=tell_labels)
        if named is None:
            named = len(images) != 1 or check > 0
        form = Form(len(images), self.name if named else None, check=check)
        where = Labels.NONE
        if self.labels:
            where = Labels.TOLD if tell_labels else Labels.WRITTEN
        with self._lock:
            self._coder.begin_writing()
            write_form(self._coder, form, labels=where)
            self._write_images(images.cpu().numpy(), given, written=where == Labels.WRITTEN)
            for byte in self._checksum(images, check):
                self._coder.write(byte, 256)
            stream = self._coder.end_writing()
        least = _least_bytes(len(stream), len(images))
        return stream.rstrip(b"\0").ljust(least, b"\0")

    def decompress(
        self, data: bytes, labels: Tensor | None = None, *, strict: bool = True
    ) -> Decoded:
        """See `pixelcnn.decompress`. Not `strict`, an altered stream is read as far as it goes."""
        if len(data) > _MOST_BYTES:
            raise DataError(f"The stream has {len(data)} bytes; at most 2^30 can be read.")
        with self._lock:
            self._coder.begin_reading(data)
            form = self._read_form(data, labels)
            told = self._labels_to_read(form, labels)
            images, read = self._read_images(form.images, told, data, strict=strict)
            stack = np.stack(images) if images else np.zeros((0, *self.model.config.image_shape))
            found = torch.from_numpy(stack.astype(np.uint8))
            check = bytes(self._coder.read(256) for _ in range(form.check))
            size = self._coder.end_reading()
        if strict:
            if size is None or not _is_whole(data, size, form.images):
                raise _damaged("no encoder would have ended it so")
            if check != self._checksum(found, form.check):
                raise _damaged("its checksum is not that of the images")
        kept = torch.tensor(read, dtype=torch.int64) if self.labels else None
        return Decoded(found, kept, form)

    def _write_images(
        self, images: NDArray[np.uint8], labels: NDArray[np.int32] | None, *, written: bool
    ) -> None:
        coder = self._coder
        for start in range(0, len(images), TOGETHER):
            part = images[start : start + TOGETHER]
            if labels is not None or not self.labels:
                own = None if labels is None else labels[start : start + TOGETHER]
            else:
                own = np.array([self._cheapest_label(image) for image in part], np.int32)
            coder.know(part, own)
            for place in range(len(part)):
                if written and own is not None:
                    coder.write(int(own[place]), self.labels)
                coder.write_image(place)

    def _cheapest_label(self, image: NDArray[np.uint8]) -> int:
        """The label under which the image is likeliest."""
        totals = []
        for start in range(0, self.labels, TOGETHER):
            labels = np.arange(start, min(start + TOGETHER, self.labels), dtype=np.int32)
            self._coder.know(np.repeat(image[None], len(labels), axis=0), labels, log_probs=True)
            log_probs = self._coder.array("log_probs").astype(np.float64)
            totals += log_probs.sum(axis=(1, 2, 3)).tolist()
        return int(np.argmax(totals))

    def _read_images(
        self, count: int, told: NDArray[np.int64] | None, data: bytes, *, strict: bool
    ) -> tuple[list[NDArray[np.uint8]], list[int]]:
        images: list[NDArray[np.uint8]] = []
        labels: list[int] = []
        for number in range(count):
            if self.labels:
                labels.append(self._coder.read(self.labels) if told is None else int(told[number]))
            images.append(self._coder.read_image(labels[-1] if labels else None))
            if self._coder.used() > len(data) + _AHEAD:
                if strict:
                    raise _damaged(f"it ends in image {number + 1} of {count}")
                break
        return images, labels

    def _read_form(self, data: bytes, labels: Tensor | None) -> Form:
        form = read_form(self._coder)
        if form is None:
            raise _damaged("its form is unknown here, so it may be one of a later version")
        if form.name not in (None, self.name, Name(hash=self._hash)):
            assert form.name is not None
            raise DataError(
                f"The stream was written by {in_words(form.name)}, and this is "
                f"{in_words(self.name)}. Use the model that wrote it, with the same weights."
            )
        if form.images > _IMAGES_A_BYTE * max(len(data), 1):
            raise _damaged(f"it says that it holds {form.images} images")
        expected = (Labels.WRITTEN, Labels.TOLD) if self.labels else (Labels.NONE,)
        if form.labels is not None and form.labels not in expected:
            raise _damaged("it was written for a model with other classes")
        if form.labels == Labels.WRITTEN and labels is not None:
            raise DataError("labels were given, but the stream holds its own. Leave them out.")
        if form.labels == Labels.TOLD and labels is None:
            raise DataError(
                "labels are missing: the stream was written for a reader who knows them. Give the "
                "labels with which it was written."
            )
        return form

    def _labels_to_read(self, form: Form, labels: Tensor | None) -> NDArray[np.int64] | None:
        """The labels that were told; None if the stream has them."""
        if labels is None:
            return None
        given = self._checked_labels(labels, form.images, tell_labels=True)
        return None if given is None else given.astype(np.int64)

    def _checked_labels(
        self, labels: Tensor | None, images: int, *, tell_labels: bool
    ) -> NDArray[np.int32] | None:
        if labels is None and self.labels and not tell_labels:
            return None
        labels = self.model.full_labels(labels, images)
        if labels is None:
            return None
        if not tell_labels and labels.numel() and int(labels.max()) >= self.labels:
            raise DataError(
                f"labels holds {int(labels.max())}, of an image in another order; a stream can "
                f"hold labels below {self.labels}. Use tell_labels=True, and give them to "
                "decompress."
            )
        return labels.cpu().numpy().astype(np.int32)

    def _checksum(self, images: Tensor, size: int) -> bytes:
        """The first bytes of a CRC-32 of the images, begun with that of the model's program."""
        return zlib.crc32(images.cpu().numpy().tobytes(), checksum(self.program)).to_bytes(
            4, "big"
        )[:size]


def _least_bytes(written: int, images: int) -> int:
    """How many bytes remain when zeros at the end are cut: few bytes must not hold many images."""
    return max(written - _AHEAD, -(-images // _IMAGES_A_BYTE) if images > 1 else 0)


def _is_whole(data: bytes, written: int, images: int) -> bool:
    """Whether a stream has the length that the encoder would have given it."""
    used = len(data.rstrip(b"\0"))
    return used <= written and len(data) == max(used, _least_bytes(written, images))


def _damaged(what: str) -> DataError:
    return DataError(
        f"The stream cannot be read: {what}. It is truncated or altered, or another model wrote it."
    )
