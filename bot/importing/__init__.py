"""Office files on their way into the database: read, understand each row, store, give back what was refused."""
