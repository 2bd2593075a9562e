"""What the page "What if it cheats?" says about an exhibit, in words and numbers."""

import streamlit as st

from pixelcnn.causality.reach import AuditReport
from pixelcnn.exhibits.results import ExhibitResults, Measured, read_results

COLOURS = ("red", "green", "blue")
SQUARED_ERROR = "squared_error"
TRAINED_IN_BATCHES = "batch_norm"
SIDES = {"broken": "With the mistake", "honest": "Corrected"}


@st.cache_resource(show_spinner=False)
def results() -> ExhibitResults:
    """What the exhibits did when they were trained, read once for everybody."""
    return read_results()


def measured(name: str) -> dict[str, Measured]:
    """The model with the mistake, and its twin without."""
    return {"broken": results().broken[name], "honest": results().twin(name)}


def verdict(model: Measured) -> str:
    """What the audit says about an exhibit, and how it came to know."""
    how = (
        "Found by trying: one pixel changed at a time, in double precision."
        if model.tried
        else "Exact: the audit follows every weight that the masks let through."
    )
    return f"{audit_in_words(model.report)} {how}"


def audit_in_words(report: AuditReport) -> str:
    """What leaks, what is seen and what never can be."""
    share = f"{report.seen_share:.1%} of the {report.legal:,} legal pairs are seen"
    never = f", {report.never:,} never at any depth" if report.never else ""
    if report.causal:
        return f"**Causal**: nothing leaks; {share}{never}."
    pairs = "pair" if report.leaks == 1 else "pairs"
    return f"**{report.leaks:,} leaked {pairs}** of a pixel and one that it must not know; {share}."


def loss_in_words(loss: float, stderr: float) -> str:
    """A mean and its standard error."""
    return f"{loss:.2f} ± {stderr:.2f}"


def comparison(name: str) -> str:
    """The numbers of both models, as a table."""
    both = list(measured(name).values())
    broken, honest = both
    rows = []

    def row(what: str, *cells: str) -> None:
        rows.append(f"| {what} | {' | '.join(cells)} |")

    row("", *SIDES.values())
    row("---", "---:", "---:")
    if name == SQUARED_ERROR:
        row(
            "**Loss it reports**",
            f"{loss_in_words(broken.loss, broken.loss_stderr)} (squared error)",
            f"{loss_in_words(honest.loss, honest.loss_stderr)} (nats)",
        )
    else:
        losses = (loss_in_words(one.loss, one.loss_stderr) for one in both)
        row("**Loss it reports**, nats a digit", *losses)
    if name == TRAINED_IN_BATCHES:
        losses = (loss_in_words(one.alone, one.alone_stderr) for one in both)
        row("The same, one digit at a time", *losses)
    row("Pairs that leak", *(f"{one.report.leaks:,}" for one in both))
    row("Legal pairs that are seen", *(f"{one.report.seen_share:.1%}" for one in both))
    if honest.relation.shape[0] == len(COLOURS):
        row("Inside one pixel", *(inside(one) for one in both))
    row("Ink in its samples", *(f"{one.ink:.1%}" for one in both))
    row("Changed by noise on the canvas", *(f"{one.changed:.1%}" for one in both))
    return "\n".join(rows)


def inside(model: Measured) -> str:
    """Which colour of a pixel sees which."""
    told = [f"{COLOURS[target]} sees {COLOURS[source]}" for target, source in model.inside]
    return ", ".join(told) or "no colour sees another"
