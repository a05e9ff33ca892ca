"""Searches: for the settings of trainings, and for parameters without gradients."""
