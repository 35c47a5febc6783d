"""Which airlines kept New York waiting in 2013: a model of an app of your own, from a form to a CSV.

Start it with ``streamlit run apps/flight_delays.py``. All that is particular to it is the suite, which is a function in
``dtscheduler/examples/flight_delays.py``, and what is drawn of its result.
"""

import streamlit as st

from dtscheduler.examples.flight_delays import flight_delays
from dtscheduler.ui.streamlit import plan_table, run_monitor, suite_form

st.set_page_config(page_title="Flight delays", layout="wide")
st.title("Which airlines kept New York waiting?")
choose, look = st.columns([1, 2], gap="large")

with choose:
    dag = suite_form(flight_delays)  # None until the form is valid
if dag is None:
    st.stop()

with look:
    plan_table(dag)
    run = run_monitor.start_button(dag)
    if run is None:
        st.stop()
    run_monitor(run)

if run.status == "completed":
    report = run.result("report")
    st.subheader("The worst of them")
    st.bar_chart(report, x="airline", y="mean_delay", y_label="minutes late on average", horizontal=True, sort=False)
    st.dataframe(
        report,
        hide_index=True,
        column_config={
            "late_share": st.column_config.NumberColumn("more than 15 minutes late", format="percent"),
            "cancelled_share": st.column_config.NumberColumn("cancelled", format="percent"),
        },
    )
    st.download_button(
        "Download as CSV",
        report.to_csv(index=False),
        "flight_delays.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
