"""What a database tells of its commits, on the model and on a real server."""
