package browsertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// The operations page says in words what the sources do, and draws it.
func TestOperations(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/ops")
	p.wait(`[...document.querySelectorAll("#sources .pill")].map((x) => x.textContent).join() === "Streaming, up to date,Streaming, up to date"`)
	p.wait(`document.querySelector("#overall").dataset.level === "good"`)
	p.wait(`[...document.querySelectorAll(".chart")].slice(0, 5).every((c) => c.querySelector("path.line")?.getAttribute("d"))`)
	p.run(`document.querySelector(".plot-box").focus()`)
	p.press(kb.ArrowLeft)
	p.wait(`/\d\d:\d\d:\d\d/.test(document.querySelector(".chart .when").textContent) && document.querySelector(".chart .cross")`)
	if got := eval[string](p, `document.querySelector(".chart .legend-value").textContent`); !strings.Contains(got, "s") {
		t.Errorf("the lag reads %q", got)
	}
	before := eval[string](p, `document.querySelector("#updated").textContent`)
	p.wait(`document.querySelector("#updated").textContent !== ` + quote(before))
}

// A reindex is started, followed to its end, and puts a new generation into
// service while searches go on.
func TestReindexFromThePage(t *testing.T) {
	p := open(t, desktop, "/ops")
	before := eval[int](p, `Number(document.querySelector("#generation").textContent)`)
	p.wait(`!document.querySelector(".reindex-start").hidden`)
	p.click(".reindex-start")
	p.wait(`document.querySelector(".reindex-state").textContent.includes("put generation")
		&& Number(document.querySelector("#generation").textContent) > ` + quote(string(rune('0'+before))))
	if total := search(t).Total; total == 0 {
		t.Error("no products after the reindex")
	}
}

// A document that cannot be a product becomes a dead letter: listed with its
// reason, tried again in vain, and dropped.
func TestDeadLetters(t *testing.T) {
	const id = "bad/price 1" // has to be escaped on the way
	insert(t, bson.D{{Key: "_id", Value: id}, {Key: "name", Value: "Bad price"}, {Key: "status", Value: "published"},
		{Key: "price", Value: bson.D{{Key: "amount", Value: "twelve"}}}})
	p := open(t, desktop, "/ops")
	p.wait(`document.querySelector(".dead-item .dead-reason")?.textContent.includes("twelve")`)
	p.wait(`document.querySelector("#dead-count").textContent === "1"`)
	p.click(fmt.Sprintf(`[aria-label=%q]`, "Replay "+id+" of catalog"))
	p.wait(`document.querySelector(".dead-say").textContent.includes("failed again")`)
	p.click(fmt.Sprintf(`[aria-label=%q]`, "Drop "+id+" of catalog"))
	p.wait(`document.querySelectorAll(".dead-item").length === 0 && document.querySelector(".dead-none:not([hidden])")`)
	p.wait(`document.querySelector("#dead-count").textContent === "0"`)
}

// insert writes a document past the API, as a shop does, and takes it away after
// the test.
func insert(t *testing.T, document bson.D) {
	t.Helper()
	if _, err := shared.aisle(); err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(*mongoURI))
	if err != nil {
		t.Fatal(err)
	}
	products := client.Database("shop").Collection("products")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitTime)
		defer cancel()
		_, err := products.DeleteOne(ctx, document[:1])
		if err := errors.Join(err, client.Disconnect(ctx)); err != nil {
			t.Error(err)
		}
	})
	if _, err := products.InsertOne(t.Context(), document); err != nil {
		t.Fatal(err)
	}
}

// Where the server asks for a key, so does the page, and goes on with it.
func TestAsksForAKey(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.before(`
		const real = window.fetch;
		window.fetch = (path, init) => init.headers.Authorization === "Bearer open-sesame" ? real(path, init)
			: Promise.resolve(new Response(JSON.stringify({ type: "unauthenticated", status: 401, title: "A valid key is needed" }), { status: 401 }));`)
	for _, path := range []string{"/ops", "/?q=lamp"} {
		p.do(chromedp.Navigate(p.address + path))
		p.run(`sessionStorage.clear()`)
		p.do(chromedp.Reload())
		if path != "/ops" {
			p.click(`#state button`)
		}
		p.wait(`document.activeElement.id === "key"`)
		p.press("open-sesame" + kb.Enter)
		p.settled()
	}
	p.shows(search(t, "q", "lamp").ids())
}

// A source that cannot be followed is called so, with what to do, on both pages.
// Breaking one would take the databases from the other tests, so the status is
// altered on its way.
func TestBrokenSource(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.before(`
		const real = window.fetch;
		window.fetch = async (path, init) => {
			const answer = await real(path, init);
			if (path !== "/v1/status") return answer;
			const status = await answer.json();
			Object.assign(status.sources[1], { state: "broken", reason: "The slot is gone. Start a reindex." });
			return new Response(JSON.stringify(status), { status: 200 });
		};`)
	p.visit("/ops")
	p.wait(`document.querySelector("#overall").dataset.level === "bad"`)
	p.wait(`document.querySelector('#sources [data-key="orders"] .pill').textContent === "Broken"`)
	if got := eval[string](p, `document.querySelector('#sources [data-key="orders"] .reason').textContent`); got != "The slot is gone. Start a reindex." {
		t.Errorf("the reason reads %q", got)
	}
	p.visit("/?q=lamp")
	p.wait(`document.querySelector("#freshness").dataset.level === "broken"`)
}
