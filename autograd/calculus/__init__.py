"""From records and functions to derivatives of every order."""
