"""Pictures of a job and of a run: the graph as SVG, DOT and Mermaid, the timeline as SVG."""
