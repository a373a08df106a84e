package pages

import (
	"testing"
	"testing/fstest"
)

// Files are found by name, with a type that no machine decides.
func TestLoad(t *testing.T) {
	t.Parallel()
	files, err := Load(fstest.MapFS{"index.html": {Data: []byte("<p>")}, "js/a.js": {Data: []byte("1")}, "odd.zzz": {Data: []byte{0}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"index.html": "text/html; charset=utf-8", "js/a.js": "text/javascript; charset=utf-8", "odd.zzz": "application/octet-stream",
	} {
		if files[name] == nil || files[name].contentType != want {
			t.Errorf("%s: got %+v, want type %s", name, files[name], want)
		}
	}
	if len(files) != 3 {
		t.Errorf("got %d files, want 3", len(files))
	}
}

// What cannot be made smaller is sent as it is.
func TestGzipped(t *testing.T) {
	t.Parallel()
	if got := New("text/plain", []byte("ab")).gzipped(); got != nil {
		t.Errorf("two bytes were packed into %d", len(got))
	}
	if got := New("text/plain", make([]byte, 10_000)).gzipped(); got == nil || len(got) > 1000 {
		t.Errorf("zeros were packed into %d bytes", len(got))
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=0.001": true, "deflate": false, "x-gzip": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("acceptsGzip(%q) = %v, want %v", header, got, want)
		}
	}
}

func TestTagListed(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, `"a"`: true, `W/"a"`: true, `"b", W/"a"`: true, "*": true, `"ab"`: false, ",": false,
	} {
		if got := TagListed(header, `W/"a"`); got != want {
			t.Errorf("TagListed(%q) = %v, want %v", header, got, want)
		}
	}
}
