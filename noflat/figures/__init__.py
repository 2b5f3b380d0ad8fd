"""Figures: `draw(record) -> Figure`, one module per experiment, from records alone."""
