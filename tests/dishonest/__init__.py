"""Workloads that cheat, each in one way, and the honest one that each of them changes.

They import ``harness.workload`` and each other only.
"""
