package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/request"
)

// document is the OpenAPI document as it is served, with a compiler of the
// schemas in it.
type document struct {
	raw map[string]any

	mu       sync.Mutex // guards compiler, which is not safe for concurrent use
	compiler *jsonschema.Compiler
}

var loadDocument = sync.OnceValues(func() (*document, error) {
	a, err := loadOpenAPI("test")
	if err != nil {
		return nil, err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Bytes()))
	if err != nil {
		return nil, err
	}
	d := &document{raw: v.(map[string]any), compiler: jsonschema.NewCompiler()}
	return d, d.compiler.AddResource("openapi.json", v)
})

func openDocument(t testing.TB) *document {
	t.Helper()
	d, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// validate holds a JSON value against the schema at a JSON pointer.
func (d *document) validate(pointer string, body []byte) error {
	d.mu.Lock()
	schema, err := d.compiler.Compile("openapi.json#" + pointer)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// follow resolves a reference.
func (d *document) follow(pointer string, v map[string]any) (string, map[string]any) {
	ref, ok := v["$ref"].(string)
	if !ok {
		return pointer, v
	}
	at := d.raw
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		at, _ = at[part].(map[string]any)
	}
	return strings.TrimPrefix(ref, "#"), at
}

func escapePointer(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

// checkAnswer fails the test unless the document has this answer.
func checkAnswer(t testing.TB, s *Server, method, target string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code == kindGone.Status || w.Code == http.StatusMethodNotAllowed {
		return
	}
	d := openDocument(t)
	path, _, _ := strings.Cut(target, "?")
	template, known := matchRoute(s, method, path)
	if !known {
		return // an unknown path: not-found
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	pointer := "/paths/" + escapePointer(template) + "/" + strings.ToLower(method) + "/responses/" + fmt.Sprint(w.Code)
	paths := d.raw["paths"].(map[string]any)
	operation := paths[template].(map[string]any)[strings.ToLower(method)].(map[string]any)
	response, ok := operation["responses"].(map[string]any)[fmt.Sprint(w.Code)].(map[string]any)
	if !ok {
		t.Errorf("%s %s answers %d, which the document does not list\n%s", method, template, w.Code, w.Body)
		return
	}
	pointer, response = d.follow(pointer, response)
	if err := d.checkContent(pointer, response, w); err != nil {
		t.Errorf("%s %s answers %d: %v\n%s", method, template, w.Code, err, w.Body)
	}
}

func (d *document) checkContent(pointer string, response map[string]any, w *httptest.ResponseRecorder) error {
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		if w.Body.Len() > 0 {
			return fmt.Errorf("a body where none is documented")
		}
		return nil
	}
	if w.Body.Len() == 0 { // HEAD
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil {
		return err
	}
	if _, any := content["*/*"]; any {
		return nil
	}
	if _, ok := content[mediaType]; !ok {
		return fmt.Errorf("media type %s is not documented", mediaType)
	}
	if !strings.HasSuffix(mediaType, "json") {
		return nil
	}
	return d.validate(pointer+"/content/"+escapePointer(mediaType)+"/schema", w.Body.Bytes())
}

var routePart = regexp.MustCompile(`\{[^}]+\}`)

// matchRoute finds the documented path of a requested one.
func matchRoute(s *Server, method, path string) (string, bool) {
	for _, r := range s.routes() {
		template := openAPIPath(r.path)
		part := `[^/]+`
		if strings.Contains(r.path, "*") {
			part = `.+`
		}
		pattern := "^" + routePart.ReplaceAllLiteralString(template, part) + "$"
		if (r.method == method || r.method == http.MethodGet && method == http.MethodHead) && regexp.MustCompile(pattern).MatchString(path) {
			return template, true
		}
	}
	return "", false
}

// Every route is documented, and nothing else is.
func TestDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	d, b := openDocument(t), newBench(t)
	var want, got []string
	for _, r := range b.server.routes() {
		want = append(want, r.method+" "+openAPIPath(r.path))
	}
	methods := []string{"get", "post", "put", "patch", "delete"}
	for path, item := range d.raw["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if slices.Contains(methods, method) {
				got = append(got, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes -, document +:\n%s", diff)
	}
}

// Every type of problem is listed, and nothing else is.
func TestDocumentHasEveryProblem(t *testing.T) {
	t.Parallel()
	d := openDocument(t)
	source, err := os.ReadFile("problem.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`kind\{Type: "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		if m[1] != kindGone.Type { // written for nobody
			want = append(want, m[1])
		}
	}
	_, schema := d.follow("", map[string]any{"$ref": "#/components/schemas/Problem"})
	var got []string
	for _, v := range schema["properties"].(map[string]any)["type"].(map[string]any)["enum"].([]any) {
		got = append(got, v.(string))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problem.go -, document +:\n%s", diff)
	}
}

// Every reference leads somewhere, and nothing is defined that nobody uses.
func TestDocumentReferences(t *testing.T) {
	t.Parallel()
	d := openDocument(t)
	used := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
				if _, target := d.follow("", v); target == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(d.raw)
	for group, entries := range d.raw["components"].(map[string]any) {
		for name := range entries.(map[string]any) {
			if ref := "#/components/" + group + "/" + name; group != "securitySchemes" && !used[ref] {
				t.Errorf("%s is used by nobody", ref)
			}
		}
	}
}

// Path parameters are declared, and the search parameters are those of a body.
func TestDocumentParameters(t *testing.T) {
	t.Parallel()
	d := openDocument(t)
	for path, item := range d.raw["paths"].(map[string]any) {
		declared := map[string]bool{}
		list, _ := item.(map[string]any)["parameters"].([]any)
		for _, p := range list {
			_, parameter := d.follow("", p.(map[string]any))
			declared["{"+parameter["name"].(string)+"}"] = true
		}
		for _, part := range routePart.FindAllString(path, -1) {
			if !declared[part] {
				t.Errorf("%s: %s is not declared", path, part)
			}
		}
	}
	body := d.raw["components"].(map[string]any)["schemas"].(map[string]any)["SearchBody"].(map[string]any)
	got := slices.Sorted(maps.Keys(body["properties"].(map[string]any)))
	want := request.SearchNames()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request -, document +:\n%s", diff)
	}
}

// What the document shows of filters is taken as it says, in a query and in a body.
func TestDocumentFilters(t *testing.T) {
	t.Parallel()
	d, b := openDocument(t), newBench(t)
	want := []search.Filter{
		{Field: "attr.colour", Values: []string{"black"}},
		{Field: "brand", Values: []string{"Halvorsen Home", "Lumenova"}},
		{Field: "price", Values: []string{"2000..6000"}},
	}
	get := d.raw["paths"].(map[string]any)["/v1/search"].(map[string]any)["get"].(map[string]any)["parameters"].([]any)
	at := slices.IndexFunc(get, func(p any) bool { return p.(map[string]any)["name"] == "f" })
	f := get[at].(map[string]any)
	example, err := json.Marshal(f["example"])
	if err != nil {
		t.Fatal(err)
	}
	if err := d.validate(fmt.Sprintf("/paths/~1v1~1search/get/parameters/%d/schema", at), example); err != nil {
		t.Errorf("the parameter's example: %v", err)
	}
	query := url.Values{}
	if err := json.Unmarshal(example, &query); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, b.do("GET", "/v1/search?"+query.Encode(), ""), http.StatusOK)
	if diff := cmp.Diff(want, b.searcher.query().Filters); diff != "" {
		t.Errorf("filters of the parameter's example (-want +got):\n%s", diff)
	}
	text := f["description"].(string)
	_, shown, _ := strings.Cut(text, "the example is `")
	shown, _, _ = strings.Cut(shown, "`")
	if got, err := url.ParseQuery(shown); err != nil || cmp.Diff(query, got) != "" {
		t.Errorf("the description shows %q, %v, want the example %q", shown, err, query.Encode())
	}

	body, err := json.Marshal(d.raw["components"].(map[string]any)["schemas"].(map[string]any)["SearchBody"].(map[string]any)["example"])
	if err != nil {
		t.Fatal(err)
	}
	if err := d.validate("/components/schemas/SearchBody", body); err != nil {
		t.Errorf("the body's example: %v", err)
	}
	wantStatus(t, b.do("POST", "/v1/search", string(body)), http.StatusOK)
	if diff := cmp.Diff(want, b.searcher.query().Filters); diff != "" {
		t.Errorf("filters of the body's example (-want +got):\n%s", diff)
	}
}

// The served document is the YAML one with the program's version in it.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Version = "1.2.3" })
	w := b.do("GET", "/openapi.json", "")
	wantStatus(t, w, http.StatusOK)
	var v struct {
		OpenAPI string `json:"openapi"`
		Info    struct {
			Version string `json:"version"`
		} `json:"info"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if v.OpenAPI != "3.1.0" || v.Info.Version != "1.2.3" {
		t.Errorf("got OpenAPI %s of version %s, want 3.1.0 of 1.2.3", v.OpenAPI, v.Info.Version)
	}
}
