"""What else training can make small: more losses, and penalties on parameters."""
