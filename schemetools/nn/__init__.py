"""Room 4: networks. The only room that imports torch."""
