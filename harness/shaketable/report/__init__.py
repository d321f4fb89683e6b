"""Reports and stored files: stories, tables, the page, certificate, history and schedule files."""
