"""Measured figures: ``python -m benchmarks [name ...]`` runs them and writes RESULTS.md."""
