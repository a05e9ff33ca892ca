"""Examples to learn from: data sets made on the spot, and any others in one form."""
