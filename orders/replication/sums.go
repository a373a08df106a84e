package replication

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/jackc/pgx/v5"
)

// Sum is what the database itself makes of one product's rows. Stock and sales
// beyond 64 bits are the nearest number that fits.
type Sum struct {
	Product string
	Tracked bool  // there is a stock row
	Stock   int64 // may be negative
	Short   int64 // units of the short window
	Long    int64 // units of the long window
}

// Windows are whole UTC days that end with the day of Today.
type Windows struct {
	Today       time.Time
	Short, Long int // days
}

// Sums hands over the sums of the products named, or of all that have a row where
// none is named. They are those of one snapshot, added up by the database in the
// way that Snapshot and Stream read rows, and are not kept here: memory does not
// grow with their number.
func (s *Source) Sums(ctx context.Context, w Windows, products []string, receive func(Sum) error) error {
	p, pool, err := s.inspect(ctx)
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{
		"today": w.Today.UTC().Format(time.DateOnly), "short": w.Short, "long": w.Long,
		"cancelled": append([]string{}, p.lines.Cancelled...), "products": products, "all": len(products) == 0,
	}
	rows, err := pool.Query(ctx, sumsQuery(p.stock.Columns, p.lines.Columns), args)
	if err != nil {
		return fmt.Errorf("add up stock and sales: %w", err)
	}
	var sum Sum
	_, err = pgx.ForEachRow(rows, []any{&sum.Product, &sum.Tracked, &sum.Stock, &sum.Short, &sum.Long}, func() error {
		return receive(sum)
	})
	if err != nil {
		return fmt.Errorf("add up stock and sales: %w", err)
	}
	return nil
}

// sumsQuery writes values as text by concat, which is how the log has them: null
// is empty there. The connections' time zone is UTC, so that each type of time
// gives its UTC day.
func sumsQuery(stock, lines mapping.Columns) string {
	units := "case when " + cancelledSQL(lines) + " then 0 else " + quantitySQL(lines.Quantity) + " end"
	onHand := quantitySQL(stock.Quantity)
	if stock.Reserved != "" {
		onHand = fitSQL(onHand + " - " + quantitySQL(stock.Reserved))
	}
	at := pgx.Identifier{lines.CreatedAt}.Sanitize()
	return `select product, bool_or(tracked), ` + fitSQL("sum(stock)") + `::bigint, ` +
		fitSQL("sum(short)") + `::bigint, ` + fitSQL("sum(long)") + `::bigint
	from (
		select ` + textSQL(stock.Product) + ` as product, true as tracked, ` + onHand + ` as stock, 0 as short, 0 as long
		from ` + stock.SQL() + `
		union all
		select product, false, 0, case when day > @today::date - @short::int then units else 0 end, units
		from (
			select ` + textSQL(lines.Product) + ` as product, ` + at + `::date as day, ` + units + ` as units
			from ` + lines.SQL() + `
			where ` + at + ` >= @today::date - (@long::int - 1) and ` + at + ` < @today::date + 1
		) sold
	) entries
	where product <> '' and (@all::bool or product = any(@products::text[]))
	group by product`
}

// cancelledSQL is true of a line that no longer counts.
func cancelledSQL(c mapping.Columns) string {
	if c.Status == "" {
		return "@cancelled::text[] is null" // never; the argument must be used
	}
	return textSQL(c.Status) + " = any(@cancelled::text[])"
}

func textSQL(column string) string { return "concat(" + pgx.Identifier{column}.Sanitize() + ")" }

// quantitySQL is what package mapping reads as a quantity, in SQL.
func quantitySQL(column string) string {
	return fitSQL(fmt.Sprintf(`case %[1]s when '' then 0 when 't' then 1 when 'f' then 0 when 'NaN' then 0
		when 'Infinity' then %[2]d when '-Infinity' then %[3]d else trunc(%[1]s::numeric) end`,
		textSQL(column), int64(math.MaxInt64), int64(math.MinInt64)))
}

// fitSQL takes the nearest number of 64 bits.
func fitSQL(expression string) string {
	return fmt.Sprintf("least(greatest(%s, %d::numeric), %d::numeric)", expression, int64(math.MinInt64), int64(math.MaxInt64))
}
