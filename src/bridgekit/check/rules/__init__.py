"""The rules, one a file. Importing this package loads none: `of_chain` lists those that a loaded chain needs, `registry` all."""
