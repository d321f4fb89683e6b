package main

import "errors"

// Ticket is what a customer buys; its id is chosen by the client and makes a repeated request harmless.
type Ticket struct {
	ID    string `json:"id"`
	Seat  string `json:"seat"`
	Price int    `json:"price"`
}

// Valid says what is wrong with a ticket.
func (t Ticket) Valid() error {
	switch {
	case t.ID == "" || len(t.ID) > 200:
		return errors.New("id must have 1 to 200 characters")
	case t.Seat == "":
		return errors.New("seat is missing")
	case t.Price <= 0:
		return errors.New("price must be positive")
	}
	return nil
}

// TicketSold is the event of a sale. Its id depends on the ticket alone, so every copy of it has the same.
type TicketSold struct {
	EventID string `json:"event_id"`
	Type    string `json:"type"`
	Ticket  string `json:"ticket"`
	Seat    string `json:"seat"`
	Price   int    `json:"price"`
}

// Sold is the event that announces t.
func (t Ticket) Sold() TicketSold {
	return TicketSold{"sold-" + t.ID, "TicketSold", t.ID, t.Seat, t.Price}
}
