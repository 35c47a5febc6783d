"""The studio as a script: ``streamlit run apps/studio.py``, the same as ``dtscheduler ui`` without its service."""

from dtscheduler.ui.streamlit.studio.app import main

main()
