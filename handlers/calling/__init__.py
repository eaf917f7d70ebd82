"""Calls (电话催费): the queue, the brief of one call, and what came of it."""
