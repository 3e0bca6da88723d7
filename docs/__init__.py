"""Scripts that write parts of the documentation, the catalogues and the data."""
