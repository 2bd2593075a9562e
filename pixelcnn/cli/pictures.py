"""`python -m pixelcnn pictures`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from pixelcnn.errors import DataError
from pixelcnn.pictures.forms import Form
from pixelcnn.system.output import check_writable
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.pictures.sets import PictureSet

_NAMED = 20


@dataclass(frozen=True)
class Pictures:
    """Look at your own pictures as a network gets them, and correct what was read wrongly.

    Example: python -m pixelcnn pictures photos.zip --size 14 --leave-out 3/blurred.jpg
    --output my-set && python -m pixelcnn train --data own --data-root my-set --size 14

    Attributes:
        root: a folder, a zip, a table (CSV, NPY, NPZ, IDX), or what --output wrote before.
        form: how pictures are read: `digit` centres and scales drawings as MNIST's were, `part`
            keeps their frame, `as-is` their greys too.
        size: rows and columns in pixels; by default their own, or 28.
        levels: of grey.
        leave_out: names of pictures that are to take no part.
        put_back: names of pictures that were left out and are to take part.
        invert: names of pictures whose paper was taken for ink.
        as_is: names of pictures to use with nothing done to them.
        sheet: where to write the contact sheet, the odd pictures first.
        output: a folder to keep the set in, to train on it with --data own --data-root FOLDER.
    """

    root: tyro.conf.Positional[Path]
    form: Form = "digit"
    size: int | None = None
    levels: int = 2
    leave_out: tuple[str, ...] = ()
    put_back: tuple[str, ...] = ()
    invert: tuple[str, ...] = ()
    as_is: tuple[str, ...] = ()
    sheet: Path = Path("contact-sheet.png")
    output: Path | None = None

    def run(self) -> int:
        """Read, correct, tell and write; returns the exit status."""
        check_writable(self.sheet, (".png",))
        from pixelcnn.data.images import save_image
        from pixelcnn.data.own import content_of, pack_own, unpack_own
        from pixelcnn.pictures.sets import check
        from pixelcnn.runs.own_pictures import contact_sheet

        with Progress("reading") as progress:
            content = content_of(self.root, self.form, progress.rows)
        images, shift = unpack_own(content)
        images = self._corrected(images)
        check(images)
        save_image(self.sheet, contact_sheet(images, self.size, self.levels))
        print("\n".join(report(images)))
        print(f"What the network gets, the odd ones first: {self.sheet}")
        if self.output is not None:
            _keep(self.output, pack_own(images, shift))
            print(f"Train on them with: --data own --data-root {self.output}")
        return 0

    def _corrected(self, images: PictureSet) -> PictureSet:
        from pixelcnn.pictures.sets import changed

        for name in self.leave_out:
            images = changed(images, _number(images, name), kept=False)
        for name in self.put_back:
            images = changed(images, _number(images, name), kept=True)
        for name in self.invert:
            images = changed(images, _number(images, name), invert=True)
        for name in self.as_is:
            images = changed(images, _number(images, name), as_it_is=True)
        return images


def report(images: PictureSet) -> list[str]:
    """What there is, what is odd about it, and what takes no part and why: lines for a terminal."""
    from pixelcnn.pictures.contact_sheet import all_left_out
    from pixelcnn.runs.own_pictures import odd_first

    classes = f" of {len(images.class_names)} classes" if images.class_names else ""
    lines = [f"{int(images.kept.sum()):,} pictures{classes} take part."]
    if images.class_names:
        counts = [
            int((images.labels[images.kept] == at).sum()) for at in range(len(images.class_names))
        ]
        told = [f"{name} ({count})" for name, count in zip(images.class_names, counts, strict=True)]
        lines.append(f"Classes: {', '.join(told)}")
    _, odd = odd_first(images)
    lines += _listed("Look at these:", [f"{images.names[one.index]}: {one.reason}" for one in odd])
    gone = [f"{one.name}: {one.reason}" for one in all_left_out(images)]
    return lines + _listed("Left out:", gone)


def _listed(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  and {len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
    return [title, *(f"  {line}" for line in lines[:_NAMED]), *more]


def _number(images: PictureSet, name: str) -> int:
    """The picture that a name means: a whole one, or its end, if no other ends so.

    Raises:
        DataError: there is no such picture, or there are several.
    """
    whole = [at for at, one in enumerate(images.names) if one == name]
    found = whole or [at for at, one in enumerate(images.names) if one.endswith(f"/{name}")]
    if len(found) != 1:
        raise DataError(
            f"{name!r} names {len(found) or 'no'} picture{'s' * (len(found) > 1)}. Give a name as "
            "the list shows it."
        )
    return found[0]


def _keep(folder: Path, content: bytes) -> None:
    from pixelcnn.data.names import OWN_FILE
    from pixelcnn.system.atomic_files import atomic_write

    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / OWN_FILE, content)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error.strerror}).") from error
