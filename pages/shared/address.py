"""The address of the app for others, as the browser of this session has it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.teaching.public_address import PublicAddress

_MOST_NAMED = 3


def address_of_app(seen: str | None, page: str) -> PublicAddress:
    """The address to hand on.

    Args:
        seen: the address in the browser, without its query; None if it is unknown.
        page: the name of the open page in it.
    """
    from pixelcnn.errors import LabError
    from pixelcnn.system.addresses import EVERYWHERE
    from pixelcnn.teaching.public_address import address_for_others, public_url

    try:
        public = public_url()
    except LabError:
        public = None  # `python -m pixelcnn app` has said so; the browser's own address serves
    return address_for_others(
        seen,
        page,
        port=int(st.get_option("server.port")),
        host=st.get_option("server.address") or EVERYWHERE[1],
        direct=st.context.ip_address is None,
        public=public,
    )


def in_words(address: PublicAddress) -> str:
    """Who can open it, and what to do if that is too few."""
    if address.forwarded:
        return (
            "It works on this computer only: a port is forwarded from here to the lab. For others, "
            "start the lab with --public-url and the address that they open."
        )
    if not address.others:
        return "It works on this computer only: the lab is not open to the network."
    note = "It works on every computer in this network while the lab runs here."
    if address.alternatives:
        others = " or ".join(address.alternatives[:_MOST_NAMED])
        note += f" If it does not open, begin it with {others}."
    return note
