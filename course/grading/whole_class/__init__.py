"""`course grade`: a whole class in parallel, on this machine or on a Dask cluster."""
