# Two commands to begin with: `make demo` and `make test`.

GO ?= go
# Test binaries that run side by side; each starts databases of its own.
PARALLEL ?= 2

.PHONY: build demo test race check bench deps deps-browser

build: ## the binary, ./aisle
	$(GO) build -o aisle ./cmd/aisle

# Not by `go run`, which would pass no signal on.
demo: deps build ## databases, sample shop and server; Ctrl-C ends all of them
	@./aisle demo $(ARGS)

test: deps-browser ## every test
	$(GO) test -p $(PARALLEL) -timeout 30m ./...

race: deps-browser ## every test with the race detector; needs a C compiler
	$(GO) test -race -p 1 -timeout 60m ./...

check: ## what a change must pass before it is committed, besides the tests
	@test -z "$$(gofmt -l .)" || { echo 'gofmt these files:'; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run
	-$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

bench: ## every benchmark, and how many times as fast as raw Bleve; COUNT=10 for benchstat
	$(GO) test -p 1 -run '^$$' -bench '$(or $(BENCH),.)' -benchmem -count $(or $(COUNT),1) -timeout 60m $(or $(PACKAGES),./...) | $(GO) run ./internal/benchratio

deps: ## install what the demo needs and is missing
	@sh internal/devdb/deps.sh
	@$(GO) run ./cmd/aisle devdb --install

deps-browser: ## the same, and Chromium for the browser tests
	@sh internal/devdb/deps.sh browser
	@$(GO) run ./cmd/aisle devdb --install
