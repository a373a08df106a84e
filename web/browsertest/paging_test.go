package browsertest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// all waits until as many products are on show as there are, and checks that
// none is there twice.
func (p *page) all(total int) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`(window.scrollTo(0, document.body.scrollHeight), (%s).length >= %d && document.querySelector("#more").hidden)`, cards, total))
	ids := eval[[]string](p, cards)
	if len(ids) != total {
		p.t.Errorf("%d products on show, want %d", len(ids), total)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != total {
		p.t.Errorf("%d different products on show, want %d", n, total)
	}
}

// Scrolling goes on to the end of the list; no product is shown twice.
func TestEndlessPaging(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/?q=black")
	p.all(paged(t, "black"))
}

// paged is how many products a search finds, which have to be several pages.
func paged(t *testing.T, q string) int {
	t.Helper()
	found := search(t, "q", q)
	if found.Next == nil || found.Total < 40 {
		t.Fatalf("%q finds %d products: too few to page", q, found.Total)
	}
	return found.Total
}

// Where the browser does not tell what is near, a button loads more; the
// keyboard's place moves on to the new products.
func TestLoadMoreByKeyboard(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.before(`delete window.IntersectionObserver`)
	p.visit("/?q=black")
	p.wait(`!document.querySelector("#more").hidden`)
	before := eval[int](p, cards+`.length`)
	p.run(`document.querySelectorAll(".card-link").item(` + fmt.Sprint(before-1) + `).focus()`)
	p.press(kb.Tab) // from the last product to the button
	if got := eval[string](p, `document.activeElement.id`); got != "more" {
		t.Fatalf("after the last product comes %q", got)
	}
	p.press(kb.Enter)
	p.wait(fmt.Sprintf(`document.activeElement === document.querySelectorAll(".card-link").item(%d)`, before))
}

// A cursor that has expired is no end: the list goes on, without repeating, and
// says so.
func TestExpiredCursor(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.before(`
		const real = window.fetch;
		let refused = 0;
		window.fetch = (path, init) => {
			if (String(path).includes("cursor=") && refused++ === 1) {
				const problem = JSON.stringify({ type: "cursor-expired", status: 410 });
				return Promise.resolve(new Response(problem, { status: 410 }));
			}
			return real(path, init);
		};`)
	p.visit("/?q=black")
	p.all(paged(t, "black"))
	if words := eval[string](p, `document.querySelector("#notice").textContent`); words == "" {
		t.Error("the page does not say that the list was taken up again")
	}
}

// A page that could not be loaded leaves what is there and can be asked for
// again.
func TestPagingFails(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/")
	p.before(`
		const real = window.fetch;
		window.broken = true;
		window.fetch = (path, init) => window.broken && String(path).includes("cursor=")
			? Promise.reject(new TypeError("network")) : real(path, init);`)
	p.visit("/?q=black")
	p.wait(`(window.scrollTo(0, document.body.scrollHeight), !document.querySelector("#paging-error").hidden)`)
	p.run(`window.broken = false`)
	p.click("#more")
	p.all(paged(t, "black"))
}
