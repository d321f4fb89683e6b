"""Rate limiters: token buckets in one process, waiting or not, one bucket in a store that workers share, and adapters of libraries."""
