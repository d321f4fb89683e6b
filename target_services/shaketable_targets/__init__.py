"""The subjects: services and components, written as teams write them."""
