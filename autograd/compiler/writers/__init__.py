"""From operations to text: the table's Python, read once, and written in other languages."""
