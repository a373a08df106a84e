// Command generate writes the files of the sample shop into the repository. Run
// it in the repository's root folder: go run ./internal/sample/cmd/generate
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aisle-search/aisle/internal/sample/generate"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	if _, err := os.Stat("go.mod"); err != nil {
		return fmt.Errorf("not in the repository's root folder: %w", err)
	}
	files, err := generate.Files()
	if err != nil {
		return err
	}
	// Pictures that no product has any more would stay behind.
	if err := os.RemoveAll(generate.PictureFolder); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
