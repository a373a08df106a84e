package browsertest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// view is a page in the state in which it is looked at.
type view struct {
	name, path, ready string
}

func views(t *testing.T) []view {
	t.Helper()
	product := search(t, "q", "lamp").Hits[0]
	brand := product.Product.Brand
	return []view{
		{"home", "/", `document.querySelector("#results li[data-id]")`},
		{"results", "/?q=lamp&in_stock=true&f.brand=" + url.QueryEscape(brand), `document.querySelector("#results li[data-id]")`},
		{"product", "/?q=lamp#product=" + url.PathEscape(product.ID), `document.querySelector("#product .buy")`},
		{"nothing", "/?q=qxzvwkj", `document.querySelector("#state h2")`},
		{"ops", "/ops", `document.querySelector("#charts path") && document.querySelector("#sources li")`},
	}
}

// Everything that can be operated has a name, and so have the pages' parts.
func TestNames(t *testing.T) {
	t.Parallel()
	operable := []string{"textbox", "searchbox", "combobox", "checkbox", "switch", "button", "link", "spinbutton", "dialog", "navigation", "complementary"}
	for _, v := range views(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, desktop, v.path)
			p.wait(v.ready)
			tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
			if err != nil {
				t.Fatal(err)
			}
			roles := map[string]int{}
			for _, node := range tree.Nodes {
				if node.Ignored || node.Role == nil {
					continue
				}
				role := strings.Trim(string(node.Role.Value), `"`)
				roles[role]++
				named := node.Name != nil && strings.Trim(string(node.Name.Value), `" `) != ""
				if slices.Contains(operable, role) && !named {
					t.Errorf("a %s without a name: node %d", role, node.BackendDOMNodeID)
				}
			}
			if v.name == "product" { // all else is behind the dialog
				return
			}
			if roles["main"] != 1 {
				t.Errorf("%d main landmarks, want 1", roles["main"])
			}
			if n := eval[int](p, `document.querySelectorAll("h1").length`); n != 1 {
				t.Errorf("%d headings of the first level, want 1", n)
			}
		})
	}
}

// Whatever the keyboard reaches can be seen to have the focus.
func TestFocusIsVisible(t *testing.T) {
	t.Parallel()
	for _, v := range views(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, desktop, v.path)
			p.wait(v.ready)
			for range 25 {
				p.press(kb.Tab)
				where := eval[string](p, `(() => {
					const at = document.activeElement;
					if (!at || at === document.body) return "";
					const ringed = (n) => n && getComputedStyle(n).outlineStyle !== "none" && parseFloat(getComputedStyle(n).outlineWidth) >= 2;
					return ringed(at) || ringed(at.closest(".card")) ? "" : at.outerHTML.slice(0, 150);
				})()`)
				if where != "" {
					t.Errorf("no sign of the focus on %s", where)
				}
			}
		})
	}
}

// contrast lists texts that do not stand out enough from what is behind them
// (WCAG 2, level AA).
const contrast = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
	};
	const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
	const behind = (node) => {
		const layers = [];
		for (let n = node; n; n = n.parentElement) {
			const color = rgba(getComputedStyle(n).backgroundColor);
			layers.push(color);
			if (color[3] === 1) break;
		}
		return layers.reverse().reduce((below, layer) => over(layer, below), [1, 1, 1]);
	};
	const light = (c) => {
		const [r, g, b] = c.map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const low = new Set();
	const words = document.createTreeWalker(document.querySelector("dialog[open]") ?? document.body, NodeFilter.SHOW_TEXT);
	while (words.nextNode()) {
		const node = words.currentNode.parentElement;
		if (!words.currentNode.data.trim() || node.closest("svg, script, style, noscript, option, [hidden]") || !node.checkVisibility({ visibilityProperty: true })) continue;
		if (node.closest("button:disabled, .visually-hidden, .skip")) continue;
		const style = getComputedStyle(node);
		const back = behind(node);
		const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
		if (ratio < (large ? 3 : 4.5)) low.add(ratio.toFixed(2) + " " + (node.className || node.tagName) + ": " + words.currentNode.data.trim().slice(0, 40));
	}
	return [...low];
})()`

// Words stand out from their background, by day and by night.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, v := range views(t) {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(v.name+" "+scheme, func(t *testing.T) {
				t.Parallel()
				p := open(t, screen{width: 1280, height: 900, scheme: scheme}, v.path)
				p.wait(v.ready)
				for _, low := range eval[[]string](p, contrast) {
					t.Error("contrast", low)
				}
			})
		}
	}
}

// On a phone nothing sticks out sideways, and what is to be touched is big
// enough for a finger.
func TestPhone(t *testing.T) {
	t.Parallel()
	for _, v := range views(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, phone, v.path)
			p.wait(v.ready)
			p.fits()
		})
	}
	t.Run("filters", func(t *testing.T) {
		t.Parallel()
		p := open(t, phone, "/?q=lamp")
		p.do(chromedp.Tap(chromedp.CSS("#open-filters")))
		p.wait(`document.querySelector("#drawer").open && document.querySelector("#drawer .value")`)
		p.fits()
		p.do(chromedp.Tap(chromedp.CSS(`#drawer [data-facet="brand"] .value`)))
		p.wait(`location.search.includes("f.brand=")`)
		p.settled()
		shown := eval[int](p, `Number(document.querySelector("#count").textContent.replace(/\D/g, ""))`)
		p.wait(fmt.Sprintf(`document.querySelector("#show-results").textContent.includes("%d")`, shown))
		p.do(chromedp.Tap(chromedp.CSS("#show-results")))
		p.wait(`!document.querySelector("#drawer").open`)
	})
}

// fits checks the width of the page and the size of what can be touched.
func (p *page) fits() {
	p.t.Helper()
	if over := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		p.t.Errorf("the page is %d pixels too wide", over)
	}
	small := eval[[]string](p, `[...(document.querySelector("dialog[open]") ?? document).querySelectorAll("a[href], button, select, summary, label.value, label.switch, input:not([type=checkbox])")]
		.filter((n) => n.checkVisibility() && !n.closest(".visually-hidden, .skip, .card, .quantity") && !n.matches(".visually-hidden, .quantity"))
		.map((n) => [n, n.getBoundingClientRect()])
		.filter(([, box]) => box.height > 0 && (box.height < 43.5 || box.width < 43.5))
		.map(([n, box]) => Math.round(box.width) + " × " + Math.round(box.height) + " " + (n.id || n.className || n.tagName))`)
	for _, s := range small {
		p.t.Error("too small to touch:", s)
	}
}

// Nothing jumps while the page loads.
func TestNothingJumps(t *testing.T) {
	t.Parallel()
	for _, s := range []screen{desktop, phone} {
		p := open(t, s, "/?q=lamp")
		p.wait(`document.querySelector("#results li[data-id]")`)
		shift := eval[float64](p, `new Promise((resolve) => {
			let sum = 0;
			new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.hadRecentInput ? 0 : e.value; }).observe({ type: "layout-shift", buffered: true });
			requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
		})`)
		if shift > 0.05 {
			t.Errorf("layout shift %.3f at %d pixels", shift, s.width)
		}
	}
}
