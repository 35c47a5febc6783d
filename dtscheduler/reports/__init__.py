"""What happened, as tables and pages: DataFrames, CSV, Parquet, one HTML file of a run."""
