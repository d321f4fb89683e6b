"""What is shown and stored: stories, tables, the page, certificate and history files."""
