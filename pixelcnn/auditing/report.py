"""What an audit has found: one report for every kind of network."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pixelcnn.auditing.orders import legal_in
from pixelcnn.auditing.steps import CodeLine
from pixelcnn.causality.reach import AuditReport, BoolArray

Verdict = Literal["none", "leak", "undecided"]
Offset = tuple[int, int]


@dataclass(frozen=True)
class Kernel:
    """A kernel to be drawn.

    Attributes:
        rows: one character for each weight: `#` read, `.` masked, `X` looks ahead, `o` the pixel
            itself where it may be read, `?` would have to be read.
        offset: how far the weight to blame reads, in rows and columns.
        position: row and column of this weight in the kernel.
    """

    rows: tuple[str, ...]
    offset: Offset
    position: tuple[int, int]


@dataclass(frozen=True)
class Culprit:
    """The operation that looks ahead, or that makes a blind spot.

    Attributes:
        module: dotted path of the module, empty for the network itself.
        kind: its class.
        operation: PyTorch's name of the operation.
        says: what it does wrong, in a sentence without a subject.
        kernel: for a convolution.
        code: the line where it is carried out.
    """

    module: str
    kind: str
    operation: str
    says: str
    kernel: Kernel | None = None
    code: CodeLine | None = None

    @property
    def name(self) -> str:
        """Such as "`layers.2`, MaskedConv2d 3 x 3"."""
        size = ""
        if self.kernel is not None:
            size = f" {len(self.kernel.rows)} x {len(self.kernel.rows[0])}"
        if not self.module:
            return f"the network itself ({self.operation})"
        return f"`{self.module}`, {self.kind}{size}"


@dataclass(frozen=True, eq=False)
class NetworkReport(AuditReport):
    """Who sees whom in a network, whether it looks ahead, and which layer does.

    Of `relation`, the first three axes are `(1, H, W)` where a pixel is predicted with all its
    colours at once. `limit` is the `relation` itself where nobody can tell what more layers of the
    kind would see.

    Attributes:
        name: of the network.
        verdict: `none` if nothing leaks, `leak`, or `undecided`.
        reason: why it is undecided.
        proven: every operation was followed (by taps); otherwise it was found by trying.
        order: `(H, W)`, the step at which each pixel is generated.
        order_name: such as `raster`.
        shape: channels, height and width of the images that it was tried with.
        parameters: how many numbers it learns.
        read_as: how input and output were read, in words.
        notes: what else is to be known, in sentences.
        culprit: the first operation that looks ahead.
        blind: the operation that makes a blind spot.
        mixes_images: what comes out for an image depends on the others of its batch.
        masks: where batch normalisation alone looks ahead or hides the rest, the same audit with
            its averages frozen.
        mode: in which it was tried.
        has_limit: `limit` is what more layers of the kind would see.
    """

    name: str = ""
    verdict: Verdict = "undecided"
    reason: str = ""
    proven: bool = False
    order: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    order_name: str = "raster"
    shape: tuple[int, int, int] = (1, 0, 0)
    parameters: int = 0
    read_as: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    culprit: Culprit | None = None
    blind: Culprit | None = None
    mixes_images: bool = False
    masks: NetworkReport | None = None
    mode: Literal["training", "evaluation"] = "evaluation"
    has_limit: bool = False

    @property
    def legal_map(self) -> BoolArray:
        """Pairs in which the source is generated before the target."""
        return legal_in(self.order, self.relation.shape[0])

    @property
    def causal(self) -> bool:
        """Whether it was found that nothing leaks."""
        return self.verdict == "none"

    @property
    def status(self) -> int:
        """The exit status: 0 for no leak, 1 for a leak, 2 for undecided."""
        return {"none": 0, "leak": 1, "undecided": 2}[self.verdict]

    @property
    def unit(self) -> str:
        """What is counted: `pixels`, or with colours `sub-pixels`."""
        return "pixels" if self.relation.shape[0] == 1 else "sub-pixels"

    def leaked_offsets(self) -> list[tuple[Offset, int]]:
        """Where forbidden pixels lie, in rows and columns from the target, and how many targets
        see one there; the nearest first. Colours count as one."""
        forbidden = self.relation & ~self.legal_map
        counts: dict[Offset, int] = {}
        for row, column, source_row, source_column in np.argwhere(forbidden.any(axis=(0, 3))):
            offset = (int(source_row - row), int(source_column - column))
            counts[offset] = counts.get(offset, 0) + 1
        return sorted(counts.items(), key=lambda item: (sum(map(abs, item[0])), item[0]))

    def worst_pixel(self) -> tuple[int, int]:
        """The pixel that sees most of what it must not; the centre where there is none."""
        forbidden = (self.relation & ~self.legal_map).sum(axis=(0, 3, 4, 5))
        height, width = forbidden.shape
        if not forbidden.any():
            return height // 2, width // 2
        middle = np.hypot(
            *(np.indices(forbidden.shape) - np.array([[[height // 2]], [[width // 2]]]))
        )
        worst = np.argwhere(forbidden == forbidden.max())
        row, column = min(worst.tolist(), key=lambda place: middle[tuple(place)])
        return int(row), int(column)

    def as_json(self, pixel: tuple[int, int] | None = None) -> dict[str, Any]:
        """All of it but the relation, as JSON takes it."""
        content: dict[str, Any] = {
            "model": self.name,
            "verdict": self.verdict,
            "reason": self.reason,
            "tried": not self.proven,
            "mode": self.mode,
            "shape": list(self.shape),
            "parameters": self.parameters,
            "order": self.order_name,
            "read_as": list(self.read_as),
            "notes": list(self.notes),
            "mixes_images": self.mixes_images,
            "first_to_look_ahead": _culprit_json(self.culprit),
            "makes_the_blind_spot": _culprit_json(self.blind),
        }
        if self.relation.size:
            content |= {key: getattr(self, key) for key in ("legal", "seen", "leaks", "seen_share")}
            content["leaks_at"] = [
                {"rows": rows, "columns": columns, "targets": targets}
                for (rows, columns), targets in self.leaked_offsets()
            ]
            row, column = pixel or self.worst_pixel()
            at = {"row": row, "column": column} | asdict(self.at(row, column))
            if self.has_limit:
                content["never"] = self.never
            else:
                del at["not_yet"], at["never"]
            content["pixel"] = at
        if self.masks is not None:
            content["masks"] = self.masks.as_json(pixel)
        return content


def undecided(*, reason: str, **known: Any) -> NetworkReport:
    """The report of a network of which nothing could be found out."""
    nothing = np.zeros((1, 0, 0, 1, 0, 0), bool)
    return NetworkReport(nothing, nothing, reason=reason, **known)


def _culprit_json(culprit: Culprit | None) -> dict[str, Any] | None:
    if culprit is None:
        return None
    code = culprit.code
    return {
        "module": culprit.module,
        "kind": culprit.kind,
        "operation": culprit.operation,
        "says": culprit.says,
        "kernel": None if culprit.kernel is None else list(culprit.kernel.rows),
        "offset": None if culprit.kernel is None else list(culprit.kernel.offset),
        "code": None
        if code is None
        else {"file": code.file, "line": code.number, "text": code.text},
    }
