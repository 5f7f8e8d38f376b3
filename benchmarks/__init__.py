"""Measurements that write to ``benchmarks/results``."""
