"""What the answer of a compiled function rests on besides its arguments, and whether it stays."""
