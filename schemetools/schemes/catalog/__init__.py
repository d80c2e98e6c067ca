"""The catalog: one file per family of schemes, each entry one function under `@entry`."""
