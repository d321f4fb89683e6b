package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrTaken means that another ticket has this id.
var ErrTaken = errors.New("another ticket has this id")

// Store keeps tickets in PostgreSQL. Every call is one attempt of bounded length.
type Store struct {
	pool    *pgxpool.Pool
	timeout time.Duration
	outbox  bool
}

// OpenStore connects when it is first used, so a service may start before its database.
func OpenStore(ctx context.Context, config Config) (*Store, error) {
	parsed, err := pgxpool.ParseConfig(config.DatabaseURL)
	if err != nil {
		return nil, err
	}
	parsed.MaxConns = 8
	parsed.ConnConfig.ConnectTimeout = config.IOTimeout
	pool, err := pgxpool.NewWithConfig(ctx, parsed)
	if err != nil {
		return nil, err
	}
	return &Store{pool, config.IOTimeout, config.Outbox}, nil
}

// Close ends every connection.
func (s *Store) Close() { s.pool.Close() }

// Insert commits the ticket, with its event if there is an outbox. `inserted` is false when a row with this id was
// there already; `unsure` is true when the error leaves open whether the commit happened.
//
// The insert waits while another transaction is about to insert the same id, so a commit of ours that is still under
// way somewhere is waited for, never overtaken.
func (s *Store) Insert(ctx context.Context, ticket Ticket) (inserted, unsure bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	transaction, err := s.pool.Begin(ctx)
	if err != nil {
		return false, false, err
	}
	defer s.abandon(transaction)
	done, err := transaction.Exec(ctx,
		"INSERT INTO tickets (id, seat, price) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
		ticket.ID, ticket.Seat, ticket.Price)
	if err != nil {
		return false, false, err
	}
	if done.RowsAffected() == 0 {
		return false, false, s.compare(ctx, transaction, ticket)
	}
	if s.outbox {
		event, err := json.Marshal(ticket.Sold())
		if err != nil {
			return false, false, err
		}
		_, err = transaction.Exec(ctx, "INSERT INTO outbox (key, event) VALUES ($1, $2)", ticket.ID, string(event))
		if err != nil {
			return false, false, err
		}
	}
	if err := transaction.Commit(ctx); err != nil {
		return false, true, err
	}
	return true, false, nil
}

func (s *Store) compare(ctx context.Context, transaction pgx.Tx, ticket Ticket) error {
	var known Ticket
	err := transaction.QueryRow(ctx, "SELECT id, seat, price FROM tickets WHERE id = $1", ticket.ID).
		Scan(&known.ID, &known.Seat, &known.Price)
	if err == nil && known != ticket {
		return ErrTaken
	}
	return err
}

// Unsent is an event of the outbox that has not been marked sent.
type Unsent struct {
	ID    int64
	Key   string
	Event string
}

// Unsent returns the oldest events of the outbox that are not marked sent, of those with a higher id than `after`.
func (s *Store) Unsent(ctx context.Context, after int64) ([]Unsent, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, "SELECT id, key, event FROM outbox WHERE NOT sent AND id > $1 ORDER BY id LIMIT 20", after)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Unsent])
}

// MarkSent records that the broker has the event.
func (s *Store) MarkSent(ctx context.Context, id int64) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.pool.Exec(ctx, "UPDATE outbox SET sent = true WHERE id = $1", id)
	return err
}

// abandon ends a transaction that was not committed; after a commit it does nothing.
func (s *Store) abandon(transaction pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	_ = transaction.Rollback(ctx)
}
