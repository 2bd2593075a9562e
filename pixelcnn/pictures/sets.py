"""A set of pictures: all that was sent, read; what could not be is named, with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import DataError
from pixelcnn.pictures.archives import File, Unpacking, files_below, sent, unpacked
from pixelcnn.pictures.classes import folders_of, numbered
from pixelcnn.pictures.deadline import Deadline
from pixelcnn.pictures.decode import ENDINGS, by_range, decode, shown
from pixelcnn.pictures.forms import Form
from pixelcnn.pictures.limits import LIMITS, Limits, megabytes
from pixelcnn.pictures.photograph import Floats
from pixelcnn.pictures.reading import FINE_SIDE, Greys, Reading, as_floats, read_picture
from pixelcnn.pictures.resampling import resampled
from pixelcnn.pictures.tables import Arrays, Table, arrays_of, is_table, tables_in

Report = Callable[[int, int], None]
_READERS = 2
_UNSURE = 0.35  # below which a picture's ink follows that of the others


@dataclass(frozen=True)
class LeftOut:
    """What does not take part: its name, and why, as half a sentence."""

    name: str
    reason: str


def _left_out(name: str, error: DataError) -> LeftOut:
    """With the reason alone, where the message begins with the name."""
    reason = str(error).removeprefix(f"{shown(name)} ").rstrip(".")
    return LeftOut(shown(name), reason)


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures to learn from.

    Attributes:
        greys: uint8 `(N, 1, S, S)`: 0 for paper, 255 for ink; as they are, their own greys.
        labels: int64 `(N,)`; all 0 without classes.
        class_names: names of the classes; empty for none.
        names: of each picture, fit for a message.
        sources: uint8 `(N, S', S')`: each as it came, with nothing done; for reading it again.
        light: bool `(N,)`: whether its ink is lighter than its paper.
        drawn: bool `(N,)`: whether it is ink on paper, whose strokes are kept when it is shrunk;
            False as it is.
        kept: bool `(N,)`: whether it takes part.
        left_out: what could not be read.
        form: how they were read.
    """

    greys: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    names: tuple[str, ...]
    sources: NDArray[np.uint8]
    light: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    left_out: tuple[LeftOut, ...] = ()
    form: Form = "digit"


def drawings(
    greys: NDArray[np.uint8], labels: NDArray[np.int64], class_names: tuple[str, ...] = ()
) -> PictureSet:
    """A set of drawings that were made here: uint8 `(N, 1, S, S)`, 255 for ink."""
    count = len(greys)
    return PictureSet(
        greys=greys,
        labels=labels,
        class_names=class_names,
        names=tuple(f"no. {at + 1}" for at in range(count)),
        sources=greys[:, 0],
        light=np.ones(count, bool),
        drawn=np.ones(count, bool),
        kept=np.ones(count, bool),
        form="part",
    )


@dataclass(frozen=True)
class _Item:
    """A picture that can be read when its turn comes; `grey` raises a `DataError`."""

    name: str
    label: str
    grey: Callable[[], Floats]
    form: Form


@dataclass
class _Seen:
    """How many pixels of a set were decoded so far."""

    pixels: int = 0


def read_sent(
    files: Sequence[tuple[str, bytes]],
    form: Form = "digit",
    *,
    progress: Report | None = None,
    limits: Limits = LIMITS,
) -> PictureSet:
    """Read what a browser sent: pictures, tables, and zips of them.

    Args:
        files: names and contents.
        form: see `reading.read_picture`. Pictures in tables keep their frame, since whoever made
            the table has framed them.
        progress: called with (pictures read, pictures in all).
        limits: see there.

    Raises:
        DataError: too much, or nothing that can be learnt from (see `check`).
    """
    if sum(len(content) for _, content in files) > limits.sent_bytes:
        raise DataError(
            f"These files have more than {megabytes(limits.sent_bytes)} together. Shrink the "
            "pictures first, or take fewer."
        )
    return read_files(sent(files), form, progress=progress, limits=limits)


def read_folder(
    root: Path,
    form: Form = "digit",
    *,
    progress: Report | None = None,
    limits: Limits = LIMITS,
) -> PictureSet:
    """Read the pictures in a folder, or in a single file such as a zip or a table.

    Args and errors are those of `read_sent`.
    """
    return read_files(files_below(root, limits), form, progress=progress, limits=limits)


def read_files(
    files: Iterable[File], form: Form, *, progress: Report | None, limits: Limits
) -> PictureSet:
    """See `read_sent`."""
    deadline = Deadline(limits.seconds, None if progress is None else partial(progress, 0, 1))
    items, left_out = _items(files, form, limits, deadline)
    readings, refused = _read_all(items, progress, deadline)
    left_out += refused
    pairs = [(item, one) for item, one in zip(items, readings, strict=True) if one is not None]
    found = _stacked(pairs, tuple(left_out), form, limits)
    check(found, limits)
    return found


def check(found: PictureSet, limits: Limits = LIMITS) -> None:
    """Raise what makes a set impossible to learn from.

    Raises:
        DataError: too few pictures, all of them blank, or all of them equal.
    """
    count = int(found.kept.sum())
    blank = _blank(found.greys)
    if len(found.greys) and blank.all():
        raise DataError(
            f"All {len(found.greys)} pictures are blank: nothing darker or lighter than the paper "
            "was found on them. Try As they are, or other pictures."
        )
    if count < limits.least:
        reasons = "".join(f" {one.name}: {one.reason}." for one in found.left_out[:3])
        raise DataError(
            f"There {'is' if count == 1 else 'are'} {count or 'no'} "
            f"{'picture' if count == 1 else 'pictures'} to learn from, and at least {limits.least} "
            f"are needed.{reasons}"
        )
    greys = found.greys[found.kept]
    if (greys == greys[0]).all():
        raise DataError(
            f"All {count} pictures are equal, so there is nothing to learn but one. Take different "
            "ones."
        )


def changed(
    found: PictureSet,
    index: int,
    *,
    kept: bool | None = None,
    as_it_is: bool = False,
    invert: bool = False,
) -> PictureSet:
    """The set with one picture left out or put back, read as it is, or with paper and ink swapped.

    Raises:
        DataError: there is no such picture.
    """
    if not 0 <= index < len(found.greys):
        raise DataError(f"There is no picture {index}: there are {len(found.greys)}.")
    arrays = {name: getattr(found, name).copy() for name in ("greys", "light", "drawn", "kept")}
    if as_it_is or invert:
        light = not bool(found.light[index])
        source = as_floats(found.sources[index])
        form: Form = "as-is" if as_it_is else "part" if found.form == "as-is" else found.form
        one = read_picture(source, form, light=light if invert else None)
        if invert and not found.drawn[index]:
            one = replace(one, greys=255 - found.greys[index, 0], drawn=False)
        arrays["greys"][index, 0] = _at_side(one.greys, found.greys.shape[-1])
        arrays["light"][index], arrays["drawn"][index] = one.light, one.drawn
        arrays["kept"][index] = True
    if kept is not None:
        arrays["kept"][index] = kept
    return replace(found, **arrays)


# ---------------------------------------------------------------- what there is to read


def _items(
    files: Iterable[File], form: Form, limits: Limits, deadline: Deadline
) -> tuple[list[_Item], list[LeftOut]]:
    unpacking = Unpacking(limits, deadline)
    pictures: list[File] = []
    arrays: Arrays = {}
    left_out: list[LeftOut] = []
    for file in unpacked(files, limits, unpacking):
        name = file.parts[-1]
        try:
            if is_table(name):
                arrays |= arrays_of(file.name, file.read(), unpacking)
            elif name.lower().endswith(ENDINGS):
                pictures.append(file)
            else:
                _refuse_unreadable(file)
        except DataError as error:
            left_out.append(_left_out(file.name, error))
    seen = _Seen()
    labels = folders_of([file.parts for file in pictures])
    items = [
        _Item(file.name, label, _decoder(file, seen, limits), form)
        for file, label in zip(pictures, labels, strict=True)
    ]
    tables, others = tables_in(arrays)
    left_out += [LeftOut(shown(name), "neither pictures nor labels for some") for name in others]
    for table in tables:
        try:
            items += _rows(table, form)
        except ValueError as error:
            left_out.append(LeftOut(shown(table.name), f"it cannot be read: {error}"))
    if len(items) > limits.pictures:
        # Evenly from all over: many sets are sorted by class.
        places = np.linspace(0, len(items) - 1, limits.pictures).round().astype(int)
        left_out.append(
            LeftOut(
                f"{len(items) - limits.pictures:,} of {len(items):,} pictures",
                f"a set has at most {limits.pictures:,}",
            )
        )
        items = [items[at] for at in places]
    return items, left_out


def _refuse_unreadable(file: File) -> None:
    """Raise why a file that is neither picture nor table does not take part."""
    if file.name.lower().endswith(".zip"):
        file.read()
    ending = file.parts[-1].rpartition(".")[2]
    raise DataError(f"files that end in .{shown(ending)} are not read")


def _decoder(file: File, seen: _Seen, limits: Limits) -> Callable[[], Floats]:
    def grey() -> Floats:
        if seen.pixels > limits.all_pixels:
            raise DataError(f"the pictures before it have {limits.all_pixels:,} pixels already")
        values, pixels = decode(file.name, file.read(), limits=limits)
        seen.pixels += pixels
        return values

    return grey


def _rows(table: Table, form: Form) -> list[_Item]:
    greys = by_range(table.pictures)
    labels = table.labels or [""] * len(greys)
    framed: Form = "part" if form == "digit" else form
    return [
        _Item(f"{table.name}, no. {at + 1}", labels[at], partial(np.asarray, grey), framed)
        for at, grey in enumerate(greys)
    ]


# ---------------------------------------------------------------- reading


def _read_all(
    items: Sequence[_Item], progress: Report | None, deadline: Deadline
) -> tuple[list[Reading | None], list[LeftOut]]:
    """Read all; an exception of `progress` ends that at once."""
    done = 0
    refused: dict[int, LeftOut] = {}

    def read(at: int, light: bool | None = None) -> Reading | None:
        item = items[at]
        try:
            deadline.check()
            return read_picture(item.grey(), item.form, light=light)
        except DataError as error:
            refused[at] = _left_out(item.name, error)
        except Exception as error:  # whatever is odd about one picture must not stop the others
            refused[at] = LeftOut(shown(item.name), f"it cannot be read ({type(error).__name__})")
        return None

    with ThreadPoolExecutor(_READERS) as pool, _cancelling(deadline):
        readings: list[Reading | None] = []
        for one in pool.map(read, range(len(items))):
            readings.append(one)
            done += 1
            if progress is not None:
                progress(done, len(items))
        # Who is unsure which of the two is ink follows those who are sure.
        sure = [one.light for one in readings if one and one.drawn and one.sure >= _UNSURE]
        most = sum(sure) > len(sure) / 2
        again = [
            at
            for at, one in enumerate(readings)
            if one and one.drawn and sure and one.sure < _UNSURE and one.light != most
        ]
        for at, one in zip(again, pool.map(read, again, [most] * len(again)), strict=True):
            readings[at] = one or readings[at]
    return readings, [one for _, one in sorted(refused.items())]


@contextmanager
def _cancelling(deadline: Deadline) -> Iterator[None]:
    """Let the readers end at once if what is inside fails, for example as its session has ended."""
    try:
        yield
    except BaseException:
        deadline.cancel()
        raise


def _stacked(
    pairs: list[tuple[_Item, Reading]], left_out: tuple[LeftOut, ...], form: Form, limits: Limits
) -> PictureSet:
    """One array of all: at their own side where they share it, or else at one that holds it."""
    readings = [one for _, one in pairs]
    sides = {len(one.greys) for one in readings}
    own = sorted(side for side in sides if side <= limits.side)
    if len(sides) == 1:
        side = sides.pop()
    elif own:
        side = own[-1] * -(-FINE_SIDE // own[-1])
    else:
        side = FINE_SIDE
    source_side = max((len(one.source) for one in readings), default=side)
    labels, class_names = numbered([item.label for item, _ in pairs], limits)
    greys = np.zeros((len(pairs), 1, side, side), np.uint8)
    sources = np.zeros((len(pairs), source_side, source_side), np.uint8)
    for at, one in enumerate(readings):
        greys[at, 0] = _at_side(one.greys, side)
        sources[at] = _at_side(one.source, source_side)
    return PictureSet(
        greys=greys,
        labels=labels,
        class_names=class_names,
        names=tuple(shown(item.name) for item, _ in pairs),
        sources=sources,
        light=np.array([one.light for one in readings], bool),
        drawn=np.array([one.drawn for one in readings], bool),
        kept=~_blank(greys),
        left_out=left_out,
        form=form,
    )


def _blank(greys: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each picture `(N, 1, S, S)` is the same all over."""
    flat = greys.reshape(len(greys), math.prod(greys.shape[1:]))
    blank: NDArray[np.bool_] = flat.min(axis=1) == flat.max(axis=1)
    return blank


def _at_side(greys: Greys, side: int) -> Greys:
    """At another side; as whole squares where it is a multiple, so that it can be undone."""
    if len(greys) == side:
        return greys
    if side % len(greys) == 0:
        return greys.repeat(side // len(greys), 0).repeat(side // len(greys), 1)
    return np.floor(resampled(greys.astype(np.float32), side, side) + 0.5).astype(np.uint8)
