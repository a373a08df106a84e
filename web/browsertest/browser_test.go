package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// startBrowser starts Chromium without a window.
func startBrowser(ctx context.Context, profile string) (context.Context, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, _ = chromedp.NewExecAllocator(ctx, options...)
	ctx, _ = chromedp.NewContext(ctx)
	shared.closers = append(shared.closers, func() error {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("stop chromium: %w", err)
		}
		return nil
	})
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	return ctx, nil
}

func findBrowser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium here: install the package chromium, or run make deps-browser")
}

// screen is what a page is shown on.
type screen struct {
	width, height int64
	phone         bool
	scheme        string // "light" or "dark"; "" is light
}

var (
	desktop = screen{width: 1280, height: 900}
	phone   = screen{width: 360, height: 740, phone: true}
)

// pageTime bounds everything that one test does with one page.
const pageTime = 5 * time.Minute

// open loads a path of Aisle's in a tab that shares nothing with others.
func open(t *testing.T, s screen, path string) *page {
	t.Helper()
	address, err := shared.aisle()
	if err != nil {
		t.Fatal(err)
	}
	browser, err := shared.browser()
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, address: address}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	t.Cleanup(func() {
		cancel()
		p.check()
	})
	if err := chromedp.Do(ctx); err != nil { // not under the deadline, which would close the tab
		t.Fatal("open a tab:", err)
	}
	var stop context.CancelFunc
	p.ctx, stop = context.WithTimeout(ctx, pageTime)
	t.Cleanup(stop)
	p.show(s)
	p.visit(path)
	return p
}

// show sets the size and the colour scheme, and lets the tab believe that it is
// in front: keys reach no other.
func (p *page) show(s screen) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		p.t.Fatal("emulate focus:", err)
	}
	p.do(chromedp.EmulateViewport(s.width, s.height, func(m *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
		m.Mobile, touch.Enabled = s.phone, s.phone
	}))
	scheme := s.scheme
	if scheme == "" {
		scheme = "light"
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	if err != nil {
		p.t.Fatal("emulate a screen:", err)
	}
}
