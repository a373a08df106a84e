package acceptance

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/poll"
)

// smallDisk starts aisle serve with its data folder on a file system of so many
// megabytes, which is the process' own; path is where the test finds it.
func (s *testShop) smallDisk(t *testing.T, megabytes int) (v *server, path string) {
	t.Helper()
	data := filepath.Join(s.dir, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := s.command("serve", "--listen", "127.0.0.1:0")
	cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`mount -t tmpfs -o size=%dm aisle %s && exec "$0" "$@"`, megabytes, data)}, cmd.Args...)
	cmd.Path = "/bin/sh"
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	v = startServer(t, cmd)
	return v, filepath.Join("/proc", fmt.Sprint(v.PID()), "root", data)
}

// With its disk full the server answers from what it has and says what is wrong;
// given room it goes on by itself, and lacks nothing.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := newShop(t, 250)
	v, data := s.smallDisk(t, 64)
	v.alarmed = true
	v.waitReady(t)
	s.mustEqual(t, v)
	filler := filepath.Join(data, "filler")
	fillDisk(t, filler)
	stopSearches := keepSearching(t, v)
	ids := s.ids(t)
	writes := 0
	write := func() {
		id := ids[writes%len(ids)]
		writes++
		update := bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: fmt.Sprint("lamp ", strings.Repeat(id+" ", 50), writes)}}}}
		if _, err := s.Products.UpdateByID(t.Context(), id, update); err != nil {
			t.Fatal(err)
		}
	}
	poll.Eventually(t, "the catalogue is broken for want of room", func() bool {
		write()
		for _, source := range v.status(t).Sources {
			if source.Name == "catalog" {
				return source.State == "broken" && strings.Contains(source.Reason, "no space left on device")
			}
		}
		return false
	})
	for range 50 {
		write()
	}
	if code, err := v.get("/healthz", nil); code != http.StatusOK || err != nil {
		t.Errorf("healthz: got %d, %v", code, err)
	}
	if f := s.aisle(t, "reindex", "--server", v.Address); f.code != 1 || !strings.Contains(f.err, "no space left on device") {
		t.Errorf("reindex: exit %d\n%s", f.code, f.err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.mustEqual(t, v)
	s.mustAisle(t, "reindex", "--server", v.Address)
	s.mustEqual(t, v)
	if searches := stopSearches(); searches < 10 {
		t.Errorf("%d searches meanwhile, want some more", searches)
	}
	if code := v.stop(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// fillDisk writes a file until there is no room for more.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); err == nil; {
		_, err = f.Write(block)
	}
	if !strings.Contains(err.Error(), "no space left") {
		t.Fatal(err)
	}
}
