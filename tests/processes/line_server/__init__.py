"""A kind of server that no file of the harness knows: keys and values, a line a request and a line an answer."""
