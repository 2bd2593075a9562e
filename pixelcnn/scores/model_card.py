"""Model cards: a checkpoint's facts as Markdown, to read before using the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixelcnn.checkpoints.header import Header
from pixelcnn.models.parameters import ParameterCount
from pixelcnn.scores.intervals import Interval
from pixelcnn.scores.samples import SampleScores
from pixelcnn.system.plain_text import plain


def model_card(
    name: str,
    header: Header,
    parameters: ParameterCount,
    scores: SampleScores,
    *,
    about: str = "",
    command: str = "",
    sheet: str = "",
    kinds: Mapping[str, Any] | None = None,
    size: str = "",
) -> str:
    """The facts about a checkpoint, and the command behind each figure.

    Args:
        name: of the checkpoint.
        header: of the checkpoint.
        parameters: weights of the model, stored and used.
        scores: of its samples.
        about: its purpose, in a sentence.
        command: that measured `scores`.
        sheet: file name of an image of samples, beside the card.
        kinds: figures of `NumberKinds`, if they were measured.
        size: bytes of an image's file, measured, in words.
    """
    parts = [f"# {plain(name)}"]
    if about:
        parts.append(about)
    measured = {"bytes per image, measured": size} if size else {}
    parts.append(_table(_facts(header, parameters) | measured | number_facts(kinds)))
    if sheet:
        parts.append(f"![64 samples, one after another, none left out]({sheet})")
    parts.append(_table(_judged(scores, header.config["levels"])))
    for what, line in (("Trained", header.card.get("command")), ("Judged", command)):
        if line:
            parts.append(f"{what} with\n\n    {' '.join(str(line).split())}")
    return "\n\n".join(parts) + "\n"


def _facts(header: Header, parameters: ParameterCount) -> dict[str, str]:
    card = header.card
    facts = {"architecture": header.model, "parameters": str(parameters)}
    facts["data"] = _data(card.get("data", {}))
    if "test_nats" in card:
        error = f" ± {card['test_nats_stderr']:.2f}" if "test_nats_stderr" in card else ""
        images = f", {card['test_images']:,} test images" if "test_images" in card else ""
        facts["nats per image"] = f"{card['test_nats']:.2f}{error}{images}"
    if "bits_per_dim" in card:
        facts["bits per dimension"] = f"{card['bits_per_dim']:.4f}"
    if "seconds" in card:
        facts["trained for"] = f"{card['step']:,} steps, {card['seconds'] / 60:.0f} minutes"
    if "images_per_second" in card:
        facts["speed"] = f"{card['images_per_second']:.0f} images/s"
    for key in ("hardware", "date", "torch", "seed"):
        if key in card:
            facts[key] = str(card[key])
    return facts


def number_facts(kinds: Mapping[str, Any] | None) -> dict[str, str]:
    """What the published numbers are, and what products of 16-bit integers would change."""
    if kinds is None:
        return {}
    difference, error = kinds["difference_nats"], kinds["difference_stderr"]
    before, after = (kinds[key] / 1000 for key in ("float32_bytes", "sixteen_bytes"))
    speed = kinds["float32_ms"] / kinds["sixteen_ms"]
    rounded = (
        f"{difference:+.4f} ± {error:.4f} nats ({kinds['images']:,} test images), "
        f"{kinds['equal']} of {kinds['drawn']} images equal, {after:,.0f} instead of "
        f"{before:,.0f} KB, {speed:.1f} times the speed"
    )
    return {"numbers": "float32", "with products of 16-bit integers instead": rounded}


def _data(data: Mapping[str, Any]) -> str:
    levels = data.get("levels")
    kind = data.get("binarize") if levels == 2 else f"{levels} levels"
    return f"{data.get('name', 'unknown')}, {data.get('size')} × {data.get('size')}, {kind}"


def _judged(scores: SampleScores, levels: int) -> dict[str, str]:
    facts = {
        "samples judged": f"{scores.images:,}, seed {scores.seed}, beside as many test images",
        "a discriminator is right in": _percent(scores.two_sample_accuracy) + "; 50 % is a guess",
    }
    if scores.frechet_distance is not None and scores.frechet_distance_of_data is not None:
        ours, of_data = scores.frechet_distance, scores.frechet_distance_of_data
        facts["Fréchet distance, digit features"] = f"{ours:.2f}; other test images {of_data:.2f}"
    else:
        facts["Fréchet distance"] = (
            "none: the classifier behind it reads grey digits of 28 × 28 only"
        )
    if scores.class_score is not None:
        facts["class score"] = f"{scores.class_score:.2f}"
    if scores.precision is not None and scores.recall is not None:
        facts["precision and recall"] = f"{scores.precision:.1%} and {scores.recall:.1%}"
    if scores.classifier_accuracy is not None:
        form = ", which gets them in black and white" if levels > 2 else ""
        facts["read right by the classifier behind these"] = (
            f"{scores.classifier_accuracy:.1%} of the test images{form}"
        )
    return facts


def _percent(share: Interval) -> str:
    value, low, high = share
    return f"{value:.1%} ({low:.1%} to {high:.1%})"


def _table(facts: Mapping[str, str]) -> str:
    rows = [f"| {what} | {plain(value)} |" for what, value in facts.items()]
    return "\n".join(["| | |", "|---|---|", *rows])
