package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/process"
)

// Files that are cut or garbled are moved aside, not deleted; what they held is read
// anew, and status and metric say so.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	s := newShop(t, 150)
	data := filepath.Join(s.dir, "data")
	bad := s.ids(t)[3]
	if _, err := s.Products.UpdateByID(t.Context(), bad, bson.D{{Key: "$set", Value: bson.D{{Key: "price.amount", Value: "free"}}}}); err != nil {
		t.Fatal(err)
	}
	v := s.startReady(t)
	for _, tt := range []struct {
		name, part string
		damage     func(t *testing.T)
	}{
		{"root cut to half", "index", func(t *testing.T) { halve(t, oneOf(t, data, "generations/*/p0/root.bolt")) }},
		{"segment cut to half", "index", func(t *testing.T) { halve(t, oneOf(t, data, "generations/*/p0/*.zap")) }},
		{"manifest garbled", "index", func(t *testing.T) { writeFile(t, oneOf(t, data, "generations/*/manifest.json"), []byte("{garbled")) }},
		{"CURRENT garbled", "", func(t *testing.T) { writeFile(t, filepath.Join(data, "CURRENT"), []byte("\x00\x00\x00")) }},
		{"CURRENT gone", "", func(t *testing.T) { mustRemove(t, filepath.Join(data, "CURRENT")) }},
		{"signals cut to half", "signals", func(t *testing.T) { halve(t, filepath.Join(data, "signals.db")) }},
		{"dead letters cut to half", "dead-letters", func(t *testing.T) { halve(t, filepath.Join(data, "deadletters.db")) }},
	} {
		if code := v.stop(t); code != 0 {
			t.Errorf("%s: exit code %d before it", tt.name, code)
		}
		tt.damage(t)
		v = s.start(t)
		v.alarmed = true
		v.waitReady(t)
		poll.Eventually(t, tt.name+": the dead letter is known again", func() bool { return v.status(t).Sources[0].DeadLetters == 1 })
		s.mustEqual(t, v)
		metrics := v.text(t, "/metrics")
		if tt.part != "" && !strings.Contains(metrics, fmt.Sprintf("aisle_set_aside_total{part=%q} 1", tt.part)) {
			t.Errorf("%s: the metric does not say so", tt.name)
		}
		if tt.part == "" && strings.Contains(metrics, "aisle_set_aside_total") {
			t.Errorf("%s: something was set aside", tt.name)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(data, "*.damaged")); len(kept) != 2 {
		t.Errorf("kept of the stores: %v, want both", kept)
	}
	if kept, _ := filepath.Glob(filepath.Join(data, "generations/damaged-*")); len(kept) != 1 {
		t.Errorf("kept of the index: %v, want the last", kept)
	}
}

func (v *server) text(t *testing.T, path string) string {
	t.Helper()
	answer, err := v.send(http.MethodGet, path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// oneOf is the last file that a pattern finds. Segments that the root beside them does
// not name are none: merges that were cut short leave them.
func oneOf(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	found = slices.DeleteFunc(found, func(path string) bool {
		root, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "root.bolt")) // without one nothing is named
		return strings.Contains(path, "damaged") || filepath.Ext(path) == ".zap" && !bytes.Contains(root, []byte(filepath.Base(path)))
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: found %v, %v", pattern, found, err)
	}
	return found[len(found)-1]
}

func halve(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func mustRemove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// What may not be read or written is said with its path; nothing is deleted, moved
// or changed, and once it is allowed the same index serves, whole. Only segments are
// not compared by name: an index that is opened drops those it no longer needs, and
// may merge some.
func TestNotPermitted(t *testing.T) {
	t.Parallel()
	s := newShop(t, 60)
	data := filepath.Join(s.dir, "data")
	v := s.startReady(t)
	if code := v.stop(t); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	s.giveAway(t)
	before := tree(t, data)
	for _, tt := range []struct {
		name, pattern string
		mode          os.FileMode
	}{
		{"folder", ".", 0o555},
		{"lock", "LOCK", 0},
		{"CURRENT", "CURRENT", 0},
		{"generations", "generations", 0},
		{"manifest", "generations/*/manifest.json", 0},
		{"root", "generations/*/p0/root.bolt", 0},
		{"segment", "generations/*/p0/*.zap", 0},
		{"partition", "generations/*/p0", 0},
		{"signals", "signals.db", 0},
		{"dead letters", "deadletters.db", 0},
	} {
		path := oneOf(t, data, tt.pattern)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		mustChmod(t, path, tt.mode)
		f := s.unprivileged(t)
		mustChmod(t, path, info.Mode().Perm())
		if f.code == 0 || !strings.Contains(f.err, "permission denied") || !strings.Contains(f.err, path) {
			t.Errorf("%s: exit code %d, want one that tells of %s:\n%s", tt.name, f.code, path, f.err)
		}
		if strings.Contains(f.err, "panic") || strings.Contains(f.err, "goroutine ") {
			t.Errorf("%s: got a panic:\n%s", tt.name, f.err)
		}
		if now := tree(t, data); !maps.Equal(now, before) {
			t.Errorf("%s: the folder holds %v, want %v", tt.name, now, before)
		}
	}
	file := filepath.Join(s.dir, "file")
	writeFile(t, file, []byte("precious"))
	if f := s.aisle(t, "serve", "--data", file, "--listen", "127.0.0.1:0"); f.code == 0 || !strings.Contains(f.err, file) {
		t.Errorf("a file for a folder: exit code %d:\n%s", f.code, f.err)
	}
	v = s.startReady(t)
	if got := v.status(t).Generation; got != 1 {
		t.Errorf("generation %d serves in the end, want the first", got)
	}
	s.mustEqual(t, v)
}

// nobody is a user without rights.
const nobody = 65534

// giveAway lets nobody own the data folder, where this process is somebody else.
func (s *testShop) giveAway(t *testing.T) {
	t.Helper()
	for _, dir := range []string{filepath.Dir(s.dir), s.dir, filepath.Dir(binary)} {
		mustChmod(t, dir, 0o755)
	}
	mustChmod(t, s.schemaFile, 0o644)
	if os.Geteuid() != 0 {
		return
	}
	err := filepath.WalkDir(filepath.Join(s.dir, "data"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// unprivileged runs aisle serve, which is to fail, without root's rights.
func (s *testShop) unprivileged(t *testing.T) finished {
	t.Helper()
	cmd := s.command("serve", "--listen", "127.0.0.1:0")
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	var errs process.Output
	v, err := process.Start(cmd, &errs)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), poll.Patience)
	defer cancel()
	if _, err := v.Listens(ctx); !errors.Is(err, process.ErrEnded) {
		v.Kill() // it was not to serve
	}
	return finished{code: v.State().ExitCode(), err: errs.String()}
}

func mustChmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// tree is every file below a folder with its size, without segments; LOCK names a
// process.
func tree(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "LOCK" || filepath.Ext(path) == ".zap" {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		size := info.Size()
		if e.Name() == "root.bolt" {
			size = 0 // it grows with what it tells of segments
		}
		files[strings.TrimPrefix(path, dir)] = size
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
