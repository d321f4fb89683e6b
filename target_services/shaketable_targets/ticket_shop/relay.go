package main

import (
	"context"
	"log"
	"time"
)

// Relay publishes what the outbox holds, oldest first, and marks it sent once the broker has it ("publish-first").
//
// Two orders are wrong, and here to be found out: "mark-first" marks an event before the broker has it, and "cursor"
// remembers the highest id it has read, though ids are drawn in another order than their transactions commit.
type Relay struct {
	store     *Store
	publisher *Publisher
	poll      time.Duration
	delay     time.Duration
	wake      <-chan struct{}
	order     string
	read      int64
}

// Run works until ctx ends.
func (r *Relay) Run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := r.poll
		if err := r.tick(ctx); err != nil && ctx.Err() == nil {
			log.Printf("relay: %v", err)
			wait = r.delay
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-time.After(wait):
		}
	}
}

func (r *Relay) tick(ctx context.Context) error {
	for {
		unsent, err := r.store.Unsent(ctx, r.read)
		if err != nil || len(unsent) == 0 {
			return err
		}
		for _, one := range unsent {
			if r.order == "cursor" {
				r.read = one.ID
			}
			if r.order == "mark-first" {
				if err := r.store.MarkSent(ctx, one.ID); err != nil {
					return err
				}
			}
			if err := r.publisher.Publish(ctx, one.Key, []byte(one.Event)); err != nil {
				return err
			}
			if err := r.store.MarkSent(ctx, one.ID); err != nil {
				return err
			}
		}
	}
}
