package devdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// newPostgres prepares a data folder and returns a server that is not started.
func newPostgres(ctx context.Context, folder string, temp bool, o Options) (*server, error) {
	acc, err := postgresAccount()
	if err != nil {
		return nil, err
	}
	bin, err := postgresBin(ctx, o.Cache, o.Log)
	if err != nil {
		return nil, err
	}
	if acc != nil {
		if closed := closedAbove(folder); closed != "" {
			return nil, fmt.Errorf("the user postgres cannot pass %s to %s: keep the data elsewhere, as below /var/lib", closed, folder)
		}
		if err := os.Chown(folder, acc.uid, acc.gid); err != nil {
			return nil, fmt.Errorf("hand %s to postgres: %w", folder, err)
		}
	}
	data := filepath.Join(folder, "data")
	if err := initdb(ctx, bin, data, acc); err != nil {
		return nil, err
	}
	args := append([]string{filepath.Join(bin, "postgres"), "-D", data}, settings(temp, o.PostgresSettings)...)
	return &server{
		name: "Postgres", folder: folder, temp: temp, account: acc,
		signal:  "INT", // fast shutdown; TERM would wait for the clients
		command: func(port int) []string { return append(args[:len(args):len(args)], "-p", strconv.Itoa(port)) },
		ready: func(ctx context.Context, port, _ int) error {
			return postgresReady(ctx, port, data)
		},
	}, nil
}

// closedAbove is the first folder above path that other users cannot pass, or
// empty.
func closedAbove(path string) string {
	for d := filepath.Dir(path); d != filepath.Dir(d); d = filepath.Dir(d) {
		if info, err := os.Stat(d); err == nil && info.Mode()&0o001 == 0 {
			return d
		}
	}
	return ""
}

// settings are the server's settings as arguments. Safety against power loss is
// given up for temporary data only.
func settings(temp bool, more []string) []string {
	all := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=",
		"wal_level=logical", "max_wal_senders=64", "max_replication_slots=64",
		"max_connections=200", "jit=off", "timezone=UTC",
	}
	if temp {
		all = append(all, "fsync=off", "full_page_writes=off")
	}
	var args []string
	for _, s := range append(all, more...) {
		args = append(args, "-c", s)
	}
	return args
}

// initdb makes a cluster whose superuser is postgres, trusted on loopback,
// unless the folder has one.
func initdb(ctx context.Context, bin, data string, acc *account) error {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres",
		"-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = filepath.Dir(data)
	cmd.SysProcAttr = procAttr(acc)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make Postgres data folder %s: %w\n%s", data, err, out)
	}
	return nil
}

// postgresReady asks once whether the server of this data folder answers.
func postgresReady(ctx context.Context, port int, data string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, postgresURL(port, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var got string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&got); err != nil {
		return err
	}
	if got != data {
		return fmt.Errorf("port %d is served from %s, not %s", port, got, data)
	}
	return nil
}

func postgresURL(port int, database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", port, database)
}

// createDatabase makes a database unless it exists.
func createDatabase(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// dropDatabase drops a database with the replication slots that are in it.
func dropDatabase(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(ctx)
	for {
		// A slot cannot be dropped while its walsender lives.
		var left int
		err := conn.QueryRow(ctx, `SELECT count(*) FROM (
			SELECT CASE WHEN active THEN pg_terminate_backend(active_pid) ELSE pg_drop_replication_slot(slot_name) IS NULL END
			FROM pg_replication_slots WHERE database = $1) s`, name).Scan(&left)
		if err == nil && left == 0 {
			// Sessions that do not end within 5 s, as on a busy machine, are an error.
			if _, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err == nil {
				return nil
			}
		}
		if werr := wait(ctx, pollEvery); werr != nil {
			return fmt.Errorf("drop database %s: %w", name, errors.Join(werr, err))
		}
	}
}
