"""What is put on the table: services and components, written as teams write them."""
