"""The world `containers`: servers and services in containers of one network, started through testcontainers."""
