"""Visits (上门): offering hours, the household's choice, the round of a day, and how each visit went."""
