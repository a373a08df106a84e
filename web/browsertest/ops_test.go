package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
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

// Dead letters are listed with their reasons, tried again and dropped. The API
// takes no document that would become one, so its answers are stood in for.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	p := open(t, desktop, "/ops")
	p.before(`
		const real = window.fetch;
		window.letters = ["one", "two/2"].map((id) => ({ source: "catalog", id, reason: "price: not an amount", position: "7.1", at: "2026-01-31T12:00:00.000Z", attempts: 1 }));
		const answer = (body) => new Response(JSON.stringify(body), { status: 200 });
		window.fetch = async (path, init) => {
			const [, id, replay] = /dead-letters\/catalog\/([^/]+)(\/replay)?$/.exec(path) ?? [];
			if (replay) return answer({ applied: false, dead_letter: { ...window.letters[0], reason: "price: still none" } });
			if (id) {
				window.letters = window.letters.filter((l) => l.id !== decodeURIComponent(id));
				return new Response(null, { status: 204 });
			}
			if (path.startsWith("/v1/admin/dead-letters")) return answer({ dead_letters: window.letters, more: false });
			if (path !== "/v1/status") return real(path, init);
			const status = await (await real(path, init)).json();
			status.sources[0].dead_letters = window.letters.length;
			return answer(status);
		};`)
	p.visit("/ops")
	p.wait(`document.querySelectorAll(".dead-item").length === 2 && document.querySelector("#dead-count").textContent === "2"`)
	p.click(`[aria-label="Replay one of catalog"]`)
	p.wait(`document.querySelector(".dead-say").textContent.includes("still none")`)
	p.click(`[aria-label="Drop two/2 of catalog"]`)
	p.wait(`document.querySelectorAll(".dead-item").length === 1 && document.querySelector("#dead-count").textContent === "1"`)
	p.click(`[aria-label="Drop one of catalog"]`)
	p.wait(`document.querySelectorAll(".dead-item").length === 0 && document.querySelector(".dead-none:not([hidden])")`)
}
