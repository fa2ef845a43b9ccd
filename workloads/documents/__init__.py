"""Reads files of documents, for the workloads that take any: it is no workload itself."""
