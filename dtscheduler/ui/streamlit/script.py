"""The script of the studio. It stands here because Streamlit takes a folder ``pages`` beside a script for scripts too."""

from dtscheduler.ui.streamlit.studio.app import main

main()
