"""Audit your own: masks edited by hand, a trained model, or your own network in code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from pages.break_it.masks import edit_masks
from pages.break_it.words import audit_in_words
from pages.shared import common, turns
from pages.shared.controls import one_of
from pixelcnn.causality.reach import AuditReport
from pixelcnn.errors import LabError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.system.plain_text import plain
from widgets.reach_grid.widget import ReachTable, reach_grid, reach_table

MASKS, MODEL, CODE = "Edit masks", "A model", "Your code"
UPLOAD = "a file of yours"
MAX_UPLOAD_MB = 32
_TRIED = 8

# A test audits this network and expects the verdict that the page shows.
HOMEWORK = """\
import torch
from torch import nn
from torch.nn import functional as F


class Masked(nn.Conv2d):
    def forward(self, x):
        mask = torch.ones_like(self.weight)
        centre = self.kernel_size[0] // 2
        mask[:, :, centre, centre:] = 0
        return F.conv2d(x, self.weight * mask, self.bias, padding=self.padding)


class MyNet(nn.Sequential):
    def __init__(self):
        super().__init__(Masked(1, 16, 5, padding=2), nn.ReLU(), nn.Conv2d(16, 1, 1))
"""
SHELL = "python -m pixelcnn audit homework.py:MyNet --size 12"
PYTHON = """\
import pixelcnn
from homework import MyNet

report = pixelcnn.audit(MyNet(), size=12)
print(report.leaks, "leaks")
"""


@dataclass(frozen=True, eq=False)
class Audited:
    """The verdict on a model: counts, and which pixels each pixel sees (the title says which)."""

    model: AutoregressiveModel
    report: AuditReport
    table: ReachTable
    title: str

    @cached_property
    def tried(self) -> int:
        """Number of leaks found by changing some pixels; computed on first use."""
        from pixelcnn.causality.perturbation import spot_check

        with turns.long_turn():
            return spot_check(self.model, places=_TRIED)


def audit_your_own() -> None:
    """The choice of what to audit, and that audit."""
    how = one_of(
        "What to audit",
        [MASKS, MODEL, CODE],
        key="audit",
        label_visibility="collapsed",
    )
    if how == MASKS:
        edit_masks()
    elif how == MODEL:
        pick_model()
    else:
        show_code()


# ---------------------------------------------------------------- a trained model


@st.fragment
def pick_model() -> None:
    """The audit of a shipped, kept or uploaded model."""
    name = st.selectbox(
        "Model",
        [*common.models(), *common.too_large_models(), UPLOAD],
        key="audited",
        bind="query-params",
        width=420,
    )
    try:
        audited = _uploaded() if name == UPLOAD else audited_model(name)
        if audited is not None:
            _show(audited)
    except LabError as error:
        st.error(plain(error))


def _uploaded() -> Audited | None:
    """The audit of an uploaded file; None before the upload."""
    file = st.file_uploader(
        "A checkpoint (.safetensors), for example one downloaded from *Train live*",
        type=["safetensors"],
        max_upload_size=MAX_UPLOAD_MB,
        key="audited-file",
    )
    return None if file is None else audited_file(file.getvalue())


@st.cache_resource(show_spinner="Auditing ...", max_entries=16)
def audited_model(name: str) -> Audited:
    """The audit of a model on the list, shared by all sessions."""
    common.check_fits(name)
    return _audited(common.models()[name].path)


@st.cache_resource(show_spinner="Auditing ...", max_entries=4)  # each keeps a model in memory
def audited_file(content: bytes) -> Audited:
    """The audit of a checkpoint's bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "Your file"
        path.write_bytes(content)
        return _audited(path)


def _audited(path: Path) -> Audited:
    from pixelcnn.causality.reach import audit
    from pixelcnn.checkpoints.files import load_checkpoint, read_header
    from pixelcnn.checkpoints.page_limits import check_for_pages

    check_for_pages(read_header(path), path.stem)
    with turns.long_turn():
        model, _ = load_checkpoint(path)
        report = audit(model)
    relation, limit = (pairs[0].any(axis=2) for pairs in (report.relation, report.limit))
    title = "What red sees" if model.config.channels > 1 else "What each pixel sees"
    return Audited(model, report, reach_table([relation], limit=limit), title)


def _show(audited: Audited) -> None:
    words, grid = st.columns([5, 6])
    with words:
        box = st.success if audited.report.causal else st.error
        box(audit_in_words(audited.report))
        st.markdown("**Exact**: the audit follows every unmasked weight.")
        below = st.container()
    with grid:
        reach_grid(
            audited.table, title=audited.title, report=False, max_width=440, key="audited-grid"
        )
    with below, st.spinner("Checking by trial ..."):  # last, since it takes longest
        leaks = audited.tried
    outcome = f"**{leaks:,}** {'output' if leaks == 1 else 'outputs'}" if leaks else "**No** output"
    below.markdown(
        f"**Checked by trial**: {_TRIED} pixels of a random picture were changed, one at a time, "
        f"in double precision. {outcome} at these pixels or before them changed."
    )


# ---------------------------------------------------------------- in code


def show_code() -> None:
    """How to audit a network that does not use this lab's code."""
    st.markdown(
        "You can audit any network that turns images into outputs for each pixel: an `nn.Module` "
        "or a function of arrays. It runs once while the audit **follows every operation**; then "
        "a few pixels change, as a check. The report names the first layer that looks ahead. This "
        "network contains a mistake. Can you see it?"
    )
    st.code(HOMEWORK, language="python")
    st.markdown("Save it as `homework.py` and run (the exit status is 1 if there is a leak):")
    st.code(SHELL, language="bash", wrap_lines=True)
    st.markdown("Or in Python:")
    st.code(PYTHON, language="python")
