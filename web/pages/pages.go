package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// Policy lets the pages load only what this service serves, and nobody put
// them into a frame. Pictures may also be data: URLs.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Asset is one file that does not change while the program runs.
type Asset struct {
	contentType string
	tag         string // weak: the same for both encodings
	plain       []byte
	packing     sync.Once // guards packed
	packed      []byte    // gzip, made when first asked for; nil where it saves nothing
}

// Load reads all files of a file system.
func Load(root fs.FS) (map[string]*Asset, error) {
	files := make(map[string]*Asset)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		files[name] = New(contentType(name), data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	return files, nil
}

// contentType does not ask the machine, whose table may say anything.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".webmanifest":
		return "application/json; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// New makes an asset of a content type.
func New(contentType string, data []byte) *Asset {
	sum := sha256.Sum256(data)
	return &Asset{contentType: contentType, tag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, plain: data}
}

// Bytes are the asset as it was given. They must not be changed.
func (a *Asset) Bytes() []byte { return a.plain }

// gzipped is the asset packed, or nil where that saves nothing.
func (a *Asset) gzipped() []byte {
	a.packing.Do(func() {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		// Writing to memory does not fail; if it did the asset would go out plain.
		if _, err := w.Write(a.plain); err != nil || w.Close() != nil {
			return
		}
		if packed.Len() < len(a.plain)*9/10 {
			a.packed = packed.Bytes()
		}
	})
	return a.packed
}

// Serve answers with the asset. It may be kept and must be asked about again:
// names do not change when contents do.
func (a *Asset) Serve(c *gin.Context) error {
	h := c.Writer.Header()
	h.Set("ETag", a.tag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	if TagListed(c.GetHeader("If-None-Match"), a.tag) {
		c.Status(http.StatusNotModified)
		return nil
	}
	body := a.plain
	if acceptsGzip(c.GetHeader("Accept-Encoding")) {
		if packed := a.gzipped(); packed != nil {
			body = packed
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Data(http.StatusOK, a.contentType, body)
	return nil
}

// acceptsGzip reads the part of Accept-Encoding that matters: q=0 refuses.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !strings.HasPrefix(strings.ReplaceAll(weight, " ", ""), "q=0") || strings.ContainsAny(weight, "123456789")
		}
	}
	return false
}

// TagListed compares weakly, as If-None-Match wants it.
func TagListed(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || part != "" && strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
