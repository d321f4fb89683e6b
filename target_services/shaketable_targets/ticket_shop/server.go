package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// bodyMax is the largest request body that is read.
const bodyMax = 16 * 1024

// Handler serves the shop over HTTP: POST /tickets and GET /healthz.
func Handler(process context.Context, shop *Shop) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("POST /tickets", func(w http.ResponseWriter, r *http.Request) {
		var ticket Ticket
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMax))
		if err := decoder.Decode(&ticket); err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		if err := ticket.Valid(); err != nil {
			refuse(w, http.StatusUnprocessableEntity, err)
			return
		}
		result, err := shop.Sell(r.Context(), process, ticket)
		switch {
		case errors.Is(err, ErrTaken):
			refuse(w, http.StatusConflict, err)
		case err != nil:
			refuse(w, http.StatusServiceUnavailable, err)
		case result == KnownBefore:
			answer(w, http.StatusOK, ticket)
		default:
			answer(w, http.StatusCreated, ticket)
		}
	})
	return mux
}

func refuse(w http.ResponseWriter, status int, err error) {
	answer(w, status, map[string]string{"error": err.Error()})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
