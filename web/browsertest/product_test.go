package browsertest

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A product opens by keyboard, keeps the keyboard within, closes by Esc and
// gives the focus back to where it was.
func TestProductByKeyboard(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/?q=lamp")
	second := search(t, "q", "lamp").Hits[1]
	p.run(`document.querySelectorAll(".card-link")[1].focus()`)
	p.press(kb.Enter)
	p.wait(`document.querySelector("#product").open && document.querySelector("#product h2")`)
	if got := eval[string](p, `document.querySelector("#product h2").textContent`); got != second.Product.Title {
		t.Errorf("opened %q, want %q", got, second.Product.Title)
	}
	if got, want := eval[string](p, `location.hash`), "#product="+url.PathEscape(second.ID); got != want {
		t.Errorf("address ends with %q, want %q", got, want)
	}
	seen := map[string]bool{}
	for range 12 {
		p.press(kb.Tab)
		if !eval[bool](p, `document.querySelector("#product").contains(document.activeElement)`) {
			t.Fatalf("the keyboard left the dialog for %s", eval[string](p, `document.activeElement.outerHTML.slice(0, 200)`))
		}
		seen[eval[string](p, `document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent`)] = true
	}
	for _, name := range []string{"Close product", "One fewer", "Quantity", "One more", "Buy now"} {
		if !seen[name] {
			t.Errorf("Tab did not reach %q, but %v", name, seen)
		}
	}
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#product").open && location.hash === ""`)
	p.wait(`document.activeElement === document.querySelectorAll(".card-link")[1]`)
	p.do(chromedp.NavigateForward())
	p.wait(`document.querySelector("#product").open`)
}

// An address with a product opens it, and closing it stays in the shop.
func TestProductByAddress(t *testing.T) {
	t.Parallel()
	first := search(t, "q", "lamp").Hits[0]
	p := open(t, desktop, "/?q=lamp#product="+url.PathEscape(first.ID))
	p.wait(`document.querySelector("#product h2")?.textContent === ` + quote(first.Product.Title))
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#product").open && location.hash === "" && location.search === "?q=lamp"`)
	p.expect("404")
	p.visit("/#product=no-such-product")
	p.wait(`document.querySelector("#product h2")?.textContent.includes("no longer")`)
}

// Buying changes the stock that search shows, at once: in the dialog and in the
// list.
func TestBuyingChangesTheStock(t *testing.T) {
	product := pick(t, 6)
	p := open(t, desktop, "/?f.sku="+url.QueryEscape(product.ID)+"#product="+url.PathEscape(product.ID))
	p.wait(`document.querySelector(".buy")`)
	p.buy(*product.Product.Stock - 2)
	p.wait(`document.querySelector("#product .stock").textContent === "Only 2 left"`)
	p.wait(fmt.Sprintf(`document.querySelector('[data-id=%s] .stock').textContent === "Only 2 left"`, quote(product.ID)))
	p.buy(2)
	p.wait(`document.querySelector("#product .stock").textContent === "Sold out" && document.querySelector(".buy").disabled`)
	p.wait(fmt.Sprintf(`document.querySelector('[data-id=%s] .stock').textContent === "Sold out"`, quote(product.ID)))
}

// buy orders a number of pieces and waits for the thanks.
func (p *page) buy(quantity int64) {
	p.t.Helper()
	p.run(fmt.Sprintf(`document.querySelector(".quantity").value = "%d"; document.querySelector(".say").textContent = ""`, quantity))
	p.click(".buy")
	p.wait(`document.querySelector(".say").dataset.mood === "good" && document.querySelector(".say").textContent !== ""`)
}

// When somebody else is faster, the page says so kindly and shows what is left.
func TestSoldOutMeanwhile(t *testing.T) {
	product := pick(t, 6)
	p := open(t, desktop, "/#product="+url.PathEscape(product.ID))
	p.expect("409")
	p.wait(`document.querySelector(".buy")`)
	order(t, product.ID, *product.Product.Stock-1)
	p.run(`document.querySelector(".quantity").value = "4"`)
	p.click(".buy")
	p.wait(`document.querySelector(".say").dataset.mood === "bad" && document.querySelector(".say").textContent.startsWith("Sorry")`)
	p.wait(`document.querySelector("#product .stock").textContent === "Only 1 left"`)
}

// order buys by the API.
func order(t *testing.T, product string, quantity int64) {
	t.Helper()
	type line struct {
		Product  string `json:"product"`
		Quantity int64  `json:"quantity"`
	}
	post(t, fmt.Sprintf("%s %s %d", t.Name(), product, quantity), map[string]any{
		"customer": "another shopper", "lines": []line{{product, quantity}},
	})
}

// An answer that gets lost is asked for again under the same key: one order.
func TestLostAnswerOrdersOnce(t *testing.T) {
	product := pick(t, 6)
	p := open(t, desktop, "/")
	p.before(`
		const real = window.fetch;
		window.keys = [];
		window.fetch = async (path, init) => {
			if (path !== "/v1/orders") return real(path, init);
			window.keys.push(init.headers["Idempotency-Key"]);
			const answer = await real(path, init);
			if (window.keys.length < 3) throw new TypeError("the connection broke after the order");
			return answer;
		};`)
	p.visit("/?q=lamp#product=" + url.PathEscape(product.ID))
	p.wait(`document.querySelector(".buy")`)
	p.buy(*product.Product.Stock - 3)
	p.wait(`document.querySelector("#product .stock").textContent === "Only 3 left"`)
	if got := eval[int](p, `window.keys.length`); got != 3 {
		t.Errorf("%d attempts, want 3", got)
	}
	if got := eval[int](p, `new Set(window.keys).size`); got != 1 {
		t.Errorf("%d different keys, want 1", got)
	}
}

// A product whose words look like markup is shown as words.
func TestHostileWords(t *testing.T) {
	const title = `<img src=x onerror="document.title='owned'"> zyxhostile & <mark>co</mark>`
	ask(t, http.MethodPut, "/v1/products/hostile-1", map[string]any{
		"sku": "hostile-1", "name": title, "status": "published",
		"brand": map[string]any{"name": `<b>Brand</b>`}, "description": `x < y && zyxhostile`,
		"attributes": map[string]any{`<i>name</i>`: `<script>document.title='owned'</script>`},
	}, nil)
	t.Cleanup(func() { remove(t, "hostile-1") })
	p := open(t, desktop, "/")
	p.slash()
	p.press("zyxhostile")
	p.wait(`location.search.includes("zyxhostile")`)
	p.run(`
		while (!document.querySelector("[data-id=hostile-1]")) { // it may not be indexed yet
			document.querySelector("#search").requestSubmit();
			await new Promise((resolve) => setTimeout(resolve, 100));
		}`)
	if got := eval[string](p, `document.querySelector("[data-id=hostile-1] .card-title").textContent`); got != title {
		t.Errorf("the title reads %q, want %q", got, title)
	}
	if got := eval[string](p, `[...document.querySelectorAll("[data-id=hostile-1] mark")].map((m) => m.textContent).join()`); got != "zyxhostile" {
		t.Errorf("marked %q, want what was searched for", got)
	}
	p.click(`[data-id=hostile-1] .card-link`)
	p.wait(`document.querySelector("#product dl")`)
	if n := eval[int](p, `document.querySelectorAll("main img[onerror], #product script, #product i, #product b").length`); n != 0 {
		t.Errorf("%d elements came from words", n)
	}
	if got := eval[string](p, `document.title`); got == "owned" {
		t.Error("a script from a product's words ran")
	}
}
