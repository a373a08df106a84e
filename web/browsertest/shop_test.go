package browsertest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// cards are the ids of the products on show, in order.
const cards = `[...document.querySelectorAll("#results > li[data-id]")].map((c) => c.dataset.id)`

// shows waits until the page shows exactly these products first.
func (p *page) shows(ids []string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`(%s).slice(0, %d).join() === %s`, cards, len(ids), quote(strings.Join(ids, ","))))
}

// The page searches as one types, shows what the API finds, and keeps the
// address up to date without an entry in the history for each letter.
func TestSearchesAsYouType(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.slash()
	p.press("desk lamp")
	want := search(t, "q", "desk lamp")
	p.shows(want.ids())
	p.wait(fmt.Sprintf(`document.querySelector("#count").textContent.replace(/\D/g, "") === "%d"`, want.Total))
	if got, want := eval[string](p, `location.search`), "?q=desk+lamp"; got != want {
		t.Errorf("address %q, want %q", got, want)
	}
	if got := eval[string](p, `document.querySelector("#count").getAttribute("role")`); got != "status" {
		t.Errorf("the number of products is no live region, but %q", got)
	}
	p.do(chromedp.NavigateBack())
	p.wait(`location.search === "" && document.querySelector("#q").value === ""`)
	p.shows(search(t).ids())
}

// An answer that comes late does not replace that to a later question.
func TestLateAnswersAreIgnored(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.run(`
		const real = window.fetch;
		window.late = new Promise((resolve) => { window.release = resolve; });
		window.fetch = async (path, init) => {
			if (!String(path).includes("q=chair")) return real(path, init);
			const answer = await real(path, { ...init, signal: undefined }); // as if it could not be called back
			window.held = true;
			await window.late;
			return answer;
		};
		const box = document.querySelector("#q");
		box.value = "chair";
		box.dispatchEvent(new Event("input"));`)
	p.wait(`window.held`)
	p.run(`
		const box = document.querySelector("#q");
		box.value = "lamp";
		box.dispatchEvent(new Event("input"));`)
	want := search(t, "q", "lamp").ids()
	p.shows(want)
	p.run(`window.release(); await window.late; await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))`)
	p.shows(want)
	if got := eval[string](p, `document.querySelector("#heading").textContent`); !strings.Contains(got, "lamp") {
		t.Errorf("heading %q after the late answer", got)
	}
}

// Characters that are still being composed are not searched for.
func TestComposedCharacters(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.slash()
	for _, text := range []string{"l", "la", "lamp"} {
		if _, err := chromedp.Call(p.ctx, input.ImeSetComposition, input.ImeSetCompositionParams{
			Text: text, SelectionStart: int64(len(text)), SelectionEnd: int64(len(text)),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: "lamp"}); err != nil {
		t.Fatal(err)
	}
	p.shows(search(t, "q", "lamp").ids())
	for _, request := range p.asked("/v1/search") {
		u, err := url.Parse(request)
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query().Get("q"); q != "" && q != "lamp" {
			t.Errorf("searched for %q while it was being composed", q)
		}
	}
}

// Choosing values of a facet widens the result and leaves the facet's own list
// as it was; each choice can be taken back.
func TestFacetMultiSelect(t *testing.T) {
	t.Parallel()
	brands := search(t, "q", "lamp", "facets", "brand", "facet_size", "200").Facets[0].Values
	if len(brands) < 3 {
		t.Fatalf("too few brands of lamps: %v", brands)
	}
	p := open(t, desktop, "/?q=lamp")
	const list = `[...document.querySelectorAll('[data-facet="brand"] .value')].map((v) =>
		v.querySelector(".value-name").textContent + " " + v.querySelector(".value-count").textContent)`
	before := eval[[]string](p, list)
	box := func(i int) string {
		return fmt.Sprintf(`[data-facet="brand"] .values > li:nth-child(%d) input`, i+1)
	}
	sum := 0
	for i := range 2 {
		p.click(box(i))
		sum += brands[i].Count
		p.wait(fmt.Sprintf(`document.querySelector("#count").textContent.replace(/\D/g, "") === "%d"`, sum))
		p.settled()
		if diff := cmp.Diff(before, eval[[]string](p, list)); diff != "" {
			t.Errorf("the list changed by a choice in it (-before +after):\n%s", diff)
		}
	}
	at, err := url.Parse(eval[string](p, `location.href`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{brands[0].Value, brands[1].Value}
	if got := at.Query()["f.brand"]; !cmp.Equal(got, want) {
		t.Errorf("address has brands %q, want %q", got, want)
	}
	p.click(`#chips button[aria-label^="Remove"]`)
	p.wait(fmt.Sprintf(`document.querySelector("#count").textContent.replace(/\D/g, "") === "%d"`, brands[1].Count))
	p.click(`#chips .clear-all`)
	p.shows(search(t, "q", "lamp").ids())
	p.wait(`location.search === "?q=lamp" && document.querySelector("#chips").hidden`)
}

// A price range, typed in major units, keeps what lies in it.
func TestPriceRange(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	if bars := eval[int](p, `document.querySelectorAll('[data-facet="price"] .bar').length`); bars < 2 {
		t.Errorf("%d bars in the histogram of prices", bars)
	}
	p.click(`[data-facet="price"] .bound-from`)
	p.press("20" + kb.Tab + "49.50" + kb.Enter)
	want := search(t, "f.price", "2000..4950")
	p.shows(want.ids())
	p.wait(fmt.Sprintf(`document.querySelector("#count").textContent.replace(/\D/g, "") === "%d"`, want.Total))
	p.wait(`location.search.includes("f.price=2000..4950")`)
	if got := eval[string](p, `document.querySelector("#chips .chip").textContent`); !strings.Contains(got, "49.50") {
		t.Errorf("the chip says %q", got)
	}
	p.visit("/?f.price=2000..4950") // the address brings it back
	if got := eval[string](p, `document.querySelector('[data-facet="price"] .bound-to').value`); got != "49.50" {
		t.Errorf("the upper bound is %q", got)
	}
}

// Sorting by price sorts by price.
func TestSort(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/?q=lamp")
	for _, sort := range []string{"price", "-price"} {
		p.run(`const s = document.querySelector("#sort"); s.value = ` + quote(sort) + `; s.dispatchEvent(new Event("change"))`)
		p.shows(search(t, "q", "lamp", "sort", sort).ids())
		shown := eval[[]string](p, `[...document.querySelectorAll("#results .price")].map((x) => x.textContent).filter(Boolean)`)
		prices := make([]float64, len(shown))
		for i, text := range shown {
			var err error
			if prices[i], err = strconv.ParseFloat(strings.Map(digit, text), 64); err != nil {
				t.Fatal(err)
			}
		}
		if sort == "-price" {
			slices.Reverse(prices)
		}
		if !slices.IsSorted(prices) {
			t.Errorf("sorted by %s: %v", sort, shown)
		}
	}
}

// digit keeps what a number in English has.
func digit(r rune) rune {
	if r >= '0' && r <= '9' || r == '.' {
		return r
	}
	return -1
}

// When nothing is found, the page offers to take back each filter, and that
// helps.
func TestNothingFound(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/?q=lamp&f.brand=Nobody")
	p.wait(`document.querySelector("#state h2") && document.querySelector(".offer-count")`)
	p.click(`#state .offers button`)
	p.shows(search(t, "q", "lamp").ids())
	p.wait(`document.querySelector("#state").childElementCount === 0`)

	p.visit("/?q=qxzvwkj")
	p.wait(`document.querySelector("#state h2").textContent.includes("qxzvwkj")`)
	p.click(`#state button`)
	p.shows(search(t).ids())
}

// An address that makes no sense is explained, not shown as a broken page.
func TestSenselessAddress(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.expect("400")
	p.visit("/?q=lamp&f.nonsense=1")
	p.wait(`document.querySelector("#state").textContent.includes("nonsense")`)
	p.click(`#state button`)
	p.shows(search(t, "q", "lamp").ids())
}
