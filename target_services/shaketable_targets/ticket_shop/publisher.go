package main

import (
	"context"
	"log"
	"time"

	"github.com/segmentio/kafka-go"
)

// Publisher appends events to the topic.
type Publisher struct {
	writer    *kafka.Writer
	transport *kafka.Transport
	delay     time.Duration
}

// OpenPublisher connects when it is first used.
func OpenPublisher(config Config) *Publisher {
	transport := &kafka.Transport{
		DialTimeout: config.IOTimeout,
		MetadataTTL: config.IOTimeout / 2, // after an outage the broker is found again within this time
	}
	return &Publisher{
		writer: &kafka.Writer{
			Addr:         kafka.TCP(config.KafkaBootstrap),
			Topic:        config.Topic,
			Balancer:     &kafka.Hash{},
			RequiredAcks: kafka.RequireAll,
			MaxAttempts:  1, // Publish retries by itself
			BatchTimeout: time.Millisecond,
			ReadTimeout:  config.IOTimeout,
			WriteTimeout: config.IOTimeout,
			Transport:    transport,
		},
		transport: transport,
		delay:     config.RetryDelay,
	}
}

// Close ends every connection.
func (p *Publisher) Close() {
	_ = p.writer.Close()
	p.transport.CloseIdleConnections()
}

// Publish returns once the broker has acknowledged the event, however long that takes, or when ctx ends.
// A lost acknowledgement makes a second copy with the same event id.
func (p *Publisher) Publish(ctx context.Context, key string, event []byte) error {
	for {
		err := p.writer.WriteMessages(ctx, kafka.Message{Key: []byte(key), Value: event})
		if err == nil || ctx.Err() != nil {
			return err
		}
		log.Printf("publishing %s: %v", key, err)
		if err := sleep(ctx, p.delay); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, delay time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(delay):
		return nil
	}
}
