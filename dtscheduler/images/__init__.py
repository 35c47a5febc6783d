"""Where task code comes from: registered images and the entrypoints in them."""
