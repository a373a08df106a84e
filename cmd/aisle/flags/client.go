package flags

import (
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/pflag"

	"github.com/aisle-search/aisle/internal/client"
)

// CallTimeout bounds one call of the server, which bounds its own work lower.
const CallTimeout = 30 * time.Second

// Client defines the flags of every command that talks to a server.
func Client(f *pflag.FlagSet) *client.Client {
	c := &client.Client{Address: "http://127.0.0.1:8080", HTTP: &http.Client{Timeout: CallTimeout}}
	f.Var((*address)(&c.Address), "server", "address of the running server")
	f.StringVar(&c.Key, "api-key", "", "key to call it with; better given by the variable")
	return c
}

// address is a flag that must be a URL.
type address string

// String implements pflag.Value.
func (a *address) String() string { return string(*a) }

// Type implements pflag.Value.
func (a *address) Type() string { return "string" }

// Set implements pflag.Value.
func (a *address) Set(s string) error {
	if _, err := url.Parse(s); err != nil {
		return err
	}
	*a = address(s)
	return nil
}
