"""PixelCNN Lab: the entry point. `streamlit run app.py` starts it."""

import sys
from pathlib import Path

import streamlit as st

from pages.shared import frame
from pages.shared.streamlit_private import deliver_in_order, shut_down_closed_sessions
from pixelcnn.system.open_files import raise_limit
from pixelcnn.teaching.gc_pauses import spare_survivors
from pixelcnn.teaching.parser_lock import take_turns_at_parsing

FAVICON = Path(__file__).parent / "widgets" / "base" / "favicon.png"

take_turns_at_parsing()  # each session has a thread of its own
deliver_in_order()
shut_down_closed_sessions()
raise_limit()
spare_survivors()
# PyTorch releases the interpreter lock at each operation. By default it would wait up to 5 ms to
# get it back from a thread that runs Python, thousands of times for one film.
sys.setswitchinterval(0.0005)
st.set_page_config(page_title="PixelCNN Lab", page_icon=str(FAVICON), layout="wide")
pages = [
    st.Page("pages/start/page.py", title="Start", default=True),
    st.Page("pages/lesson/page.py", title="Lesson", url_path="lesson_plan"),
    st.Page("pages/masks/page.py", title="Masks & blind spots", url_path="masks"),
    st.Page("pages/break_it/page.py", title="Break it", url_path="break_it"),
    st.Page("pages/train/page.py", title="Train live", url_path="train"),
    st.Page("pages/sample/page.py", title="Sample", url_path="sample"),
    st.Page("pages/draw/page.py", title="Draw & complete", url_path="draw"),
    st.Page("pages/features/page.py", title="Feature maps", url_path="features"),
    st.Page("pages/one_pixel/page.py", title="One pixel", url_path="one_pixel"),
    st.Page("pages/bytes/page.py", title="Bytes", url_path="bytes"),
    st.Page("pages/compare/page.py", title="Compare", url_path="compare"),
    st.Page("pages/experiments/page.py", title="Experiments", url_path="experiments"),
]
page = st.navigation(pages, expanded=True)
# Less margin above the title, so that the picture stays above the fold. More contrast for captions,
# for buttons in the dark theme, and for code: its colours, the same in both themes, become legible
# when mixed half and half with the text colour.
st.html("""<style>
.stMainBlockContainer { padding-top: 3.5rem; padding-bottom: 3rem; }
[data-testid="stCaptionContainer"] { opacity: 0.8; }
[data-testid="stBaseButton-primary"] { color: light-dark(white, black); }
[data-testid="stBaseButton-primary"] kbd { opacity: 1; }
pre .token { --pale: #808495; color: color-mix(in srgb, var(--pale) 50%, currentcolor) !important; }
pre .token:is(.keyword, .function, .class-name, .builtin) { --pale: #1c83e1; }
pre .token:is(.number, .boolean, .constant) { --pale: #29b09d; }
pre .token.operator { --pale: #ed6f13; }
pre .token.string { --pale: #09ab3b; }
pre .token:is(.parameter, .property, .variable) { --pale: #00a4d4; }
</style>""")
frame.surround(page, pages)
page.run()
