package devdb

import (
	"context"
	"crypto/sha256"
	_ "embed" // for the list of Python packages
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed requirements.txt
var requirements string

// findSecantusd finds the MongoDB-compatible server, and installs it into a
// Python environment in the cache if it is nowhere. Environments are named by
// the hash of the package list, so a new list makes a new one.
func findSecantusd(ctx context.Context, cache string, log io.Writer) (string, error) {
	if p := filepath.Join(moduleRoot(), ".dev", "venv", "bin", "secantusd-py"); isFile(p) {
		return p, nil
	}
	sum := sha256.Sum256([]byte(requirements))
	venv := filepath.Join(cache, "venv-"+hex.EncodeToString(sum[:4]))
	err := installOnce(ctx, venv, func() error { return makeVenv(ctx, venv, log) })
	return filepath.Join(venv, "bin", "secantusd-py"), err
}

// makeVenv makes a Python environment that has the listed packages.
func makeVenv(ctx context.Context, venv string, log io.Writer) error {
	fmt.Fprintln(log, "installing the MongoDB-compatible server (once; kept in", venv+")")
	out, err := exec.CommandContext(ctx, "python3", "-m", "venv", venv).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make Python environment (run `make deps` or install python3-venv, or set AISLE_MONGO_URI): %w\n%s", err, out)
	}
	list := filepath.Join(venv, "requirements.txt")
	if err := writeFile(list, requirements); err != nil {
		return err
	}
	pip := exec.CommandContext(ctx, filepath.Join(venv, "bin", "python"), "-m", "pip", "install",
		"--quiet", "--disable-pip-version-check", "-r", list)
	if out, err := pip.CombinedOutput(); err != nil {
		return fmt.Errorf("install Python packages (or set AISLE_MONGO_URI): %w\n%s", err, out)
	}
	return nil
}

// moduleRoot is the nearest folder above the working one that has a go.mod, or
// the working one.
func moduleRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for d := dir; ; d = filepath.Dir(d) {
		if isFile(filepath.Join(d, "go.mod")) {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}
