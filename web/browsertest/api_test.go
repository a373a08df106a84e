package browsertest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/poll"
)

// answer is the part of a search's answer that tests compare pages with.
type answer struct {
	Hits   []hit   `json:"hits"`
	Total  int     `json:"total"`
	Facets []facet `json:"facets"`
	Next   *string `json:"next"`
}

type hit struct {
	ID      string `json:"id"`
	Product struct {
		Title string `json:"title"`
		Brand string `json:"brand"`
		Price *struct {
			Amount   int64  `json:"amount"`
			Currency string `json:"currency"`
		} `json:"price"`
		Stock *int64 `json:"stock"`
	} `json:"product"`
}

type facet struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Values []struct {
		Value string `json:"value"`
		Count int    `json:"count"`
	} `json:"values"`
}

// ask calls the API and decodes the answer into out.
func ask(t *testing.T, method, path string, body any, out any) {
	t.Helper()
	address, err := shared.aisle()
	if err != nil {
		t.Fatal(err)
	}
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	if sent != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s\n%s", method, path, response.Status, said)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(said, out); err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, said)
	}
}

// search asks the API, parameters as name and value in turn.
func search(t *testing.T, pairs ...string) answer {
	t.Helper()
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	var a answer
	ask(t, http.MethodGet, "/v1/search?"+query.Encode(), nil, &a)
	return a
}

// ids are the products of a page, in order.
func (a answer) ids() []string {
	out := make([]string, len(a.Hits))
	for i, h := range a.Hits {
		out[i] = h.ID
	}
	return out
}

// picked counts the products handed out by pick. Tests that change the shop run
// one after the other.
var picked int

// pick gives the test a product of its own, with at least stock pieces left.
func pick(t *testing.T, stock int64) hit {
	t.Helper()
	found := search(t, "in_stock", "true", "limit", "100", "sort", "title")
	for range found.Hits {
		h := found.Hits[picked%len(found.Hits)]
		picked++
		if h.Product.Stock != nil && *h.Product.Stock >= stock && *h.Product.Stock < 90 {
			return h
		}
	}
	t.Fatalf("the sample shop has no product with %d pieces left", stock)
	return hit{}
}

// post places an order.
func post(t *testing.T, key string, body any) {
	t.Helper()
	address, err := shared.aisle()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/v1/orders", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", url.QueryEscape(key))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusCreated {
		said, _ := io.ReadAll(response.Body)
		t.Fatalf("order: %s\n%s", response.Status, said)
	}
}

// remove deletes a product that a test has put and waits until searches have
// lost it. The test's own context is over by then.
func remove(t *testing.T, id string) {
	t.Helper()
	address, err := shared.aisle()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, address+"/v1/products/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	query := url.Values{"consistency": {response.Header.Get("Aisle-Consistency")}, "wait_ms": {"2000"}, "strict": {"true"}}
	server := client.Client{Address: address, HTTP: http.DefaultClient}
	poll.Eventually(t, id+" is gone", func() bool {
		status, err := server.Call(context.Background(), http.MethodGet, client.SearchPath+"?"+query.Encode(), nil, nil)
		return err == nil && status == http.StatusOK
	})
}
