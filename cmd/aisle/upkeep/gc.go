package upkeep

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Bounds of the garbage collector's setting. Go's default collects when the heap has
// doubled; that of a small catalogue does so many times a second.
const (
	gcHeadroom = 128 << 20 // bytes that may be allocated between two collections
	gcLeast    = 100       // percent of the live heap, where that is large
	gcMost     = 400       // and where it is small
	gcEvery    = 10 * time.Second
	liveHeap   = "/gc/heap/live:bytes"
)

// TuneGC gives small heaps more room until ctx ends. Who sets GOGC decides.
func TuneGC(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	defer debug.SetGCPercent(gcLeast)
	tick := time.NewTicker(gcEvery)
	defer tick.Stop()
	for {
		sample := []metrics.Sample{{Name: liveHeap}}
		metrics.Read(sample)
		if sample[0].Value.Kind() == metrics.KindUint64 {
			debug.SetGCPercent(gcPercent(sample[0].Value.Uint64()))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// gcPercent lets about gcHeadroom be allocated beside a live heap, within bounds.
func gcPercent(live uint64) int {
	if live == 0 {
		return gcMost
	}
	return int(min(max(100*gcHeadroom/live, gcLeast), gcMost))
}
