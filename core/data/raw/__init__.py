"""Raw files that may come from anywhere, opened with care: ROOT, HDF5, Parquet; every failure is a sentence."""
