"""Going to another page of the studio without a click on a link."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st


def go_to_run(run_id: int) -> NoReturn:
    """Show the page of a run in the place of this one."""
    page = st.Page(_elsewhere, title="run", url_path="run")
    st.switch_page(page, query_params={"id": str(run_id)})


def _elsewhere() -> None:
    """Stands for a page that is not on this one: Streamlit finds pages by their addresses."""
