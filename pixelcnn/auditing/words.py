"""A report as text for the terminal."""

from __future__ import annotations

from pathlib import Path

from pixelcnn.auditing.report import Culprit, NetworkReport
from pixelcnn.causality.mask_stack import offset_in_words

_PLACES = 3  # where a leak looks: more would be a list that nobody reads


def in_words(report: NetworkReport, pixel: tuple[int, int] | None = None) -> list[str]:
    """The lines of a report.

    Args:
        report: of any network.
        pixel: row and column of the pixel to describe; by default one that leaks, or the centre.
    """
    if report.masks is not None:
        return _batch_norm(report, pixel)
    lines = [_title(report), *(f"  {line}" for line in report.read_as)]
    if report.relation.size:
        lines += _counts(report, pixel)
    lines.append(_verdict(report, pixel))
    if report.culprit is not None:
        lines += _blamed("First to look ahead", report.culprit)
    if report.blind is not None:
        lines += _blamed("Blind spot", report.blind)
    return lines + [f"Note: {note}" for note in report.notes]


def _batch_norm(report: NetworkReport, pixel: tuple[int, int] | None) -> list[str]:
    assert report.masks is not None
    assert report.culprit is not None
    return [
        _title(report),
        f"LEAK: {report.culprit.name} {report.culprit.says}. What comes out for an image depends "
        "on the others of its batch.",
        "In evaluation mode, with its averages frozen, the rest of the network does this:",
        *in_words(report.masks, pixel),
    ]


def _title(report: NetworkReport) -> str:
    channels, height, width = report.shape
    how = "every operation followed" if report.proven else "one sub-pixel changed at a time"
    if report.shape[0] == 1 and not report.proven:
        how = "one pixel changed at a time"
    if report.verdict == "undecided" or report.masks is not None:
        how = "tried"
    return (
        f"{report.name}, {report.parameters:,} weights, images of {channels} x {height} x {width}, "
        f"{report.mode} mode: {how}."
    )


def _counts(report: NetworkReport, pixel: tuple[int, int] | None) -> list[str]:
    row, column = pixel or report.worst_pixel()
    at = report.at(row, column)
    unit = report.unit
    here = f"At row {row}, column {column}: sees {at.seen:,} of {at.legal:,} legal {unit}"
    everywhere = (
        f"Everywhere: sees {report.seen:,} of {report.legal:,} legal pairs of {unit} "
        f"({report.seen_share:.1%})"
    )
    if report.has_limit:
        here += f", {at.not_yet:,} more with more layers, {at.never:,} never (the blind spot)"
        everywhere += f"; {report.never:,} never, at any depth"
    return [f"{here}.", f"{everywhere}."]


def _verdict(report: NetworkReport, pixel: tuple[int, int] | None) -> str:
    if report.verdict == "undecided":
        return f"UNDECIDED: {report.reason}."
    unit = report.unit
    if not report.leaks and report.mixes_images:
        return (
            "LEAK: what comes out for an image depends on the others of its batch, so it has no "
            "likelihood of its own."
        )
    if not report.leaks:
        order = "" if report.order_name == "raster" else f" in the order {report.order_name}"
        if report.proven:
            return f"No leak: no output depends on its own or a later pixel{order}."
        return f"No leak was found{order}: none of the {unit} moved an output at it or before."
    row, column = pixel or report.worst_pixel()
    places = report.leaked_offsets()
    named = [offset_in_words(offset) for offset, _ in places[:_PLACES]]
    more = [f"{len(places) - _PLACES} places more"] if len(places) > _PLACES else []
    mixing = " What comes out for an image depends on the others of its batch, too." * (
        report.mixes_images
    )
    return (
        f"LEAK: {report.leaks:,} pairs look at the {unit[:-1]} itself or ahead "
        f"({report.at(row, column).leaks:,} of them at row {row}, column {column}). It sees: "
        f"{'; '.join([*named, *more])}. Its likelihoods mean nothing, and its samples will be "
        f"noise.{mixing}"
    )


def _blamed(what: str, culprit: Culprit) -> list[str]:
    lines = [f"{what}: {culprit.name} {culprit.says}."]
    if culprit.kernel is not None:
        lines += [f"    {' '.join(row)}" for row in culprit.kernel.rows]
        used = set("".join(culprit.kernel.rows))
        legend = {
            "#": "# read",
            "o": "o the pixel itself, read",
            ".": ". masked",
            "X": "X must not be read",
            "?": "? could be read",
        }
        lines.append(f"    {', '.join(text for key, text in legend.items() if key in used)}")
    if culprit.code is not None:
        file = Path(culprit.code.file).name
        lines.append(f"    {file}, line {culprit.code.number}: {culprit.code.text}")
    return lines
