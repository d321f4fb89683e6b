// Command ticket-shop sells tickets over HTTP, keeps them in PostgreSQL and announces each sale on a Kafka topic.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ticket-shop:", err)
		os.Exit(1)
	}
}

func run() error {
	config, err := ReadConfig()
	if err != nil {
		return err
	}
	process, end := context.WithCancel(context.Background())
	defer end()
	store, err := OpenStore(process, config)
	if err != nil {
		return err
	}
	defer store.Close()
	publisher := OpenPublisher(config)
	defer publisher.Close()
	shop := NewShop(config, store, publisher)
	var relay sync.WaitGroup
	if config.Outbox {
		relay.Add(1)
		go func() {
			defer relay.Done()
			(&Relay{store, publisher, config.OutboxPoll, config.RetryDelay, shop.wake, config.Relay, 0}).Run(process)
		}()
	}
	err = serve(process, config, shop)
	end()
	relay.Wait()
	return err
}

// serve answers until SIGTERM, then lets the sales that are open finish: an orderly stop loses nothing.
func serve(process context.Context, config Config, shop *Shop) error {
	asked, forget := signal.NotifyContext(process, syscall.SIGTERM, syscall.SIGINT)
	defer forget()
	server := &http.Server{Addr: config.Listen, Handler: Handler(process, shop)}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-asked.Done():
	}
	limit, cancel := context.WithTimeout(process, config.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(limit); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Printf("shutting down: %v", err)
	}
	return shop.Drain(limit)
}
