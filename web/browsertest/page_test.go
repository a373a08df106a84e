package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// page is one tab.
type page struct {
	t       *testing.T
	ctx     context.Context
	address string

	mu       sync.Mutex // guards what follows
	faults   []string   // what a page must not do
	requests []string   // addresses asked for
	expected []string   // parts of faults that the test brings about
}

// listen notes what happens in the tab.
func (p *page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			fault += " " + e.ExceptionDetails.Exception.Description
		}
		p.faults = append(p.faults, "exception: "+fault)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			p.faults = append(p.faults, fmt.Sprintf("console %s: %s", e.Type, said(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			p.faults = append(p.faults, fmt.Sprintf("log: %s %s", e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
		if !strings.HasPrefix(e.Request.URL, p.address+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
			p.faults = append(p.faults, "request to another origin: "+e.Request.URL)
		}
	}
}

func said(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = strings.TrimSpace(string(a.Value) + " " + a.Description)
	}
	return strings.Join(words, " ")
}

// expect allows faults that the test brings about.
func (p *page) expect(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, part)
}

// check fails the test for each fault that was not expected.
func (p *page) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) == 0 {
		p.t.Error("no request was noted, so none to other origins would have been")
	}
faults:
	for _, fault := range p.faults {
		for _, part := range p.expected {
			if strings.Contains(fault, part) {
				continue faults
			}
		}
		p.t.Error(fault)
	}
}

// asked is the addresses asked for so far that hold part.
func (p *page) asked(part string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	for _, r := range p.requests {
		if strings.Contains(r, part) {
			found = append(found, r)
		}
	}
	return found
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// visit goes to a path and waits until the page has shown something. Chromium
// drops the keys that come before it has painted.
func (p *page) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.address + path))
	p.settled()
	p.wait(`performance.getEntriesByName("first-contentful-paint").length > 0`)
}

// settled waits until the answer to what was last asked is on show.
func (p *page) settled() {
	p.t.Helper()
	p.wait(`document.querySelector("#results")?.getAttribute("aria-busy") !== "true"
		&& document.querySelector("#overall")?.dataset.level !== "busy"`)
}

// eval gives the value of a JavaScript expression.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// run carries out JavaScript for what it does.
func (p *page) run(script string) {
	p.t.Helper()
	eval[any](p, "(async () => {"+script+"\n; return null })()")
}

const (
	waitTime  = time.Minute
	waitPause = 30 * time.Millisecond
)

// wait polls until the expression holds. It evaluates from outside: the page's
// policy forbids to compile text within.
func (p *page) wait(expression string) {
	p.t.Helper()
	tick := time.NewTicker(waitPause)
	defer tick.Stop()
	deadline := time.NewTimer(waitTime)
	defer deadline.Stop()
	for {
		held, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && held {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			p.t.Fatalf("this never held (last error: %v): %s\n%s", err, expression, p.describe())
		}
	}
}

// describe tells where a page stands, for the message of a failure.
func (p *page) describe() string {
	p.t.Helper()
	return eval[string](p, `location.href + "\nfocus: " + document.activeElement?.outerHTML.slice(0, 200)
		+ "\nwords: " + (document.querySelector("dialog[open]") ?? document.querySelector("main")).innerText.replace(/\s+/g, " ").slice(0, 600)`)
}

func (p *page) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// slash presses the key that leads into the search box: as one event, so that
// the page can keep the character from being typed.
func (p *page) slash() {
	p.t.Helper()
	for _, key := range []input.DispatchKeyEventParams{
		{Type: kb.KeyDown, Key: "/", Code: "Slash", Text: "/"}, {Type: kb.KeyUp, Key: "/", Code: "Slash"},
	} {
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, key); err != nil {
			p.t.Fatal(err)
		}
	}
	p.wait(`document.activeElement.id === "q"`)
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// quote is text as a JavaScript literal.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil { // a string always encodes
		panic(err)
	}
	return string(b)
}

// before runs a script in every document that is loaded from now on, before its
// own.
func (p *page) before(script string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: "(() => {" + script + "})()",
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
