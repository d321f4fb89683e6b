"""What a database tells of its commits, for services (a part of the ports) and for systems that declare it."""
