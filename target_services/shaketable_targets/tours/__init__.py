"""Tours: a flight and a hotel, or neither, by two-phase commit from one process over three databases (psycopg's `tpc_*`, threads).

    POST /tours {tour, flight, hotel}   => 201 {tour, booked}

    tours.decisions     tour, verdict: a row that says commit is written ahead of the second phase; what has none is rolled back
    flights.planes      flight, seats (>= 0); flights.bookings: tour, flight
    hotels.houses       hotel, rooms (>= 0);  hotels.stays: tour, hotel

A thread asks both databases now and then what is prepared, and ends what no request works on.
"""
