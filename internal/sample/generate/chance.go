package generate

import (
	"hash/fnv"
	"math/rand/v2"
)

// seed changes everything that chance decides.
const seed = 20

// chance is a source of its own for what the name says.
func chance(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// shuffled is a copy in random order.
func shuffled[T any](random *rand.Rand, items []T) []T {
	out := append([]T(nil), items...)
	random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
