"""Figures of a recording, drawn by matplotlib (extra ``plot``): ``rec.plot.network(...)`` and its siblings."""
