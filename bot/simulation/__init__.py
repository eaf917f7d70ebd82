"""A simulated time of an office: seeded residents, a clock that jumps, and the real jobs, gate, lanes and dispatcher."""
