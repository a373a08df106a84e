package replication

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/aisle-search/aisle/internal/devdb"
	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/orderstest"
	"github.com/aisle-search/aisle/orders/postgres"
)

// TestMappedTables: a shop's own tables, with other names, types, quoted
// identifiers, composite keys and partitions, are followed as ours are.
func TestMappedTables(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ddl, stock, lines string
		cfg               Config
		writes            []string
	}{
		"quoted": {
			ddl: `create schema "My Shop"; set search_path = '';
				create domain public.pieces as numeric(12, 3);
				create table "My Shop"."Lager.Orte" (ort int, "Artikel" bigint, menge public.pieces, bild bytea, primary key ("Artikel", ort));
				create table "My Shop"."sold ""lines""" (id uuid primary key default gen_random_uuid(), sku varchar(20), n real,
					"when" timestamp, state smallint)`,
			cfg: Config{
				Stock: StockTable{Table: `My Shop."Lager.Orte"`, Product: "Artikel", OnHand: "menge"},
				Lines: LineTable{Table: `"My Shop"."sold ""lines"""`, Product: "sku", Quantity: "n", CreatedAt: "when", Status: "state", Cancelled: []string{"7", "8"}},
			},
			writes: []string{
				`insert into "My Shop"."Lager.Orte" select i % 3, i, i + 0.75 from generate_series(1, 20) i`,
				`insert into "My Shop"."sold ""lines""" (sku, n, "when", state) select 'p' || i, i, '2026-01-01 10:00:00.25', i % 3 + 6 from generate_series(1, 20) i`,
				`update "My Shop"."Lager.Orte" set menge = null where ort = 1`,
				`update "My Shop"."Lager.Orte" set ort = 5 where ort = 2 and "Artikel" < 9`,
				`update "My Shop"."sold ""lines""" set sku = null where n = 4`,
				`update "My Shop"."sold ""lines""" set "when" = 'infinity' where n = 5`,
				`delete from "My Shop"."Lager.Orte" where ort = 0`,
			},
			stock: `select ort || chr(31) || "Artikel", "Artikel"::text, trunc(coalesce(menge, 0))::bigint, null::timestamptz from "My Shop"."Lager.Orte"`,
			lines: `select id::text, sku, case when state in (7, 8) then 0 else n::bigint end,
				case when "when" <> 'infinity' then "when" at time zone 'UTC' end from "My Shop"."sold ""lines""" where sku is not null`,
		},
		"partitioned": {
			ddl: `create table shelf (product text, available boolean, slot int not null unique);
				alter table shelf replica identity using index shelf_slot_key;
				create table sale (day date, id bigint, product text, qty numeric, primary key (id, day)) partition by range (day);
				create table sale_1 partition of sale for values from ('2026-01-01') to ('2026-02-01');
				create table sale_2 (qty numeric, id bigint not null, product text, day date not null);
				alter table sale attach partition sale_2 for values from ('2026-02-01') to ('2026-03-01')`,
			cfg: Config{
				Stock: StockTable{Table: "shelf", Product: "product", OnHand: "available"},
				Lines: LineTable{Table: "public.sale", Product: "product", Quantity: "qty", CreatedAt: "day"},
			},
			writes: []string{
				`insert into shelf select 'p' || i, i % 2 = 0, i from generate_series(1, 10) i`,
				`insert into sale select '2026-01-15'::date + i, i, 'p' || i % 3, i from generate_series(1, 40) i`,
				`update shelf set available = not available where slot < 4`,
				`update sale set day = '2026-02-20' where id < 5`,
				`delete from shelf where slot = 9`,
				`delete from sale where id % 7 = 0`,
			},
			stock: `select slot::text, product, available::int::bigint, null::timestamptz from shelf`,
			lines: `select day || chr(31) || id, product, qty::bigint, day::timestamp at time zone 'UTC' from sale`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := orderstest.New(t)
			db.Exec(t, c.ddl)
			for _, setting := range []string{`timezone = 'Asia/Kolkata'`, `datestyle = 'German'`} {
				db.Exec(t, `do $$ begin execute format($f$alter database %I set `+setting+`$f$, current_database()); end $$`)
			}
			late := follow(t, db, c.cfg.WithDefaults())
			for _, sql := range c.writes {
				db.Exec(t, sql)
			}
			late.equals(t, db, c.stock, c.lines)
			late.stop(t)
			late.mirror.rows = newMirror().rows
			late.snapshot(t)
			late.stream(t, late.start)
			late.equals(t, db, c.stock, c.lines)
		})
	}
}

// TestPrepareRefuses: each thing that is missing has its own sentinel.
func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	change := func(f func(*Config)) Config {
		cfg := DefaultConfig()
		f(&cfg)
		return cfg
	}
	for name, c := range map[string]struct {
		sql  string
		cfg  Config
		want error
	}{
		"bad configuration": {cfg: Config{Node: "A"}, want: ErrConfig},
		"no table":          {sql: `drop table stock`, want: mapping.ErrTableMissing},
		"a view":            {sql: `alter table stock rename to s; create view stock as select * from s`, want: mapping.ErrTableMissing},
		"unlogged":          {sql: `alter table stock set unlogged`, want: mapping.ErrTableMissing},
		"no column":         {sql: `alter table stock rename on_hand to pieces`, want: mapping.ErrColumnMissing},
		"no status column":  {sql: `alter table order_lines drop status`, want: mapping.ErrColumnMissing},
		"text as quantity":  {cfg: change(func(c *Config) { c.Lines.Quantity = "product_id" }), want: mapping.ErrColumnType},
		"text as time":      {cfg: change(func(c *Config) { c.Lines.CreatedAt = "status" }), want: mapping.ErrColumnType},
		"generated": {
			sql: `alter table stock add free bigint generated always as (on_hand - reserved) stored`,
			cfg: change(func(c *Config) { c.Stock.OnHand, c.Stock.Reserved = "free", "" }), want: mapping.ErrColumnType,
		},
		"no primary key":     {sql: `alter table stock drop constraint stock_pkey`, want: mapping.ErrIdentity},
		"full without a key": {sql: `alter table stock drop constraint stock_pkey; alter table stock replica identity full`, want: mapping.ErrIdentity},
		"identity nothing":   {sql: `alter table order_lines replica identity nothing`, want: mapping.ErrIdentity},
		"partial publication": {
			sql: `create publication aisle_publication for table stock, order_lines with (publish = 'insert')`, want: ErrPublication,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, _ := orderstest.Shop(t)
			if c.sql != "" {
				db.Exec(t, c.sql)
			}
			source := NewSource(c.cfg, db.URL)
			t.Cleanup(source.Close)
			err := source.Prepare(t.Context())
			if !errors.Is(err, c.want) || !NeedsOperator(err) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			t.Log(err)
		})
	}
}

// TestPrepareRole: a role without privileges is told which one it lacks, and
// with the least privileges following works.
func TestPrepareRole(t *testing.T) {
	t.Parallel()
	db, _ := orderstest.Shop(t)
	role := "aisle_role_" + orderstest.Value[string](t, db, `select substr(md5(random()::text), 1, 8)`)
	db.Exec(t, `create role `+role+` login password 'secret'`)
	t.Cleanup(func() {
		_, err := db.Pool.Exec(context.Background(), `drop owned by `+role+`; drop role `+role)
		if err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "secret")
	source := NewSource(DefaultConfig(), u.String())
	for _, step := range []struct {
		grant string
		want  error
	}{
		{`alter role ` + role + ` connection limit 20`, postgres.ErrPrivilege},
		{`grant select on stock, order_lines to ` + role, postgres.ErrPrivilege},
		{`alter role ` + role + ` replication`, ErrPublication},
		{`create publication aisle_publication for table stock, order_lines`, nil},
		{`alter table stock enable row level security`, postgres.ErrPrivilege},
	} {
		db.Exec(t, step.grant)
		if err := source.Prepare(t.Context()); !errors.Is(err, step.want) {
			t.Errorf("%s: got %v, want %v", step.grant, err, step.want)
		}
	}
	source.Close()
	db.Exec(t, `alter table stock disable row level security`)
	f := follow(t, orderstest.DB{URL: u.String(), Pool: db.Pool}, DefaultConfig())
	db.Exec(t, `insert into stock values ('p1', 5)`)
	f.equals(t, db, stockSQL, linesSQL)
	f.stop(t)
	f.source.Close()
	if err := f.source.DropSlot(t.Context()); err != nil {
		t.Error(err)
	}
	f.source.Close()
}

// TestPrepareWALLevel: a server that cannot do logical replication is named as
// such.
func TestPrepareWALLevel(t *testing.T) {
	t.Parallel()
	servers, err := devdb.Start(t.Context(), devdb.Options{
		MongoURI: "mongodb://unused.invalid", PostgresSettings: []string{"wal_level=replica"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { servers.Close() })
	source := NewSource(DefaultConfig(), servers.PostgresURL)
	t.Cleanup(source.Close)
	if err := source.Prepare(t.Context()); !errors.Is(err, ErrWALLevel) || !NeedsOperator(err) {
		t.Errorf("got %v, want ErrWALLevel", err)
	}
}
