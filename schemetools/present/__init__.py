"""Room 5, for people: pictures, printed equations, tables."""
