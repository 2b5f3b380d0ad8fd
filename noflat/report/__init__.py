"""What a record says, made readable: reports, and the theorems behind their numbers."""
