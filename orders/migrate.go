package orders

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migration is one step of the SQL schema.
type Migration struct {
	Version   int64
	Name      string
	Applied   bool
	AppliedAt time.Time // zero if not applied
}

// MigrationReport says what Migrate did.
type MigrationReport struct {
	Version int64       // of the schema now
	Applied []Migration // by this call, in order
}

// Migrate brings Aisle's own tables to the newest version. Several nodes may
// call it at once: one applies, the others wait. Shops that map their own tables
// do not need it unless orders are placed through Aisle.
func Migrate(ctx context.Context, url string) (MigrationReport, error) {
	var report MigrationReport
	err := withProvider(url, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		if err != nil {
			return err
		}
		for _, r := range results {
			report.Applied = append(report.Applied, Migration{
				Version: r.Source.Version, Name: path.Base(r.Source.Path), Applied: true,
			})
		}
		report.Version, err = p.GetDBVersion(ctx)
		return err
	})
	if err != nil {
		return MigrationReport{}, fmt.Errorf("migrate orders: %w", err)
	}
	return report, nil
}

// MigrationStatus lists every step and whether it was applied.
func MigrationStatus(ctx context.Context, url string) ([]Migration, error) {
	var list []Migration
	err := withProvider(url, func(p *goose.Provider) error {
		states, err := p.Status(ctx)
		if err != nil {
			return err
		}
		for _, s := range states {
			list = append(list, Migration{
				Version: s.Source.Version, Name: path.Base(s.Source.Path),
				Applied: s.State == goose.StateApplied, AppliedAt: s.AppliedAt,
			})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read migration status: %w", err)
	}
	return list, nil
}

func withProvider(url string, use func(*goose.Provider) error) error {
	db, err := openSQL(url)
	if err != nil {
		return err
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName("aisle_migrations"), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	return use(provider)
}

// openSQL is for goose, which speaks database/sql.
func openSQL(url string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read Postgres URL: %w", err)
	}
	return stdlib.OpenDB(*config), nil
}
