package devdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// postgresBin finds the folder of the newest Postgres server programs, and
// fetches them into the cache where no package manager can be used.
func postgresBin(ctx context.Context, cache string, log io.Writer) (string, error) {
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil && isFile(filepath.Join(filepath.Dir(p), "initdb")) {
			return filepath.Dir(p), nil
		}
	}
	var dirs []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(filepath.Join(pattern, "initdb")) // the pattern is well formed
		dirs = append(dirs, found...)
	}
	if len(dirs) > 0 {
		sort.Slice(dirs, func(i, j int) bool { return majorVersion(dirs[i]) > majorVersion(dirs[j]) })
		return filepath.Dir(dirs[0]), nil
	}
	if os.Geteuid() == 0 {
		return "", errors.New("no Postgres server programs found: run `make deps` (or apt-get install postgresql), or set AISLE_POSTGRES_URL")
	}
	return fetchPostgres(ctx, cache, log)
}

// majorVersion is the first number in a path such as /usr/lib/postgresql/15/bin.
func majorVersion(path string) int {
	digits := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0])
	return n
}

// fetchPostgres fetches Postgres' programs as an ordinary user.
func fetchPostgres(ctx context.Context, cache string, log io.Writer) (bin string, err error) {
	home := filepath.Join(cache, "postgres")
	err = installOnce(ctx, home, func() error {
		fmt.Fprintln(log, "fetching Postgres (once; kept in", home+")")
		return downloadPostgres(home, filepath.Join(cache, "download"))
	})
	return filepath.Join(home, "bin"), err
}

// downloadPostgres starts and stops a server of the library, which fetches the
// programs only on its way to a running one.
func downloadPostgres(home, downloads string) (err error) {
	runtime, err := os.MkdirTemp("", "aisle-postgres-fetch-")
	if err != nil {
		return fmt.Errorf("make folder to fetch Postgres: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(runtime)) }()
	s := server{folder: runtime}
	port, err := s.choosePort(false)
	if err != nil {
		return err
	}
	pg := embedded.NewDatabase(embedded.DefaultConfig().BinariesPath(home).CachePath(downloads).
		RuntimePath(runtime).Port(uint32(port)).Logger(io.Discard))
	if err := pg.Start(); err != nil {
		return fmt.Errorf("fetch Postgres (install the package postgresql, or set AISLE_POSTGRES_URL): %w", err)
	}
	if err := pg.Stop(); err != nil {
		return fmt.Errorf("stop fetched Postgres: %w", err)
	}
	return nil
}
