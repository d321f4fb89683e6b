package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// Config is read once from the environment; durations are given in milliseconds.
type Config struct {
	Listen         string
	DatabaseURL    string
	KafkaBootstrap string
	Topic          string
	Outbox         bool
	Relay          string
	IOTimeout      time.Duration
	RetryDelay     time.Duration
	OutboxPoll     time.Duration
	DrainTimeout   time.Duration
}

// ReadConfig says which variable is missing or wrong.
func ReadConfig() (Config, error) {
	config := Config{
		Listen:         net.JoinHostPort(or("HTTP_HOST", "0.0.0.0"), or("HTTP_PORT", "8080")),
		DatabaseURL:    os.Getenv("DATABASE_URL"),
		KafkaBootstrap: os.Getenv("KAFKA_BOOTSTRAP"),
		Topic:          or("TICKET_TOPIC", "ticket-events"),
	}
	for name, value := range map[string]string{
		"DATABASE_URL":    config.DatabaseURL,
		"KAFKA_BOOTSTRAP": config.KafkaBootstrap,
	} {
		if value == "" {
			return config, fmt.Errorf("%s is not set", name)
		}
	}
	switch how := or("TICKET_PUBLISHING", "direct"); how {
	case "direct":
	case "outbox":
		config.Outbox = true
	default:
		return config, fmt.Errorf("TICKET_PUBLISHING is %q; it is direct or outbox", how)
	}
	config.Relay = or("TICKET_RELAY", "publish-first")
	if config.Relay != "publish-first" && config.Relay != "mark-first" && config.Relay != "cursor" {
		return config, fmt.Errorf("TICKET_RELAY is %q; it is publish-first, mark-first or cursor", config.Relay)
	}
	for _, duration := range []struct {
		name     string
		into     *time.Duration
		fallback int
	}{
		{"IO_TIMEOUT_MS", &config.IOTimeout, 4_000},
		{"RETRY_DELAY_MS", &config.RetryDelay, 200},
		{"OUTBOX_POLL_MS", &config.OutboxPoll, 1_000},
		{"DRAIN_TIMEOUT_MS", &config.DrainTimeout, 8_000},
	} {
		ms, err := strconv.Atoi(or(duration.name, strconv.Itoa(duration.fallback)))
		if err != nil || ms <= 0 {
			return config, fmt.Errorf("%s must be a positive whole number", duration.name)
		}
		*duration.into = time.Duration(ms) * time.Millisecond
	}
	return config, nil
}

func or(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
