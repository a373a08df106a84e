package acceptance

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/poll"
)

// While aisle reindex is killed half way and run again, searches never fail or come
// back empty; what was written and deleted meanwhile is as the databases hold it.
func TestReindexCommandKilled(t *testing.T) {
	t.Parallel()
	s := newShop(t, everything)
	v := s.startReady(t)
	stopSearches := keepSearching(t, v)
	ids := s.ids(t)
	p1, p2 := ids[0], ids[len(ids)-1]
	before := v.status(t).Generation
	cmd := s.command("reindex", "--server", v.Address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	poll.Eventually(t, "the rebuild has begun", func() bool {
		r := v.status(t).Reindex
		return r != nil && r.Generation > before
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	update := bson.D{{Key: "$set", Value: bson.D{{Key: "name", Value: "Lamp of a new name"}}}}
	if _, err := s.Products.UpdateByID(t.Context(), p1, update); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Products.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: p2}}); err != nil {
		t.Fatal(err)
	}
	f := s.mustAisle(t, "reindex", "--server", v.Address)
	if !regexp.MustCompile(`generation \d+ serves \d+ products`).MatchString(f.out) {
		t.Errorf("got %q", f.out)
	}
	s.mustEqual(t, v)
	p, err := v.search("q", "Lamp of a new name")
	if err != nil || len(p.Hits) == 0 || p.Hits[0].ID != p1 {
		t.Errorf("the new name: got %+v, %v, want %s first", p.Hits, err, p1)
	}
	if got := v.status(t).Generation; got <= before {
		t.Errorf("generation %d serves, want one after %d", got, before)
	}
	if searches := stopSearches(); searches < 10 {
		t.Errorf("%d searches meanwhile, want some more", searches)
	}
}

// aisle rollback lets the generation before serve again, with everything that was
// written since; and once more the other way.
func TestRollbackCommand(t *testing.T) {
	t.Parallel()
	s := newShop(t, 250)
	v := s.startReady(t)
	if f := s.aisle(t, "rollback", "--server", v.Address); f.code == 0 || !strings.Contains(f.err, "previous generation") {
		t.Errorf("nothing to roll back to: exit %d\n%s", f.code, f.err)
	}
	c := newChurn(t, s, 40)
	stopWrites, stopSearches := c.start(t), keepSearching(t, v)
	s.mustAisle(t, "reindex", "--server", v.Address)
	for _, want := range []string{"generation 1 serves", "generation 2 serves"} {
		c.waitWrites(t, 100)
		if f := s.mustAisle(t, "rollback", "--server", v.Address); !strings.Contains(f.out, want) {
			t.Errorf("got %q, want %q", f.out, want)
		}
	}
	stopWrites()
	s.mustEqual(t, v)
	stopSearches()
	var list struct {
		Generations []struct {
			Generation       int
			State            string
			Documents, Bytes int
		}
	}
	if code, err := v.get("/v1/admin/generations", &list); code != 200 || err != nil {
		t.Fatalf("generations: %d, %v", code, err)
	}
	g := list.Generations
	if len(g) != 2 || g[0].State != "serving" || g[0].Generation != 2 || g[1].State != "previous" || g[0].Documents == 0 || g[1].Bytes == 0 {
		t.Errorf("generations: got %+v", g)
	}
}

// A new schema that ranks worse than the judgments allow is refused: the old
// generation serves on, the command fails and says why, and --force overrules it.
func TestRefusedReindex(t *testing.T) {
	t.Parallel()
	s := newShop(t, 60)
	config := filepath.Join(s.dir, "config.yaml")
	judgments := filepath.Join(s.dir, "judgments.csv")
	writeFile(t, config, fmt.Appendf(nil, "reindex: {judgments: %s, margin: 0.02, share: 0.1}\n", judgments))
	rows := [][]string{{"query", "docid", "rating"}}
	truths, _ := s.truths(t)
	for id, p := range truths {
		var title string
		if err := json.Unmarshal(p.display["title"], &title); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []string{title, id, "3"})
	}
	var lines bytes.Buffer
	if err := csv.NewWriter(&lines).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	writeFile(t, judgments, lines.Bytes())
	serve := func() *server {
		v := startServer(t, s.command("serve", "--config", config, "--listen", "127.0.0.1:0"))
		v.waitReady(t)
		return v
	}
	v := serve()
	v.idle(t)
	s.mustAisle(t, "reindex", "--server", v.Address) // as good as before
	if code := v.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	schema, err := os.ReadFile(s.schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	worse := regexp.MustCompile(`(?m)^( +path: (name|description|brand.name|categories)\n(?: +.*\n)*?) +search: .*\n`).ReplaceAll(schema, []byte("$1"))
	writeFile(t, s.schemaFile, worse)
	v = serve()
	poll.Eventually(t, "the rebuild is refused", func() bool {
		r := v.status(t).Reindex
		return r != nil && r.State == "refused"
	})
	if f := s.aisle(t, "reindex", "--server", v.Address); f.code != 1 || !strings.Contains(f.err, "refused") || !strings.Contains(f.err, "nDCG@10 falls from") {
		t.Errorf("exit %d\n%s", f.code, f.err)
	}
	if got := v.status(t).Generation; got != 2 {
		t.Errorf("generation %d serves, want 2", got)
	}
	if m := v.text(t, "/metrics"); !strings.Contains(m, `aisle_rebuilds_total{result="refused"}`) {
		t.Error("the metric does not tell of it")
	}
	f := s.mustAisle(t, "reindex", "--force", "--server", v.Address)
	if !regexp.MustCompile(`generation [3-9] serves`).MatchString(f.out) {
		t.Errorf("forced: got %q", f.out)
	}
	s.mustEqual(t, v)
}

// The data folder has one process: a second one ends at once and names it, every
// command goes through the server, and after a kill the folder opens at once.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	s := newShop(t, 60)
	v := s.startReady(t)
	holder := fmt.Sprint("process ", v.PID())
	began := time.Now()
	f := s.aisle(t, "serve", "--listen", "127.0.0.1:0")
	if f.code == 0 || !strings.Contains(f.err, holder) {
		t.Errorf("a second server: exit %d, want one that names %s\n%s", f.code, holder, f.err)
	}
	t.Logf("the second server ended after %v", time.Since(began))
	for _, args := range [][]string{{"reindex"}, {"verify"}, {"dlq", "list"}, {"rollback"}} {
		s.mustAisle(t, append(args, "--server", v.Address)...)
	}
	for range 3 {
		if err := v.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		<-v.Ended()
		v = s.startReady(t)
	}
	s.mustEqual(t, v)
}
