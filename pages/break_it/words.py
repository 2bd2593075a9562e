"""Text and tables of the page "What if it cheats?"."""

import streamlit as st

from pixelcnn.causality.reach import AuditReport
from pixelcnn.exhibits.results import ExhibitResults, Measured, read_results

COLOURS = ("red", "green", "blue")
SQUARED_ERROR = "squared_error"
TRAINED_IN_BATCHES = "batch_norm"
SIDES = {"broken": "With the mistake", "honest": "Corrected"}


@st.cache_resource(show_spinner=False)
def results() -> ExhibitResults:
    """Results of all exhibits, shared by all sessions."""
    return read_results()


def measured(name: str) -> dict[str, Measured]:
    """The model with the mistake, and the corrected one."""
    return {"broken": results().broken[name], "honest": results().twin(name)}


def verdict(model: Measured) -> str:
    """The audit of an exhibit, and its method."""
    how = (
        "Found by trial: one pixel changed at a time, in double precision."
        if model.tried
        else "Exact: the audit follows every unmasked weight."
    )
    return f"{audit_in_words(model.report)} {how}"


def audit_in_words(report: AuditReport) -> str:
    """Counts of leaked pairs, of legal pairs seen, and of those out of reach at any depth."""
    share = f"{report.seen_share:.1%} of the {report.legal:,} legal pairs are seen"
    never = f", {report.never:,} never seen at any depth" if report.never else ""
    if report.causal:
        return f"**Causal**: nothing leaks; {share}{never}."
    pairs = "pair" if report.leaks == 1 else "pairs"
    return f"**{report.leaks:,} leaked {pairs}** (a pixel and one that it must not see); {share}."


def loss_in_words(loss: float, stderr: float) -> str:
    """A mean and its standard error, in nats."""
    return f"{loss:.2f} ± {stderr:.2f}"


def comparison(name: str) -> str:
    """The results of both models, as a Markdown table."""
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
        losses = (loss_in_words(model.loss, model.loss_stderr) for model in both)
        row("**Loss it reports**, nats per digit", *losses)
    if name == TRAINED_IN_BATCHES:
        losses = (loss_in_words(model.alone, model.alone_stderr) for model in both)
        row("The same, one digit at a time", *losses)
    row("Pairs that leak", *(f"{model.report.leaks:,}" for model in both))
    row("Legal pairs that are seen", *(f"{model.report.seen_share:.1%}" for model in both))
    if honest.relation.shape[0] == len(COLOURS):
        row("Within one pixel", *(inside(model) for model in both))
    row("Ink in its samples", *(f"{model.ink:.1%}" for model in both))
    row("Changed by noise on the canvas", *(f"{model.changed:.1%}" for model in both))
    return "\n".join(rows)


def inside(model: Measured) -> str:
    """Which colour of a pixel sees which."""
    pairs = [f"{COLOURS[target]} sees {COLOURS[source]}" for target, source in model.inside]
    return ", ".join(pairs) or "no colour sees another"
