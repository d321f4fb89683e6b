"""Systems of which only a description is known: data, checked before anything is started."""
