"""续班: what a family is offered, what they answer, what is kept of it, taken back, and asked again."""
