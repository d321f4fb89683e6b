package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"sync"
	"time"
)

// Result is how a sale ended: sold now, or known before.
type Result int

const (
	Sold Result = iota
	KnownBefore
)

// sale is one ticket being sold; everybody who asks for the same meanwhile waits for it.
type sale struct {
	ticket Ticket
	done   chan struct{}
	result Result
	err    error
}

// Shop sells tickets. A sale goes on until it is finished, also when its customer has gone.
type Shop struct {
	store     *Store
	publisher *Publisher
	outbox    bool
	delay     time.Duration
	wake      chan struct{} // tells the relay that there is something in the outbox

	mutex sync.Mutex
	open  map[string]*sale
	sales sync.WaitGroup
}

// NewShop sells with this store and this publisher.
func NewShop(config Config, store *Store, publisher *Publisher) *Shop {
	return &Shop{
		store: store, publisher: publisher, outbox: config.Outbox, delay: config.RetryDelay,
		wake: make(chan struct{}, 1), open: map[string]*sale{},
	}
}

// Sell returns when the ticket is sold and announced, or when ctx ends; the sale goes on then. ctx of a sale is the
// process's own: only the end of the process ends it.
func (s *Shop) Sell(ctx, process context.Context, ticket Ticket) (Result, error) {
	current := s.join(process, ticket)
	if current.ticket != ticket {
		return KnownBefore, ErrTaken
	}
	select {
	case <-current.done:
		return current.result, current.err
	case <-ctx.Done():
		return Sold, ctx.Err()
	}
}

// Drain waits for the sales that are open.
func (s *Shop) Drain(ctx context.Context) error {
	drained := make(chan struct{})
	go func() {
		s.sales.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Shop) join(process context.Context, ticket Ticket) *sale {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if current, ok := s.open[ticket.ID]; ok {
		return current
	}
	current := &sale{ticket: ticket, done: make(chan struct{})}
	s.open[ticket.ID] = current
	s.sales.Add(1)
	go func() {
		defer s.sales.Done()
		current.result, current.err = s.sell(process, ticket)
		s.mutex.Lock()
		delete(s.open, ticket.ID)
		s.mutex.Unlock()
		close(current.done)
	}()
	return current
}

func (s *Shop) sell(ctx context.Context, ticket Ticket) (Result, error) {
	result, err := s.commit(ctx, ticket)
	if err != nil || result == KnownBefore {
		return result, err
	}
	if s.outbox {
		select {
		case s.wake <- struct{}{}:
		default:
		}
		return Sold, nil
	}
	// Here is the defect of the direct way: from the commit to this acknowledgement the event is in memory only.
	event, err := json.Marshal(ticket.Sold())
	if err != nil {
		return Sold, err
	}
	return Sold, s.publisher.Publish(ctx, ticket.ID, event)
}

// commit tries until the row is there. A row found after a commit with an unknown outcome is our own.
func (s *Shop) commit(ctx context.Context, ticket Ticket) (Result, error) {
	maybeOurs := false
	for {
		inserted, unsure, err := s.store.Insert(ctx, ticket)
		switch {
		case err == nil && (inserted || maybeOurs):
			return Sold, nil
		case err == nil:
			return KnownBefore, nil
		case errors.Is(err, ErrTaken):
			return KnownBefore, err
		}
		maybeOurs = maybeOurs || unsure
		log.Printf("selling %s: %v", ticket.ID, err)
		if err := sleep(ctx, s.delay); err != nil {
			return Sold, err
		}
	}
}
